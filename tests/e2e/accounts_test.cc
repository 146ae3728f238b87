// The shipped binary and tables of another account and Region, by their ARNs and as a role: run as
// invoke, replay and a Lambda function, on DynamoDB Local behind a proxy that knows ARNs and roles.
// And tables that are written, whose own streams must be refused.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/arn_proxy.h"
#include "tests/support/dead_letters.h"
#include "tests/support/dynamodb_client.h"
#include "tests/support/dynamodb_local.h"
#include "tests/support/fake_runtime_api.h"
#include "tests/support/replay_shell.h"
#include "tests/support/sigv4.h"
#include "tests/support/stream_event.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

// Sources are in the account 123456789012 and in eu-west-1, where the binary is.
constexpr const char* kOther = "arn:aws:dynamodb:us-east-2:210987654321:table/";
constexpr const char* kFunctionArn = "arn:aws:lambda:eu-west-1:123456789012:function:copy";

/// Whatever `value` is called in a trace is the same in each: see ArnProxy::trace().
std::string call(const std::string& operation, const Lines& tables) {
  std::string line =
      operation + " as " + kLocalAccessKeyId + " for us-east-2/dynamodb/aws4_request:";
  for (const std::string& table : tables) line.append(" ").append(table);
  return line;
}

class Accounts : public ::testing::Test {
 protected:
  Accounts() {
    client_.create_table(copy_, {.key = {{"id", "S"}}});
    client_.create_ledger(ledger_);
  }

  static std::string unique(const std::string& name) {
    static int count = 0;
    return name + "-" + std::to_string(++count);
  }
  std::string arn(const std::string& table) const { return kOther + table; }

  Lines base_environment() const {
    return {"AWS_ENDPOINT_URL=" + proxy_.url(),
            "AWS_ACCESS_KEY_ID=" + std::string(kLocalAccessKeyId),
            "AWS_SECRET_ACCESS_KEY=" + std::string(kLocalSecretAccessKey)};
  }
  Lines by_arns() const {
    return joined({"STREAMONCE_TARGET=dynamodb:" + arn(copy_), "STREAMONCE_LEDGER=" + arn(ledger_)},
                  base_environment());
  }

  /// What `bootstrap ARGUMENTS` prints and how it ends; `input` is standard input.
  Ended run(const Lines& arguments, const Lines& environment, const std::string& input = "") {
    const TempDir folder;
    std::ofstream(folder.file("input")) << input;
    ChildProcess process({.program = STREAMONCE_BOOTSTRAP,
                          .arguments = arguments,
                          .environment = environment,
                          .log_path = folder.file("err"),
                          .output_path = folder.file("out"),
                          .input_path = folder.file("input"),
                          .working_folder = folder.path()});
    Ended ended{.status = process.wait()};
    ended.out = read_whole(folder.file("out"));
    ended.err = read_whole(folder.file("err"));
    return ended;
  }

  /// What a Lambda function with this environment answers to an event.
  Outcome answer_to(const std::string& event, const Lines& environment,
                    const std::string& function_arn = kFunctionArn) {
    const TempDir folder;
    FakeRuntimeApi api;
    ChildProcess process(
        {.program = STREAMONCE_BOOTSTRAP,
         .environment = joined(environment, {"AWS_LAMBDA_RUNTIME_API=" + api.address()}),
         .log_path = folder.file("log")});
    const auto outcome =
        api.wait_for_outcome(api.push_event({.body = event, .function_arn = function_arn}));
    if (outcome) return *outcome;
    ADD_FAILURE() << "no answer: " << read_whole(folder.file("log"));
    return {};
  }

  /// A record of the stream of `table` in the account and the Region that its binary is in.
  static std::string record_of(const std::string& table, const std::string& id,
                               const std::string& number,
                               const std::string& place = "eu-west-1:123456789012") {
    return to_json({.event_name = "MODIFY",
                    .sequence_number = number,
                    .keys = key_of(id),
                    .new_image = R"({"id":{"S":")" + id + R"("},"n":{"N":")" + number + R"("}})",
                    .arn = "arn:aws:dynamodb:" + place + ":table/" + table +
                           "/stream/2026-11-21T00:44:22.580"});
  }

  std::set<std::string> ids_of_copy() {
    std::set<std::string> ids;
    for (const json& item : client_.scan(copy_)) ids.insert(item["id"]["S"]);
    return ids;
  }

