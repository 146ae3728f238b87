// Whatever stands between a client and its service: each client tells it, asks again where that may
// help, and its transport is good for the next request.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "handler/sources/stream/shard_reader.h"
#include "handler/targets/dynamodb/dynamodb_target.h"
#include "handler/targets/dynamodb/mark_reader.h"
#include "runtime/aws/dynamodb_names.h"
#include "runtime/base/check.h"
#include "runtime/http/curl_transport.h"
#include "runtime/lambda/loop.h"
#include "runtime/lambda/runtime_api.h"
#include "tests/handler/targets/dynamodb/commits.h"
#include "tests/support/certificates.h"
#include "tests/support/fake_clock.h"
#include "tests/support/mark_places.h"
#include "tests/support/signed_request.h"
#include "tests/support/socket_server.h"
#include "tests/support/stream_event.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler {
namespace {

using runtime::HttpTransport;
using testing::ServerRequest;
using testing::SocketServer;

/// Time of the test's own clock, which moves while a client waits to ask again, and at no other
/// time: however slow the machine is, nothing here runs into a limit.
constexpr std::chrono::seconds kPatience{5};

/// A part of a name has 63 characters at most: that it is not found takes no name server.
std::string name_that_is_not_found() {
  return std::string(64, 'a');
}

/// A port that is taken, and at which nobody listens.
class DeafPort {
 public:
  DeafPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    STREAMONCE_CHECK(::bind(socket_, generic, length) == 0);
    STREAMONCE_CHECK(::getsockname(socket_, generic, &length) == 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~DeafPort() { ::close(socket_); }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;

  const std::string& address() const { return address_; }

 private:
  const int socket_;
  std::string address_;
};

/// What is on the way, as long as it lives.
struct Obstacle {
  std::string url;         ///< of the service, without a slash at its end
  std::string proxy = {};  ///< empty: none
  std::string trusted = {};
  std::vector<std::shared_ptr<void>> parts = {};
};

Obstacle behind_proxy(std::string proxy) {
  return {.url = "https://localhost:1", .proxy = std::move(proxy)};
}

Obstacle proxy_that_answers(const std::string& bytes) {
  const auto server = std::make_shared<SocketServer>(
      [bytes](const ServerRequest&) { return testing::reply(bytes, testing::Then::kClose); });
  Obstacle obstacle = behind_proxy(server->url(""));
  obstacle.parts = {server};
  return obstacle;
}

Obstacle server_that_greets(const std::string& scheme, const std::string& bytes) {
  const auto server = std::make_shared<SocketServer>(bytes);
  return {.url = scheme + "://" + server->address(), .parts = {server}};
}

/// A server like `tls` under the name `host`, for a client that trusts `trusted`.
Obstacle server_with(testing::TlsServer tls, const std::string& host, std::string trusted) {
  const auto kept = std::make_shared<testing::TlsServer>(std::move(tls));
  const auto server = std::make_shared<SocketServer>(
      [](const ServerRequest&) { return testing::reply(testing::answer(200, "{}")); },
      kept->context.get());
  return {.url = "https://" + host + ":" + std::to_string(server->port()),
          .trusted = std::move(trusted),
          .parts = {kept, server}};
}

enum class Told : std::uint8_t {
  kAtTheDeadline,  ///< it may pass: asked again until then
  kAtOnce,         ///< somebody must change something
};

struct ObstacleKind {
  const char* name;
  Told told;
  std::function<Obstacle()> make;
};

const std::vector<ObstacleKind>& obstacle_kinds() {
  using enum Told;
  static const std::vector<ObstacleKind> kKinds = {
      {"NameNotFound", kAtTheDeadline,
       [] { return Obstacle{.url = "http://" + name_that_is_not_found()}; }},
      {"ConnectionRefused", kAtTheDeadline,
       [] {
         const auto port = std::make_shared<DeafPort>();
         return Obstacle{.url = "http://" + port->address(), .parts = {port}};
       }},
      {"ConnectionClosed", kAtTheDeadline, [] { return server_that_greets("http", ""); }},
      {"NoHttp", kAtTheDeadline, [] { return server_that_greets("http", "220 ftp\r\n\r\n"); }},
      {"ProxyNotFound", kAtTheDeadline,
       [] { return behind_proxy("http://" + name_that_is_not_found()); }},
      {"ProxyRefuses", kAtTheDeadline,
       [] {
         const auto port = std::make_shared<DeafPort>();
         Obstacle obstacle = behind_proxy("http://" + port->address());
         obstacle.parts = {port};
         return obstacle;
       }},
      {"ProxyOfGarbage", kAtTheDeadline, [] { return proxy_that_answers("garbage\r\n\r\n"); }},
      {"ProxyWantsPassword", kAtTheDeadline,
       [] { return proxy_that_answers(testing::answer(407, "")); }},
      {"ProxyWithoutWayOut", kAtTheDeadline,
       [] { return proxy_that_answers(testing::answer(502, "bad gateway")); }},
      {"PlainTextBehindHttps", kAtTheDeadline,
       [] { return server_that_greets("https", testing::answer(400, "speak HTTP")); }},
      {"HandshakeCutShort", kAtTheDeadline, [] { return server_that_greets("https", ""); }},
      {"UnknownAuthority", kAtOnce,
       [] {
         return server_with(testing::make_tls_server(), "localhost",
                            testing::make_tls_server({.authority = "another"}).ca_pem);
       }},
      {"CertificateOfAnotherHost", kAtOnce,
       [] {
         testing::TlsServer tls = testing::make_tls_server();
         const std::string trusted = tls.ca_pem;
         return server_with(std::move(tls), "127.0.0.1", trusted);
       }},
      {"CertificateExpired", kAtOnce,
       [] {
         testing::TlsServer tls = testing::make_tls_server({.expired = true});
         const std::string trusted = tls.ca_pem;
         return server_with(std::move(tls), "localhost", trusted);
       }},
  };
  return kKinds;
}

/// The variables that libcurl looks for a proxy in, until it goes.
class ProxySettings {
 public:
  explicit ProxySettings(const std::string& proxy) {
    for (const char* name : kNames) ::unsetenv(name);
    if (!proxy.empty()) ::setenv("https_proxy", proxy.c_str(), /*overwrite=*/1);
  }
  ~ProxySettings() { ::unsetenv("https_proxy"); }
  ProxySettings(const ProxySettings&) = delete;
  ProxySettings& operator=(const ProxySettings&) = delete;

