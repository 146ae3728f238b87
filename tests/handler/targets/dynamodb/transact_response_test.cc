#include "handler/targets/dynamodb/transact_response.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "handler/targets/mark.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/secrecy.h"

namespace streamonce::handler::dynamodb {
namespace {

using aws::answer_rules;
using aws::CodeRule;
using aws::kReasonBytesMax;
using aws::Telling;
using aws::Trouble;

constexpr const char* kCancelled =
    R"("__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException")";
constexpr const char* kNone = R"({"Code":"None"})";
constexpr const char* kConflict =
    R"({"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"})";
constexpr const char* kBadType =
    R"({"Code":"ValidationError","Message":"One or more parameter values were invalid: )"
    R"(Type mismatch for key"})";

/// The reason of a mark whose condition failed, with the mark that is there.
std::string mark_reason(std::string_view version) {
  return R"({"Item":{"op":{"S":"put"},"id":{"S":"p|a"},"at":{"N":"1"},"v":{"S":")" +
         std::string(version) +
         R"("}},"Code":"ConditionalCheckFailed","Message":"The conditional request failed"})";
}

std::string mark_reason(std::uint64_t number) {
  return mark_reason(version_of(number).text());
}

std::string cancelled(const std::vector<std::string>& reasons) {
  std::string body = "{" + std::string(kCancelled) + R"(,"CancellationReasons":[)";
  for (std::size_t i = 0; i < reasons.size(); ++i) body += (i == 0 ? "" : ",") + reasons[i];
  return body + R"(],"Message":"Transaction cancelled, please refer cancellation reasons"})";
}

