// The pipeline on real targets: one suite, which every target passes alike.

#include "handler/pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "handler/sources/lambda/stream_event.h"
#include "handler/targets/preview/preview_target.h"
#include "tests/support/child_process.h"
#include "tests/support/mark_places.h"
#include "tests/support/stream_event.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using nlohmann::json;
using testing::event_of;
using testing::key_of;
using testing::put;
using testing::remove;
using testing::TargetUnderTest;
using testing::to_json;

constexpr std::string_view kNoFailure = R"({"batchItemFailures":[]})";
constexpr std::string_view kLaterStream =
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-12-01T00:00:00.000";

std::string failure_at(std::string_view number) {
  return R"({"batchItemFailures":[{"itemIdentifier":")" + std::string(number) + R"("}]})";
}

json item(std::string_view id, std::string_view value) {
  return {{"id", {{"S", id}}}, {"value", {{"S", value}}}};
}

/// One user of a target: a pipeline with all that it borrows.
class PipelineUser {
 public:
  explicit PipelineUser(TargetUnderTest& under_test)
      : table_(under_test.table()),
        opened_(under_test.open(clock_, logger_)) {}

  /// The whole event must be taken.
  StreamEventResult run(const std::string& event) {
    const Payload payload = Payload::copy_of(event);
    Result<StreamEventResult> result =
        stream_.run(payload.view(), clock_.steady_now() + std::chrono::seconds(900));
    if (result) return std::move(*result);
    ADD_FAILURE() << result.error().message;
    return {};
  }

  /// What the event would come to: see PreviewTarget, which remembers what it has told.
  StreamEventResult preview(const std::string& event) {
    const Payload payload = Payload::copy_of(event);
    Result<StreamEventResult> result =
        previewing_stream_.run(payload.view(), clock_.steady_now() + std::chrono::seconds(900));
    if (result) return std::move(*result);
    ADD_FAILURE() << result.error().message;
    return {};
  }
  Target& target() { return *opened_.target; }

  const std::string& log() const { return log_; }