 private:
  static constexpr std::array kNames = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
};

/// Where the clients are.
struct Place {
  std::string url;
  HttpTransport& transport;
  Clock& clock;
  Logger& logger;
  std::chrono::milliseconds time = kPatience;  ///< until the deadline
};

/// Why a call of a client has failed.
using Call = std::function<std::string(const Place& place)>;

std::string commit(const Place& place) {
  dynamodb::DynamoDbOptions options;
  options.ledger_table = "ledger";
  options.region = "eu-west-1";
  options.endpoint_url = place.url;
  options.credentials = testing::credentials("id", "secret");
  options.random_seed = 1;
  const auto target =
      dynamodb::DynamoDbTarget::create(options, place.transport, place.clock, place.logger);
  if (!target) return "not created: " + target.error().message;
  dynamodb::Commits commits;
  commits.put("a", 1);
  commits.put("b", 2);
  std::vector<Outcome> outcomes(2);
  (*target)->commit(commits.all(), outcomes, place.clock.steady_now() + place.time);
  EXPECT_EQ(outcomes[0].result, CommitResult::kFailed);
  EXPECT_EQ(outcomes[0].reason, outcomes[1].reason);
  return outcomes[0].reason;
}

std::string read_marks(const Place& place) {
  aws::ServiceClient service({.service = aws::kDynamoDb,
                              .region = aws::Region::parse("eu-west-1").value(),
                              .url = place.url + "/",
                              .credentials = testing::credentials("id", "secret"),
                              .random_seed = 1},
                             place.transport, place.clock, place.logger);
  dynamodb::MarkReader reader(
      {.ledger_table = "ledger", .region = "eu-west-1", .requests_in_flight = 1}, service);
  const std::vector<std::string_view> ids = {"p|a", "p|b"};
  const std::vector<MarkResult> marks = reader.read(testing::places_of(ids), Reading::kVersions,
                                                    place.clock.steady_now() + place.time);
  EXPECT_EQ(marks.size(), ids.size());
  for (const MarkResult& mark : marks)
    if (mark) return "read";
  return marks.front().error().message;
}

std::string read_stream(const Place& place) {
  const auto client = ShardReader::create({.endpoint_url = place.url,
                                           .credentials = testing::credentials("id", "secret"),
                                           .random_seed = 1},
                                          place.transport, place.clock, place.logger,
                                          place.clock.steady_now() + place.time);
  if (!client) return "not created: " + client.error().message;
  const StreamRange range{.stream_arn = testing::kStreamArn,
                          .shard_id = "shardId-00000001763685862580-0fa4d1b2",
                          .first = events::SequenceNumber::parse("1").value(),
                          .last = events::SequenceNumber::parse("2").value()};
  const Status status = (*client)->read(
      range, [](PayloadView) { return std::nullopt; }, place.clock.steady_now() + place.time);
  return status ? "read" : status.error().message;
}

const std::vector<std::pair<const char*, Call>>& calls() {
  static const std::vector<std::pair<const char*, Call>> kAll = {
      {"Commit", commit}, {"ReadMarks", read_marks}, {"ReadStream", read_stream}};
  return kAll;
}

class Unreachable : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t>> {
 protected:
  /// A transport for `obstacle`.
  std::unique_ptr<HttpTransport> transport_to(const Obstacle& obstacle) {
    const std::string bundle = folder_.file("ca.pem");
    std::ofstream(bundle) << obstacle.trusted;
    return runtime::make_curl_transport(
        {.ca_bundle_path = obstacle.trusted.empty() ? "" : bundle, .user_agent = "test"}, clock_);
  }

