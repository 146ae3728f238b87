#include "handler/targets/dynamodb/item_put.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <utility>

#include "tests/handler/targets/dynamodb/commits.h"

namespace streamonce::handler::dynamodb {
namespace {

using aws::Trouble;

constexpr const char* kAttribute = "streamonce";

/// The answer to a put whose condition did not hold, with what is there.
std::string refused_with(const std::string& item) {
  return R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
         R"("message":"The conditional request failed")" +
         (item.empty() ? "" : R"(,"Item":)" + item) + "}";
}

std::string item_of(const std::string& version) {
  return R"({"pk":{"S":"a"},"streamonce":{"S":")" + version + R"("},"v":{"S":"z"}})";
}

std::string text_of(std::uint64_t number) {
  return std::string(version_of(number).text());
}

class PutAnswerReaderTest : public ::testing::Test {
 protected:
  PutAnswerReaderTest() { commits_.put("a", 5); }

  PutAnswer read(int status, std::string body, std::string checksum = {},
                 aws::Secrets secrets = {}) {
    runtime::HttpResponse response{.status = status, .headers = {}, .body = std::move(body)};
    if (!checksum.empty()) response.headers.emplace_back("x-amz-crc32", std::move(checksum));
    return reader_.read(std::move(response), commits_.all().front(), kAttribute, secrets);
  }

  Commits commits_;
  PutAnswerReader reader_;
};

TEST_F(PutAnswerReaderTest, TakesAnEmptyObjectAsApplied) {
  EXPECT_EQ(read(200, "{}").kind, PutAnswerKind::kApplied);
  EXPECT_EQ(read(200, "{}", "2745614147").kind, PutAnswerKind::kApplied);
  EXPECT_EQ(read(200, R"({"ItemCollectionMetrics":null})").kind, PutAnswerKind::kApplied);
}

TEST_F(PutAnswerReaderTest, TellsTheWriteUnits) {
  const PutAnswer answer =
      read(200, R"({"ConsumedCapacity":{"TableName":"items","CapacityUnits":1.5}})");
  EXPECT_EQ(answer.kind, PutAnswerKind::kApplied);
  EXPECT_EQ(answer.write_unit_tenths, 15);
  for (const char* capacity : {"null", "7", "[]", R"({"CapacityUnits":"x"})"}) {
    const PutAnswer other = read(200, R"({"ConsumedCapacity":)" + std::string(capacity) + "}");
    EXPECT_EQ(other.kind, PutAnswerKind::kApplied) << capacity;
    EXPECT_EQ(other.write_unit_tenths, 0) << capacity;
  }
}

TEST_F(PutAnswerReaderTest, TakesNothingElseAsApplied) {
  const struct {
    int status;
    std::string body;
    const char* checksum = "";
  } cases[] = {
      {200, ""},
      {200, "{"},
      {200, "{}x"},
      {200, "[]"},
      {200, "null"},
      {200, "<html></html>"},
      {200, R"({"message":"please log in"})"},
      {200, R"({"Item":{}})"},
      {200, "{}", "1"},
      {201, "{}"},
      {301, "{}"},
      {500, "{}"},
      {400, "{}"},
      {400, ""},
      {400, refused_with(item_of(text_of(5))), "1"},
      {400, refused_with("[]")},
      {400, refused_with(R"({"streamonce":5})")},
  };
  for (const auto& each : cases) {
    const PutAnswer answer = read(each.status, each.body, each.checksum);
    EXPECT_EQ(answer.kind, PutAnswerKind::kRefused) << each.status << each.body;
    EXPECT_FALSE(answer.refusal.reason.empty()) << each.body;
  }
}

TEST_F(PutAnswerReaderTest, TellsWhatIsThereThatIsNotBelow) {
  EXPECT_EQ(read(400, refused_with(item_of(text_of(5)))).kind, PutAnswerKind::kAlreadyApplied);
  EXPECT_EQ(read(400, refused_with(item_of(text_of(5) + "#abc"))).kind,
            PutAnswerKind::kAlreadyApplied);
  EXPECT_EQ(read(400, refused_with(item_of(text_of(6)))).kind, PutAnswerKind::kStale);
  EXPECT_EQ(read(400, refused_with(item_of(text_of(6) + "#abc"))).kind, PutAnswerKind::kStale);
}

/// No item, and none with a version: that says nothing of the ledger, which is still to be asked.
TEST_F(PutAnswerReaderTest, TellsWhereThereIsNoVersion) {
  for (const std::string& item :
       {std::string(), std::string("{}"), std::string(R"({"pk":{"S":"a"},"v":{"S":"z"}})"),
        std::string(R"({"streamonce":{"N":"5"}})"), item_of("z"), item_of(text_of(4))})
    EXPECT_EQ(read(400, refused_with(item)).kind, PutAnswerKind::kNotThere) << item;
}

TEST_F(PutAnswerReaderTest, TellsTroubleFromRefusals) {
  const auto trouble_of = [&](int status, const std::string& code) {
    const PutAnswer answer = read(status, R"({"__type":"x#)" + code + R"(","message":"words"})");
    EXPECT_EQ(answer.kind, PutAnswerKind::kRefused) << code;
    EXPECT_EQ(answer.refusal.code, code);
    EXPECT_EQ(answer.refusal.reason.find(code), 0U) << answer.refusal.reason;
    return answer.refusal.trouble;
  };
  EXPECT_EQ(trouble_of(400, "TransactionConflictException"), Trouble::kConflict);
  EXPECT_EQ(trouble_of(400, "ProvisionedThroughputExceededException"), Trouble::kThrottled);
  EXPECT_EQ(trouble_of(400, "ThrottlingException"), Trouble::kThrottled);
  EXPECT_EQ(trouble_of(500, "InternalServerError"), Trouble::kTransient);
  EXPECT_EQ(trouble_of(400, "ValidationException"), Trouble::kInvalid);
  EXPECT_EQ(trouble_of(400, "ResourceNotFoundException"), Trouble::kRefused);
  EXPECT_EQ(trouble_of(400, "AccessDeniedException"), Trouble::kRefused);
}

TEST_F(PutAnswerReaderTest, TellsNoSecret) {
  const std::string secret = "SECRET-MARKER-SECRET-MARKER";
  const std::string secrets[] = {secret};
  const std::vector<std::string_view> views(std::begin(secrets), std::end(secrets));
  const PutAnswer answer =
      read(400, R"({"__type":"x#ValidationException","message":"with )" + secret + "\"}", {},
           aws::Secrets(views));
  EXPECT_EQ(answer.refusal.reason.find(secret), std::string::npos) << answer.refusal.reason;
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
