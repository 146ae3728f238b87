#include "tests/support/target_under_test.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>

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

class DynamoDbUnderTest final : public TargetUnderTest {
 public:
  DynamoDbUnderTest() : client_(shared_dynamodb_local().endpoint_url()) {}

  void create(const Key& key) override {
    client_.create_table(table_, {.key = key});
    client_.create_ledger(ledger_);
  }

  OpenedTarget open(Clock& clock, Logger& logger) override {
    handler::dynamodb::DynamoDbOptions options;
    options.ledger_table = ledger_;
    options.region = kLocalRegion;
    options.endpoint_url = shared_dynamodb_local().endpoint_url();
    options.credentials = credentials(kLocalAccessKeyId, kLocalSecretAccessKey);
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
            "AWS_REGION=" + std::string(kLocalRegion),
            "AWS_ENDPOINT_URL_DYNAMODB=" + shared_dynamodb_local().endpoint_url(),
            "AWS_ACCESS_KEY_ID=" + std::string(kLocalAccessKeyId),
            "AWS_SECRET_ACCESS_KEY=" + std::string(kLocalSecretAccessKey)};
  }

  std::string table() const override { return table_; }

  std::vector<json> items() override {
    std::vector<json> items = client_.scan(table_);
    std::sort(items.begin(), items.end());
    return items;
  }

  std::size_t marks() override { return client_.scan(ledger_).size(); }

 private:
  static std::string unique(const std::string& name) {
    static int count = 0;
    return name + "-" + std::to_string(++count);
  }

  const std::string table_ = unique("items");
  const std::string ledger_ = unique("ledger");
  DynamoDbClient client_;
};

}  // namespace

std::unique_ptr<TargetUnderTest> make_sqlite_under_test() {
  return std::make_unique<SqliteUnderTest>();
}

std::unique_ptr<TargetUnderTest> make_dynamodb_under_test() {
  return std::make_unique<DynamoDbUnderTest>();
}

std::unique_ptr<TargetUnderTest> make_target_under_test(std::string_view kind) {
  STREAMONCE_CHECK(kind == "sqlite" || kind == "dynamodb");
  return kind == "sqlite" ? make_sqlite_under_test() : make_dynamodb_under_test();
}

DynamoDbLocal& shared_dynamodb_local() {
  static const auto kServer = DynamoDbLocal::start();
  STREAMONCE_CHECK(kServer.has_value());
  return **kServer;
}

}  // namespace streamonce::testing
