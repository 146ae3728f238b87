// The binary as it is shipped, with views: events, dead letters, the queue, and a start that fails.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/fake_runtime_api.h"
#include "tests/support/replay_shell.h"
#include "tests/support/secrecy.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"
#include "tests/support/view_tables.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

constexpr std::string_view kNoFailure = R"({"batchItemFailures":[]})";

constexpr const char* kOrderViews =
    "CREATE SOURCE orders KEY (id);\n"
    "CREATE VIEW all_orders AS SELECT * EXCLUDE (email), SHA256(email) AS person FROM orders;\n"
    "CREATE VIEW open_orders AS SELECT id, total * 2 AS twice FROM orders WHERE status = 'NEW';\n"
    "CREATE VIEW heads KEY (head) AS SELECT SPLIT_PART(id, '#', 1) AS head, id FROM orders\n"
    "  WHERE SPLIT_PART(id, '#', 2) = 'HEAD';\n";

/// A put of an order.
std::string order_put(std::string_view id, std::string_view number, std::string_view status,
                      std::string_view total = "1", std::string_view event_name = "MODIFY") {
  const std::string image = R"({"id":{"S":")" + std::string(id) + R"("},"status":{"S":")" +
                            std::string(status) + R"("},"total":{"N":")" + std::string(total) +
                            R"("},"email":{"S":"a@b"}})";
  return to_json({.event_name = std::string(event_name),
                  .sequence_number = std::string(number),
                  .keys = key_of(id),
                  .new_image = image});
}

class ViewsOn : public ::testing::TestWithParam<const char*> {
 protected:
  ViewsOn() {
    std::ofstream(views_) << kOrderViews;
    shell_.environment() = joined(tables_->environment(), {"STREAMONCE_VIEWS=" + views_});
  }

  Ended run(std::vector<std::string> arguments) {
    ChildProcess child({.program = STREAMONCE_BOOTSTRAP,
                        .arguments = std::move(arguments),
                        .environment = shell_.environment(),
                        .log_path = folder_.file("err"),
                        .output_path = folder_.file("out")});
    Ended ended{.status = child.wait(), .out = {}, .err = {}};
    ended.out = read_whole(folder_.file("out"));
    ended.err = read_whole(folder_.file("err"));
    return ended;
  }
  Ended invoke(const std::vector<std::string>& records) {
    std::ofstream(folder_.file("event.json"), std::ios::trunc) << event_of(records);
    return run({"invoke", folder_.file("event.json")});
  }
  std::vector<std::string> ids(const std::string& view) {
    std::vector<std::string> ids;
    for (const json& row : tables_->rows(view)) ids.push_back(row["id"]["S"]);
    return ids;
  }

  const TempDir folder_;
  const std::string views_ = folder_.file("views.sql");
  const std::unique_ptr<ViewTables> tables_ =
      make_view_tables(GetParam(), {{.view = "all_orders", .key = {{"id", "S"}}},
                                    {.view = "open_orders", .key = {{"id", "S"}}},
                                    {.view = "heads", .key = {{"head", "S"}}}});
  ReplayShell shell_{{}};
};

using Ids = std::vector<std::string>;

INSTANTIATE_TEST_SUITE_P(, ViewsOn, ::testing::Values("sqlite", "dynamodb"),
                         [](const auto& kind) { return std::string(kind.param); });

TEST_P(ViewsOn, EachViewIsItsSelectAfterEachEvent) {
  const std::vector<std::string> first = {order_put("a", "1", "NEW", "7"),
                                          order_put("b", "2", "PAID"),
                                          order_put("c#HEAD", "3", "NEW")};
  Ended ended = invoke(first);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ended.out, std::string(kNoFailure) + "\n");
  EXPECT_EQ(ids("all_orders"), (Ids{"a", "b", "c#HEAD"}));
  EXPECT_EQ(ids("open_orders"), (Ids{"a", "c#HEAD"}));
  EXPECT_EQ(tables_->rows("open_orders")[0], json::parse(R"({"id":{"S":"a"},"twice":{"N":"14"}})"));
  EXPECT_EQ(tables_->rows("heads"),
            std::vector{json::parse(R"({"head":{"S":"c"},"id":{"S":"c#HEAD"}})")});
  EXPECT_FALSE(tables_->rows("all_orders")[0].contains("email"));
  EXPECT_TRUE(tables_->rows("all_orders")[0].contains("person"));

  ended = invoke({order_put("a", "4", "PAID"), order_put("b", "5", "NEW"), remove("c#HEAD", "6")});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ids("all_orders"), (Ids{"a", "b"}));
  EXPECT_EQ(ids("open_orders"), (Ids{"b"}));
  EXPECT_TRUE(tables_->rows("heads").empty());

  ended = invoke(first);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(has(ended.err, "stale=3")) << ended.err;
  EXPECT_FALSE(has(ended.err, "filtered")) << ended.err;
  EXPECT_EQ(ids("all_orders"), (Ids{"a", "b"}));
}

/// The rows of others stay, and what has none is no failure.
TEST_P(ViewsOn, AnItemThatHasNoRowOfASharedKeyLeavesTheOwnersRow) {
  EXPECT_EQ(invoke({order_put("c#HEAD", "1", "NEW")}).status, 0);
  const Ended ended = invoke({order_put("c#2", "2", "NEW"), order_put("c#3", "3", "PAID")});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(ids("heads"), (Ids{"c#HEAD"}));
  EXPECT_EQ(invoke({remove("c#2", "4")}).status, 0);
  EXPECT_EQ(ids("heads"), (Ids{"c#HEAD"}));
  EXPECT_EQ(ids("all_orders"), (Ids{"c#3", "c#HEAD"}));
}

TEST_P(ViewsOn, ARecordWithoutAValueFailsAndTheOthersAreApplied) {
  const std::string bad = to_json({.sequence_number = "2",
                                   .keys = key_of(kValues[0].text),
                                   .new_image = R"({"id":{"S":")" + std::string(kValues[0].text) +
                                                R"("},"status":{"S":"NEW"},"total":{"S":")" +
                                                std::string(kValues[1].text) + R"("}})"});
  const Ended ended = invoke({order_put("a", "1", "NEW"), bad, order_put("b", "3", "NEW")});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.out, "{\"batchItemFailures\":[{\"itemIdentifier\":\"2\"}]}\n");
  EXPECT_TRUE(has(ended.err, "open_orders")) << ended.err;
  EXPECT_EQ(told_part_of(ended.err, kValues), "") << ended.err;
  EXPECT_EQ(ids("open_orders"), (Ids{"a", "b"}));
}

