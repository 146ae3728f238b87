#include "handler/commands/follow/dead_letters.h"

#include "handler/sources/dumps/redrive.h"

namespace streamonce::handler::follow {

Status DeadLetterFile::open() {
  if (const Status opened = file_.open(); !opened)
    return invalid_argument("--dead-letters: " + opened.error().message);
  return {};
}

Status DeadLetterFile::keep(std::string_view text, std::string_view stream_arn) {
  RecordReport record;
  record.text = text;
  record.arn = stream_arn;
  return file_.append(record.json());
}

}  // namespace streamonce::handler::follow
