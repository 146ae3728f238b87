#include "handler/services/s3.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace streamonce::handler::s3 {
namespace {

using HttpHeaders = decltype(runtime::HttpResponse::headers);

std::string folder_of(std::string_view address) {
  const auto folder = parse_folder(address);
  return folder ? folder->bucket + " | " + folder->prefix : folder.error().message;
}

TEST(S3Address, HasASlashAtItsEndOrNot) {
  EXPECT_EQ(folder_of("s3://exports/p/AWSDynamoDB/01-a"), "exports | p/AWSDynamoDB/01-a");
  EXPECT_EQ(folder_of("s3://exports/p/AWSDynamoDB/01-a/"), "exports | p/AWSDynamoDB/01-a");
  EXPECT_EQ(folder_of("S3://exports/p"), "exports | p");
  for (const char* root : {"s3://exports", "s3://exports/"})
    EXPECT_EQ(folder_of(root), "exports | ");
}

/// Slashes and dots are bytes of a key like others.
TEST(S3Address, IsNotNormalised) {
  EXPECT_EQ(folder_of("s3://exports//a//b/../c//"), "exports | /a//b/../c/");
  EXPECT_EQ(folder_of("s3://exports/a b+c?d#e%20"), "exports | a b+c?d#e%20");
}

TEST(S3Address, NamesKeysInIt) {
  const Folder folder = parse_folder("s3://exports/p/").value();
  EXPECT_EQ(folder.key_of("data/a.json.gz"), "p/data/a.json.gz");
  EXPECT_EQ(folder.text(), "s3://exports/p");
  const Folder root = parse_folder("s3://exports/").value();
  EXPECT_EQ(root.key_of("manifest-summary.json"), "manifest-summary.json");
  EXPECT_EQ(root.text(), "s3://exports");
  EXPECT_EQ(parse_folder("s3://exports/a\x1b[2J\n")->text(), "s3://exports/a?[2J?");
}

// Source: S3 user guide, "General purpose bucket naming rules".
TEST(S3Address, KeepsTheRulesOfBucketNames) {
  const std::string longest(63, 'a');
  for (const std::string& good : {std::string("a-b"), std::string("1.b.3"), longest})
    EXPECT_EQ(folder_of("s3://" + good + "/p"), good + " | p");
  for (const std::string& bad :
       {std::string(), std::string("ab"), longest + "a", std::string("Exports"), std::string("a_b"),
        std::string("-ab"), std::string("ab-"), std::string(".ab"), std::string("a..b"),
        std::string("192.168.5.4"), std::string("a b"), std::string("evil.example:80"),
        std::string("user@host")}) {
    const std::string message = folder_of("s3://" + bad + "/p");
    EXPECT_TRUE(message.starts_with("a bucket's name has 3 to 63 lower-case letters")) << bad;
    EXPECT_NE(message.find("found \"" + bad.substr(0, 64) + "\" in \"s3://"), std::string::npos)
        << message;
  }
}

TEST(S3Address, IsToldFromAFolder) {
  EXPECT_TRUE(is_address("s3://b"));
  EXPECT_TRUE(is_address("S3://b"));
  for (const char* path : {"", "s3:/b", "s3", "./s3://b", "exports/s3"})
    EXPECT_FALSE(is_address(path));
  EXPECT_EQ(folder_of("exports/p"),
            "an address in S3 looks like s3://BUCKET/PREFIX; found \"exports/p\"");
  EXPECT_EQ(folder_of("s3://exports/" + std::string(1024, 'k')),
            "an address in S3: keys have 1024 bytes at most; the prefix has 1024");
}

std::string url_of(std::string_view bucket, std::string_view region, std::string_view endpoint) {
  const auto url = bucket_url(bucket, aws::Region::parse(region).value(), endpoint);
  return url ? *url : url.error().message;
}

TEST(S3Url, HasTheBucketInItsHostWhereACertificateCoversIt) {
  EXPECT_EQ(url_of("exports", "eu-west-1", ""), "https://exports.s3.eu-west-1.amazonaws.com/");
  EXPECT_EQ(url_of("exports", "cn-north-1", ""), "https://exports.s3.cn-north-1.amazonaws.com.cn/");
  EXPECT_EQ(url_of("exports", "us-gov-west-1", ""),
            "https://exports.s3.us-gov-west-1.amazonaws.com/");
  EXPECT_EQ(url_of("acme.exports", "eu-west-1", ""),
            "https://s3.eu-west-1.amazonaws.com/acme.exports/");
}

TEST(S3Url, HasTheBucketInItsPathAtAnEndpointThatIsNamed) {
  EXPECT_EQ(url_of("exports", "eu-west-1", "http://127.0.0.1:9000/"),
            "http://127.0.0.1:9000/exports/");
  EXPECT_EQ(url_of("exports", "eu-west-1", "https://proxy.example/s3"),
            "https://proxy.example/s3/exports/");
  EXPECT_EQ(url_of("exports", "eu-west-1", "ftp://x"),
            "the S3 endpoint must be http://HOST or https://HOST, with a port and a path if need "
            "be, and nothing else (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL); found \"ftp://x\"");
}

TEST(S3Key, IsEncodedOnce) {
  EXPECT_EQ(encoded_key("AZaz09-._~/"), "AZaz09-._~/");
  EXPECT_EQ(encoded_key("a b+c%20"), "a%20b%2Bc%2520");
  EXPECT_EQ(encoded_key("a//b/../c/./"), "a//b/../c/./");
  EXPECT_EQ(encoded_key("?#&=@:$!*'(),;"), "%3F%23%26%3D%40%3A%24%21%2A%27%28%29%2C%3B");
  EXPECT_EQ(encoded_key("gr\xC3\xBC\xC3\x9F/\xE2\x82\xAC"), "gr%C3%BC%C3%9F/%E2%82%AC");
  EXPECT_EQ(encoded_key(std::string_view("\0\x7F\xFF", 3)), "%00%7F%FF");
}

using Lines = std::vector<std::string>;

TEST(S3Get, AsksForAPartOfOneState) {
  runtime::HttpRequest request{.url = "https://b.s3.eu-west-1.amazonaws.com/"};
  fill_get(request, {.key = "p/a b", .first = 8, .bytes = 4});
  EXPECT_EQ(request.url, "https://b.s3.eu-west-1.amazonaws.com/p/a%20b");
  EXPECT_EQ(request.method, runtime::HttpMethod::kGet);
  const std::string hash =
      "X-Amz-Content-Sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  EXPECT_EQ(request.headers, (Lines{"Range: bytes=8-11", hash}));

  runtime::HttpRequest next{.url = "https://h/"};
  fill_get(next, {.key = "k", .first = 0, .bytes = 1, .etag = "\"e\""});
  EXPECT_EQ(next.headers, (Lines{"Range: bytes=0-0", "If-Match: \"e\"", hash}));
}

/// What is read of an answer, as a text: the size and ETag, or the trouble and the reason.
class S3Answer : public ::testing::Test {
 protected:
  PartAnswer read(int status, const HttpHeaders& headers, std::string_view body) {
    return read_part(part_, {.status = status, .headers = headers}, body, {});
  }
  std::string reason(int status, const HttpHeaders& headers, std::string_view body) {
    const PartAnswer answer = read(status, headers, body);
    return answer.refusal ? answer.refusal->reason : "good";
  }
  static HttpHeaders part_headers(const std::string& range, const std::string& etag = "\"e\"") {
    return {{"content-range", range}, {"etag", etag}};
  }

