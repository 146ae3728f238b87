#include "events/event_kind.h"

#include <simdjson.h>

#include <string_view>

#include "events/text_encoding.h"

namespace streamonce::events {

bool is_queue_event(PayloadView event) {
  simdjson::ondemand::parser parser;
  const std::string_view text = without_byte_order_mark(event.text);
  const simdjson::padded_string_view padded(text.data(), text.size(),
                                            text.size() + kPayloadPaddingBytes);
  simdjson::ondemand::document json;
  std::string_view source;
  if (parser.iterate(padded).get(json)) return false;
  auto first = json["Records"].at(0);
  return first["eventSource"].get_string().get(source) == simdjson::SUCCESS && source == "aws:sqs";
}

}  // namespace streamonce::events
