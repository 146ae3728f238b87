#include "tests/support/target_under_test.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <set>

#include "events/item_key.h"
#include "handler/config/mark_settings.h"
#include "handler/targets/dynamodb/dynamodb_target.h"
#include "handler/targets/sqlite/database.h"
#include "handler/targets/sqlite/sqlite_target.h"
#include "runtime/base/check.h"
#include "runtime/http/curl_transport.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/signed_request.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

class SqliteUnderTest final : public TargetUnderTest {
 public:
  void create(const Key&) override {}

  OpenedTarget open(Clock& clock, Logger& logger) override {
    auto target = handler::sqlite::SqliteTarget::create({.path = path_}, clock, logger);
    STREAMONCE_CHECK(target.has_value());
    return {.transport = nullptr, .target = std::move(*target)};
  }

  std::vector<std::string> environment() const override {
    return {"STREAMONCE_TARGET=sqlite:" + path_};
  }

  std::string table() const override { return {}; }

  std::vector<json> items() override {
    std::vector<json> items;
    for (const std::string& text : column("SELECT item FROM orders"))
      items.push_back(json::parse(text));
    std::sort(items.begin(), items.end());
    return items;
  }

  std::size_t marks() override { return column("SELECT id FROM _streamonce_ledger").size(); }

 private:
  /// The first column of a query's rows; empty if its table does not exist.
  std::vector<std::string> column(std::string_view sql) {
    SystemClock clock;
    auto database = handler::sqlite::Database::open(path_, clock,
                                                    clock.steady_now() + std::chrono::seconds(10));
    STREAMONCE_CHECK(database.has_value());
    std::vector<std::string> values;
    auto statement = (*database)->prepare(sql);
    while (statement && statement->step().value()) values.emplace_back(statement->text(0));
    return values;
  }

  const TempDir folder_;
  const std::string path_ = folder_.file("copy.db");
};

enum class MarksAre : std::uint8_t { kInTheLedger, kInTheItems };

/// What the id of an entry begins with that says where a table's marks are, and is none.
constexpr std::string_view kNoteStart = "|marks|";

class DynamoDbUnderTest final : public TargetUnderTest {
 public:
  explicit DynamoDbUnderTest(MarksAre marks_are)
      : marks_are_(marks_are),
        client_(shared_dynamodb_local().endpoint_url()) {}

  void create(const Key& key) override {
    key_ = key;
    client_.create_table(table_, {.key = key});
    client_.create_ledger(ledger_);
  }

  OpenedTarget open(Clock& clock, Logger& logger) override {
    handler::dynamodb::DynamoDbOptions options;
    options.ledger_table = ledger_;
    options.region = kLocalRegion;
    options.endpoint_url = shared_dynamodb_local().endpoint_url();
    options.credentials = credentials(kLocalAccessKeyId, kLocalSecretAccessKey);
    if (are_in_items()) options.version_attribute = handler::kUsualVersionAttribute;
    // Each target has another seed, since the server knows the tokens of all that are open.
    static std::uint64_t opened = 0;
    options.random_seed = ++opened;
    auto transport = runtime::make_curl_transport({.ca_bundle_path = "", .user_agent = ""}, clock);
    auto target = handler::dynamodb::DynamoDbTarget::create(options, *transport, clock, logger);
    STREAMONCE_CHECK(target.has_value());
    return {.transport = std::move(transport), .target = std::move(*target)};
  }

  std::vector<std::string> environment() const override {
    return {"STREAMONCE_TARGET=dynamodb:" + table_,
            "STREAMONCE_LEDGER=" + ledger_,
            std::string("STREAMONCE_MARKS=") + (are_in_items() ? "item" : "ledger"),
            "AWS_REGION=" + std::string(kLocalRegion),
            "AWS_ENDPOINT_URL_DYNAMODB=" + shared_dynamodb_local().endpoint_url(),
            "AWS_ACCESS_KEY_ID=" + std::string(kLocalAccessKeyId),
            "AWS_SECRET_ACCESS_KEY=" + std::string(kLocalSecretAccessKey)};
  }

  std::string table() const override { return table_; }

  std::vector<json> items() override {
    std::vector<json> items = client_.scan(table_);
    if (are_in_items())
      for (json& item : items) item.erase(handler::kUsualVersionAttribute);
    std::sort(items.begin(), items.end());
    return items;
  }

  std::size_t marks() override {
    std::set<std::string> marked;  // canonical keys, or what entries have that are no marks
    for (const json& entry : client_.scan(ledger_)) {
      const std::string id = entry["id"]["S"];
      if (!id.starts_with(kNoteStart)) marked.insert(id.substr(id.find('|', id.find('|') + 1) + 1));
    }
    if (are_in_items())
      for (const json& item : client_.scan(table_))
        if (item.contains(handler::kUsualVersionAttribute)) marked.insert(canonical_key(item));
    return marked.size();
  }

 private:
  bool are_in_items() const { return marks_are_ == MarksAre::kInTheItems; }

  std::string canonical_key(const json& item) const {
    events::ItemKey key;
    for (const auto& [name, type] : key_) {
      const auto added = key.add({.name = name,
                                  .type = static_cast<events::KeyType>(type.front()),
                                  .value = item.at(name).at(type).get_ref<const std::string&>()});
      STREAMONCE_CHECK(added);
    }
    std::string canonical;
    events::append_canonical(canonical, key);
    return canonical;
  }

  static std::string unique(const std::string& name) {
    static int count = 0;
    return name + "-" + std::to_string(++count);
  }

  const std::string table_ = unique("items");
  const std::string ledger_ = unique("ledger");
  const MarksAre marks_are_;
  Key key_;
  DynamoDbClient client_;
};

}  // namespace

std::unique_ptr<TargetUnderTest> make_sqlite_under_test() {
  return std::make_unique<SqliteUnderTest>();
}

std::unique_ptr<TargetUnderTest> make_dynamodb_under_test() {
  return std::make_unique<DynamoDbUnderTest>(MarksAre::kInTheLedger);
}

std::unique_ptr<TargetUnderTest> make_target_under_test(std::string_view kind) {
  if (kind == "items") return std::make_unique<DynamoDbUnderTest>(MarksAre::kInTheItems);
  STREAMONCE_CHECK(kind == "sqlite" || kind == "dynamodb");
  return kind == "sqlite" ? make_sqlite_under_test() : make_dynamodb_under_test();
}

DynamoDbLocal& shared_dynamodb_local() {
  static const auto kServer = DynamoDbLocal::start();
  STREAMONCE_CHECK(kServer.has_value());
  return **kServer;
}

}  // namespace streamonce::testing