  PartRequest part_{.key = "k", .first = 8, .bytes = 4};
};

TEST_F(S3Answer, HasThePartThatWasAskedFor) {
  const PartAnswer whole = read(206, part_headers("bytes 8-11/100"), "abcd");
  EXPECT_FALSE(whole.refusal);
  EXPECT_EQ(whole.etag, "\"e\"");
  EXPECT_EQ(whole.object_bytes, 100U);
  const PartAnswer last = read(206, part_headers("bytes 8-9/10"), "ab");
  EXPECT_FALSE(last.refusal);
  EXPECT_EQ(last.object_bytes, 10U);
}

/// Something on the way may have answered: the part is asked for again.
TEST_F(S3Answer, IsUnreadableWithAnyOtherPart) {
  const HttpHeaders others[] = {part_headers("bytes 7-10/100"),
                                part_headers("bytes 9-12/100"),
                                part_headers("bytes 8-10/100"),
                                part_headers("bytes 8-12/100"),
                                part_headers("bytes 8-11/*"),
                                part_headers("bytes */100"),
                                part_headers("bytes 8-11/11"),
                                part_headers("bytes 11-8/100"),
                                part_headers("bytes 8-11/100 "),
                                part_headers("bytes 8-11/50000000000001"),
                                part_headers("bytes 8-11/99999999999999999999"),
                                part_headers("octets 8-11/100"),
                                part_headers(""),
                                part_headers("bytes 8-11/100", ""),
                                part_headers("bytes 8-11/100", "\"\x01\""),
                                part_headers("bytes 8-11/100", std::string(257, 'e')),
                                {{"etag", "\"e\""}}};
  for (const HttpHeaders& headers : others) {
    const PartAnswer answer = read(206, headers, "abcd");
    ASSERT_TRUE(answer.refusal) << headers.front().second;
    EXPECT_EQ(answer.refusal->trouble, aws::Trouble::kTransient);
  }
  for (const char* body : {"", "abc", "abcde"})
    EXPECT_EQ(reason(206, part_headers("bytes 8-11/100"), body),
              "HTTP 206, and not the part of the object that was asked for");
}

TEST_F(S3Answer, IsRefusedWhereTheEndpointKnowsNoRanges) {
  const PartAnswer answer = read(200, {{"etag", "\"e\""}}, "the whole object");
  ASSERT_TRUE(answer.refusal);
  EXPECT_EQ(answer.refusal->trouble, aws::Trouble::kRefused);
  EXPECT_EQ(
      answer.refusal->reason,
      "HTTP 200, where a part of the object was asked for: the endpoint does not know ranges");
}

/// An endpoint may ignore If-Match.
TEST_F(S3Answer, IsRefusedWhenItIsOfAnotherState) {
  part_.etag = "\"e\"";
  part_.of_bytes = 100;
  EXPECT_EQ(reason(206, part_headers("bytes 8-11/100"), "abcd"), "good");
  const std::string changed = "the object was changed while it was read";
  EXPECT_EQ(reason(206, part_headers("bytes 8-11/100", "\"f\""), "abcd"), changed);
  EXPECT_EQ(reason(206, part_headers("bytes 8-11/101"), "abcd"), changed);
}

std::string error_xml(const std::string& code, const std::string& more = {}) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
         "</Code><Message>Access Denied</Message>" + more + "</Error>";
}