std::string crc32_of(std::string_view body) {
  return std::to_string(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

class AnswerReaderTest : public ::testing::Test {
 protected:
  AnswerReaderTest() {
    commits_.put("a", 5);
    commits_.put("b", 6);
  }

  Answer read(int status, std::string body, std::string checksum = {}) {
    runtime::HttpResponse response{.status = status, .headers = {}, .body = std::move(body)};
    if (!checksum.empty()) response.headers.emplace_back("x-amz-crc32", std::move(checksum));
    return reader_.read(std::move(response), commits_.list());
  }

  /// Reads a cancellation with these reasons; it must be taken as one.
  std::vector<CommitVerdict> verdicts(const std::vector<std::string>& reasons) {
    Answer answer = read(400, cancelled(reasons));
    EXPECT_EQ(answer.kind, AnswerKind::kCancelled) << answer.reason;
    EXPECT_EQ(answer.verdicts.size(), 2U);
    answer.verdicts.resize(2);
    return std::move(answer.verdicts);
  }

  void expect_refused(const Answer& answer, Trouble trouble, std::string_view reason) {
    EXPECT_EQ(answer.kind, AnswerKind::kRefused);
    EXPECT_EQ(answer.trouble, trouble);
    EXPECT_EQ(answer.reason, reason);
    EXPECT_TRUE(answer.verdicts.empty());
  }

  Commits commits_;
  AnswerReader reader_;
};

TEST_F(AnswerReaderTest, TakesAnEmptyObjectAsApplied) {
  EXPECT_EQ(read(200, "{}").kind, AnswerKind::kApplied);
  EXPECT_EQ(read(200, "{}", "2745614147").kind,
            AnswerKind::kApplied);  // as DynamoDB Local sends it
  EXPECT_EQ(read(200, R"({"ConsumedCapacity":[{"TableName":"t","CapacityUnits":4.0}]})").kind,
            AnswerKind::kApplied);
}

/// The write units that a transaction took by an answer that tells this, in tenths.
std::int64_t tenths_of(const Answer& answer) {
  EXPECT_EQ(answer.kind, AnswerKind::kApplied) << answer.reason;
  return answer.write_unit_tenths;
}

TEST_F(AnswerReaderTest, SumsTheWriteUnitsOfAllTables) {
  EXPECT_EQ(
      tenths_of(read(200, R"({"ConsumedCapacity":[)"
                          R"({"TableName":"copy","CapacityUnits":2.0,"ReadCapacityUnits":0.0,)"
                          R"("WriteCapacityUnits":2.0},)"
                          R"({"WriteCapacityUnits":46.5,"CapacityUnits":46.5,)"
                          R"("Table":{"WriteCapacityUnits":46.5},"TableName":"ledger"}]})")),
      485);
  EXPECT_EQ(tenths_of(read(200, "{}")), 0);
}

/// One that was applied under its token before takes read units only.
TEST_F(AnswerReaderTest, TakesReadUnitsForNoWriteUnits) {
  EXPECT_EQ(tenths_of(read(200, R"({"ConsumedCapacity":[{"TableName":"copy","CapacityUnits":4.0,)"
                                R"("ReadCapacityUnits":4.0}]})")),
            0);
}

/// As DynamoDB Local 2026-01-16 tells it.
TEST_F(AnswerReaderTest, TakesASumThatIsNotToldApartForWriteUnits) {
  EXPECT_EQ(
      tenths_of(read(200, R"({"ConsumedCapacity":[{"TableName":"ledger","CapacityUnits":2.0},)"
                          R"({"TableName":"copy","CapacityUnits":4.0}]})")),
      60);
}

/// What was applied was applied, whatever is told of its price.
TEST_F(AnswerReaderTest, LosesNoTransactionToAFigureThatIsNone) {
  for (const char* capacity :
       {"null", "7", R"("many")", "{}", R"({"WriteCapacityUnits":3})", "[]", "[null,7,[]]",
        R"([{"WriteCapacityUnits":null}])", R"([{"WriteCapacityUnits":"3"}])",
        R"([{"WriteCapacityUnits":-3}])", R"([{"WriteCapacityUnits":1e30}])",
        R"([{"WriteCapacityUnits":{"N":3}}])"})
    EXPECT_EQ(tenths_of(read(200, R"({"ConsumedCapacity":)" + std::string(capacity) + "}")), 0)
        << capacity;
  EXPECT_EQ(read(200, R"({"ConsumedCapacity":[{"WriteCapacityUnits":3})").kind,
            AnswerKind::kRefused);
}

TEST_F(AnswerReaderTest, TakesNothingElseAsApplied) {
  const struct {
    int status;
    const char* body;
  } cases[] = {
      {200, ""},
      {200, "<html>"},
      {200, "[]"},
      {200, "null"},
      {200, "{"},
      {200, "{}}"},
      {200, "{} {}"},
      {200, "{} x"},
      {200, "\"{}\""},
      {200, "{\"a\":}"},
      {200, "{\"\xff\":1}"},
      {200, R"({"__type":"x#InternalServerError"})"},
      {201, "{}"},
      {204, "{}"},
      {302, "{}"},
      {400, "{}"},
      {500, "{}"},
      {200, R"({"CancellationReasons":[]})"},
      {0, "{}"},
      {200, R"({"__type":1})"},
  };
  for (const auto& each : cases)
    EXPECT_EQ(read(each.status, each.body).kind, AnswerKind::kRefused)
        << each.status << ' ' << each.body;
}

TEST_F(AnswerReaderTest, RefusesABodyWhoseChecksumDoesNotFit) {
  expect_refused(read(200, "{}", "1"), Trouble::kTransient,
                 "HTTP 200, and its checksum does not fit");
  for (const char* checksum : {"2745614148", "-1", "x", "99999999999", "2745614147 "})
    EXPECT_EQ(read(200, "{}", checksum).kind, AnswerKind::kRefused) << checksum;
  const std::string body = cancelled({mark_reason(5), kNone, kNone, kNone});
  EXPECT_EQ(read(400, body, crc32_of(body)).kind, AnswerKind::kCancelled);
  EXPECT_EQ(read(400, body, crc32_of("{}")).kind, AnswerKind::kRefused);
}

TEST_F(AnswerReaderTest, TellsAlreadyAppliedFromStaleByTheMark) {
  const auto result = verdicts({mark_reason(5), kNone, mark_reason(7), kNone});
  EXPECT_EQ(result[0].verdict, Verdict::kAlreadyApplied);
  EXPECT_EQ(result[1].verdict, Verdict::kStale);
}

TEST_F(AnswerReaderTest, TakesALaterStreamOfTheTableForNewer) {
  const auto later = version_of(1, "2027-01-01T00:00:00.000");
  const auto result = verdicts({mark_reason(later.text()), kNone, kNone, kNone});
  EXPECT_EQ(result[0].verdict, Verdict::kStale);
}

TEST_F(AnswerReaderTest, CallsACommitInnocentWhenNothingIsSaidAgainstIt) {
  const auto result = verdicts({kNone, kNone, mark_reason(6), kNone});
  EXPECT_EQ(result[0].verdict, Verdict::kInnocent);
  EXPECT_EQ(result[1].verdict, Verdict::kAlreadyApplied);
}

TEST_F(AnswerReaderTest, ReadsEachReasonThatMayPass) {
  for (const char* code :
       {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}) {
    const std::string reason = R"({"Code":")" + std::string(code) + R"(","Message":"m"})";
    auto result = verdicts({reason, kNone, kNone, reason});
    for (const CommitVerdict& each : result) {
      EXPECT_EQ(each.verdict, Verdict::kRetry) << code;
      EXPECT_EQ(each.trouble, aws::trouble_of_reason(code));
      EXPECT_EQ(each.reason, std::string(code) + ": m");
    }
  }
}

TEST_F(AnswerReaderTest, FailsACommitWithTheServicesWords) {
  const auto result = verdicts(
      {kNone, kBadType, kNone, R"({"Code":"ItemCollectionSizeLimitExceeded","Message":null})"});
  EXPECT_EQ(result[0].verdict, Verdict::kFailed);
  EXPECT_EQ(result[0].reason,
            "ValidationError: One or more parameter values were invalid: Type mismatch for key");
  EXPECT_EQ(result[1].verdict, Verdict::kFailed);
  EXPECT_EQ(result[1].reason, "ItemCollectionSizeLimitExceeded");
}

TEST_F(AnswerReaderTest, WeighsWhatStaysAboveWhatPassesAndTheMarkAboveAll) {
  auto result = verdicts({kConflict, kBadType, kBadType, kConflict});
  EXPECT_EQ(result[0].verdict, Verdict::kFailed);
  EXPECT_EQ(result[1].verdict, Verdict::kFailed);
  result = verdicts({mark_reason(5), kBadType, mark_reason(9), kConflict});
  EXPECT_EQ(result[0].verdict, Verdict::kAlreadyApplied);
  EXPECT_EQ(result[1].verdict, Verdict::kStale);
}

TEST_F(AnswerReaderTest, FailsAnUnknownReasonAndAConditionThatNobodySet) {
  const auto result = verdicts({R"({"Code":"NewlyInvented"})", kNone, kNone, mark_reason(6)});
  EXPECT_EQ(result[0].verdict, Verdict::kFailed);
  EXPECT_EQ(result[0].reason, "NewlyInvented");
  EXPECT_EQ(result[1].verdict, Verdict::kFailed);
}

TEST_F(AnswerReaderTest, NeverBelievesAMarkThatExplainsNothing) {
  const std::string text(version_of(9).text());
  const std::string no_item = R"({"Code":"ConditionalCheckFailed"})";
  const std::string number = R"({"Code":"ConditionalCheckFailed","Item":{"v":{"N":"9"}}})";
  const std::string absent = R"({"Code":"ConditionalCheckFailed","Item":{"id":{"S":"p|a"}}})";
  for (const std::string& reason :
       {no_item, number, absent, mark_reason("zzz"), mark_reason(4), mark_reason(""),
        mark_reason(text + "0"), mark_reason(text.substr(1) + "x"),
        mark_reason("z" + text.substr(1))}) {
    const auto result = verdicts({reason, kNone, kNone, kNone});
    EXPECT_EQ(result[0].verdict, Verdict::kFailed) << reason;
    EXPECT_EQ(result[0].reason,
              "the condition on the mark failed, but no version in the mark's attribute v "
              "explains it");
    EXPECT_EQ(result[1].verdict, Verdict::kInnocent);
  }
}

TEST_F(AnswerReaderTest, ReadsMembersInAnyOrderAndSkipsThoseItDoesNotKnow) {
  const std::string mark =
      R"({"Message":"m","Extra":[{"Code":"x"}],"Item":{"x":{"M":{"v":{"S":"z"}}},)"
      R"("v":{"S":")" +
      std::string(version_of(5).text()) + R"("}},"Code":"ConditionalCheckFailed"})";
  const std::string body = R"({"Message":"m","CancellationReasons":[)" + mark + "," + kNone + "," +
                           kNone + "," + kNone + R"(],"Extra":{"__type":"y"},)" + kCancelled + "}";
  const Answer answer = read(400, body);
  ASSERT_EQ(answer.kind, AnswerKind::kCancelled) << answer.reason;
  EXPECT_EQ(answer.verdicts[0].verdict, Verdict::kAlreadyApplied);
  EXPECT_EQ(answer.code, "TransactionCanceledException");
}