  /// All lines of the trace once, in the order in which they came first.
  Lines distinct_calls() const {
    Lines lines;
    for (std::string& line : proxy_.trace())
      if (std::find(lines.begin(), lines.end(), line) == lines.end())
        lines.push_back(std::move(line));
    return lines;
  }

  const std::string copy_ = unique("orders-copy");
  const std::string ledger_ = unique("ledger");
  const ArnProxy proxy_{shared_dynamodb_local().endpoint_url(), kOther};
  DynamoDbClient client_{shared_dynamodb_local().endpoint_url()};
};

constexpr const char* kNoFailure = R"({"batchItemFailures":[]})";

TEST_F(Accounts, AMirrorByItsArnsIsWrittenInTheirRegionWhateverTheEnvironmentsIs) {
  const std::string event = event_of({put("a", "1", "x"), put("b", "2", "y")});
  const Ended invoked = run({"invoke", "-"}, by_arns(), event);
  EXPECT_EQ(invoked.status, 0) << invoked.err;
  EXPECT_EQ(invoked.out, std::string(kNoFailure) + "\n");
  const Lines elsewhere = joined({"AWS_REGION=eu-west-1"}, by_arns());
  const Ended replayed =
      run({"replay", "-"}, elsewhere, event_of({put("a", "1", "x"), put("c", "3", "z")}));
  EXPECT_EQ(replayed.status, 0) << replayed.err;
  EXPECT_EQ(answer_to(event_of({put("d", "4", "x"), remove("b", "5")}), elsewhere).body,
            kNoFailure);
  EXPECT_EQ(ids_of_copy(), (std::set<std::string>{"a", "c", "d"}));
  EXPECT_EQ(client_.scan(ledger_).size(), 4U);

  const Ended dry = run({"replay", "--dry-run", "--json", "-"}, by_arns(), event);
  EXPECT_EQ(dry.counts()["alreadyApplied"], 1U) << dry.out << dry.err;
  EXPECT_EQ(dry.counts()["stale"], 1U);

  EXPECT_EQ(distinct_calls(), (Lines{call("BatchGetItem", {arn(ledger_)}),
                                     call("TransactWriteItems", {arn(ledger_), arn(copy_)})}));
  for (const ServerRequest& request : proxy_.requests()) {
    const SignatureCheck check = check_signature(request, kLocalSecretAccessKey);
    EXPECT_EQ(check.problem, "");
    EXPECT_EQ(check.found, check.expected);
  }
  std::cout << "a mirror by its ARNs:\n";
  for (const std::string& line : proxy_.trace()) std::cout << "  " << line << "\n";
}

TEST_F(Accounts, ViewsByTheirArnsAreTheirSelects) {
  const std::string open = unique("open");
  const std::string sums = unique("sums");
  client_.create_table(open, {.key = {{"id", "S"}}});
  client_.create_table(sums, {.key = {{"scope", "S"}}});
  const TempDir folder;
  std::ofstream(folder.file("views.sql"))
      << "CREATE SOURCE orders KEY (id);\n"
         "CREATE VIEW opened AS SELECT id FROM orders;\n"
         "CREATE VIEW sums KEY (scope) AS SELECT 'all' AS scope, SUM(n) AS n FROM orders GROUP BY "
         "'all';\n";
  const Lines environment =
      joined({"STREAMONCE_TARGET=dynamodb", "STREAMONCE_LEDGER=" + arn(ledger_),
              "STREAMONCE_VIEWS=" + folder.file("views.sql"),
              "STREAMONCE_TABLES=opened=" + arn(open) + ",sums=" + arn(sums)},
             base_environment());
  const std::string event =
      event_of({record_of("orders", "a", "5"), record_of("orders", "b", "7")});
  for (int time = 0; time < 2; ++time) {
    const Ended ended = run({"invoke", "-"}, environment, event);
    EXPECT_EQ(ended.status, 0) << ended.err;
  }
  EXPECT_EQ(client_.scan(open).size(), 2U);
  EXPECT_EQ(client_.scan(sums).at(0)["n"]["N"], "12");
  Lines tables = {arn(ledger_), arn(open), arn(sums)};
  EXPECT_EQ(distinct_calls(),
            (Lines{call("BatchGetItem", {arn(ledger_)}), call("TransactWriteItems", tables)}));
}