TEST_P(ViewsOn, ADryRunTellsTheRowsThatTheReplayThenPutsAndRemoves) {
  const std::string dump = shell_.dump(
      "dump.json",
      event_of({order_put("a", "1", "NEW"), order_put("b", "2", "PAID"), remove("c", "3")}));
  const Ended dry = shell_.replay({"--dry-run", dump});
  EXPECT_EQ(dry.status, 0) << dry.err;
  for (const char* part : {"  1  all_orders: put, open_orders: put, heads: remove\n",
                           "  2  all_orders: put, open_orders: remove, heads: remove\n",
                           "  3  all_orders: remove, open_orders: remove, heads: remove\n",
                           "rows that would be put, and removed:\n  all_orders  2 put, 1 removed\n"
                           "  open_orders  1 put, 2 removed\n  heads  0 put, 3 removed\n"})
    EXPECT_TRUE(has(dry.out, part)) << part << dry.out;
  const Ended as_json = shell_.replay({"--dry-run", "--json", dump});
  EXPECT_EQ(as_json.summary()["outcomes"][1]["rows"],
            (json{{"all_orders", "put"}, {"open_orders", "remove"}, {"heads", "remove"}}));
  EXPECT_EQ(as_json.summary()["rows"][0],
            (json{{"view", "all_orders"}, {"put", 2}, {"removed", 1}}));
  EXPECT_TRUE(tables_->rows("all_orders").empty());
  EXPECT_EQ(shell_.replay({"--json", dump}).counts(),
            (Counts{{"documents", 1}, {"records", 3}, {"applied", 3}}));
  EXPECT_EQ(ids("all_orders"), (Ids{"a", "b"}));
  EXPECT_EQ(shell_.replay({"--json", dump}).counts(),
            (Counts{{"documents", 1}, {"records", 3}, {"alreadyApplied", 3}}));
}

/// The insert alone makes the row of `open_orders`; a second delivery must not make it again.
TEST_P(ViewsOn, AViewTakesTheNewestChangeThatConcernsIt) {
  std::ofstream(views_, std::ios::trunc)
      << "CREATE SOURCE orders KEY (id);\n"
         "CREATE VIEW all_orders WITH (events = 'INSERT,MODIFY', deletes = 'keep') AS SELECT id, "
         "total FROM orders;\n"
         "CREATE VIEW open_orders WITH (events = 'INSERT') AS SELECT id, total FROM orders;\n"
         "CREATE VIEW heads KEY (head) WITH (events = 'INSERT') AS SELECT id AS head FROM "
         "orders;\n";
  const std::string insert = order_put("a", "1", "NEW", "1", "INSERT");
  EXPECT_EQ(invoke({insert, order_put("a", "2", "NEW", "2")}).status, 0);
  EXPECT_EQ(tables_->rows("all_orders")[0]["total"]["N"], "2");
  EXPECT_EQ(tables_->rows("open_orders")[0]["total"]["N"], "1");
  const Ended ended = invoke({insert, order_put("a", "2", "NEW", "2"),
                              order_put("a", "3", "NEW", "3"), remove("a", "4"), remove("b", "5")});
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_TRUE(has(ended.err, "filtered=2")) << ended.err;
  EXPECT_EQ(tables_->rows("all_orders")[0]["total"]["N"], "3");
  EXPECT_EQ(tables_->rows("open_orders")[0]["total"]["N"], "1");
}

