#include "handler/sources/exports/s3_export.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/base/digest.h"
#include "runtime/http/curl_transport.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_s3.h"
#include "tests/support/fake_transport.h"
#include "tests/support/full_disk.h"
#include "tests/support/signed_request.h"
#include "tests/support/skipping_clock.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::exports {
namespace {

using testing::FakeS3;
using testing::FakeS3Options;
using testing::FakeTransport;
using testing::kCredentials;
using testing::S3Fault;
using testing::S3Redirect;
using testing::ServerRequest;

constexpr const char* kPrefix = "p/AWSDynamoDB/01-a";
constexpr const char* kName = "data/a.json.gz";
const std::string kKey = std::string(kPrefix) + '/' + kName;
const std::string kPlace = "s3://exports/" + kKey;

/// A hundred and twenty-eighth of what is asked for otherwise.
constexpr std::size_t kPart = 64UL * 1024;

/// Bytes of which no part is like another.
std::string bytes_of(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>((i * 2654435761U) >> 13U);
  return bytes;
}

std::string md5_of(std::string_view bytes) {
  Md5 md5;
  md5.append(bytes);
  return md5.base64();
}

std::unique_ptr<runtime::HttpTransport> open_network(const Clock& clock) {
  return runtime::make_curl_transport({.ca_bundle_path = "", .user_agent = "streamonce/test"},
                                      clock);
}

/// A transport that gives an answer a second.
class HastyTransport final : public runtime::HttpTransport {
 public:
  explicit HastyTransport(const Clock& clock) : behind_(open_network(clock)) {}

  runtime::HttpRequestId start(runtime::HttpRequest request) override {
    request.timeout = std::chrono::seconds(1);
    return behind_->start(std::move(request));
  }
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override {
    return behind_->wait_any(until);
  }
  std::string cancel(runtime::HttpRequestId id) override { return behind_->cancel(id); }

 private:
  std::unique_ptr<runtime::HttpTransport> behind_;
};

std::shared_ptr<aws::CredentialsProvider> the_credentials() {
  return testing::credentials(std::string(kCredentials[0].text), std::string(kCredentials[1].text),
                              std::string(kCredentials[2].text));
}

class S3ExportTest : public ::testing::Test {
 protected:
  /// An export of the fake bucket; `change` may change what it is opened with.
  std::unique_ptr<S3Export> open(const FakeS3& server,
                                 const std::function<void(S3ExportOptions&)>& change = {}) {
    S3ExportOptions options{.folder = {.bucket = "exports", .prefix = kPrefix},
                            .region = aws::Region::parse("eu-west-1").value(),
                            .endpoint_url = server.url(),
                            .credentials = the_credentials(),
                            .transport = open_network(clock_),
                            .random_seed = 1,
                            .part_bytes = kPart,
                            .temporary_folder = folder_.path(),
                            .stopped = {}};
    if (change) change(options);
    return S3Export::create(std::move(options), clock_, logger_).value();
  }

  /// What came of a fetch: `none`, the message of the error, `whole`, or what is wrong with it.
  std::string outcome(Result<std::optional<ExportFile>> fetched, std::string_view expected) {
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
    if (!fetched) {
      EXPECT_NE(fetched.error().code, ErrorCode::kRejected);
      EXPECT_EQ(testing::told_secret(fetched.error().message), "");
      return fetched.error().message;
    }
    if (!*fetched) return "none";
    return contents_of(**fetched, expected);
  }
  std::string fetch(S3Export& files, std::string_view expected) {
    return outcome(files.fetch(kName), expected);
  }

  static std::string contents_of(const ExportFile& file, std::string_view expected) {
    std::string bytes(expected.size() + 1, '\0');
    std::size_t count = 0;
    while (count < bytes.size()) {
      const ssize_t more = ::read(file.descriptor(), bytes.data() + count, bytes.size() - count);
      if (more <= 0) break;
      count += static_cast<std::size_t>(more);
    }
    bytes.resize(count);
    EXPECT_EQ(file.bytes(), bytes.size());
    EXPECT_EQ(file.md5(), md5_of(bytes));
    return bytes == expected ? "whole" : "other bytes";
  }

  void TearDown() override { EXPECT_EQ(testing::told_secret(log_), "") << log_; }