TEST_F(S3Answer, SaysThatAnObjectHasNoBytes) {
  part_.first = 0;
  const PartAnswer empty = read(416, {}, error_xml("InvalidRange"));
  EXPECT_FALSE(empty.refusal);
  EXPECT_EQ(empty.object_bytes, 0U);
  EXPECT_EQ(empty.etag, "");
  part_.first = 8;  // the object has become shorter
  EXPECT_TRUE(read(416, {}, error_xml("InvalidRange")).refusal);
  part_.first = 0;
  EXPECT_TRUE(read(416, {}, "<html>").refusal);
}

TEST_F(S3Answer, NamesTheRegionThatIsRight) {
  const auto region = [&](const HttpHeaders& headers, const std::string& more) {
    const PartAnswer answer = read(400, headers, error_xml("AuthorizationHeaderMalformed", more));
    return answer.region ? answer.region->text() : "none";
  };
  EXPECT_EQ(region({}, ""), "none");
  EXPECT_EQ(region({}, "<Region>eu-west-1</Region>"), "eu-west-1");
  EXPECT_EQ(region({{"x-amz-bucket-region", "us-east-2"}}, "<Region>eu-west-1</Region>"),
            "us-east-2");
  // A text that would end the host is no Region.
  EXPECT_EQ(region({{"x-amz-bucket-region", "evil.example/"}}, "<Region>a@b</Region>"), "none");
}