 private:
  SystemClock clock_;
  std::string log_;
  Logger logger_{{.level = LogLevel::kWarn,
                  .format = LogFormat::kText,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
  const std::string table_;
  testing::OpenedTarget opened_;
  const PipelineOptions options_{.name = "p", .target_table = table_, .retain = {}};
  Pipeline pipeline_{options_, *opened_.target, clock_};
  StreamEventHandler stream_{pipeline_, logger_};
  PreviewTarget preview_target_{*opened_.target};
  Pipeline previewing_{options_, preview_target_, clock_};
  StreamEventHandler previewing_stream_{previewing_, logger_};
};

struct PipelineKind {
  const char* name;
  std::unique_ptr<TargetUnderTest> (*make)();
};

class PipelineOn : public ::testing::TestWithParam<PipelineKind> {
 protected:
  void create(const TargetUnderTest::Key& key = {{"id", "S"}}) {
    under_test_ = GetParam().make();
    under_test_->create(key);
    user_ = std::make_unique<PipelineUser>(*under_test_);
  }
  StreamEventResult run(const std::vector<std::string>& records) {
    return user_->run(event_of(records));
  }
  std::vector<json> items() { return under_test_->items(); }

  std::unique_ptr<TargetUnderTest> under_test_;
  std::unique_ptr<PipelineUser> user_;
};

INSTANTIATE_TEST_SUITE_P(, PipelineOn,
                         ::testing::Values(PipelineKind{"Sqlite", testing::make_sqlite_under_test},
                                           PipelineKind{"DynamoDb",
                                                        testing::make_dynamodb_under_test}),
                         [](const ::testing::TestParamInfo<PipelineKind>& kind) {
                           return std::string(kind.param.name);
                         });

TEST_P(PipelineOn, AppliesInsertsModifiesAndRemoves) {
  create();
  EXPECT_EQ(run({put("a", "1", "x", "INSERT"), put("b", "2", "x", "INSERT"),
                 put("c", "3", "x", "INSERT")})
                .response,
            kNoFailure);
  EXPECT_EQ(run({put("b", "4", "y"), remove("c", "5"), remove("never there", "6")}).response,
            kNoFailure);
  EXPECT_EQ(items(), (std::vector{item("a", "x"), item("b", "y")}));
  EXPECT_EQ(under_test_->marks(), 4U);
}

TEST_P(PipelineOn, AppliesTheNewestOfSeveralChangesOfAnItem) {
  create();
  const StreamEventResult result =
      run({put("a", "8", "x", "INSERT"), put("a", "9", "y"), put("b", "10", "x"), remove("b", "11"),
           put("a", "100", "z"), put("b", "101", "back", "INSERT")});
  EXPECT_EQ(result.response, kNoFailure);
  EXPECT_EQ(result.batch.counts.of(Fate::kApplied), 2U);
  EXPECT_EQ(result.batch.counts.of(Fate::kSuperseded), 4U);
  EXPECT_EQ(items(), (std::vector{item("a", "z"), item("b", "back")}));
}

TEST_P(PipelineOn, ARedeliveredBatchOrSuffixChangesNothing) {
  create();
  const std::vector<std::string> batch = {put("a", "1", "x"), put("b", "2", "x"), remove("c", "3"),
                                          put("d", "4", "x")};
  ASSERT_EQ(run(batch).batch.counts.of(Fate::kApplied), 4U);
  const std::vector<json> before = items();
  EXPECT_EQ(run(batch).batch.counts.of(Fate::kAlreadyApplied), 4U);
  const StreamEventResult suffix = run({batch[2], batch[3], put("e", "5", "x")});
  EXPECT_EQ(suffix.response, kNoFailure);
  EXPECT_EQ(suffix.batch.counts.of(Fate::kAlreadyApplied), 2U);
  EXPECT_EQ(suffix.batch.counts.of(Fate::kApplied), 1U);
  std::vector<json> after = before;
  after.push_back(item("e", "x"));
  EXPECT_EQ(items(), after);
}

TEST_P(PipelineOn, AnOldRecordDoesNotBringADeletedItemBack) {
  create();
  ASSERT_EQ(run({put("a", "9", "x")}).response, kNoFailure);
  ASSERT_EQ(run({remove("a", "10")}).response, kNoFailure);
  const StreamEventResult old = run({put("a", "9", "x"), put("b", "8", "x")});
  EXPECT_EQ(old.response, kNoFailure);
  EXPECT_EQ(old.batch.counts.of(Fate::kStale), 1U);
  EXPECT_EQ(items(), std::vector{item("b", "x")});
}

TEST_P(PipelineOn, ALaterStreamOfTheTableIsNewer) {
  create();
  const std::string old = put("a", "900", "old stream");
  ASSERT_EQ(run({old}).response, kNoFailure);
  ASSERT_EQ(run({to_json({.sequence_number = "1",
                          .keys = key_of("a"),
                          .new_image = item("a", "new stream").dump(),
                          .arn = std::string(kLaterStream)})})
                .response,
            kNoFailure);
  EXPECT_EQ(run({old}).batch.counts.of(Fate::kStale), 1U);
  EXPECT_EQ(items(), std::vector{item("a", "new stream")});
}

TEST_P(PipelineOn, ABadRecordFailsAloneAndAfterItsMendingIsApplied) {
  create();
  const std::vector<std::string> mended = {put("a", "1", "x"), put("b", "2", "x"),
                                           put("c", "3", "x"), put("b", "4", "y")};
  std::vector<std::string> batch = mended;
  batch[1] = put("b", "2", "x", "UPSERT");
  const StreamEventResult result = run(batch);
  EXPECT_EQ(result.response, failure_at("2"));
  EXPECT_EQ(result.batch.counts.of(Fate::kApplied), 2U);
  EXPECT_EQ(result.batch.counts.not_done(), 2U);
  EXPECT_EQ(items(), (std::vector{item("a", "x"), item("c", "x")}));
  const StreamEventResult again = run({mended.begin() + 1, mended.end()});
  EXPECT_EQ(again.response, kNoFailure);
  EXPECT_EQ(again.batch.counts.of(Fate::kAlreadyApplied), 1U);
  EXPECT_EQ(items(), (std::vector{item("a", "x"), item("b", "y"), item("c", "x")}));
}

/// A record whose key and image are the same.
std::string put_of(const json& key, int number, const std::string& event_name = "INSERT") {
  return to_json({.event_name = event_name,
                  .sequence_number = std::to_string(number),
                  .keys = key.dump(),
                  .new_image = event_name == "REMOVE" ? "" : key.dump()});
}

TEST_P(PipelineOn, TakesNumericKeysHoweverTheyAreSpelled) {
  create({{"id", "N"}});
  const auto number = [](const char* text) { return json{{"id", {{"N", text}}}}; };
  ASSERT_EQ(run({put_of(number("1"), 1), put_of(number("-12.5"), 2),
                 put_of(number("12345678901234567890123456789012345678"), 3),
                 put_of(number("0.000000000000000000000000000001"), 4)})
                .batch.counts.of(Fate::kApplied),
            4U);
  const StreamEventResult result =
      run({put_of(number("1.0"), 5, "REMOVE"), put_of(number("-125e-1"), 6, "REMOVE"),
           put_of(number("1E-30"), 7, "REMOVE")});
  EXPECT_EQ(result.batch.counts.of(Fate::kApplied), 3U);
  EXPECT_EQ(items(), std::vector{number("12345678901234567890123456789012345678")});
  EXPECT_EQ(under_test_->marks(), 4U);
}

TEST_P(PipelineOn, TakesBinaryAndCompositeKeys) {
  create({{"b", "B"}, {"n", "N"}});
  const auto key = [](const char* bytes, const char* number) {
    return json{{"b", {{"B", bytes}}}, {"n", {{"N", number}}}};
  };
  std::vector<json> keys = {key("AA==", "1"), key("AAA=", "1"), key("AA==", "-1"),
                            key("/+8=", "1")};
  std::vector<std::string> records;
  for (std::size_t i = 0; i < keys.size(); ++i)
    records.push_back(put_of(keys[i], static_cast<int>(i) + 1));
  EXPECT_EQ(run(records).batch.counts.of(Fate::kApplied), 4U);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(items(), keys);
  EXPECT_EQ(run({put_of(keys[0], 9, "REMOVE")}).batch.counts.of(Fate::kApplied), 1U);
  keys.erase(keys.begin());
  EXPECT_EQ(items(), keys);
}

TEST_P(PipelineOn, ARecordWithAKeyOfAnotherTypeFailsAloneWhereverItStands) {
  const json other = {{"id", {{"N", "7"}}}};
  for (std::size_t place = 0; place < 4; ++place) {
    SCOPED_TRACE(place);
    create();
    std::vector<std::string> records;
    for (std::size_t i = 0; i < 4; ++i) {
      const std::string number = std::to_string(i + 1);
      records.push_back(i == place ? put_of(other, static_cast<int>(i) + 1)
                                   : put(number, number, "x"));
    }
    const StreamEventResult result = run(records);
    EXPECT_EQ(result.response, failure_at(std::to_string(place + 1)));
    EXPECT_EQ(result.batch.counts.of(Fate::kApplied), 3U);
    EXPECT_EQ(result.batch.counts.not_done(), 1U);
    std::vector<json> expected;
    for (const char* id : {"1", "2", "3", "4"})
      if (std::stoul(id) != place + 1) expected.push_back(item(id, "x"));
    EXPECT_EQ(items(), expected);
    const StreamEventResult alone = run({records[place]});
    EXPECT_EQ(alone.batch.counts.not_done(), 1U);
    EXPECT_EQ(run(records).batch.counts.of(Fate::kAlreadyApplied), 3U);
    EXPECT_EQ(items(), expected);
  }
}

TEST_P(PipelineOn, NullMembersOfAttributeValuesAreAbsent) {
  create();
  const std::string key = R"({"id":{"B":null,"S":"a","N":null}})";
  EXPECT_EQ(run({to_json({.sequence_number = "1",
                          .keys = key,
                          .new_image = R"({"id":{"S":"a","N":null},"m":{"L":null,"M":{"x":)"
                                       R"({"NULL":null,"BOOL":true}}},"l":{"L":[{"S":"y",)"
                                       R"("SS":null}]}})"}),
                 put("b", "2", "x")})
                .response,
            kNoFailure);
  EXPECT_EQ(items(), (std::vector{json::parse(R"({"id":{"S":"a"},"m":{"M":{"x":{"BOOL":true}}},)"
                                              R"("l":{"L":[{"S":"y"}]}})"),
                                  item("b", "x")}));
  EXPECT_EQ(
      run({to_json(
              {.event_name = "REMOVE", .sequence_number = "3", .keys = key, .new_image = "{}"})})
          .response,
      kNoFailure);
  EXPECT_EQ(items(), std::vector{item("b", "x")});
}

TEST_P(PipelineOn, SequenceNumbersOfAnEmulatorAreInOrderToo) {
  create();
  const std::string longest_of_the_api(40, '9');
  const std::string next = "1" + std::string(40, '0');
  const std::string emulated = "49611974300205315735694662545343431332397447507475431426";
  ASSERT_EQ(run({put("a", longest_of_the_api, "1"), put("b", emulated, "1")})
                .batch.counts.of(Fate::kApplied),
            2U);
  ASSERT_EQ(run({put("a", next, "2"), put("b", next, "0")}).response, kNoFailure);
  EXPECT_EQ(items(), (std::vector{item("a", "2"), item("b", "1")}));
  ASSERT_EQ(run({put("a", emulated, "3"), put("b", "00" + emulated, "0")}).response, kNoFailure);
  EXPECT_EQ(
      run({put("a", longest_of_the_api, "1"), put("a", next, "2")}).batch.counts.of(Fate::kStale),
      1U);
  EXPECT_EQ(items(), (std::vector{item("a", "3"), item("b", "1")}));
  EXPECT_EQ(run({put("c", emulated, "x", "UPSERT")}).response, failure_at(emulated));
}

TEST_P(PipelineOn, TakesTenThousandRecordsInOneBatch) {
  create();
  constexpr int kRecords = 10'000;
  constexpr int kItems = 2'500;
  std::vector<std::string> records;
  std::vector<json> expected;
  for (int i = 0; i < kRecords; ++i) {
    const std::string id = std::to_string(i % kItems);
    const std::string value = "v" + std::to_string(i);
    records.push_back(put(id, std::to_string(i + 1), value));
    if (i >= kRecords - kItems) expected.push_back(item(id, value));
  }
  const StreamEventResult result = run(records);
  EXPECT_EQ(result.response, kNoFailure);
  EXPECT_EQ(result.batch.counts.of(Fate::kApplied), std::size_t{kItems});
  EXPECT_EQ(result.batch.counts.of(Fate::kSuperseded), std::size_t{kRecords - kItems});
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(items(), expected);
  EXPECT_EQ(run(records).batch.counts.of(Fate::kAlreadyApplied), std::size_t{kItems});
}

TEST_P(PipelineOn, TakesItemsOfAlmost400KB) {
  create();
  // An item's size: names and values. Source: DynamoDB, "Item sizes and formats".
  constexpr std::size_t kValueBytes = 400UL * 1024 - sizeof("id") - sizeof("a") - sizeof("value");
  std::vector<std::string> records;
  std::vector<json> expected;
  for (int i = 0; i < 14; ++i) {
    const std::string id(1, static_cast<char>('a' + i));
    const std::string value(kValueBytes, static_cast<char>('A' + i));
    records.push_back(put(id, std::to_string(i + 1), value));
    expected.push_back(item(id, value));
  }
  const StreamEventResult result = run(records);
  EXPECT_EQ(result.response, kNoFailure) << user_->log();
  EXPECT_EQ(result.batch.counts.of(Fate::kApplied), 14U);
  EXPECT_TRUE(items() == expected);  // too large to print
}

/// Batches of changes of a few items, and what the items are in the end.
struct History {
  std::vector<std::vector<std::string>> batches;
  std::vector<json> end;
};

History random_history(unsigned seed, int batches) {
  std::mt19937 random(seed);
  History history;
  std::map<std::string, json> state;
  int number = 97;
  for (int i = 0; i < batches; ++i) {
    std::vector<std::string>& batch = history.batches.emplace_back();
    for (int record = 0; record < 40; ++record) {
      const std::string id = "k" + std::to_string(random() % 25);
      const std::string text = std::to_string(++number);
      if (random() % 4 == 0) {
        batch.push_back(remove(id, text));
        state.erase(id);
      } else {
        batch.push_back(put(id, text, "v" + text));
        state[id] = item(id, "v" + text);
      }
    }
  }
  for (const auto& [id, value] : state) history.end.push_back(value);
  return history;
}

TEST_P(PipelineOn, EndsAsTheSourceHoweverOftenAndLateBatchesCome) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    create();
    const History history = random_history(seed, 12);
    std::vector<std::vector<std::string>> deliveries = history.batches;
    deliveries.insert(deliveries.end(), history.batches.begin(), history.batches.end());
    std::shuffle(deliveries.begin(), deliveries.end(), std::mt19937(seed));
    for (const auto& batch : deliveries) EXPECT_EQ(run(batch).response, kNoFailure);
    EXPECT_EQ(items(), history.end);
  }
}