  static void expect_good(HttpTransport& transport) {
    const SocketServer server(
        [](const ServerRequest&) { return testing::reply(testing::answer(200, "good")); });
    Payload body(100);
    const auto response = perform(transport, {.url = server.url(), .body_into = &body});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(body.text(), "good");
  }

  const testing::TempDir folder_;
  testing::FakeClock clock_;
  std::string log_;
  Logger logger_{{.level = LogLevel::kTrace,
                  .format = LogFormat::kJson,
                  .sink = [this](std::string_view line) { log_ += line; }},
                 clock_};
};

INSTANTIATE_TEST_SUITE_P(, Unreachable,
                         ::testing::Combine(::testing::Range(std::size_t{0}, calls().size()),
                                            ::testing::Range(std::size_t{0},
                                                             obstacle_kinds().size())),
                         [](const auto& parameters) {
                           return std::string(calls()[std::get<0>(parameters.param)].first) +
                                  obstacle_kinds()[std::get<1>(parameters.param)].name;
                         });

TEST_P(Unreachable, IsAskedAgainWhereThatMayHelpAndTold) {
  const Call& call = calls()[std::get<0>(GetParam())].second;
  const ObstacleKind& kind = obstacle_kinds()[std::get<1>(GetParam())];
  const Obstacle obstacle = kind.make();
  const auto transport = transport_to(obstacle);
  {
    const ProxySettings proxy(obstacle.proxy);
    for (int time = 0; time < 2; ++time) {
      const SteadyTime begun = clock_.steady_now();
      clock_.sleeps.clear();
      const std::string reason = call({obstacle.url, *transport, clock_, logger_});
      constexpr std::string_view kTooLate = "not done before the deadline; before that: ";
      const std::size_t found = reason.find(kTooLate);
      if (kind.told == Told::kAtTheDeadline) {
        ASSERT_NE(found, std::string::npos) << reason;
        EXPECT_GT(reason.size(), found + kTooLate.size()) << reason;
        EXPECT_GE(clock_.sleeps.size(), 3U);
        EXPECT_LE(clock_.steady_now(), begun + kPatience);
      } else {
        EXPECT_EQ(found, std::string::npos) << reason;
        EXPECT_NE(reason.find("certificate"), std::string::npos) << reason;
        EXPECT_TRUE(clock_.sleeps.empty());
      }
    }
  }
  expect_good(*transport);
}

/// A deadline that passes while a request is in flight is told like a timeout of that request. A
/// slow machine may not get so far as to wait for an answer: it has more time then.
TEST(SilentService, IsNamedAtTheDeadline) {
  const SocketServer server(
      [](const ServerRequest&) { return testing::reply("", testing::Then::kStall); });
  const std::string cause = "no whole answer of " + server.address() + " in time";
  SystemClock clock;
  for (const auto& [name, call] : calls()) {
    std::string log;
    Logger logger({.level = LogLevel::kTrace,
                   .format = LogFormat::kText,
                   .sink = [&log](std::string_view line) { log += line; }},
                  clock);
    const auto transport =
        runtime::make_curl_transport({.ca_bundle_path = "", .user_agent = "test"}, clock);
    std::string reason;
    for (std::chrono::milliseconds time{50};
         reason.find(cause) == std::string::npos && time < std::chrono::seconds(10); time *= 2)
      reason = call({.url = "http://" + server.address(),
                     .transport = *transport,
                     .clock = clock,
                     .logger = logger,
                     .time = time});
    EXPECT_NE(reason.find("not done before the deadline; before that: " + cause), std::string::npos)
        << name << ": " << reason;
    EXPECT_NE(log.find(cause), std::string::npos) << name << ": " << log;
  }
}

/// The Runtime API is on the same machine: no proxy, no TLS, and few attempts.
class UnreachableRuntimeApi : public Unreachable {};

INSTANTIATE_TEST_SUITE_P(, UnreachableRuntimeApi,
                         ::testing::Combine(::testing::Values(std::size_t{0}),
                                            ::testing::Range(std::size_t{0}, std::size_t{4})),
                         [](const auto& parameters) {
                           return obstacle_kinds()[std::get<1>(parameters.param)].name;
                         });

TEST_P(UnreachableRuntimeApi, EndsTheLoopWithAWord) {
  const Obstacle obstacle = obstacle_kinds()[std::get<1>(GetParam())].make();
  const std::string address = obstacle.url.substr(std::string_view("http://").size());
  ASSERT_TRUE(runtime::check_address(address));
  const auto transport = transport_to(obstacle);
  const ProxySettings proxy("http://" + name_that_is_not_found());
  runtime::RuntimeApi api(*transport, address);
  const auto never = [](const runtime::Invocation&) -> runtime::HandlerResult {
    ADD_FAILURE() << "no invocation came";
    return "";
  };
  for (int time = 0; time < 2; ++time) {
    log_.clear();
    EXPECT_EQ(runtime::run_loop(api, never, logger_, clock_), 1);
    EXPECT_NE(log_.find("no next invocation"), std::string::npos) << log_;
    EXPECT_NE(log_.find("AWS_LAMBDA_RUNTIME_API"), std::string::npos) << log_;
  }
  EXPECT_FALSE(api.respond({.request_id = "r-1"}, "{}"));
  EXPECT_FALSE(api.report_init_error({.type = "Function.X", .message = "m"}));
  expect_good(*transport);
}

}  // namespace
}  // namespace streamonce::handler