TEST_F(Accounts, ATableThatIsAbsentIsNamedAsItWasWritten) {
  const std::string event = event_of({put("a", "1", "x")});
  const Ended target = run(
      {"invoke", "-"}, joined({"STREAMONCE_TARGET=dynamodb:" + arn("nowhere")}, by_arns()), event);
  EXPECT_EQ(target.status, 1);
  EXPECT_TRUE(has(target.err, "target table " + arn("nowhere") + " was not found in us-east-2"))
      << target.err;
  const Ended ledger =
      run({"invoke", "-"}, joined({"STREAMONCE_LEDGER=" + arn("nowhere")}, by_arns()), event);
  EXPECT_TRUE(has(ledger.err, "ledger table " + arn("nowhere") + " was not found in us-east-2"))
      << ledger.err;
}

TEST_F(Accounts, AStreamOfAnotherAccountIsASourceLikeAnyOther) {
  const Lines environment = joined({"STREAMONCE_TARGET=dynamodb:" + copy_,
                                    "STREAMONCE_LEDGER=" + ledger_, "AWS_REGION=eu-west-1"},
                                   base_environment());
  const std::string mine = record_of("orders", "a", "1");
  const std::string theirs = record_of(copy_, "b", "1", "eu-west-1:210987654321");
  EXPECT_EQ(answer_to(event_of({mine, theirs}), environment).body, kNoFailure);
  EXPECT_EQ(ids_of_copy(), (std::set<std::string>{"a", "b"}));
  std::set<std::string> sources;
  for (const json& mark : client_.scan(ledger_)) {
    const std::string id = mark["id"]["S"];
    const std::size_t first = id.find('|') + 1;
    sources.insert(id.substr(first, id.find('|', first) - first));
  }
  EXPECT_EQ(sources, (std::set<std::string>{"123456789012/eu-west-1/orders",
                                            "210987654321/eu-west-1/" + copy_}));
}

TEST_F(Accounts, TheStreamOfATableThatIsWrittenIsRefusedEverywhere) {
  for (const auto& [table, words] :
       {std::pair{copy_, std::string("the target")}, {ledger_, std::string("the ledger")}}) {
    const std::string why = " of the account 210987654321 in us-east-2, which is " + words +
                            ": no change of this table";
    const std::string event = event_of({record_of(table, "a", "1", "us-east-2:210987654321")});
    const Ended invoked = run({"invoke", "-"}, by_arns(), event);
    EXPECT_EQ(invoked.status, 1);
    EXPECT_TRUE(has(invoked.out, "Records[0]: it is of the table")) << invoked.out;
    EXPECT_TRUE(has(invoked.out, why)) << invoked.out;
    const Ended replayed = run({"replay", "--json", "-"}, by_arns(), event);
    EXPECT_EQ(replayed.status, 1);
    EXPECT_TRUE(has(replayed.err, why)) << replayed.err;
    EXPECT_EQ(replayed.counts()["failed"], 1U) << replayed.out;
    const Outcome answered = answer_to(event, by_arns());
    EXPECT_TRUE(answered.is_error);
    EXPECT_EQ(answered.error_type, "Function.InvalidEvent");
  }
  EXPECT_TRUE(proxy_.requests().empty());
}

TEST_F(Accounts, TablesByNameAreOfTheFunctionsAccountAndRegion) {
  const Lines environment = joined({"STREAMONCE_TARGET=dynamodb:" + copy_,
                                    "STREAMONCE_LEDGER=" + ledger_, "AWS_REGION=eu-west-1"},
                                   base_environment());
  const std::string event = event_of({record_of(copy_, "a", "1")});
  const Outcome refused = answer_to(event, environment);
  EXPECT_TRUE(refused.is_error);
  EXPECT_EQ(refused.error_type, "Function.InvalidEvent");
  EXPECT_TRUE(has(refused.body, "of the account 123456789012 in eu-west-1, which is the target"))
      << refused.body;
  EXPECT_TRUE(proxy_.requests().empty());
  // In another account or another Region it is another table.
  EXPECT_EQ(answer_to(event, environment, "arn:aws:lambda:eu-west-1:210987654321:function:f").body,
            kNoFailure);
  EXPECT_EQ(
      answer_to(event_of({record_of(copy_, "b", "1", "eu-west-3:123456789012")}), environment).body,
      kNoFailure);
  EXPECT_EQ(ids_of_copy(), (std::set<std::string>{"a", "b"}));
}