/// A preview of all batches, in any order and with repetitions, tells of each record what becomes
/// of it when they are then run, and changes nothing.
TEST_P(PipelineOn, APreviewTellsWhatTheRunThenDoes) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    create();
    const History history = random_history(seed, 9);
    std::vector<std::vector<std::string>> deliveries = history.batches;
    deliveries.insert(deliveries.end(), history.batches.begin(), history.batches.end());
    for (std::vector<std::string>& batch : deliveries)
      if (batch.size() > 7) batch[7] = put("k3", "5000", "never", "UPSERT");
    std::shuffle(deliveries.begin(), deliveries.end(), std::mt19937(seed));
    for (int i = 0; i < 4; ++i) run(deliveries[static_cast<std::size_t>(i)]);
    const std::vector<json> items_before = items();
    const std::size_t marks_before = under_test_->marks();

    std::vector<StreamEventResult> foreseen;
    for (const auto& batch : deliveries) foreseen.push_back(user_->preview(event_of(batch)));
    EXPECT_EQ(items(), items_before);
    EXPECT_EQ(under_test_->marks(), marks_before);

    for (std::size_t i = 0; i < deliveries.size(); ++i) {
      const StreamEventResult result = run(deliveries[i]);
      EXPECT_EQ(foreseen[i].batch.fates, result.batch.fates);
      EXPECT_EQ(foreseen[i].response, result.response);
    }
  }
}

