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

/// Which entries hold content: see KeyScanner::contents().
constexpr std::string_view kContentFilter = "begins_with(#0, :p) AND attribute_exists(#3)";

/// The string that an entry has as its attribute `name`. Empty: it has none.
std::string text_of(std::string_view entry, std::string_view name) {
  std::pmr::monotonic_buffer_resource arena;
  events::MemberWalk walk(entry);
  while (walk.next())
    if (walk.raw_name() == name && walk.value().type == events::AttributeType::kString)
      return std::string(events::unescaped(walk.value().raw_text(), arena));
  return {};
}

/// The id of an entry that a page has as `{"id":{"S":"..."}, ...}`. Empty: it has none.
std::string id_of(std::string_view entry) {
  return text_of(entry, "id");
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
    bool is_consistent = false;
  };

  Walk(DynamoDbKeyScanner& scanner, What what) : scanner_(scanner), what_(std::move(what)) {}

  Result<bool> next(std::vector<std::string>& texts, SteadyTime deadline) override {
    texts.clear();
    return each_item(
        [&](std::string_view item) {
          texts.push_back(what_.is_ledger ? id_of(item) : std::string(item));
        },
        deadline);
  }

  /// Hands out the items of the next page. @return false: there is none
  Result<bool> each_item(const dynamodb_tables::AnswerReader::TakeItem& take, SteadyTime deadline) {
    if (ended_) return false;
    const std::string body = dynamodb_tables::scan_request({.table = what_.table,
                                                            .attributes = what_.attributes,
                                                            .behind = next_key_,
                                                            .filter = what_.filter,
                                                            .filter_values = what_.filter_values,
                                                            .is_consistent = what_.is_consistent});
    if (const auto failed =
            scanner_.api_.call(dynamodb_tables::kScan, body, scanner_.answer_, deadline))
      return dynamodb_tables::error_of(dynamodb_tables::kScan, what_.table, *failed);
    dynamodb_tables::ScannedPage page =
        STREAMONCE_TRY(scanner_.reader_.page(scanner_.answer_.view(), take));
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

class DynamoDbKeyScanner::ContentWalk final : public EntryScan {
 public:
  ContentWalk(DynamoDbKeyScanner& scanner, Walk::What what) : walk_(scanner, std::move(what)) {}

  Result<bool> next(std::vector<LedgerEntry>& entries, SteadyTime deadline) override {
    entries.clear();
    std::optional<Error> broken;
    const bool more = STREAMONCE_TRY(walk_.each_item(
        [&](std::string_view item) {
          const std::string version = text_of(item, "v");
          const std::string nonce = text_of(item, kNonceName);
          const std::string content = text_of(item, kContentName);
          Result<Mark> mark =
              read_mark({.version = version, .nonce = nonce, .content = content}, Reading::kWhole);
          if (mark)
            entries.push_back({.id = id_of(item), .mark = *std::move(mark)});
          else
            broken = std::move(mark).error();
        },
        deadline));
    if (broken) return *std::move(broken);
    return more;
  }

 private:
  Walk walk_;
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

std::unique_ptr<EntryScan> DynamoDbKeyScanner::contents(std::string prefix) {
  return std::make_unique<ContentWalk>(
      *this,
      Walk::What{.table = ledger_table_,
                 .attributes = {"id", "v", std::string(kNonceName), std::string(kContentName)},
                 .filter = kContentFilter,
                 .filter_values = {":p", std::move(prefix)},
                 .is_ledger = true,
                 .is_consistent = true});
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