/// What a start says that ends at once.
class ViewsStart : public ::testing::Test {
 protected:
  struct Told {
    std::string init_error;
    Ended laptop;
  };
  Told start(const std::string& views, const std::vector<std::string>& settings = {}) {
    std::ofstream(path_, std::ios::trunc) << views;
    const auto environment = joined(settings, {"STREAMONCE_TARGET=sqlite:" + folder_.file("x.db"),
                                               "STREAMONCE_VIEWS=" + path_});
    FakeRuntimeApi api;
    ChildProcess function(
        {.program = STREAMONCE_BOOTSTRAP,
         .environment = joined(environment, {"AWS_LAMBDA_RUNTIME_API=" + api.address()})});
    EXPECT_EQ(function.wait(), 1);
    Told told;
    for (const auto& error : api.init_errors()) {
      EXPECT_EQ(error.error_type, "Function.InvalidConfiguration");
      told.init_error += error.body;
    }
    ReplayShell shell(environment);
    told.laptop = shell.replay({shell.dump("dump.json", event_of({}))});
    return told;
  }

  const TempDir folder_;
  const std::string path_ = folder_.file("views.sql");
};

TEST_F(ViewsStart, TellsAllFaultsOfTheViewsWithLineAndColumn) {
  const Told told = start(
      "CREATE SOURCE orders KEY (id);\n"
      "CREATE VIEW aaa AS SELECT id FROM orders ORDER BY id;\n"
      "CREATE VIEW bbb AS SELECT id FROM others;\n");
  for (const char* place : {"views.sql:2:", "views.sql:3:"}) {
    EXPECT_TRUE(has(told.init_error, place)) << told.init_error;
    EXPECT_TRUE(has(told.laptop.err, place)) << told.laptop.err;
  }
  EXPECT_EQ(told.laptop.status, 2);
  EXPECT_EQ(told.laptop.out, "");
}

TEST_F(ViewsStart, ARememberingViewIsNoFault) {
  std::ofstream(path_) << "CREATE SOURCE orders KEY (id);\n"
                          "CREATE VIEW totals KEY (c) AS SELECT c, COUNT(*) AS n FROM orders "
                          "GROUP BY c;\n";
  ReplayShell shell(
      {"STREAMONCE_TARGET=sqlite:" + folder_.file("x.db"), "STREAMONCE_VIEWS=" + path_});
  const Ended ended = shell.replay({shell.dump("dump.json", event_of({}))});
  EXPECT_EQ(ended.status, 0) << ended.err;
}

TEST_F(ViewsStart, ATableOfTheTargetAndViewsDoNotGoTogether) {
  const Told told =
      start("CREATE SOURCE orders KEY (id);\nCREATE VIEW aaa AS SELECT * FROM orders;\n",
            {"STREAMONCE_TARGET=dynamodb:copy"});
  EXPECT_TRUE(has(told.init_error, "each view has a table of its own")) << told.init_error;
  EXPECT_EQ(told.laptop.status, 2);
}

/// With several sources, a table that is none of them is a mistake in the set-up of a stream.
TEST_F(ViewsStart, ARecordOfNoSourceFailsItsInvocationAndInTheQueueItsMessage) {
  std::ofstream(path_) << "CREATE SOURCE orders KEY (id); CREATE SOURCE users KEY (id);"
                          "CREATE VIEW aaa AS SELECT * FROM orders;"
                          "CREATE VIEW bbb AS SELECT * FROM users;";
  std::string arn(kStreamArn);
  arn.replace(arn.find("orders"), 6, "others");
  const std::string foreign =
      to_json({.sequence_number = "2", .keys = key_of("b"), .new_image = key_of("b"), .arn = arn});
  const auto message = [](const std::string& id, const std::string& record) {
    return json{{"messageId", id}, {"eventSource", "aws:sqs"}, {"body", event_of({record})}};
  };
  FakeRuntimeApi api;
  const std::string stream = api.push_event(event_of({put("a", "1", "x"), foreign}));
  const std::string queue = api.push_event(
      json{{"Records", {message("m-1", put("a", "3", "x")), message("m-2", foreign)}}}.dump());
  ChildProcess function({.program = STREAMONCE_BOOTSTRAP,
                         .environment = {"AWS_LAMBDA_RUNTIME_API=" + api.address(),
                                         "STREAMONCE_TARGET=sqlite:" + folder_.file("x.db"),
                                         "STREAMONCE_VIEWS=" + path_},
                         .log_path = folder_.file("log")});
  const auto refused = api.wait_for_outcome(stream);
  ASSERT_TRUE(refused);
  EXPECT_TRUE(refused->is_error);
  EXPECT_EQ(refused->error_type, "Function.InvalidEvent");
  EXPECT_TRUE(has(refused->body, "Records[1]")) << refused->body;
  EXPECT_TRUE(has(refused->body, "others")) << refused->body;
  EXPECT_TRUE(has(refused->body, "orders, users")) << refused->body;
  const auto done = api.wait_for_outcome(queue);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->body, R"({"batchItemFailures":[{"itemIdentifier":"m-2"}]})");
  EXPECT_TRUE(has(read_whole(folder_.file("log")), "no source of the views"));
}

}  // namespace
}  // namespace streamonce::testing
