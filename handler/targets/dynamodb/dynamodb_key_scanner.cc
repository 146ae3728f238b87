#include "handler/targets/dynamodb/dynamodb_key_scanner.h"

#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>

#include "events/attribute_value.h"
#include "handler/targets/mark.h"

namespace streamonce::handler::dynamodb {
namespace {

/// Which entries are looked for: see KeyScanner::entries().
constexpr std::string_view kEntryFilter =
    "begins_with(#0, :p) AND #1 = :put AND (#2 < :v OR begins_with(#2, :r) AND #2 < :rv)";

/// Which entries may be marks of a source: see KeyScanner::marks_of().
constexpr std::string_view kMarkFilter = "contains(#0, :s)";

/// The id of an entry that a page has as `{"id":{"S":"..."}, ...}`. Empty: it has none.
std::string id_of(std::string_view entry) {
  std::pmr::monotonic_buffer_resource arena;
  events::MemberWalk walk(entry);
  while (walk.next())
    if (walk.raw_name() == "id" && walk.value().type == events::AttributeType::kString)
      return std::string(events::unescaped(walk.value().raw_text(), arena));
  return {};
}

}  // namespace

class DynamoDbKeyScanner::Walk final : public KeyScan {
 public:
  struct What {
    std::string table;
    std::vector<std::string> attributes;
    std::string_view filter = {};
    std::vector<std::string> filter_values = {};
    bool is_ledger = false;
  };

  Walk(DynamoDbKeyScanner& scanner, What what) : scanner_(scanner), what_(std::move(what)) {}

  Result<bool> next(std::vector<std::string>& texts, SteadyTime deadline) override {
    texts.clear();
    if (ended_) return false;
    const std::string body = dynamodb_tables::scan_request({.table = what_.table,
                                                            .attributes = what_.attributes,
                                                            .behind = next_key_,
                                                            .filter = what_.filter,
                                                            .filter_values = what_.filter_values});
    if (const auto failed =
            scanner_.api_.call(dynamodb_tables::kScan, body, scanner_.answer_, deadline))
      return dynamodb_tables::error_of(dynamodb_tables::kScan, what_.table, *failed);
    dynamodb_tables::ScannedPage page =
        STREAMONCE_TRY(scanner_.reader_.page(scanner_.answer_.view(), [&](std::string_view item) {
          texts.push_back(what_.is_ledger ? id_of(item) : std::string(item));
        }));
    next_key_ = std::move(page.next_key);
    ended_ = next_key_.empty();
    return true;
  }

 private:
  DynamoDbKeyScanner& scanner_;
  const What what_;
  std::string next_key_;  // where the next page begins; empty: at the table's start
  bool ended_ = false;
};

Result<std::unique_ptr<KeyScanner>> DynamoDbKeyScanner::create(const DynamoDbOptions& options,
                                                               runtime::HttpTransport& transport,
                                                               Clock& clock, Logger& logger) {
  STREAMONCE_TRY(check_options(options, clock.now()));
  aws::ServiceOptions service = STREAMONCE_TRY(service_at({.region = options.region,
                                                           .endpoint_url = options.endpoint_url,
                                                           .credentials = options.credentials,
                                                           .random_seed = options.random_seed}));
  return std::unique_ptr<KeyScanner>(
      new DynamoDbKeyScanner(options.ledger_table, std::move(service), transport, clock, logger));
}

DynamoDbKeyScanner::DynamoDbKeyScanner(std::string ledger_table, aws::ServiceOptions service,
                                       runtime::HttpTransport& transport, Clock& clock,
                                       Logger& logger)
    : ledger_table_(std::move(ledger_table)),
      service_(std::move(service), transport, clock, logger) {}

std::unique_ptr<KeyScan> DynamoDbKeyScanner::rows(std::string table,
                                                  std::vector<std::string> key_names) {
  return std::make_unique<Walk>(
      *this, Walk::What{.table = std::move(table), .attributes = std::move(key_names)});
}

std::unique_ptr<KeyScan> DynamoDbKeyScanner::entries(std::string prefix,
                                                     const events::Version& below) {
  return std::make_unique<Walk>(
      *this,
      Walk::What{
          .table = ledger_table_,
          .attributes = {"id", "op", "v"},
          .filter = kEntryFilter,
          .filter_values = {":p", std::move(prefix), ":put", std::string(name_of(Operation::kPut)),
                            ":v", std::string(below.text()), ":r", std::string(kRemembersMark),
                            ":rv", version_text(below, /*remembers=*/true)},
          .is_ledger = true});
}

std::unique_ptr<KeyScan> DynamoDbKeyScanner::marks_of(std::string_view source) {
  return std::make_unique<Walk>(*this,
                                Walk::What{.table = ledger_table_,
                                           .attributes = {"id"},
                                           .filter = kMarkFilter,
                                           .filter_values = {":s", "|" + std::string(source) + "|"},
                                           .is_ledger = true});
}

}  // namespace streamonce::handler::dynamodb