TEST_P(PipelineOn, ReadsTheMarksOfManyItems) {
  create();
  std::vector<std::string> records;
  std::vector<std::string> ids;
  for (int i = 0; i < 250; ++i) {
    const std::string id = "k" + std::to_string(i);
    ids.push_back("p|123456789012/eu-west-1/orders|2:idS" + std::to_string(id.size()) + ":" + id);
    if (i % 3 != 0) records.push_back(put(id, std::to_string(i), "x"));
  }
  ASSERT_EQ(run(records).response, kNoFailure);
  const std::vector<std::string_view> views(ids.begin(), ids.end());
  const auto marks =
      user_->target().read_marks(testing::places_of(views), Reading::kVersions,
                                 std::chrono::steady_clock::now() + std::chrono::seconds(60));
  ASSERT_EQ(marks.size(), 250U);
  for (int i = 0; i < 250; ++i) {
    const MarkResult& mark = marks[static_cast<std::size_t>(i)];
    ASSERT_TRUE(mark) << mark.error().message;
    ASSERT_EQ(mark->has_value(), i % 3 != 0);
    if (*mark) EXPECT_EQ(std::stoi(std::string((*mark)->version.text().substr(24))), i);
  }
}

TEST_P(PipelineOn, EndsAsTheSourceWhenTwoThreadsWorkOnTheSameItems) {
  create();
  const History history = random_history(7, 16);
  std::array<std::vector<std::string>, 2> answers;
  {
    const auto work = [&](unsigned seed) {
      auto deliveries = history.batches;
      std::shuffle(deliveries.begin(), deliveries.end(), std::mt19937(seed));
      PipelineUser user(*under_test_);
      for (const auto& batch : deliveries)
        answers[seed].push_back(user.run(event_of(batch)).response);
    };
    std::jthread one(work, 0U);
    std::jthread other(work, 1U);
  }
  for (const auto& each : answers)
    EXPECT_EQ(each, std::vector<std::string>(16, std::string(kNoFailure)));
  EXPECT_EQ(items(), history.end);
}

TEST_P(PipelineOn, EndsAsTheSourceWhenTwoProcessesWorkOnTheSameItems) {
  create();
  const History history = random_history(8, 16);
  const testing::TempDir folder;
  std::vector<std::string> files;
  for (std::size_t i = 0; i < history.batches.size(); ++i) {
    files.push_back(folder.file(std::to_string(i) + ".json"));
    std::ofstream(files.back()) << event_of(history.batches[i]);
  }
  const auto options_of = [&](unsigned seed) {
    std::vector<std::string> arguments = {"invoke"};
    std::shuffle(files.begin(), files.end(), std::mt19937(seed));
    arguments.insert(arguments.end(), files.begin(), files.end());
    return testing::ChildOptions{.program = STREAMONCE_BOOTSTRAP,
                                 .arguments = arguments,
                                 .environment = under_test_->environment()};
  };
  testing::ChildProcess one(options_of(1));
  testing::ChildProcess other(options_of(2));
  EXPECT_EQ(one.wait(), 0);
  EXPECT_EQ(other.wait(), 0);
  EXPECT_EQ(items(), history.end);
}

}  // namespace
}  // namespace streamonce::handler
