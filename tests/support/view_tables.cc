#include "tests/support/view_tables.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "handler/config/mark_settings.h"
#include "handler/targets/sqlite/database.h"
#include "runtime/base/check.h"
#include "runtime/base/clock.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

class SqliteTables final : public ViewTables {
 public:
  std::vector<std::string> environment() const override {
    return {"STREAMONCE_TARGET=sqlite:" + path_};
  }
  std::string table(const std::string& view) const override { return view; }
  std::vector<json> rows(const std::string& view) override {
    SystemClock clock;
    auto database = handler::sqlite::Database::open(path_, clock,
                                                    clock.steady_now() + std::chrono::seconds(10));
    STREAMONCE_CHECK(database.has_value());
    std::vector<json> rows;
    auto statement = (*database)->prepare("SELECT item FROM \"" + view + "\"");
    while (statement && statement->step().value()) rows.push_back(json::parse(statement->text(0)));
    std::sort(rows.begin(), rows.end());
    return rows;
  }

 private:
  const TempDir folder_;
  const std::string path_ = folder_.file("views.db");
};

class DynamoDbTables final : public ViewTables {
 public:
  /// @param marks  where these are, as STREAMONCE_MARKS says it
  DynamoDbTables(const std::vector<ViewTable>& views, std::string marks)
      : marks_(std::move(marks)),
        client_(shared_dynamodb_local().endpoint_url()) {
    client_.create_ledger(table("ledger"));
    for (const ViewTable& each : views) {
      client_.create_table(table(each.view), {.key = each.key});
      names_ += (names_.empty() ? "" : ",") + each.view + "=" + table(each.view);
    }
  }
  std::vector<std::string> environment() const override {
    return {"STREAMONCE_TARGET=dynamodb",
            "STREAMONCE_LEDGER=" + table("ledger"),
            "STREAMONCE_MARKS=" + marks_,
            "STREAMONCE_TABLES=" + names_,
            "AWS_REGION=" + std::string(kLocalRegion),
            "AWS_ENDPOINT_URL_DYNAMODB=" + shared_dynamodb_local().endpoint_url(),
            "AWS_ACCESS_KEY_ID=" + std::string(kLocalAccessKeyId),
            "AWS_SECRET_ACCESS_KEY=" + std::string(kLocalSecretAccessKey)};
  }
  std::string table(const std::string& view) const override { return prefix_ + view; }
  std::vector<json> rows(const std::string& view) override {
    std::vector<json> rows = client_.scan(table(view));
    if (marks_ == "item")
      for (json& row : rows) row.erase(handler::kUsualVersionAttribute);
    std::sort(rows.begin(), rows.end());
    return rows;
  }

 private:
  static std::string unique_prefix() {
    static int count = 0;
    return "views-" + std::to_string(++count) + "-";
  }

  const std::string marks_;
  const std::string prefix_ = unique_prefix();
  std::string names_;  // as STREAMONCE_TABLES has them
  DynamoDbClient client_;
};

}  // namespace

std::unique_ptr<ViewTables> make_view_tables(std::string_view kind,
                                             const std::vector<ViewTable>& views) {
  STREAMONCE_CHECK(kind == "sqlite" || kind == "dynamodb" || kind == "items");
  if (kind == "sqlite") return std::make_unique<SqliteTables>();
  return std::make_unique<DynamoDbTables>(views, kind == "items" ? "item" : "ledger");
}

}  // namespace streamonce::testing
