// The binary as it is shipped, as a person at a terminal uses it.

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/secrecy.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

constexpr std::string_view kNoFailure = "{\"batchItemFailures\":[]}\n";

struct Ended {
  int status = -1;
  std::string out;
  std::string err;
};

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class Cli : public ::testing::Test {
 protected:
  /// Runs the binary with nothing in its environment but this.
  Ended run(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    const std::string number = std::to_string(++runs_);
    ChildProcess child({.program = program_,
                        .arguments = std::move(arguments),
                        .environment = std::move(environment),
                        .log_path = folder_.file("err" + number),
                        .output_path = folder_.file("out" + number),
                        .input_path = input_path_,
                        .prepare = [this] {
                          const rlimit limit{.rlim_cur = limit_, .rlim_max = limit_};
                          ::setrlimit(RLIMIT_AS, &limit);
                        }});
    Ended ended{.status = child.wait()};
    ended.out = text_of(folder_.file("out" + number));
    ended.err = text_of(folder_.file("err" + number));
    return ended;
  }

  std::string file(const std::string& name, const std::string& text) {
    std::string path = folder_.file(name);
    std::ofstream(path) << text;
    return path;
  }

  std::string good_event() {
    return file("good.json", event_of({put("a", "1", "x"), remove("b", "2")}));
  }

  std::string database(const std::string& name = "copy.db") {
    return "sqlite:" + folder_.file(name);
  }

  bool exists(const std::string& name) { return std::filesystem::exists(folder_.file(name)); }

  /// Exit status 2, nothing on standard output, and words that hold each of `parts`.
  void expect_usage(const Ended& ended, const std::vector<std::string>& parts) {
    EXPECT_EQ(ended.status, 2) << ended.err;
    EXPECT_EQ(ended.out, "");
    for (const std::string& part : parts)
      EXPECT_TRUE(has(ended.err, part)) << part << ": " << ended.err;
  }

  const TempDir folder_;
  std::string program_ = STREAMONCE_BOOTSTRAP;
  std::string input_path_;
  rlim_t limit_ = RLIM_INFINITY;  ///< of the address space, in bytes
  int runs_ = 0;
};