  const testing::TempDir folder_;
  testing::SkippingClock clock_;
  std::string log_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kText,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
};

TEST_F(S3ExportTest, ReadsObjectsOfEverySizeInParts) {
  FakeS3 server;
  const auto files = open(server);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kPart - 1, kPart, kPart + 1, 3 * kPart, 3 * kPart + 7}) {
    const std::string bytes = bytes_of(size);
    server.put(kKey, bytes);
    const std::size_t before = server.requests().size();
    EXPECT_EQ(fetch(*files, bytes), "whole") << size;
    const std::size_t parts = std::max<std::size_t>(1, (size + kPart - 1) / kPart);
    EXPECT_EQ(server.requests().size() - before, parts) << size;
  }
}

TEST_F(S3ExportTest, AsksForLaterPartsOfTheSameStateAndNoByteMoreThanThereIs) {
  FakeS3 server;
  const std::string bytes = bytes_of(2 * kPartBytes + 7);
  server.put(kKey, bytes);
  const auto files =
      open(server, [](S3ExportOptions& options) { options.part_bytes = kPartBytes; });
  EXPECT_EQ(fetch(*files, bytes), "whole");
  std::vector<std::string> asked;
  for (const ServerRequest& request : server.requests())
    asked.push_back(request.header("range") + (request.has_header("if-match") ? " of one" : ""));
  std::sort(asked.begin() + 1, asked.end());
  EXPECT_EQ(asked, (std::vector<std::string>{"bytes=0-8388607", "bytes=16777216-16777222 of one",
                                             "bytes=8388608-16777215 of one"}));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(S3ExportTest, TakesKeysAsTheyAre) {
  FakeS3 server;
  const auto files = open(server);
  for (const std::string key : {"a//b", "/a", "a/../b", "./a/.", "a b+c", "100%", "a%20b",
                                "gr\xC3\xBC\xC3\x9F/\xE2\x82\xAC", "q?x=1&y#z",
                                "~!@$^*()_-=|\\'\"<>,;:", "\x01\x7F", "end/"}) {
    server.put(key, key);
    EXPECT_EQ(outcome(files->fetch_key(key), key), "whole") << key;
    server.put(std::string(kPrefix) + '/' + key, key);
    EXPECT_EQ(outcome(files->fetch(key), key), "whole") << key;
  }
}

TEST_F(S3ExportTest, ACopyHasNoNameAndIsForItsOwnerAlone) {
  FakeS3 server;
  server.put(kKey, "bytes");
  const auto fetched = open(server)->fetch(kName);
  struct stat facts = {};
  ASSERT_EQ(::fstat((*fetched)->descriptor(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
  EXPECT_EQ(facts.st_nlink, 0U);
}

/// What a fault of the network or of the service is, and what comes of it.
struct FaultCase {
  const char* words;
  S3Fault fault;
  int first;             ///< the first request that meets it: 0 is the first part's
  int times;             ///< how many meet it
  std::string expected;  ///< see outcome()
  int requests;          ///< how many are made; -1: as many as the time allows
};

constexpr int kAlways = 1'000'000;

std::vector<FaultCase> fault_cases() {
  const std::string denied =
      kPlace +
      ": access is denied: s3:GetObject on it is needed, and kms:Decrypt on the key if it is "
      "encrypted with one of KMS. S3 says the same of a file that is not there to whoever has no "
      "s3:ListBucket; AccessDenied";
  const std::string changed = kPlace + ": it was changed while it was read: nothing of it counts; ";
  const std::string late = kPlace + ": not done before the deadline; before that: ";
  const std::string unreadable = "HTTP 206, and not the part of the object that was asked for";
  using enum S3Fault;
  return {
      {"a connection that ends in a first part", kCut, 0, 1, "whole", 4},
      {"a connection that ends in a later part", kCut, 1, 1, "whole", 4},
      {"connections that end again and again", kCut, 1, 6, "whole", 9},
      {"a connection that is reset in a part", kReset, 2, 1, "whole", 4},
      {"a request that gets lost", kLostRequest, 1, 1, "whole", -1},
      {"an answer that stalls", kStall, 1, 1, "whole", -1},
      {"a slow answer", kDelay, 1, 2, "whole", 3},
      {"503 SlowDown", kSlowDown, 0, 3, "whole", 6},
      {"503 SlowDown for all time", kSlowDown, 1, kAlways, late + "SlowDown", -1},
      {"500 InternalError", kInternalError, 1, 2, "whole", 5},
      {"400 RequestTimeout", kRequestTimeout, 1, 1, "whole", 4},
      {"502 of a proxy", kBadGateway, 1, 1, "whole", 4},
      {"404 of a proxy", kNotFoundByOthers, 0, 1, kPlace + ": HTTP 404, and not an answer of S3",
       1},
      {"a part that was not asked for", kShifted, 1, 1, "whole", 4},
      {"a part that is shorter than it says", kShort, 0, 1, "whole", 4},
      {"a part without Content-Range", kNoContentRange, 2, 1, "whole", 4},
      {"a part without ETag, for all time", kNoEtag, 0, kAlways, late + unreadable, -1},
      {"a byte that is another", kOneByteOff, 1, 1, "other bytes", 3},
      {"an endpoint that knows no ranges", kWhole, 0, 1,
       kPlace + ": the answer is larger than the part that was asked for: the endpoint does not "
                "know ranges",
       1},
      {"an object that changes meanwhile", kChanged, 1, 1, changed + "PreconditionFailed", -1},
      {"an object that is deleted meanwhile", kDeleted, 1, 1, "none", -1},
      {"403 AccessDenied", kDenied, 0, 1, denied, 1},
      {"403, the key of KMS is not for us", kKmsDenied, 0, 1, denied, 1},
      {"400, the key of KMS is disabled", kKmsDisabled, 0, 1,
       kPlace + ": the key of KMS that it is encrypted with cannot be used: kms:Decrypt on a key "
                "that is enabled is needed; KMSDisabledException",
       1},
      {"403, the object is archived", kArchived, 0, 1,
       kPlace + ": it is archived: restore it first, with aws s3api restore-object, and go on when "
                "it is there; InvalidObjectState",
       1},
      {"301 without a Region", kRegionUntold, 0, 1,
       kPlace + ": the bucket is in another Region, and S3 does not say in which: set AWS_REGION "
                "to it; PermanentRedirect",
       1},
      {"307 to somebody else", kElsewhere, 0, 1,
       kPlace + ": the bucket is in another Region, and S3 does not say in which: set AWS_REGION "
                "to it; TemporaryRedirect",
       1},
  };
}

TEST_F(S3ExportTest, WhatComesOfEachFault) {
  const std::string bytes = bytes_of(3 * kPart - 100);
  for (const FaultCase& each : fault_cases()) {
    clock_ = testing::SkippingClock();  // nothing is left of what others have waited
    FakeS3 server;
    server.put(kKey, bytes);
    server.fail(kKey, each.fault, each.first, each.times);
    const auto files = open(server, [&](S3ExportOptions& options) {
      if (each.fault == S3Fault::kStall)
        options.transport = std::make_shared<HastyTransport>(clock_);
    });
    const std::string came = fetch(*files, bytes);
    // What follows an error's first words is S3's.
    EXPECT_EQ(came.substr(0, each.expected.size()), each.expected) << each.words << ": " << came;
    if (each.expected.size() < 12) {
      EXPECT_EQ(came, each.expected) << each.words;
    }
    const auto requests = static_cast<int>(server.requests().size());
    if (each.requests >= 0) {
      EXPECT_EQ(requests, each.requests) << each.words;
    }
    for (const ServerRequest& request : server.requests())
      EXPECT_TRUE(request.target.starts_with("/exports/")) << each.words;
    std::printf("%-45s %3d requests: %s\n", each.words, requests,
                came.substr(0, came.find("; ")).c_str());
  }
}

/// The signature's Region is the one thing that a named endpoint leaves to go by.
TEST_F(S3ExportTest, GoesOnInTheRegionThatIsRightWhicheverWayItIsTold) {
  for (const S3Redirect redirect :
       {S3Redirect::kMalformed, S3Redirect::kPermanent, S3Redirect::kTemporary}) {
    FakeS3 server(FakeS3Options{.region = "ap-south-2", .redirect = redirect});
    server.put(kKey, "bytes");
    const auto files = open(server);
    EXPECT_EQ(fetch(*files, "bytes"), "whole");
    EXPECT_EQ(server.requests().size(), 2U);
    EXPECT_EQ(fetch(*files, "bytes"), "whole");
    EXPECT_EQ(server.requests().size(), 3U) << "the right Region is kept";
  }
}

TEST_F(S3ExportTest, SetsItsClockByTheService) {
  FakeS3 server;
  server.put(kKey, "bytes");
  server.set_clock_ahead(std::chrono::hours(2));
  const auto files = open(server);
  EXPECT_EQ(fetch(*files, "bytes"), "whole");
  EXPECT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(fetch(*files, "bytes"), "whole");
  EXPECT_EQ(server.requests().size(), 3U);
}

/// Credentials that are changed when they are refused, and whenever a test says so.
class RotatingCredentials final : public aws::CredentialsProvider {
 public:
  Result<std::shared_ptr<const aws::Credentials>> get(WallTime /*now*/,
                                                      std::chrono::milliseconds /*left*/) override {
    return std::make_shared<const aws::Credentials>(
        aws::Credentials{.access_key_id = std::string(kCredentials[0].text),
                         .secret_access_key = std::string(kCredentials[1].text),
                         .session_token = "token" + std::to_string(number_),
                         .expiry = {}});
  }
  bool invalidate(const std::shared_ptr<const aws::Credentials>& /*refused*/) override {
    return ++number_ < 10;
  }

 private:
  int number_ = 1;
};

TEST_F(S3ExportTest, GoesOnWithNewCredentialsWhenTheOldOnesExpire) {
  FakeS3 server;
  const std::string bytes = bytes_of(kPart + 1);
  server.put(kKey, bytes);
  server.expect_token("token2");
  const auto files = open(server, [](S3ExportOptions& options) {
    options.credentials = std::make_shared<RotatingCredentials>();
  });
  EXPECT_EQ(fetch(*files, bytes), "whole");
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(S3ExportTest, SaysThatCredentialsAreOfNoUseAndNothingOfThem) {
  FakeS3 server;
  server.put(kKey, "bytes");
  const auto with = [&](std::string id, std::string secret, std::string token) {
    const auto files = open(server, [&](S3ExportOptions& options) {
      options.credentials =
          testing::credentials(std::move(id), std::move(secret), std::move(token));
    });
    return fetch(*files, "bytes");
  };
  const std::string id(kCredentials[0].text);
  const std::string secret(kCredentials[1].text);
  EXPECT_EQ(with(id, "another", std::string(kCredentials[2].text))
                .find(kPlace + ": SignatureDoesNotMatch: the service does not take the signature"),
            0U);
  EXPECT_EQ(with("ANOTHER", secret, std::string(kCredentials[2].text)),
            kPlace +
                ": InvalidAccessKeyId: the service does not know the access key: it is wrong or "
                "deleted, or its session token is absent or wrong");
  EXPECT_EQ(with(id, secret, "old"),
            kPlace + ": ExpiredToken: the session token has expired: new credentials are needed");
  for (const ServerRequest& request : server.requests())
    EXPECT_EQ(request.header("host"), server.url().substr(7));
}

TEST_F(S3ExportTest, TellsAFileThatIsMissingFromOneThatMayBe) {
  FakeS3 server;
  EXPECT_EQ(fetch(*open(server), ""), "none");
  FakeS3 closed(FakeS3Options{.may_list = false});
  EXPECT_EQ(fetch(*open(closed), "").find(kPlace + ": access is denied: s3:GetObject on it"), 0U);
  FakeS3 other(FakeS3Options{.bucket = "another"});
  EXPECT_EQ(fetch(*open(other), "").find(kPlace + ": there is no such bucket; NoSuchBucket"), 0U);
}

TEST_F(S3ExportTest, EndsBetweenPartsWhenItIsToEnd) {
  FakeS3 server;
  server.put(kKey, bytes_of(4 * kPart));
  const auto files = open(server, [&](S3ExportOptions& options) {
    options.stopped = [&] { return server.requests().size() >= 3; };
  });
  const auto fetched = files->fetch(kName);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(fetched.error().message,
            kPlace + ": the work was to end before the whole file was here");
  EXPECT_EQ(server.requests().size(), 3U);
}

/// A network that takes requests and gives no answer.
class SilentTransport final : public runtime::HttpTransport {
 public:
  explicit SilentTransport(testing::FakeClock& clock) : clock_(clock) {}

  runtime::HttpRequestId start(runtime::HttpRequest request) override {
    end_ = clock_.steady_now() + request.timeout.value();
    return ++requests;
  }
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> until) override {
    const SteadyTime time = std::min(until.value_or(end_), end_);
    if (time > clock_.steady_now())
      clock_.advance(std::chrono::ceil<std::chrono::milliseconds>(time - clock_.steady_now()));
    if (time < end_) return std::nullopt;
    return runtime::HttpCompletion{.id = requests,
                                   .result = Error{ErrorCode::kTimeout, "no answer in time"}};
  }
  std::string cancel(runtime::HttpRequestId /*id*/) override { return "no answer in time"; }

  runtime::HttpRequestId requests = 0;

 private:
  testing::FakeClock& clock_;
  SteadyTime end_;
};

/// A network without a connection.
class DownTransport final : public runtime::HttpTransport {
 public:
  runtime::HttpRequestId start(runtime::HttpRequest /*request*/) override { return ++requests; }
  std::optional<runtime::HttpCompletion> wait_any(std::optional<SteadyTime> /*until*/) override {
    if (ended_ == requests) return std::nullopt;
    ended_ = requests;
    return runtime::HttpCompletion{.id = requests,
                                   .result = Error{ErrorCode::kUnavailable, "no connection"}};
  }
  std::string cancel(runtime::HttpRequestId /*id*/) override { return "no connection"; }

  runtime::HttpRequestId requests = 0;

 private:
  runtime::HttpRequestId ended_ = 0;
};

/// How long a fetch takes that is told to end after 20 s, over a network that answers nothing.
template <class Transport>
std::chrono::milliseconds time_to_end(std::shared_ptr<Transport> transport,
                                      testing::FakeClock& clock, const std::string& folder,
                                      Logger& logger) {
  const SteadyTime begin = clock.steady_now();
  S3ExportOptions options{
      .folder = {.bucket = "exports", .prefix = kPrefix},
      .region = aws::Region::parse("eu-west-1").value(),
      .endpoint_url = "",
      .credentials = the_credentials(),
      .transport = transport,
      .random_seed = 1,
      .part_bytes = kPart,
      .temporary_folder = folder,
      .stopped = [&] { return clock.steady_now() >= begin + std::chrono::seconds(20); }};
  const auto fetched = S3Export::create(std::move(options), clock, logger).value()->fetch(kName);
  EXPECT_EQ(fetched.error().message,
            kPlace + ": the work was to end before the whole file was here");
  EXPECT_GT(transport->requests, 0U);
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady_now() - begin);
}

TEST_F(S3ExportTest, EndsWithinAFourthOfASecondDuringAnOutage) {
  testing::FakeClock clock;
  for (const auto took :
       {time_to_end(std::make_shared<SilentTransport>(clock), clock, folder_.path(), logger_),
        time_to_end(std::make_shared<DownTransport>(), clock, folder_.path(), logger_)}) {
    EXPECT_GE(took.count(), 20'000);
    EXPECT_LE(took.count(), 20'250);
  }
}

/// A part is written at once, and a disk that is full refuses it.
TEST_F(S3ExportTest, SaysThatTheDiskIsFull) {
  FakeS3 server;
  server.put(kKey, bytes_of(2 * kPart));
  std::string came;
  bool could_refuse = false;
  std::thread([&] {
    could_refuse = testing::refuse_writes_of(32 * 1024);
    const auto fetched = open(server)->fetch(kName);
    if (!fetched && fetched.error().code == ErrorCode::kFatal) came = fetched.error().message;
  }).join();
  ASSERT_TRUE(could_refuse);
  EXPECT_EQ(came, kPlace + ": the folder for temporary files, \"" + folder_.path() +
                      "\": there is no room left");
}

TEST_F(S3ExportTest, SaysThatThereIsNoFolderForCopies) {
  FakeS3 server;
  const auto files =
      open(server, [](S3ExportOptions& options) { options.temporary_folder = "/nowhere/at/all"; });
  EXPECT_EQ(files->fetch(kName).error().message,
            kPlace +
                ": the folder for temporary files, \"/nowhere/at/all\": No such file or "
                "directory");
  EXPECT_EQ(server.connections(), 0);
}

/// A request without a key would list the bucket.
TEST_F(S3ExportTest, AsksForNoKeyThatCannotBeOne) {
  FakeS3 server;
  const auto files = open(server);
  EXPECT_EQ(files->fetch_key("").error().message,
            "s3://exports/: a key has 1 to 1024 bytes; found 0");
  EXPECT_EQ(files->fetch_key(std::string(1025, 'k')).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(S3ExportTest, IsNamedAsPeopleWriteIt) {
  FakeS3 server;
  EXPECT_EQ(open(server)->name(), "s3://exports/p/AWSDynamoDB/01-a");
}

TEST_F(S3ExportTest, IsNotOpenedAtAMalformedEndpoint) {
  S3ExportOptions options{.folder = {.bucket = "exports", .prefix = ""},
                          .region = aws::Region::parse("eu-west-1").value(),
                          .endpoint_url = "ftp://host",
                          .credentials = the_credentials(),
                          .transport = std::make_shared<FakeTransport>(),
                          .temporary_folder = folder_.path(),
                          .stopped = {}};
  EXPECT_EQ(S3Export::create(std::move(options), clock_, logger_).error().code,
            ErrorCode::kInvalidArgument);
}

/// Answers at the public endpoint, which no server here can stand for.
class S3ExportHosts : public S3ExportTest {
 protected:
  void expect(const std::string& url, runtime::HttpResponse answer) {
    transport_->expect(runtime::HttpMethod::kGet, url, std::move(answer));
  }

  std::unique_ptr<S3Export> open_public(const std::string& bucket) {
    S3ExportOptions options{.folder = {.bucket = bucket, .prefix = ""},
                            .region = aws::Region::parse("eu-west-1").value(),
                            .endpoint_url = "",
                            .credentials = the_credentials(),
                            .transport = transport_,
                            .temporary_folder = folder_.path(),
                            .stopped = {}};
    return S3Export::create(std::move(options), clock_, logger_).value();
  }

  /// What came of a fetch of `k`, and which hosts were asked with a signature.
  std::pair<std::string, std::vector<std::string>> fetch_of(const std::string& bucket) {
    const auto files = open_public(bucket);
    std::string came = outcome(files->fetch("k"), "bytes");
    std::vector<std::string> hosts;
    for (const runtime::HttpRequest& request : transport_->requests()) {
      hosts.emplace_back(testing::header_of(request, "Host"));
      EXPECT_EQ(request.url, "https://" + hosts.back() +
                                 (hosts.back().starts_with("s3.") ? '/' + bucket : "") + "/k");
    }
    EXPECT_TRUE(transport_->done());
    return {came, hosts};
  }

  static runtime::HttpResponse good() {
    return {.status = 206,
            .headers = {{"content-range", "bytes 0-4/5"}, {"etag", "\"e\""}},
            .body = "bytes"};
  }

  std::shared_ptr<FakeTransport> transport_ = std::make_shared<FakeTransport>();
};

using Hosts = std::vector<std::string>;

TEST_F(S3ExportHosts, ABucketIsAskedAtItsOwnHost) {
  expect("https://exports.s3.eu-west-1.amazonaws.com/k", good());
  EXPECT_EQ(fetch_of("exports"),
            std::pair(std::string("whole"), Hosts{"exports.s3.eu-west-1.amazonaws.com"}));
}

TEST_F(S3ExportHosts, ABucketWithDotsIsAskedAtTheRegionsHost) {
  expect("https://s3.eu-west-1.amazonaws.com/acme.exports/k", good());
  EXPECT_EQ(fetch_of("acme.exports"),
            std::pair(std::string("whole"), Hosts{"s3.eu-west-1.amazonaws.com"}));
}

TEST_F(S3ExportHosts, AnotherRegionIsAskedByItsNameAndNotWhereALocationPointsTo) {
  expect("https://exports.s3.eu-west-1",
         {.status = 307,
          .headers = {{"location", "https://evil.example/k"}, {"x-amz-bucket-region", "us-west-2"}},
          .body = {}});
  expect("https://exports.s3.us-west-2", good());
  EXPECT_EQ(fetch_of("exports"),
            std::pair(std::string("whole"), Hosts{"exports.s3.eu-west-1.amazonaws.com",
                                                  "exports.s3.us-west-2.amazonaws.com"}));
}

/// A part may take longer than the second that tells a dead connection otherwise.
TEST_F(S3ExportHosts, APartHasTimeOverAConnectionThatIsKept) {
  const auto files = open_public("exports");
  for (int i = 0; i < 2; ++i) {
    expect("/k", good());
    EXPECT_EQ(outcome(files->fetch("k"), "bytes"), "whole");
  }
  EXPECT_EQ(transport_->requests()[0].timeout, std::chrono::minutes(2));
  EXPECT_GE(transport_->requests()[1].timeout, std::chrono::milliseconds(1'000 + 8'388));
  EXPECT_LT(transport_->requests()[1].timeout, std::chrono::seconds(60));
}

TEST_F(S3ExportHosts, RegionsThatPointAtEachOtherAreAskedOnce) {
  const auto elsewhere = [](const char* region) {
    return runtime::HttpResponse{
        .status = 301, .headers = {{"x-amz-bucket-region", region}}, .body = {}};
  };
  expect("https://exports.s3.eu-west-1", elsewhere("us-west-2"));
  expect("https://exports.s3.us-west-2", elsewhere("eu-west-1"));
  EXPECT_EQ(fetch_of("exports").first, "s3://exports/k: HTTP 301, and not an answer of S3");
}

}  // namespace
}  // namespace streamonce::handler::exports