TEST_F(AnswerReaderTest, GivesEachActionOfALargerCommitToThatCommit) {
  const std::vector<Write> two(2, commits_.all()[0].writes[0]);
  commits_.all()[0].writes = two;
  const Answer answer = read(400, cancelled({kNone, kNone, kBadType, mark_reason(6), kNone}));
  ASSERT_EQ(answer.kind, AnswerKind::kCancelled) << answer.reason;
  EXPECT_EQ(answer.verdicts[0].verdict, Verdict::kFailed);
  EXPECT_EQ(answer.verdicts[1].verdict, Verdict::kAlreadyApplied);
}

TEST_F(AnswerReaderTest, RefusesReasonsThatDoNotMatchTheRequest) {
  const std::string_view reason = "cancellation reasons that do not match the request";
  const std::string all = mark_reason(5);
  expect_refused(read(400, cancelled({})), Trouble::kTransient, reason);
  expect_refused(read(400, cancelled({all, kNone, all})), Trouble::kTransient, reason);
  expect_refused(read(400, cancelled({all, kNone, all, kNone, kNone})), Trouble::kTransient,
                 reason);
  expect_refused(read(400, "{" + std::string(kCancelled) + "}"), Trouble::kTransient, reason);
  expect_refused(read(400, cancelled(std::vector<std::string>(100'000, kNone))),
                 Trouble::kTransient, reason);
}

TEST_F(AnswerReaderTest, TakesNoOtherServicesAnswerForSuccess) {
  for (const char* body : {R"({"message":"login required"})", R"({"error":"no"})",
                           R"({"__type":null})", R"({"ConsumedCapacity":[],"x":1})"})
    expect_refused(read(200, body), Trouble::kTransient, "HTTP 200, and not an answer of DynamoDB");
  EXPECT_EQ(read(200, R"({"ConsumedCapacity":[{}],"ItemCollectionMetrics":{}})").kind,
            AnswerKind::kApplied);
}

TEST_F(AnswerReaderTest, LooksAtMembersThatItDoesNotNeedToo) {
  for (const char* body : {R"({"ConsumedCapacity":[nonsense]})", R"({"ConsumedCapacity":tru})",
                           R"({"ItemCollectionMetrics":{"a" "b"}})"})
    expect_refused(read(200, body), Trouble::kTransient, "HTTP 200, and not an answer of DynamoDB");
}

TEST_F(AnswerReaderTest, TakesWhatTheServiceQuotesOut) {
  expect_refused(
      read(400, R"({"__type":"x#ValidationException","message":"Input collection [MARK, MARK] )"
                R"(contains duplicates"})"),
      Trouble::kInvalid, "ValidationException: Input collection *** contains duplicates");
}

/// A message that quotes all secrets in several ways.
std::string message_with_secrets() {
  const auto quoted = [](std::string_view secret) {
    const std::string text(secret);
    return text + " '" + text + "' [" + text + ", x] Credential=" + text + "/20261121 " +
           "x-amz-security-token:" + text + "\\n" + text.substr(3) + " ";
  };
  std::string message = "The value for key ";
  for (const testing::Secret& value : testing::kValues) message += quoted(value.text);
  for (const testing::Secret& credential : testing::kCredentials) {
    const std::string text(credential.text);
    message += "arn:aws:sts::1:assumed-role/" + text + " dynamodb:" + text + " " + quoted(text);
  }
  return message + "is invalid";
}

/// A value and a credential stand where a code should.
std::vector<std::string> codes_and(std::span<const CodeRule> rules) {
  std::vector<std::string> codes = {"NewlyInvented",
                                    "Code;of/" + std::string(testing::kValues[0].text),
                                    std::string(testing::kCredentials[0].text)};
  for (const CodeRule& rule : rules) codes.emplace_back(rule.code);
  return codes;
}

std::string with_other_secrets(const std::string& text) {
  return testing::with_others(testing::with_others(text, testing::kValues), testing::kCredentials);
}

void expect_no_secret(std::string_view told) {
  EXPECT_EQ(testing::told_part_of(told, testing::kValues), "") << told;
  EXPECT_EQ(testing::told_part_of(told, testing::kCredentials), "") << told;
}

TEST_F(AnswerReaderTest, TellsTheSameWhateverTheValueAndTheCredentialWhateverTheCode) {
  static constexpr auto kSecrets = testing::texts_of(testing::kCredentials);
  AnswerReader reader;
  std::vector<std::string> codes = codes_and(answer_rules());
  codes.emplace_back();
  for (const std::string& code : codes) {
    for (const int status : {400, 403, 500, 503}) {
      const std::string body =
          R"({"__type":"x#)" + code + R"(","message":")" + message_with_secrets() + R"("})";
      const Answer answer =
          reader.read({.status = status, .headers = {}, .body = body}, commits_.list(), kSecrets);
      const Answer other =
          reader.read({.status = status, .headers = {}, .body = with_other_secrets(body)},
                      commits_.list(), kSecrets);
      EXPECT_EQ(answer.kind, AnswerKind::kRefused);
      EXPECT_FALSE(answer.reason.empty());
      EXPECT_EQ(answer.reason, other.reason);
      EXPECT_EQ(answer.code, other.code);
      expect_no_secret(answer.reason + answer.code);
    }
  }
}

TEST_F(AnswerReaderTest, TellsTheSameWhateverTheValueAndTheCredentialOfACancellationReason) {
  static constexpr auto kSecrets = testing::texts_of(testing::kCredentials);
  AnswerReader reader;
  for (const std::string& code : codes_and(aws::reason_rules())) {
    const std::string reason =
        R"({"Code":")" + code + R"(","Message":")" + message_with_secrets() + R"("})";
    const std::string body = cancelled({reason, kNone, kNone, reason});
    const Answer answer =
        reader.read({.status = 400, .headers = {}, .body = body}, commits_.list(), kSecrets);
    const Answer other =
        reader.read({.status = 400, .headers = {}, .body = with_other_secrets(body)},
                    commits_.list(), kSecrets);
    ASSERT_EQ(answer.kind, AnswerKind::kCancelled) << answer.reason;
    for (std::size_t i = 0; i < answer.verdicts.size(); ++i) {
      EXPECT_FALSE(answer.verdicts[i].reason.empty());
      EXPECT_EQ(answer.verdicts[i].reason, other.verdicts.at(i).reason);
      expect_no_secret(answer.verdicts[i].reason);
    }
  }
}

TEST_F(AnswerReaderTest, TellsWhatIsMissingWhereAPermissionIs) {
  const std::string words =
      "User: arn:aws:sts::123456789012:assumed-role/copy/f is not authorized to perform: "
      "dynamodb:PutItem on resource: arn:aws:dynamodb:eu-west-1:123456789012:table/orders because "
      "no identity-based policy allows the dynamodb:PutItem action";
  expect_refused(read(400, R"({"__type":"x#AccessDeniedException","Message":")" + words + "\"}"),
                 Trouble::kRefused, "AccessDeniedException: " + words);
}

TEST_F(AnswerReaderTest, SaysWhatToDoWhereTheMessageMayQuoteASignature) {
  for (const CodeRule& rule : answer_rules()) {
    if (rule.telling != Telling::kNothing) continue;
    const std::string code(rule.code);
    const Answer answer = read(403, R"({"__type":"x#)" + code + R"(","message":"the key"})");
    EXPECT_TRUE(answer.reason.starts_with(code + ": the ")) << answer.reason;
    EXPECT_EQ(answer.reason.find("the key"), std::string::npos);
  }
}

TEST_F(AnswerReaderTest, TellsTheServicesTimeWhereASignatureIsRefused) {
  runtime::HttpResponse response{
      .status = 400,
      .headers = {{"date", "Sat, 21 Nov 2026 00:44:22 GMT"}},
      .body = R"({"__type":"x#InvalidSignatureException","message":"Signature expired"})"};
  const Answer answer = reader_.read(std::move(response), {});
  EXPECT_EQ(answer.trouble, Trouble::kSignature);
  ASSERT_TRUE(answer.service_time);
  EXPECT_EQ(answer.service_time->time_since_epoch().count(), 1'795'221'862'000);
}

TEST_F(AnswerReaderTest, RefusesMembersOfWrongTypes) {
  for (const char* reasons :
       {"null", "{}", "1", "[1,2,3,4]", "[null,null,null,null]", "[[],[],[],[]]", "[{},{},{},{}]",
        R"([{"Code":1},{"Code":"None"},{"Code":"None"},{"Code":"None"}])",
        R"([{"Code":"ConditionalCheckFailed","Item":[]},{"Code":"None"},{"Code":"None"}])",
        R"([{"Code":"ConditionalCheckFailed","Item":{"v":"x"}},{"Code":"None"}])",
        R"([{"Code":"ConditionalCheckFailed","Item":{"v":{"S":5}}},{"Code":"None"}])"}) {
    const std::string body =
        "{" + std::string(kCancelled) + R"(,"CancellationReasons":)" + std::string(reasons) + "}";
    expect_refused(read(400, body), Trouble::kTransient, "HTTP 400, and not an answer of DynamoDB");
  }
}

TEST_F(AnswerReaderTest, NeverTakesAnAnswerThatIsCutShortForAnything) {
  const std::string body = cancelled({mark_reason(5), kNone, mark_reason(6), kNone});
  for (std::size_t size = 0; size < body.size(); ++size) {
    const Answer answer = read(400, body.substr(0, size));
    EXPECT_EQ(answer.kind, AnswerKind::kRefused) << size;
    EXPECT_EQ(answer.trouble, Trouble::kTransient) << size;
  }
  EXPECT_EQ(read(400, body).kind, AnswerKind::kCancelled);
}

TEST_F(AnswerReaderTest, SurvivesAnswersThatNestWithoutEnd) {
  const std::string deep = R"({"__type":)" + std::string(200'000, '[');
  EXPECT_EQ(read(400, deep).kind, AnswerKind::kRefused);
  const std::string item = R"({"Code":"ConditionalCheckFailed","Item":)";
  std::string nested = cancelled(
      {item + std::string(50'000, '[') + std::string(50'000, ']') + "}", kNone, kNone, kNone});
  EXPECT_EQ(read(400, nested).kind, AnswerKind::kRefused);
}

TEST_F(AnswerReaderTest, ReadsARefusalOfTheWholeInTheServicesWords) {
  const struct {
    int status;
    Trouble trouble;
    const char* body;
    const char* reason;
  } cases[] = {
      {400, Trouble::kInvalid,
       R"({"__type":"com.amazon.coral.validate#ValidationException","message":"Item size"})",
       "ValidationException: Item size"},
      {400, Trouble::kInvalid, R"({"__type":"com.amazon.coral.service#SerializationException"})",
       "SerializationException"},
      {400, Trouble::kThrottled, R"({"__type":"ThrottlingException","Message":"Rate exceeded"})",
       "ThrottlingException: Rate exceeded"},
      {400, Trouble::kRefused,
       R"({"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",)"
       R"("message":"Requested resource not found"})",
       "ResourceNotFoundException: Requested resource not found"},
      {400, Trouble::kExpired,
       R"({"__type":"x#ExpiredTokenException","message":"The security token is expired"})",
       "ExpiredTokenException: the session token has expired: new credentials are needed"},
      {500, Trouble::kTransient, R"({"__type":"x#InternalServerError","message":null})",
       "InternalServerError"},
      {400, Trouble::kTokenReused,
       R"({"__type":"x#IdempotentParameterMismatchException","Message":""})",
       "IdempotentParameterMismatchException"},
      {503, Trouble::kTransient, R"({"message":"busy"})", "HTTP 503: busy"},
      {403, Trouble::kRefused, R"({"message":"no"})", "HTTP 403: no"},
  };
  for (const auto& each : cases)
    expect_refused(read(each.status, each.body), each.trouble, each.reason);
}

TEST_F(AnswerReaderTest, ReadsAnAnswerThatIsNotOfTheServiceByItsStatusAndQuotesNothing) {
  expect_refused(read(502, "<html>secret</html>"), Trouble::kTransient,
                 "HTTP 502, and not an answer of DynamoDB");
  expect_refused(read(403, "<html>secret</html>"), Trouble::kTransient,
                 "HTTP 403, and not an answer of DynamoDB");
  expect_refused(read(413, "too large"), Trouble::kInvalid,
                 "HTTP 413, and not an answer of DynamoDB");
  expect_refused(read(302, ""), Trouble::kRefused, "HTTP 302, and not an answer of DynamoDB");
}

TEST_F(AnswerReaderTest, GivesACodeForTheLogOnlyIfItIsOne) {
  EXPECT_EQ(read(400, R"({"__type":"a#ValidationException"})").code, "ValidationException");
  EXPECT_EQ(read(400, R"({"__type":"key secret-value"})").code, "");
  EXPECT_EQ(read(400, R"({"__type":")" + std::string(65, 'A') + "\"}").code, "");
}

TEST_F(AnswerReaderTest, CutsALongReason) {
  std::string message;
  while (message.size() < 2 * kReasonBytesMax) message += "the key ";
  const Answer answer =
      read(400, R"({"__type":"x#ValidationException","message":")" + message + "\"}");
  EXPECT_EQ(answer.reason, ("ValidationException: " + message).substr(0, kReasonBytesMax));
}

TEST(ReasonText, IsCutBetweenTwoCharacters) {
  std::string message;
  while (message.size() < 2 * kReasonBytesMax) message += "\xe2\x82\xac";  // the euro sign
  const std::string text = aws::reason_text("AccessDeniedException", message);
  EXPECT_LE(text.size(), kReasonBytesMax);
  EXPECT_GT(text.size(), kReasonBytesMax - 3);
  EXPECT_EQ(text, ("AccessDeniedException: " + message).substr(0, text.size()));
  EXPECT_TRUE(text.ends_with("\xe2\x82\xac"));
}

TEST_F(AnswerReaderTest, ReadsOneAnswerAfterAnother) {
  EXPECT_EQ(read(400, cancelled({mark_reason(5), kNone, kNone, kNone})).kind,
            AnswerKind::kCancelled);
  EXPECT_EQ(read(200, "{}").kind, AnswerKind::kApplied);
  EXPECT_EQ(read(200, "{").kind, AnswerKind::kRefused);
  EXPECT_EQ(read(400, cancelled({kNone, kNone, mark_reason(8), kNone})).verdicts[1].verdict,
            Verdict::kStale);
}

/// The reason of a mark of version `v` with these further attributes.
std::string entry_reason(const std::string& v, const std::string& more) {
  return R"({"Code":"ConditionalCheckFailed","Item":{"v":{"S":")" + v + "\"}" + more + "}}";
}

TEST_F(AnswerReaderTest, GivesBackTheEntryThatIsThereInstead) {
  const Mark seen{.version = version_of(3)};
  commits_.all()[0].seen = Seen{&seen};
  const std::string whole = version_text(version_of(4), true);
  const auto found =
      verdicts({entry_reason(whole, R"(,"w":{"S":"[\"x\"]"},"r":{"S":"n"})"), kNone, kNone, kNone});
  EXPECT_EQ(found[0].verdict, Verdict::kChanged);
  ASSERT_TRUE(found[0].found);
  EXPECT_EQ(
      *found[0].found,
      (Mark{.version = version_of(4), .remembers = true, .content = "[\"x\"]", .nonce = "n"}));
  EXPECT_EQ(found[1].verdict, Verdict::kInnocent);

  const auto none = verdicts({R"({"Code":"ConditionalCheckFailed"})", kNone, kNone, kNone});
  EXPECT_EQ(none[0].verdict, Verdict::kChanged);
  EXPECT_FALSE(none[0].found);
  EXPECT_EQ(verdicts({mark_reason(5), kNone, kNone, kNone})[0].verdict, Verdict::kAlreadyApplied);
  EXPECT_EQ(verdicts({mark_reason(6), kNone, kNone, kNone})[0].verdict, Verdict::kStale);
}

TEST_F(AnswerReaderTest, FailsWhatNoEntryExplains) {
  const Mark seen{.version = version_of(3)};
  commits_.all()[0].seen = Seen{&seen};
  commits_.all()[1].seen = Seen{};
  const std::string no_item = R"({"Code":"ConditionalCheckFailed"})";
  const std::string whole = version_text(version_of(4), true);
  // The very entry that was seen; a content that its version does not speak of, and none.
  for (const std::string& reason :
       {mark_reason(3), entry_reason(whole, ""),
        entry_reason(std::string(version_of(4).text()), R"(,"w":{"S":"x"})")})
    EXPECT_EQ(verdicts({reason, kNone, kNone, kNone})[0].verdict, Verdict::kFailed) << reason;
  // No entry, where there must be none.
  EXPECT_EQ(verdicts({kNone, kNone, no_item, kNone})[1].verdict, Verdict::kFailed);
}

TEST_F(AnswerReaderTest, LosesNoContentToACommitByVersionAlone) {
  const auto result =
      verdicts({entry_reason(version_text(version_of(4), true), R"(,"w":{"S":"x"})"), kNone,
                entry_reason(version_text(version_of(6), true), R"(,"w":{"S":"x"})"), kNone});
  EXPECT_EQ(result[0].verdict, Verdict::kChanged);
  EXPECT_EQ(result[0].found->content, "x");
  EXPECT_EQ(result[1].verdict, Verdict::kAlreadyApplied);
}

/// Commits `a`, whose two writes have an owner, and `b`, which has no writes.
class CollisionTest : public AnswerReaderTest {
 protected:
  CollisionTest() {
    for (Write& write : writes_) write.owner = owner_;
    writes_[1].table = "rows";
    commits_.all()[0].writes = writes_;
    commits_.all()[1].writes = {};
  }

  const std::vector<events::RawAttribute> owner_ = {{"id", R"({"S":"MARKER"})"}};
  std::vector<Write> writes_{2, commits_.all()[0].writes[0]};
};

constexpr const char* kFailedCondition =
    R"({"Code":"ConditionalCheckFailed","Message":"The conditional request failed"})";

TEST_F(CollisionTest, FailsItsCommitForGoodAndLeavesTheOthers) {
  const auto found = verdicts({kNone, kNone, kFailedCondition, kNone});
  EXPECT_EQ(found[0].verdict, Verdict::kFailed);
  EXPECT_EQ(found[0].collisions, std::vector<std::size_t>{1});
  EXPECT_EQ(found[0].write, &writes_[1]);
  EXPECT_EQ(found[0].reason.find("a row of table rows with this key is another item's"), 0U);
  EXPECT_EQ(found[0].reason.find("MARKER"), std::string::npos);
  EXPECT_EQ(found[1].verdict, Verdict::kInnocent);
}

TEST_F(CollisionTest, IsOutweighedByWhatTheMarkSays) {
  const std::vector<std::pair<std::string, Verdict>> marks = {
      {mark_reason(5), Verdict::kAlreadyApplied},
      {mark_reason(6), Verdict::kStale},
      {mark_reason(version_text(version_of(4), true)), Verdict::kFailed}};
  for (const auto& [mark, verdict] : marks) {
    const auto found = verdicts({mark, kFailedCondition, kFailedCondition, kNone});
    EXPECT_EQ(found[0].verdict, verdict);
    EXPECT_TRUE(found[0].collisions.empty());
  }
}

TEST_F(CollisionTest, OutweighsTroubleThatMayPassAndIsToldFirst) {
  const auto found = verdicts({kNone, kConflict, kFailedCondition, kConflict});
  EXPECT_EQ(found[0].collisions, std::vector<std::size_t>{1});
  EXPECT_EQ(found[1].verdict, Verdict::kRetry);
  const auto both = verdicts({kNone, kFailedCondition, kBadType, kNone});
  EXPECT_EQ(both[0].collisions, std::vector<std::size_t>{0});
  EXPECT_EQ(both[0].write, &writes_[0]);
}

TEST_F(CollisionTest, NamesAllWritesThatCollide) {
  const auto found = verdicts({kNone, kFailedCondition, kFailedCondition, kNone});
  EXPECT_EQ(found[0].collisions, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(found[0].write, writes_.data());
}

/// What the mark would have said is not known then.
TEST_F(CollisionTest, IsOutweighedByTroubleOfTheMark) {
  const auto found = verdicts({kConflict, kFailedCondition, kFailedCondition, kNone});
  EXPECT_EQ(found[0].verdict, Verdict::kRetry);
  EXPECT_TRUE(found[0].collisions.empty());
}

TEST_F(CollisionTest, IsNoneWhereNoOwnerWasAskedFor) {
  writes_[1].owner = {};
  const auto found = verdicts({kNone, kNone, kFailedCondition, kNone});
  EXPECT_EQ(found[0].verdict, Verdict::kFailed);
  EXPECT_TRUE(found[0].collisions.empty());
}

TEST_F(AnswerReaderTest, TellsAChangeBetweenTheOldestAndTheCommit) {
  const events::Version oldest = version_of(3);
  commits_.all()[0].oldest = &oldest;
  const auto found = verdicts({mark_reason(3), kNone, mark_reason(5), kNone});
  EXPECT_EQ(found[0].verdict, Verdict::kChanged);
  EXPECT_EQ(*found[0].found, Mark{.version = version_of(3)});
  EXPECT_EQ(verdicts({mark_reason(5), kNone, kNone, kNone})[0].verdict, Verdict::kAlreadyApplied);
  EXPECT_EQ(verdicts({mark_reason(6), kNone, kNone, kNone})[0].verdict, Verdict::kStale);
  EXPECT_EQ(verdicts({mark_reason(2), kNone, kNone, kNone})[0].verdict, Verdict::kFailed);
}

constexpr const char* kWrongOperand =
    R"({"Code":"ValidationError","Message":"An operand in the update expression has an )"
    R"(incorrect data type"})";

/// Reasons of updates: a and b add to x, b and c to y; c writes an item, too.
class AdditionsTest : public ::testing::Test {
 protected:
  AdditionsTest() {
    commits_.add_to("a", 5, {{"x", {{"n", "1"}}}});
    commits_.add_to("b", 5, {{"y", {{"n", "1"}}}, {"x", {{"n", "1"}}}});
    commits_.put("c", 5);
    commits_.add_to("d", 5, {{"y", {{"n", "1"}}}});
    commits_.all()[2].additions = commits_.all()[3].additions;
    commits_.all().pop_back();
  }

  Answer read(const std::vector<std::string>& reasons) {
    return reader_.read({.status = 400, .headers = {}, .body = cancelled(reasons)},
                        commits_.list());
  }

  std::vector<Verdict> verdicts(const std::vector<std::string>& reasons) {
    std::vector<Verdict> verdicts;
    const Answer answer = read(reasons);
    EXPECT_EQ(answer.kind, AnswerKind::kCancelled) << answer.reason;
    for (const CommitVerdict& each : answer.verdicts) verdicts.push_back(each.verdict);
    return verdicts;
  }

  Commits commits_;
  AnswerReader reader_;
};

using enum Verdict;

TEST_F(AdditionsTest, AreHinderedTogetherWithAllThatAddToTheRow) {
  EXPECT_EQ(verdicts({kNone, kNone, kNone, kNone, kConflict, kNone}),
            (std::vector{kRetry, kRetry, kInnocent}));
  EXPECT_EQ(verdicts({kNone, kNone, kNone, kNone, kNone, kConflict}),
            (std::vector{kInnocent, kRetry, kRetry}));
}

TEST_F(AdditionsTest, AreToBeToldApartWhereSeveralMayBeToBlame) {
  const Answer answer = read({kNone, kNone, kNone, kNone, kWrongOperand, kConflict});
  ASSERT_EQ(answer.verdicts.size(), 3U);
  EXPECT_EQ(answer.verdicts[0].verdict, kApart);
  EXPECT_EQ(answer.verdicts[1].verdict, kApart) << "whatever hinders it besides";
  EXPECT_EQ(answer.verdicts[2].verdict, kRetry);
  EXPECT_EQ(answer.verdicts[1].reason,
            "ValidationError: An operand in the update expression has an incorrect data type");
  EXPECT_EQ(answer.verdicts[1].addition, &commits_.all()[1].additions[1]);
}

TEST_F(AdditionsTest, AreToBlameWhereTheyAreAlone) {
  commits_.all().erase(commits_.all().begin());
  const Answer answer = read({kNone, kNone, kNone, kNone, kWrongOperand});
  ASSERT_EQ(answer.verdicts.size(), 2U);
  EXPECT_EQ(answer.verdicts[0].verdict, kFailed);
  EXPECT_EQ(answer.verdicts[0].addition, &commits_.all()[0].additions[1]);
  EXPECT_EQ(answer.verdicts[0].write, nullptr);
  EXPECT_EQ(answer.verdicts[1].verdict, kInnocent);
}

TEST_F(AdditionsTest, MatterNoMoreOnceTheMarkSaysThatTheyAreDone) {
  EXPECT_EQ(verdicts({mark_reason(5), kNone, kNone, kNone, kConflict, kNone}),
            (std::vector{kAlreadyApplied, kRetry, kInnocent}));
  EXPECT_EQ(verdicts({mark_reason(6), kNone, kNone, kNone, kWrongOperand, kNone}),
            (std::vector{kStale, kApart, kInnocent}));
  EXPECT_EQ(verdicts({kNone, kNone, kNone, kBadType, kNone, kWrongOperand}),
            (std::vector{kInnocent, kApart, kFailed}));
}

TEST_F(AdditionsTest, HaveAsManyReasonsAsThereAreUpdates) {
  const std::string reason = "cancellation reasons that do not match the request";
  EXPECT_EQ(read({kNone, kNone, kNone, kNone, kConflict}).reason, reason);
  EXPECT_EQ(read({kNone, kNone, kNone, kNone, kConflict, kNone, kNone}).reason, reason);
  // What comes to nothing is not sent.
  const events::Decimal minus_one = *events::parse_decimal("-1");
  const Addend taken_away{.name = "n", .number = minus_one};
  Addition addition = commits_.all()[0].additions[0];
  addition.addends = {&taken_away, 1};
  commits_.all()[0].additions = {&addition, 1};
  EXPECT_EQ(verdicts({kNone, kNone, kNone, kNone, kConflict}),
            (std::vector{kInnocent, kRetry, kRetry}));
}

}  // namespace
}  // namespace streamonce::handler::dynamodb