TEST_F(Accounts, TablesByNameAreTakenForTheSourceWhereTheAccountIsNotKnown) {
  const Lines environment = joined({"STREAMONCE_TARGET=dynamodb:" + copy_,
                                    "STREAMONCE_LEDGER=" + ledger_, "AWS_REGION=eu-west-1"},
                                   base_environment());
  for (const auto& [table, words] :
       {std::pair{copy_, std::string("the target")}, {ledger_, std::string("the ledger")}}) {
    const std::string event = event_of({record_of(table, "a", "1")});
    const std::string why = "; if " + words + " is another account's, name it by its ARN";
    const Ended invoked = run({"invoke", "-"}, environment, event);
    EXPECT_EQ(invoked.status, 1);
    EXPECT_TRUE(has(invoked.out, why)) << invoked.out;
    const Ended replayed = run({"replay", "--json", "-"}, environment, event);
    EXPECT_EQ(replayed.status, 1);
    EXPECT_TRUE(has(replayed.err, why)) << replayed.err;
  }
  EXPECT_TRUE(proxy_.requests().empty());
}

constexpr const char* kRole = "arn:aws:iam::210987654321:role/writer";

/// The line of a trace for an AssumeRole of `role`, in `region`.
std::string assume(const std::string& region, const std::string& role_name,
                   const std::string& session, const std::string& more = "") {
  return std::string("POST / as ") + kLocalAccessKeyId + " for " + region +
         "/sts/aws4_request: Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A"
         "210987654321%3Arole%2F" +
         role_name + "&RoleSessionName=" + session + "&DurationSeconds=3600" + more;
}

std::string as_role(const std::string& operation, const std::string& region, const Lines& tables) {
  std::string line =
      operation + " as " + std::string(kRoleKeyId) + " for " + region + "/dynamodb/aws4_request:";
  for (const std::string& table : tables) line.append(" ").append(table);
  return line;
}

TEST_F(Accounts, ARoleIsAssumedOnceAndItsTablesMayBeNamedByNames) {
  const Lines environment =
      joined({"STREAMONCE_TARGET=dynamodb:" + copy_, "STREAMONCE_LEDGER=" + ledger_,
              "STREAMONCE_ROLE_ARN=" + std::string(kRole), "STREAMONCE_EXTERNAL_ID=agreed/on",
              "STREAMONCE_SESSION_NAME=copy", "AWS_REGION=eu-west-1", "AWS_LAMBDA_LOG_LEVEL=TRACE"},
             base_environment());
  const TempDir folder;
  std::ofstream(folder.file("event")) << event_of({put("a", "1", "x")});
  const Ended ended = run({"invoke", folder.file("event"), folder.file("event")}, environment);
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  EXPECT_EQ(ids_of_copy(), std::set<std::string>{"a"});
  for (const std::string_view secret : {kRoleSecret, kRoleToken, std::string_view("agreed/on")})
    EXPECT_FALSE(has(ended.err, secret)) << ended.err;
  const Lines trace = proxy_.trace();
  EXPECT_EQ(distinct_calls(),
            (Lines{assume("eu-west-1", "writer", "copy", "&ExternalId=agreed%2Fon"),
                   as_role("BatchGetItem", "eu-west-1", {ledger_}),
                   as_role("TransactWriteItems", "eu-west-1", {ledger_, copy_})}));
  EXPECT_EQ(std::count(trace.begin(), trace.end(), trace.front()), 1);
  for (const ServerRequest& request : proxy_.requests()) {
    const bool is_sts = request.body.starts_with("Action=");
    const SignatureCheck check =
        check_signature(request, is_sts ? kLocalSecretAccessKey : kRoleSecret);
    EXPECT_EQ(check.problem, "");
    EXPECT_EQ(check.found, check.expected);
    EXPECT_EQ(request.header("x-amz-security-token"), is_sts ? "" : kRoleToken);
  }
  std::cout << "as a role:\n";
  for (const std::string& line : trace) std::cout << "  " << line << "\n";
}