TEST_F(Cli, HelpNamesEverythingThatCanBeSet) {
  const Ended main = run({"--help"});
  EXPECT_EQ(main.status, 0);
  EXPECT_EQ(main.err, "");
  for (const char* word : {"invoke", "--version", "STREAMONCE_TARGET", "sqlite:PATH"})
    EXPECT_TRUE(has(main.out, word)) << word;
  const Ended invoke = run({"invoke", "--help"});
  EXPECT_EQ(invoke.status, 0);
  EXPECT_EQ(invoke.err, "");
  for (const char* word : {"--target",
                           "--ledger",
                           "--config",
                           "--timeout",
                           "--verbose",
                           "STREAMONCE_TARGET",
                           "STREAMONCE_LEDGER",
                           "STREAMONCE_CONFIG",
                           "retain_days",
                           "AWS_REGION",
                           "AWS_ENDPOINT_URL,",
                           "AWS_ENDPOINT_URL_DYNAMODB",
                           "AWS_ACCESS_KEY_ID",
                           "AWS_SECRET_ACCESS_KEY",
                           "AWS_SESSION_TOKEN",
                           "AWS_PROFILE",
                           "AWS_CA_BUNDLE",
                           "AWS_LAMBDA_LOG_LEVEL",
                           "AWS_LAMBDA_LOG_FORMAT",
                           "Exit status"})
    EXPECT_TRUE(has(invoke.out, word)) << word;
  const Ended version = run({"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_TRUE(version.out.starts_with("streamonce ")) << version.out;
  EXPECT_EQ(std::count(version.out.begin(), version.out.end(), '\n'), 1);
}

TEST_F(Cli, WithoutACommandOutsideOfLambdaItSaysHowToGoOn) {
  expect_usage(run({}), {"bootstrap invoke", "STREAMONCE_TARGET"});
}

TEST_F(Cli, AMistakeOnTheCommandLineIsNamed) {
  expect_usage(run({"apply"}), {"apply", "--help"});
  expect_usage(run({"invoke"}), {"EVENT"});
  expect_usage(run({"invoke", "--fast", good_event()}), {"--fast"});
  expect_usage(run({"invoke", "-x", good_event()}), {"-x"});
  for (const char* option : {"--target", "--ledger", "--config", "--timeout"})
    expect_usage(run({"invoke", good_event(), option}), {option, "needs a value"});
  for (const char* seconds : {"0", "901", "-1", "1.5", "+5", "", "1e99"})
    expect_usage(run({"invoke", "--timeout", seconds, good_event()}), {"--timeout", "900"});
  expect_usage(run({"invoke", good_event()}), {"--target", "STREAMONCE_TARGET"});
}

TEST_F(Cli, AMistakeInASettingIsNamedWithItsPlace) {
  const std::string event = good_event();
  const auto with = [&](const std::vector<std::string>& environment) {
    return run({"invoke", event}, environment);
  };
  expect_usage(with({"STREAMONCE_TARGET=orders"}), {"STREAMONCE_TARGET", "dynamodb:TABLE"});
  expect_usage(with({"STREAMONCE_TARGET=sqlite:"}), {"STREAMONCE_TARGET"});
  expect_usage(with({"STREAMONCE_TARGET=dynamodb:a b"}), {"STREAMONCE_TARGET", "a b"});
  expect_usage(with({"STREAMONCE_TARGET=dynamodb:copy"}), {"STREAMONCE_LEDGER"});
  expect_usage(with({"STREAMONCE_TARGET=sqlite:/no/such/folder/x.db"}), {"/no/such/folder"});
  std::vector<std::string> aws = {"STREAMONCE_TARGET=dynamodb:copy", "STREAMONCE_LEDGER=ledger",
                                  "AWS_EC2_METADATA_DISABLED=true"};
  expect_usage(with(aws), {"AWS_REGION"});
  aws.emplace_back("AWS_REGION=eu-west-1");
  expect_usage(with(aws), {"AWS_ACCESS_KEY_ID"});
  aws.emplace_back("AWS_ACCESS_KEY_ID=x");
  expect_usage(with(aws), {"AWS_SECRET_ACCESS_KEY"});
  aws.emplace_back("AWS_SECRET_ACCESS_KEY=y");
  aws.emplace_back("AWS_ENDPOINT_URL=localhost:8000");
  expect_usage(with(aws), {"AWS_ENDPOINT_URL", "http://HOST"});
  aws.back() = "AWS_REGION=Frankfurt";
  aws.erase(aws.begin() + 3);
  expect_usage(with(aws), {"AWS_REGION", "eu-central-1"});
  expect_usage(with({"STREAMONCE_TARGET=" + database(), "AWS_LAMBDA_LOG_LEVEL=LOUD"}),
               {"AWS_LAMBDA_LOG_LEVEL", "LOUD", "TRACE"});
  expect_usage(with({"STREAMONCE_TARGET=" + database(), "AWS_LAMBDA_LOG_FORMAT=XML"}),
               {"AWS_LAMBDA_LOG_FORMAT", "XML"});
  EXPECT_FALSE(exists("copy.db"));
}

TEST_F(Cli, AMistakeInADynamoDbSettingIsNamed) {
  const std::string event = good_event();
  std::vector<std::string> aws = {"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=x",
                                  "AWS_SECRET_ACCESS_KEY=y", "AWS_ENDPOINT_URL=http://127.0.0.1:1"};
  const auto with = [&](const std::string& target, const std::string& ledger) {
    return run({"invoke", "--target", target, "--ledger", ledger, event}, aws);
  };
  const std::string too_long(256, 'a');
  for (const std::string& name : {std::string("ab"), std::string("a/b"), too_long, std::string()}) {
    expect_usage(with("dynamodb:" + name, "ledger"), {"--target"});
    expect_usage(with("dynamodb:copy", name), {"--ledger"});
  }
  expect_usage(with("dynamodb:copy", "copy"), {"--ledger", "same table"});
  expect_usage(with("postgres:copy", "ledger"), {"--target", "postgres:copy", "dynamodb:TABLE"});
  expect_usage(with(database(), "ledger"), {"--ledger", "SQLite"});
  for (const char* region : {"eu_west", "*", "-x", "eu-west-1."}) {
    aws[0] = std::string("AWS_REGION=") + region;
    expect_usage(with("dynamodb:copy", "ledger"), {"AWS_REGION"});
  }
  aws[0] = "AWS_REGION=eu-west-1";
  for (const char* url : {"http://", "ftp://host", "http:///path", "http://:80", "http://u@host",
                          "http://host?q", "http://ho st"}) {
    aws[3] = std::string("AWS_ENDPOINT_URL_DYNAMODB=") + url;
    expect_usage(with("dynamodb:copy", "ledger"), {"AWS_ENDPOINT_URL_DYNAMODB", "http://HOST"});
  }
}

TEST_F(Cli, AMistakeInThePipelineFileIsNamedWithFileAndMember) {
  const std::string event = good_event();
  const std::string path = folder_.file("pipeline.json");
  const auto with = [&](const std::string& text) {
    return run({"invoke", "--config", file("pipeline.json", text), event});
  };
  expect_usage(run({"invoke", "--config", folder_.file("absent.json"), event}), {"absent.json"});
  expect_usage(with("[]"), {path, "expected a JSON object"});
  for (const char* text : {"", "nonsense", "{\"target\":"})
    expect_usage(with(text), {path, "not JSON, near line 1, column "});
  expect_usage(with(R"({"traget":"x"})"), {path, "traget", "retain_days"});
  for (const char* member : {"target", "ledger", "name"})
    for (const char* value : {"7", "null", "\"\""})
      expect_usage(with(std::string("{\"") + member + "\":" + value + "}"), {path + ": " + member});
  for (const char* days : {"0", "-3", "1e99", "\"7\"", "2.5", "99999999999999999999"})
    expect_usage(with(std::string(R"({"target":"sqlite:x","retain_days":)") + days + "}"),
                 {path + ": retain_days"});
}

TEST_F(Cli, CommandLineBeatsEnvironmentBeatsFile) {
  const std::string event = good_event();
  const std::string by_file =
      file("pipeline.json", R"({"target":")" + database("file.db") + R"("})");
  const std::string variable = "STREAMONCE_TARGET=" + database("variable.db");
  EXPECT_EQ(run({"invoke", "--config", by_file, event}).status, 0);
  EXPECT_TRUE(exists("file.db"));
  EXPECT_EQ(run({"invoke", event}, {variable, "STREAMONCE_CONFIG=" + by_file}).status, 0);
  EXPECT_TRUE(exists("variable.db"));
  EXPECT_EQ(run({"invoke", "--target", database("option.db"), event}, {variable}).status, 0);
  EXPECT_TRUE(exists("option.db"));
  expect_usage(run({"invoke", "--config", folder_.file("absent.json"), event},
                   {"STREAMONCE_CONFIG=" + by_file}),
               {"absent.json"});
  expect_usage(run({"invoke", event}, {"STREAMONCE_CONFIG=" + folder_.file("absent.json")}),
               {"absent.json"});
}

TEST_F(Cli, TheSameHoldsForTheLedger) {
  const std::string event = good_event();
  const std::string by_file = file("my.json", R"({"target":"dynamodb:copy","ledger":"f!"})");
  const std::vector<std::string> options = {"invoke", "--config", by_file, event};
  const std::string variable = "STREAMONCE_LEDGER=v!";
  // Each name is wrong, so that the message tells which one was taken.
  expect_usage(run(options), {by_file + ": ledger", "f!"});
  expect_usage(run(options, {variable}), {"STREAMONCE_LEDGER: ", "v!"});
  std::vector<std::string> more = options;
  more.insert(more.end(), {"--ledger", "o!"});
  expect_usage(run(more, {variable}), {"--ledger: ", "o!"});
  // Where it has no meaning, only one that is typed is a mistake.
  EXPECT_EQ(run({"invoke", "--target", database(), event}, {variable}).status, 0);
}

TEST_F(Cli, AnEmptyVariableIsAsGoodAsNone) {
  const std::string by_file =
      file("pipeline.json", R"({"target":")" + database("file.db") + R"("})");
  EXPECT_EQ(run({"invoke", "--config", by_file, good_event()},
                {"STREAMONCE_TARGET=", "STREAMONCE_CONFIG=", "AWS_LAMBDA_LOG_LEVEL="})
                .status,
            0);
  EXPECT_TRUE(exists("file.db"));
}

TEST_F(Cli, AFileBesideTheBinaryIsFoundWhereNoneIsNamed) {
  program_ = folder_.file("bootstrap");
  std::filesystem::copy_file(STREAMONCE_BOOTSTRAP, program_);
  file("pipeline.json", R"({"target":")" + database("beside.db") + R"("})");
  EXPECT_EQ(run({"invoke", good_event()}).status, 0);
  EXPECT_TRUE(exists("beside.db"));
  const std::string named = file("named.json", R"({"target":")" + database("named.db") + R"("})");
  EXPECT_EQ(run({"invoke", good_event()}, {"STREAMONCE_CONFIG=" + named}).status, 0);
  EXPECT_TRUE(exists("named.db"));
  file("pipeline.json", "nonsense");
  expect_usage(run({"invoke", good_event()}), {folder_.file("pipeline.json")});
}

TEST_F(Cli, PrintsOneLineForEachEventAndNothingElse) {
  const std::string other = file("other.json", event_of({put("a", "3", "y")}));
  for (const std::string level : {"INFO", "TRACE"}) {
    const Ended ended = run({"invoke", "--verbose", "--target", database(), good_event(), other},
                            {"AWS_LAMBDA_LOG_LEVEL=" + level});
    EXPECT_EQ(ended.status, 0);
    EXPECT_EQ(ended.out, std::string(kNoFailure) + std::string(kNoFailure));
    EXPECT_TRUE(has(ended.err, "batch done"));
  }
}

TEST_F(Cli, OptionsMayStandAnywhereAndEndAtTwoDashes) {
  const Ended behind = run({"invoke", good_event(), "--target=" + database(), "-v"});
  EXPECT_EQ(behind.status, 0);
  EXPECT_TRUE(has(behind.err, "table created")) << behind.err;
  const Ended dashed = run({"invoke", "--target", database(), "--", "--verbose"});
  EXPECT_EQ(dashed.status, 3);
  EXPECT_TRUE(has(dashed.err, "--verbose: cannot be read")) << dashed.err;
}

TEST_F(Cli, ReadsStandardInput) {
  input_path_ = good_event();
  const Ended ended = run({"invoke", "--target", database(), "-"});
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(ended.out, kNoFailure);
  input_path_ = folder_.path();
  EXPECT_EQ(run({"invoke", "--target", database(), "-"}).status, 3);
}

/// As editors and shells of Windows write files.
TEST_F(Cli, PassesOverAByteOrderMarkAndNamesUtf16) {
  const std::string event = "{\r\n\"Records\":[" + put("a", "1", "x") + "]\r\n}\r\n";
  EXPECT_EQ(
      run({"invoke", "--target", database(), file("marked.json", "\xEF\xBB\xBF" + event)}).out,
      "{\"batchItemFailures\":[]}\n");
  std::string wide = "\xFF\xFE";
  for (const char c : event) wide += {c, '\0'};
  const Ended ended = run({"invoke", "--target", database(), file("wide.json", wide)});
  EXPECT_EQ(ended.status, 1);
  EXPECT_TRUE(has(ended.out, "UTF-16, little-endian")) << ended.out;
  EXPECT_TRUE(has(ended.out, "iconv -f UTF-16LE -t UTF-8")) << ended.out;
}

TEST_F(Cli, AFailedRecordIsNamedAndTheOtherEventsGoOn) {
  const std::string bad =
      file("bad.json", event_of({put("a", "4", "x", "UPSERT"), put("c", "5", "x")}));
  const Ended ended = run({"invoke", "--target", database(), bad, good_event()});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.out,
            "{\"batchItemFailures\":[{\"itemIdentifier\":\"4\"}]}\n" + std::string(kNoFailure));
  EXPECT_TRUE(has(ended.err, "sequence_number=4"));
}

TEST_F(Cli, ANumberAndAStringOfOneTextAreNeverOneRow) {
  const auto event = [&](const std::string& name, const std::string& type,
                         const std::string& sequence_number) {
    const std::string key = R"({"id":{")" + type + R"(":"7"}})";
    return file(sequence_number + ".json",
                event_of({to_json({.event_name = name,
                                   .sequence_number = sequence_number,
                                   .keys = key,
                                   .new_image = name == "REMOVE" ? "" : key})}));
  };
  const Ended ended = run({"invoke", "--target", database(), event("INSERT", "N", "1"),
                           event("INSERT", "S", "2"), event("REMOVE", "N", "3")});
  EXPECT_EQ(ended.status, 1);
  EXPECT_EQ(ended.out, std::string(kNoFailure) +
                           "{\"batchItemFailures\":[{\"itemIdentifier\":\"2\"}]}\n" +
                           std::string(kNoFailure));
  EXPECT_TRUE(has(ended.err, "is of items with the key id (N): this one has the key id (S)"))
      << ended.err;
}

TEST_F(Cli, AnEventThatIsNoStreamBatchIsRefusedAndNamed) {
  const std::vector<std::string> texts = {
      "", "{}", "nonsense", R"({"Records":[{"eventSource":"aws:kinesis","kinesis":{}}]})"};
  for (const std::string& text : texts) {
    const Ended ended =
        run({"invoke", "--target", database(), file("odd.json", text), good_event()});
    EXPECT_EQ(ended.status, 1) << text;
    EXPECT_TRUE(has(ended.out, R"("errorType":"Function.InvalidEvent")")) << ended.out;
    EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 2) << ended.out;
    EXPECT_TRUE(has(ended.err, "odd.json")) << ended.err;
  }
}

