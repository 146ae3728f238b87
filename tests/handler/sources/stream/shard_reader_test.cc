#include "handler/sources/stream/shard_reader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_stream.h"
#include "tests/support/signed_request.h"
#include "tests/support/sigv4.h"

namespace streamonce::handler {
namespace {

using events::SequenceNumber;
using nlohmann::json;
using runtime::HttpResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::refusal;
using testing::StreamCall;

using Numbers = std::vector<std::string>;
using Answer = std::optional<Result<HttpResponse>>;

const std::string kAdvice =
    ": shardId, startSequenceNumber and endSequenceNumber must be those of one dead letter, as it "
    "came";

SequenceNumber number(std::string_view text) {
  return SequenceNumber::parse(text).value();
}

ShardReaderOptions good_options() {
  return {.endpoint_url = "",
          .credentials = testing::credentials("AKID-MARKER", "SECRET-MARKER", "TOKEN-MARKER"),
          .random_seed = 1};
}

/// A shard with the records 91 to 110: 100 is larger than 99 as a number, and smaller as a text.
class ShardReaderTest : public ::testing::Test {
 protected:
  ShardReaderTest() {
    for (int i = 91; i <= 110; ++i) service_.numbers.push_back(std::to_string(i));
    open(good_options());
  }

  void open(const ShardReaderOptions& options) {
    auto created =
        ShardReader::create(options, service_, clock_, logger_, clock_.steady_now() + seconds(60));
    ASSERT_TRUE(created) << created.error().message;
    client_ = std::move(*created);
  }

  /// Takes a page as a caller may: the number it returns is a view into the page.
  std::optional<SequenceNumber> take(PayloadView page) {
    const json document = json::parse(page.text, /*cb=*/nullptr, /*allow_exceptions=*/false);
    EXPECT_TRUE(document.is_object()) << page.text;
    std::optional<SequenceNumber> newest;
    for (const json& record : document.value("Records", json::array())) {
      taken_.push_back(record["dynamodb"]["SequenceNumber"].get<std::string>());
      const std::size_t found = page.text.find("\"" + taken_.back() + "\"");
      newest = number(page.text.substr(found + 1, taken_.back().size()));
    }
    ++pages_;
    return newest;
  }

  Status read(std::string_view first, std::string_view last, milliseconds time = seconds(60)) {
    taken_.clear();
    pages_ = 0;
    const StreamRange range{.stream_arn = service_.arn,
                            .shard_id = shard_,
                            .first = number(first),
                            .last = number(last)};
    return client_->read(
        range, [this](PayloadView page) { return take(page); }, clock_.steady_now() + time);
  }

  /// The error of a read that must fail.
  Error error_of(std::string_view first, std::string_view last, milliseconds time = seconds(60)) {
    Status status = read(first, last, time);
    if (status) {
      ADD_FAILURE() << "no error";
      return {};
    }
    return status.error();
  }

  /// The `index`th request, counted from 0, gets this answer; the others get their own.
  void answer_request(std::size_t index, const Result<HttpResponse>& answer) {
    service_.fault = [this, index, answer](const StreamCall&) {
      return service_.seen.size() == index ? Answer(answer) : std::nullopt;
    };
  }

  /// Every request of `operation` gets this answer.
  void answer_every(const std::string& operation, const Result<HttpResponse>& answer) {
    service_.fault = [operation, answer](const StreamCall& call) {
      return call.operation == operation ? Answer(answer) : std::nullopt;
    };
  }