TEST_F(Accounts, ARolesTablesByTheirArnsNeedNoRegionOfTheEnvironment) {
  const Lines environment = joined(by_arns(), {"STREAMONCE_ROLE_ARN=" + std::string(kRole)});
  EXPECT_EQ(run({"invoke", "-"}, environment, event_of({put("a", "1", "x")})).status, 0);
  EXPECT_EQ(answer_to(event_of({put("a", "2", "x")}), environment).body, kNoFailure);
  EXPECT_EQ(distinct_calls(),
            (Lines{assume("us-east-2", "writer", "streamonce"),
                   as_role("BatchGetItem", "us-east-2", {arn(ledger_)}),
                   as_role("TransactWriteItems", "us-east-2", {arn(ledger_), arn(copy_)})}));
}

TEST_F(Accounts, ARoleTellsWhoseItsTablesByNameAre) {
  const Lines environment =
      joined({"STREAMONCE_TARGET=dynamodb:" + copy_, "STREAMONCE_LEDGER=" + ledger_,
              "STREAMONCE_ROLE_ARN=" + std::string(kRole), "AWS_REGION=eu-west-1"},
             base_environment());
  const Ended own = run({"invoke", "-"}, environment,
                        event_of({record_of(copy_, "a", "1", "eu-west-1:210987654321")}));
  EXPECT_EQ(own.status, 1);
  EXPECT_TRUE(has(own.out, "of the account 210987654321 in eu-west-1, which is the target"))
      << own.out;
  EXPECT_EQ(answer_to(event_of({record_of(copy_, "b", "1")}), environment).body, kNoFailure)
      << "the function's own table of that name is not the role's";
  EXPECT_EQ(ids_of_copy(), std::set<std::string>{"b"});
}

TEST_F(Accounts, ARoleThatMayNotBeHadIsToldAtTheStart) {
  const Lines environment =
      joined(by_arns(), {"STREAMONCE_ROLE_ARN=arn:aws:iam::210987654321:role/forbidden",
                         "STREAMONCE_EXTERNAL_ID=agreed/on"});
  const Ended ended = run({"invoke", "-"}, environment, event_of({put("a", "1", "x")}));
  EXPECT_EQ(ended.status, 2) << ended.out;
  EXPECT_TRUE(has(ended.err, "AccessDenied")) << ended.err;
  EXPECT_TRUE(has(ended.err, "arn:aws:iam::210987654321:role/forbidden")) << ended.err;
  EXPECT_FALSE(has(ended.err, "agreed/on")) << ended.err;
}

TEST_F(Accounts, TheStreamOfADeadLetterIsReadAsItsOwnRole) {
  const std::string orders = unique("orders");
  client_.create_table(orders, {.key = {{"id", "S"}}, .stream_view_type = "NEW_AND_OLD_IMAGES"});
  client_.put(orders, {{"id", {{"S", "a"}}}});
  client_.put(orders, {{"id", {{"S", "b"}}}});
  const std::string stream = client_.stream_arn(orders);
  const auto records = client_.stream_records(orders);
  ASSERT_EQ(records.size(), 2U);
  const json described =
      client_.call_streams("DescribeStream", {{"StreamArn", stream}}).value()["StreamDescription"];
  const json letter = lambda_pointer({.stream_arn = stream,
                                      .shard_id = described["Shards"][0]["ShardId"],
                                      .first = records[0]["dynamodb"]["SequenceNumber"],
                                      .last = records[1]["dynamodb"]["SequenceNumber"]});
  const Lines environment =
      joined({"STREAMONCE_TARGET=dynamodb:" + copy_, "STREAMONCE_LEDGER=" + ledger_,
              "STREAMONCE_STREAM_ROLE_ARN=arn:aws:iam::210987654321:role/reader",
              "STREAMONCE_STREAM_EXTERNAL_ID=other", "AWS_REGION=eu-west-1"},
             base_environment());
  const Ended ended = run({"replay", "-"}, environment, letter.dump());
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  EXPECT_EQ(ids_of_copy(), (std::set<std::string>{"a", "b"}));
  const std::string as_themselves =
      " as " + std::string(kLocalAccessKeyId) + " for eu-west-1/dynamodb/aws4_request: ";
  EXPECT_EQ(distinct_calls(),
            (Lines{assume("eu-west-1", "reader", "streamonce", "&ExternalId=other"),
                   as_role("GetShardIterator", "ddblocal", {}),
                   as_role("GetRecords", "ddblocal", {}), "BatchGetItem" + as_themselves + ledger_,
                   "TransactWriteItems" + as_themselves + ledger_ + " " + copy_}));
}

}  // namespace
}  // namespace streamonce::testing
