#include "handler/targets/dynamodb/ledger_positions.h"

#include <chrono>
#include <utility>

#include "handler/targets/dynamodb/dynamodb_options.h"
#include "handler/targets/dynamodb/table_faults.h"
#include "runtime/aws/call.h"
#include "runtime/base/json_text.h"
#include "runtime/json/answer_json.h"

namespace streamonce::handler::dynamodb {
namespace {

namespace ondemand = simdjson::ondemand;

/// How many requests are in flight.
constexpr std::size_t kRequestsMax = 8;

/// The most bytes of an answer: it holds one entry, whose id has 2 KB at most.
constexpr std::size_t kEntryBytesMax = 64UL * 1024;

/// The most time that an answer has, as long as the deadline leaves it.
constexpr std::chrono::milliseconds kAnswerTimeout{5'000};

/// How long the entry of a shard is kept where the table has a time to live. A stream keeps its
/// records for a day; after that an entry only lets a gap be seen.
constexpr std::chrono::days kKept{7};

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

class LedgerPositions::EntryCall final : public aws::JsonCall {
 public:
  EntryCall(std::string_view operation, std::size_t place, std::string body,
            aws::JsonAnswerReader& reader)
      : JsonCall(
            {.operation = operation, .timeout = kAnswerTimeout, .answer_bytes_max = kEntryBytesMax},
            reader),
        place_(place),
        body_(std::move(body)) {}

  std::size_t place() const { return place_; }
  using JsonCall::answer;

 private:
  std::string body() override { return body_; }

  const std::size_t place_;
  const std::string body_;
};

struct LedgerPositions::Parser {
  ondemand::parser parser;
};

Result<std::unique_ptr<PositionStore>> LedgerPositions::create(LedgerPositionsOptions options,
                                                               runtime::HttpTransport& transport,
                                                               Clock& clock, Logger& logger) {
  aws::ServiceOptions service = STREAMONCE_TRY(service_at({.region = options.region,
                                                           .endpoint_url = options.endpoint_url,
                                                           .credentials = options.credentials,
                                                           .random_seed = options.random_seed}));
  return std::unique_ptr<PositionStore>(
      new LedgerPositions(std::move(options), std::move(service), transport, clock, logger));
}

LedgerPositions::LedgerPositions(LedgerPositionsOptions options, aws::ServiceOptions service,
                                 runtime::HttpTransport& transport, Clock& clock, Logger& logger)
    : options_(std::move(options)),
      service_(std::move(service), transport, clock, logger),
      parser_(std::make_unique<Parser>()) {}

LedgerPositions::~LedgerPositions() = default;

Status LedgerPositions::call_all(
    std::string_view operation, std::vector<std::string> bodies, SteadyTime deadline,
    const std::function<Status(std::size_t place, PayloadView answer)>& take) {
  aws::Calls calls(service_, {.deadline = deadline, .in_flight_max = kRequestsMax});
  for (std::size_t i = 0; i < bodies.size(); ++i)
    calls.add(std::make_unique<EntryCall>(operation, i, std::move(bodies[i]), answers_));
  for (aws::CallEnd end = calls.wait_any(); end.call; end = calls.wait_any()) {
    if (end.refusal) {
      const aws::Refusal& refusal = *end.refusal;
      Error error = with_context(operation, {refusal.error_code, refusal.reason});
      if (refusal.code == "ResourceNotFoundException")
        error.message =
            ledger_not_found(options_.ledger_table, options_.region) + "; " + error.message;
      return error;
    }
    // Only calls for entries are ever added.
    const auto& call = static_cast<const EntryCall&>(*end.call);
    STREAMONCE_TRY(take(call.place(), call.answer()));
  }
  return {};
}

/// `{"TableName":...,MEMBER:{"id":{"S":...}`, for more attributes to follow.
std::string LedgerPositions::start_of_body(std::string_view member, std::string_view shard) const {
  std::string body = R"({"TableName":)";
  append_json_string(body, options_.ledger_table);
  body += ',';
  append_json_string(body, member);
  body += R"(:{"id":{"S":)";
  append_json_string(body, position_id(options_.pipeline, options_.stream_arn, shard));
  return body + '}';
}

Result<std::optional<Position>> LedgerPositions::read(PayloadView answer) {
  ondemand::document document;
  std::string_view text;
  bool is_there = false;
  const bool good = json::open(parser_->parser, answer, document) == simdjson::SUCCESS &&
                    json::read_member(document, "Item", [&](ondemand::value item) {
                      is_there = true;
                      return json::read_member(item, "p", [&](ondemand::value attribute) {
                        return json::read_text_member(attribute, "S", text);
                      });
                    });
  if (!good) return Error{ErrorCode::kProtocol, "not an answer to GetItem"};
  if (!is_there) return std::optional<Position>();
  Position position = STREAMONCE_TRY(parse_position(text));
  return std::optional(std::move(position));
}

Result<std::vector<std::optional<Position>>> LedgerPositions::load(
    std::span<const std::string> shards, SteadyTime deadline) {
  std::vector<std::string> bodies;
  bodies.reserve(shards.size());
  for (const std::string& shard : shards)
    bodies.push_back(start_of_body("Key", shard) + R"(},"ConsistentRead":true})");
  std::vector<std::optional<Position>> positions(shards.size());
  const auto take = [&](std::size_t place, PayloadView answer) -> Status {
    positions[place] = STREAMONCE_TRY(read(answer));
    return {};
  };
  STREAMONCE_TRY(call_all("GetItem", std::move(bodies), deadline, take));
  return positions;
}

Status LedgerPositions::save(std::span<const ShardPosition> positions, SteadyTime deadline) {
  const WallTime now = service_.clock().now();
  std::vector<std::string> bodies;
  bodies.reserve(positions.size());
  for (const ShardPosition& each : positions) {
    std::string body = start_of_body("Item", each.shard) + R"(,"p":{"S":)";
    append_json_string(body, text_of(each.position));
    body += R"(},"at":{"N":")" + std::to_string(seconds_of(now)) + "\"}";
    if (!each.shard.empty() && !options_.lasts)
      body += R"(,"ttl":{"N":")" + std::to_string(seconds_of(now + kKept)) + "\"}";
    bodies.push_back(body + "}}");
  }
  return call_all("PutItem", std::move(bodies), deadline,
                  [](std::size_t, PayloadView) -> Status { return {}; });
}

Status LedgerPositions::forget(std::span<const std::string> shards, SteadyTime deadline) {
  std::vector<std::string> bodies;
  bodies.reserve(shards.size());
  for (const std::string& shard : shards) bodies.push_back(start_of_body("Key", shard) + "}}");
  return call_all("DeleteItem", std::move(bodies), deadline,
                  [](std::size_t, PayloadView) -> Status { return {}; });
}

}  // namespace streamonce::handler::dynamodb