  testing::FakeClock clock_;
  testing::FakeStream service_{clock_};
  std::string shard_ = service_.shard;
  std::string log_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
  std::unique_ptr<ShardReader> client_;
  Numbers taken_;
  int pages_ = 0;
};

TEST_F(ShardReaderTest, ReadsARangePageByPage) {
  ASSERT_TRUE(read("98", "103"));
  EXPECT_EQ(taken_, (Numbers{"98", "99", "100", "101", "102", "103"}));
  EXPECT_EQ(pages_, 2);
  EXPECT_TRUE(clock_.sleeps.empty());
  ASSERT_EQ(service_.seen.size(), 3U);
  EXPECT_EQ(service_.seen[0].body, (json{{"StreamArn", service_.arn},
                                         {"ShardId", service_.shard},
                                         {"ShardIteratorType", "AT_SEQUENCE_NUMBER"},
                                         {"SequenceNumber", "98"}}));
}

TEST_F(ShardReaderTest, HandsOverAPageWithWhatIsBehindTheRange) {
  ASSERT_TRUE(read("98", "98"));
  EXPECT_EQ(taken_, (Numbers{"98", "99", "100"}));
  ASSERT_TRUE(read("98", "99"));
  EXPECT_EQ(pages_, 1);
}

TEST_F(ShardReaderTest, ComparesSequenceNumbersAsNumbers) {
  ASSERT_TRUE(read("91", "103"));  // the third page ends with 99
  EXPECT_EQ(taken_.back(), "105");
}

TEST_F(ShardReaderTest, StopsBehindTheRangeIfItsEndIsGone) {
  std::erase(service_.numbers, "103");
  ASSERT_TRUE(read("98", "103"));
  EXPECT_EQ(taken_.back(), "104");
}

TEST_F(ShardReaderTest, SignsForTheRegionOfTheStream) {
  service_.arn =
      "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/t/stream/2026-11-21T00:44:22.580";
  ASSERT_TRUE(read("98", "103"));
  for (const StreamCall& call : service_.seen) {
    EXPECT_EQ(call.request.url, "https://streams.dynamodb.cn-north-1.amazonaws.com.cn/");
    const auto check = testing::check_signature(call.request, "SECRET-MARKER");
    EXPECT_EQ(check.scope, "AKID-MARKER/20261121/cn-north-1/dynamodb/aws4_request");
    EXPECT_EQ(check.problem, "");
    EXPECT_EQ(check.found, check.expected);
    EXPECT_EQ(testing::header_of(call.request, "X-Amz-Security-Token"), "TOKEN-MARKER");
  }
  service_.arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/t/stream/2026-11-21T00:44:22.580";
  ASSERT_TRUE(read("98", "103"));
  EXPECT_EQ(service_.seen.back().request.url, "https://streams.dynamodb.eu-west-1.amazonaws.com/");
}

TEST_F(ShardReaderTest, CallsTheEndpointThatItIsTold) {
  ShardReaderOptions options = good_options();
  options.endpoint_url = "http://127.0.0.1:8000/";
  open(options);
  ASSERT_TRUE(read("98", "103"));
  EXPECT_EQ(service_.seen.back().request.url, "http://127.0.0.1:8000/");
  EXPECT_NE(testing::header_of(service_.seen.back().request, "Authorization").find("/eu-west-1/"),
            std::string_view::npos);
}

TEST_F(ShardReaderTest, EscapesWhatADeadLetterSays) {
  shard_ = "x\",\"ShardIteratorType\":\"LATEST";
  EXPECT_EQ(error_of("98", "103").code, ErrorCode::kRejected);
  EXPECT_EQ(service_.seen[0].body["ShardId"], shard_);
  EXPECT_EQ(service_.seen[0].body["ShardIteratorType"], "AT_SEQUENCE_NUMBER");
}

TEST_F(ShardReaderTest, PausesLongerAndLongerWhilePagesAreEmpty) {
  service_.empty_pages = 5;
  ASSERT_TRUE(read("98", "103"));
  EXPECT_EQ(taken_.size(), 6U);
  const auto pause = [](int ms) { return milliseconds(ms); };
  EXPECT_EQ(clock_.sleeps,
            (std::vector{pause(200), pause(400), pause(800), pause(1000), pause(1000), pause(200),
                         pause(400), pause(800), pause(1000), pause(1000)}));
}

TEST_F(ShardReaderTest, AsksAgainUntilItIsAnswered) {
  const std::vector<Result<HttpResponse>> spoiled = {
      Error{ErrorCode::kUnavailable, "connection reset"},
      Error{ErrorCode::kTimeout, "no answer in time"},
      refusal(500, "InternalServerError", "internal"),
      refusal(400, "ThrottlingException", "Rate exceeded"),
      refusal(400, "LimitExceededException", "There are more than 2 readers"),
      HttpResponse{.status = 200, .headers = {}, .body = R"({"Records":[{"dynamodb":{)"},
      HttpResponse{.status = 200, .headers = {{"x-amz-crc32", "7"}}, .body = R"({"Records":[]})"},
      HttpResponse{.status = 200, .headers = {}, .body = "<html></html>"},
  };
  for (const Result<HttpResponse>& each : spoiled) {
    for (const std::size_t index : {0U, 1U, 2U}) {
      service_.seen.clear();
      answer_request(index, each);
      ASSERT_TRUE(read("98", "103"));
      EXPECT_EQ(taken_, (Numbers{"98", "99", "100", "101", "102", "103"}));
      ASSERT_EQ(service_.seen.size(), 4U);
      EXPECT_EQ(service_.seen[index].body, service_.seen[index + 1].body);
    }
  }
}

TEST_F(ShardReaderTest, GivesUpAtTheDeadlineWithTheLatestReason) {
  answer_every("GetRecords", refusal(400, "LimitExceededException", "too many readers"));
  const SteadyTime start = clock_.steady_now();
  const Error error = error_of("98", "103", seconds(20));
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_EQ(error.message,
            "GetRecords: not done before the deadline; before that: LimitExceededException: too "
            "many readers");
  EXPECT_LE(clock_.steady_now() - start, seconds(20));
}

TEST_F(ShardReaderTest, WaitsForARecordToTheDeadlineAndNoLonger) {
  const SteadyTime start = clock_.steady_now();
  const Error error = error_of("98", "111", seconds(10));
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_EQ(error.message,
            "GetRecords: not done before the deadline; the newest record that was read is 110, "
            "where the range ends with 111" +
                kAdvice);
  EXPECT_EQ(taken_.back(), "110");
  EXPECT_LE(clock_.steady_now() - start, seconds(10));
  EXPECT_GE(clock_.steady_now() - start, seconds(9));
  EXPECT_LT(service_.seen.size(), 20U);
}

TEST_F(ShardReaderTest, SaysAtTheDeadlineThatNoRecordHasCome) {
  const std::string page = R"({"Records":[],"NextShardIterator":"a"})";
  answer_every("GetRecords", HttpResponse{.status = 200, .headers = {}, .body = page});
  EXPECT_EQ(error_of("98", "111", seconds(10)).message,
            "GetRecords: not done before the deadline; no record was read, where the range ends "
            "with 111" +
                kAdvice);
}

TEST_F(ShardReaderTest, AbandonsARequestAtTheDeadline) {
  service_.latency = seconds(5);
  EXPECT_EQ(error_of("98", "103", seconds(8)).code, ErrorCode::kTimeout);
  EXPECT_EQ(service_.cancelled, 1U);
  EXPECT_EQ(pages_, 0);
}

TEST_F(ShardReaderTest, GetsANewIteratorWhenItsOwnHasExpired) {
  answer_request(2, refusal(400, "ExpiredIteratorException", "Iterator expired"));
  ASSERT_TRUE(read("98", "103"));
  EXPECT_EQ(taken_, (Numbers{"98", "99", "100", "101", "102", "103"}));
  ASSERT_EQ(service_.count("GetShardIterator"), 2U);
  EXPECT_EQ(service_.seen[3].body["ShardIteratorType"], "AFTER_SEQUENCE_NUMBER");
  EXPECT_EQ(service_.seen[3].body["SequenceNumber"], "100");
}

TEST_F(ShardReaderTest, StartsAgainWhenTheFirstIteratorHasExpired) {
  answer_request(1, refusal(400, "ExpiredIteratorException", "Iterator expired"));
  ASSERT_TRUE(read("98", "103"));
  EXPECT_EQ(taken_.size(), 6U);
  EXPECT_EQ(service_.seen[2].body, service_.seen[0].body);
}

TEST_F(ShardReaderTest, EndsAtTheDeadlineIfEveryIteratorHasExpired) {
  answer_every("GetRecords", refusal(400, "ExpiredIteratorException", "Iterator expired"));
  EXPECT_EQ(error_of("98", "103", seconds(10)).code, ErrorCode::kTimeout);
  EXPECT_LT(service_.seen.size(), 40U);
}

TEST_F(ShardReaderTest, SaysThatTheStartIsGone) {
  service_.trimmed = 10;
  Error error = error_of("98", "103");
  EXPECT_EQ(error.code, ErrorCode::kExpired);
  EXPECT_NE(error.message.find("24 hours"), std::string::npos) << error.message;
  EXPECT_EQ(service_.seen.size(), 1U);

  service_.trimmed = 0;
  service_.fault = [this](const StreamCall& call) -> Answer {
    if (call.operation == "GetRecords" && service_.count("GetRecords") == 1) service_.trimmed = 15;
    return std::nullopt;
  };
  error = error_of("98", "103");
  EXPECT_EQ(error.code, ErrorCode::kExpired);
  EXPECT_TRUE(error.message.find("GetRecords: TrimmedDataAccessException") != std::string::npos)
      << error.message;
  EXPECT_EQ(taken_, (Numbers{"98", "99", "100"}));
}

TEST_F(ShardReaderTest, SaysThatTheShardEndsBeforeTheRange) {
  service_.closed = true;
  ASSERT_TRUE(read("98", "110"));
  const Error error = error_of("98", "111");
  EXPECT_EQ(error.code, ErrorCode::kRejected);
  EXPECT_EQ(
      error.message,
      "the shard ends before the range does: the newest record that was read is 110, where the "
      "range ends with 111" +
          kAdvice);

  answer_every("GetRecords", HttpResponse{.status = 200,
                                          .headers = {},
                                          .body = R"({"Records":[],"NextShardIterator":null})"});
  EXPECT_EQ(error_of("98", "111").message,
            "the shard ends before the range does: no record was read, where the range ends with "
            "111" +
                kAdvice);
}

TEST_F(ShardReaderTest, SaysThatThereIsNoSuchStreamOrShard) {
  shard_ = "shardId-00000000000000000000-00000000";
  const Error error = error_of("98", "103");
  EXPECT_EQ(error.code, ErrorCode::kRejected);
  EXPECT_NE(error.message.find("the source table's stream or this shard of it was not found"),
            std::string::npos)
      << error.message;
  EXPECT_NE(error.message.find("deleted for over 24 hours"), std::string::npos) << error.message;
  EXPECT_EQ(service_.seen.size(), 1U);
}

TEST_F(ShardReaderTest, SaysWhatTheServiceRefuses) {
  answer_request(0, refusal(400, "AccessDeniedException", "no permission"));
  Error error = error_of("98", "103");
  EXPECT_EQ(error.code, ErrorCode::kRejected);
  EXPECT_EQ(error.message, "GetShardIterator: AccessDeniedException: no permission");
  service_.fault = {};
  error = error_of("5", "103");
  EXPECT_EQ(error.code, ErrorCode::kRejected);
  EXPECT_NE(error.message.find("ValidationException"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("the range is perhaps not of this shard: shardId, "), 0U)
      << error.message;
}

TEST_F(ShardReaderTest, RefusesAnIteratorThatIsNoText) {
  for (const char* iterator : {"7", "{}", "[\"a\"]", "true"}) {
    const std::string body = R"({"Records":[],"NextShardIterator":)" + std::string(iterator) + "}";
    answer_every("GetRecords", HttpResponse{.status = 200, .headers = {}, .body = body});
    const Error error = error_of("98", "103");
    EXPECT_EQ(error.code, ErrorCode::kProtocol) << iterator;
    EXPECT_NE(error.message.find("NextShardIterator"), std::string::npos) << error.message;
    EXPECT_EQ(pages_, 0);
  }
  for (const char* body : {"{}", R"({"ShardIterator":null})", R"({"ShardIterator":7})"}) {
    answer_every("GetShardIterator", HttpResponse{.status = 200, .headers = {}, .body = body});
    EXPECT_EQ(error_of("98", "103").code, ErrorCode::kProtocol) << body;
  }
}

TEST_F(ShardReaderTest, MendsItsClockOnceForAllRanges) {
  HttpResponse refused = refusal(403, "InvalidSignatureException", "Signature expired");
  refused.headers = {{"date", "Sat, 21 Nov 2026 03:44:22 GMT"}};
  answer_request(0, refused);
  ASSERT_TRUE(read("98", "103"));
  ASSERT_TRUE(read("91", "93"));
  EXPECT_LE(testing::signed_at(service_.seen[0].request), clock_.now());
  for (std::size_t i = 1; i < service_.seen.size(); ++i)
    EXPECT_GT(testing::signed_at(service_.seen[i].request), clock_.now() + std::chrono::hours(2));
}

TEST_F(ShardReaderTest, RefusesAStreamThatIsNone) {
  service_.arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/t";
  EXPECT_EQ(error_of("98", "103").code, ErrorCode::kInvalidArgument);
  service_.arn = "arn:aws:dynamodb:evil.example:1:table/t/stream/2026-11-21T00:44:22.580";
  EXPECT_EQ(error_of("98", "103").code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(service_.seen.empty());
}

/// Notes how much time it is given, and has nothing.
class NotingCredentials final : public aws::CredentialsProvider {
 public:
  Result<std::shared_ptr<const aws::Credentials>> get(WallTime /*now*/,
                                                      milliseconds time_left) override {
    times.push_back(time_left);
    return Error{ErrorCode::kUnavailable, "nobody answers"};
  }

  std::vector<milliseconds> times;
};

TEST_F(ShardReaderTest, LetsCredentialsTakeTheTimeUntilTheDeadlineAndNoMore) {
  const auto noting = std::make_shared<NotingCredentials>();
  ShardReaderOptions options = good_options();
  options.credentials = noting;
  for (const milliseconds time : {milliseconds(6'000), milliseconds(0), milliseconds(-5)}) {
    const auto created =
        ShardReader::create(options, service_, clock_, logger_, clock_.steady_now() + time);
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_EQ(noting->times, (std::vector{milliseconds(6'000), milliseconds(0), milliseconds(0)}));
}

TEST_F(ShardReaderTest, RefusesOptionsThatCannotWork) {
  ShardReaderOptions options = good_options();
  options.credentials = testing::credentials("AKID", "");
  auto created =
      ShardReader::create(options, service_, clock_, logger_, clock_.steady_now() + seconds(60));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::kInvalidArgument);
  options.credentials = testing::credentials("AKID", "SECRET\r\nHost: x");
  EXPECT_FALSE(
      ShardReader::create(options, service_, clock_, logger_, clock_.steady_now() + seconds(60)));
  options.credentials = nullptr;
  EXPECT_FALSE(
      ShardReader::create(options, service_, clock_, logger_, clock_.steady_now() + seconds(60)));

  options = good_options();
  options.endpoint_url = "localhost:8000";
  open(options);
  const Error error = error_of("98", "103");
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_NE(error.message.find("AWS_ENDPOINT_URL_DYNAMODB_STREAMS"), std::string::npos);
}

TEST_F(ShardReaderTest, LogsNoCredential) {
  answer_request(1, refusal(400, "ThrottlingException", "Rate exceeded"));
  ASSERT_TRUE(read("98", "103"));
  EXPECT_NE(log_.find("GetShardIterator"), std::string::npos);
  EXPECT_EQ(log_.find("MARKER"), std::string::npos) << log_;
}

}  // namespace
}  // namespace streamonce::handler