/// From little more than the program itself takes to all that it needs.
TEST_F(Cli, MemoryThatRunsOutIsNoFaultOfTheEvent) {
  constexpr rlim_t kMegabyte = 1024UL * 1024;
  const std::string event =
      file("large.json", event_of({put("a", "1", std::string(300'000, 'x')),
                                   put("b", "2", std::string(5'000'000, 'y'))}));
  bool any_told = false;
  for (rlim_t most = 12 * kMegabyte; most <= 72 * kMegabyte; most += 4 * kMegabyte) {
    limit_ = most;
    const Ended invoked = run({"invoke", "--target", database(), event});
    any_told = any_told ||
               (invoked.status == 1 && has(invoked.out, R"("errorType":"Function.OutOfMemory")") &&
                has(invoked.out, "there is no memory to read the event of 5"));
    const Ended replayed =
        run({"replay", "--dry-run", "--json", "--target", database("other.db"), event});
    for (const Ended& ended : {invoked, replayed}) {
      EXPECT_TRUE(ended.status == 0 || ended.status == 1) << most << ": " << ended.status;
      for (const char* word : {"not JSON", "InvalidEvent", R"("outcome":"unreadable")"})
        EXPECT_FALSE(has(ended.out + ended.err, word)) << most << ": " << ended.out << ended.err;
    }
  }
  EXPECT_TRUE(any_told);
}

TEST_F(Cli, MessagesOfAQueueAreForReplay) {
  const std::string event = event_of({R"({"messageId":"m","body":"{}","eventSource":"aws:sqs"})"});
  const Ended ended = run({"invoke", "--target", database(), file("queue.json", event)});
  EXPECT_EQ(ended.status, 1);
  EXPECT_TRUE(has(ended.out, R"("errorType":"Function.InvalidEvent")")) << ended.out;
  EXPECT_TRUE(has(ended.err, "bootstrap replay")) << ended.err;
}

TEST_F(Cli, InputThatCannotBeReadIsAnErrorOfItsOwn) {
  const std::string large = file("large.json", std::string(6'291'557, ' '));
  const std::string below_a_file = good_event() + "/event.json";
  // The last one opens, for root too, and then gives an error.
  for (const std::string& path : {folder_.file("absent.json"), folder_.path(), large, below_a_file,
                                  std::string("/proc/self/mem")}) {
    const Ended ended = run({"invoke", "--target", database(), path});
    EXPECT_EQ(ended.status, 3);
    EXPECT_EQ(ended.out, "");
    EXPECT_TRUE(has(ended.err, path)) << ended.err;
  }
  const Ended one_of_two =
      run({"invoke", "--target", database(), folder_.file("absent.json"), good_event()});
  EXPECT_EQ(one_of_two.status, 1);
  EXPECT_EQ(one_of_two.out, kNoFailure);
  EXPECT_EQ(run({"invoke", "--target", database(), large, folder_.path()}).status, 3);
}

TEST_F(Cli, AResponseThatCannotBeWrittenIsNotDone) {
  const std::string err = folder_.file("err");
  ChildProcess child({.program = program_,
                      .arguments = {"invoke", "--target", database(), good_event()},
                      .log_path = err,
                      .output_path = "/dev/full"});
  EXPECT_EQ(child.wait(), 1);
  EXPECT_TRUE(has(text_of(err), "response not written"));
}

/// Refused as a whole, each in another way.
TEST_F(Cli, NoLineQuotesTheTextOfAnEventThatIsRefused) {
  const std::vector<std::string> texts = {
      "MARK",
      R"("MARK")",
      R"(["MARK"])",
      R"({"Records":"MARK"})",
      R"({"Records":["MARK"]})",
      R"({"Records":[{"eventSource":"aws:sqs","body":"MARK"}]})",
      R"({"Records":[{"eventSource":"aws:dynamodb","dynamodb":{"SequenceNumber":"MARK"}}]})",
      event_of({to_json({.keys = key_of("MARK"), .view_type = "KEYS_ONLY"})}),
      event_of({put("MARK", "1", "MARK")}) + "MARK",
      R"({"Records":[{"MARK":"MARK)"};
  for (const std::string& text : texts) {
    const Ended ended =
        run({"invoke", "-v", "--target", database(), file("marked.json", with_secrets(text))});
    EXPECT_EQ(ended.status, 1) << text;
    EXPECT_TRUE(has(ended.out, "Function.InvalidEvent")) << ended.out;
    EXPECT_EQ(told_secret(ended.out + ended.err), "") << ended.out << ended.err;
  }
}

/// One record is sound, and three are not; a trigger of the user's refuses the last, and quotes it.
TEST_F(Cli, AnOutputThatIsClosedIsNotDoneAndNoStreamIsMistakenForIt) {
  const std::string command = std::string(STREAMONCE_BOOTSTRAP) + " invoke --target " + database() +
                              " " + good_event() + " >&- 2>" + folder_.file("closed");
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
  EXPECT_TRUE(has(text_of(folder_.file("closed")), "response not written"));
  EXPECT_EQ(
      WEXITSTATUS(std::system((std::string(STREAMONCE_BOOTSTRAP) + " --help >/dev/full").c_str())),
      1);
}

TEST_F(Cli, NoLineHoldsAValueOfAnItemThatSqliteRefuses) {
  const std::string marked_image = R"({"id":{"S":"MARKnumber"},"n":{"N":"MARK"}})";
  const std::string event = file(
      "marked.json",
      with_secrets(event_of(
          {put("MARKgood", "1", "MARKvalue"), put("MARKbad", "2", "MARKvalue", "UPSERT"),
           to_json(
               {.sequence_number = "3", .keys = key_of("MARKnumber"), .new_image = marked_image}),
           to_json({.sequence_number = "4", .keys = R"({"id":{"N":"MARK"}})"})})));
  ASSERT_EQ(run({"invoke", "--target", database(), event}).status, 1);
  ASSERT_EQ(std::system(
                with_secrets("sqlite3 " + folder_.file("copy.db") +
                             " \"CREATE TRIGGER no BEFORE INSERT ON orders WHEN NEW.id = 'MARKnew'"
                             " BEGIN SELECT json_extract('{}', 'no path: ' || NEW.item); END\"")
                    .c_str()),
            0);
  const std::string refused =
      file("refused.json", with_secrets(event_of({put("MARKnew", "9", "MARKvalue")})));
  for (const std::string format : {"Text", "JSON"}) {
    for (const std::string level : {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}) {
      const Ended ended = run({"invoke", "--target", database(), event, refused},
                              {"AWS_LAMBDA_LOG_LEVEL=" + level, "AWS_LAMBDA_LOG_FORMAT=" + format});
      EXPECT_EQ(ended.status, 1);
      EXPECT_EQ(ended.out,
                "{\"batchItemFailures\":[{\"itemIdentifier\":\"2\"}]}\n"
                "{\"batchItemFailures\":[{\"itemIdentifier\":\"9\"}]}\n");
      EXPECT_EQ(told_secret(ended.err), "") << ended.err;
      // The trigger's words did come, with the values taken out.
      EXPECT_EQ(has(ended.err, "JSON path error near ***"), level != "FATAL") << ended.err;
      EXPECT_EQ(has(ended.err, "***"), level != "FATAL") << ended.err;
      std::istringstream lines(ended.err);
      for (std::string line; std::getline(lines, line);)
        EXPECT_EQ(line.starts_with("{\"timestamp\":"), format == "JSON") << line;
    }
  }
}

}  // namespace
}  // namespace streamonce::testing