TEST_F(S3Answer, TellsCodesAsData) {
  const struct {
    const char* code;
    int status;
    aws::Trouble trouble;
  } cases[] = {
      {"NoSuchKey", 404, aws::Trouble::kInvalid},
      {"NoSuchBucket", 404, aws::Trouble::kInvalid},
      {"AccessDenied", 403, aws::Trouble::kRefused},
      {"PermanentRedirect", 301, aws::Trouble::kRefused},
      {"TemporaryRedirect", 307, aws::Trouble::kRefused},
      {"AuthorizationHeaderMalformed", 400, aws::Trouble::kRefused},
      {"SlowDown", 503, aws::Trouble::kThrottled},
      {"InternalError", 500, aws::Trouble::kTransient},
      {"RequestTimeout", 400, aws::Trouble::kTransient},
      {"InvalidObjectState", 403, aws::Trouble::kRefused},
      {"PreconditionFailed", 412, aws::Trouble::kInvalid},
      {"InvalidRange", 416, aws::Trouble::kInvalid},
      {"ExpiredToken", 400, aws::Trouble::kExpired},
      {"RequestTimeTooSkewed", 403, aws::Trouble::kSignature},
      {"SignatureDoesNotMatch", 403, aws::Trouble::kSignature},
  };
  for (const auto& each : cases) {
    const PartAnswer answer = read(each.status, {}, error_xml(each.code));
    ASSERT_TRUE(answer.refusal);
    EXPECT_EQ(answer.refusal->code, each.code);
    EXPECT_EQ(answer.refusal->trouble, each.trouble) << each.code;
    EXPECT_EQ(is_missing(*answer.refusal), std::string(each.code) == "NoSuchKey");
  }
  EXPECT_EQ(read(400, {}, error_xml("KMS.DisabledException")).refusal->code,
            "KMSDisabledException");
}

/// What stands behind the code may be a key of any bytes.
TEST_F(S3Answer, IsReadAsFarAsItIsWellFormed) {
  EXPECT_EQ(read(404, {}, error_xml("NoSuchKey", "<Key>a&#x20AC;&</Key>")).refusal->code,
            "NoSuchKey");
}

TEST_F(S3Answer, OfSomebodyElseIsJudgedByItsStatus) {
  const PartAnswer page = read(404, {}, "<html><body>Not Found</body></html>");
  EXPECT_EQ(page.refusal->trouble, aws::Trouble::kRefused);
  EXPECT_EQ(page.refusal->reason, "HTTP 404, and not an answer of S3");
  EXPECT_FALSE(is_missing(*page.refusal));
  EXPECT_EQ(read(502, {}, "").refusal->trouble, aws::Trouble::kTransient);
  EXPECT_EQ(read(301, {}, "").refusal->trouble, aws::Trouble::kRefused);
}

std::string told(const std::string& code, ErrorCode error_code = ErrorCode::kRejected) {
  return error_of({.reason = code + ": its words", .code = code, .error_code = error_code}).message;
}

TEST(S3Error, SaysWhatToDo) {
  EXPECT_EQ(told("AccessDenied"),
            "access is denied: s3:GetObject on it is needed, and kms:Decrypt on the key if it is "
            "encrypted with one of KMS. S3 says the same of a file that is not there to whoever "
            "has no s3:ListBucket; AccessDenied: its words");
  EXPECT_EQ(told("InvalidObjectState"),
            "it is archived: restore it first, with aws s3api restore-object, and go on when it is "
            "there; InvalidObjectState: its words");
  EXPECT_EQ(told("NoSuchBucket"), "there is no such bucket; NoSuchBucket: its words");
  for (const char* code : {"PreconditionFailed", "InvalidRange"})
    EXPECT_TRUE(told(code).starts_with("it was changed while it was read")) << code;
  for (const char* code :
       {"PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException"})
    EXPECT_TRUE(told(code).starts_with("the bucket is in another Region, and S3 does not say"));
  EXPECT_TRUE(told("KMSDisabledException").starts_with("the key of KMS that it is encrypted with"));
  EXPECT_EQ(told("Unheard"), "Unheard: its words");
}

TEST(S3Error, OfWhatHadNoAnswerIsTheNetworksOwn) {
  EXPECT_EQ(told("AccessDenied", ErrorCode::kTimeout), "AccessDenied: its words");
  EXPECT_EQ(told("", ErrorCode::kTooLarge),
            "the answer is larger than the part that was asked for: the endpoint does not know "
            "ranges");
}

}  // namespace
}  // namespace streamonce::handler::s3
