// The transport against servers on loopback, well-behaved and not.

#include "runtime/http/curl_transport.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/curl_memory.h"
#include "tests/support/fake_clock.h"
#include "tests/support/socket_server.h"

namespace streamonce::runtime {
namespace {

using std::chrono::milliseconds;
using testing::answer;
using testing::chunked_answer;
using testing::reply;
using testing::ServerReply;
using testing::ServerRequest;
using testing::SocketServer;
using testing::Then;

/// So long nothing here takes, unless it hangs.
constexpr milliseconds kPatience{60'000};

std::string large_text(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  return text;
}

SocketServer::Handler always(std::string bytes, Then then = Then::kKeepOpen) {
  return [reply = reply(std::move(bytes), then)](const ServerRequest&) { return reply; };
}

class CurlTransport : public ::testing::Test {
 protected:
  Result<HttpResponse> get(const std::string& url) {
    return perform(*transport_, {.url = url, .timeout = kPatience});
  }
  Result<HttpResponse> post(const std::string& url, std::string body) {
    return perform(*transport_, {.method = HttpMethod::kPost,
                                 .url = url,
                                 .headers = {"Content-Type: application/json"},
                                 .body = std::move(body),
                                 .timeout = kPatience});
  }
  /// The code that the answer `bytes` ends with.
  ErrorCode error_of(std::string bytes, Then then = Then::kClose) {
    const SocketServer server(always(std::move(bytes), then));
    const Result<HttpResponse> result = get(server.url());
    EXPECT_FALSE(result) << "status " << result.value().status;
    return result.error().code;
  }

  SystemClock clock_;
  std::unique_ptr<HttpTransport> transport_ =
      make_curl_transport({.ca_bundle_path = "", .user_agent = "streamonce/test"}, clock_);
};

TEST_F(CurlTransport, TakesAnAnswerWithContentLength) {
  const SocketServer server(
      always(answer(201, "hello", {{"X-MiXed-Case", "  Some Value \t"}, {"Empty", ""}})));
  const Result<HttpResponse> response = get(server.url("/a/b?c=d"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("x-mixed-case"), "Some Value");
  EXPECT_EQ(response->header("empty"), "");
  EXPECT_EQ(response->header("absent"), "");
  EXPECT_EQ(server.requests().at(0).method, "GET");
  EXPECT_EQ(server.requests().at(0).target, "/a/b?c=d");
}

TEST_F(CurlTransport, TakesAChunkedAnswer) {
  const SocketServer server(always(chunked_answer(200, "hello, world", {}, /*chunk_bytes=*/5)));
  EXPECT_EQ(get(server.url())->body, "hello, world");
}

TEST_F(CurlTransport, TakesAnAnswerThatEndsWithTheConnection) {
  const SocketServer server(always("HTTP/1.1 200 OK\r\n\r\nhello", Then::kClose));
  EXPECT_EQ(get(server.url())->body, "hello");
}

TEST_F(CurlTransport, KeepsTheHeadersOfTheFinalAnswerOnly) {
  const SocketServer server(
      always("HTTP/1.1 103 Early Hints\r\nLink: early\r\n\r\n" + answer(200, "x")));
  const Result<HttpResponse> response = get(server.url());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->header("link"), "");
}

TEST_F(CurlTransport, DoesNotFollowRedirects) {
  const SocketServer server(always(answer(302, "", {{"Location", "/elsewhere"}})));
  EXPECT_EQ(get(server.url())->status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(CurlTransport, HandsOverABodyAsItCameWhateverItsEncoding) {
  const SocketServer server(always(answer(200, "not gzip", {{"Content-Encoding", "gzip"}})));
  EXPECT_EQ(get(server.url())->body, "not gzip");
  EXPECT_EQ(server.requests().at(0).header("accept-encoding"), "identity");
}

TEST_F(CurlTransport, SendsABodyAndItsHeaders) {
  const SocketServer server(always(answer(202, "")));
  const std::string body("{\"a\":\0\xFF}", 9);
  ASSERT_TRUE(post(server.url("/p"), body));
  const ServerRequest request = server.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body, body);
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("content-length"), "9");
  EXPECT_EQ(request.header("user-agent"), "streamonce/test");
  EXPECT_EQ(request.header("host"), server.address());
  EXPECT_FALSE(request.has_header("authorization"));
}

TEST_F(CurlTransport, SendsAnEmptyBody) {
  const SocketServer server(always(answer(202, "")));
  ASSERT_TRUE(post(server.url(), ""));
  EXPECT_EQ(server.requests().at(0).header("content-length"), "0");
}

TEST_F(CurlTransport, SendsTheLargestBodyWithoutAskingForLeave) {
  const SocketServer server(always(answer(202, "")));
  const std::string body = large_text(kPayloadBytesMax);
  ASSERT_TRUE(post(server.url(), body));
  EXPECT_TRUE(server.requests().at(0).body == body);
  EXPECT_FALSE(server.requests().at(0).has_header("expect"));
}

/// Framing and destination of a body.
struct BodyCase {
  bool chunked;
  bool into_payload;
};

class CurlTransportBody : public CurlTransport, public ::testing::WithParamInterface<BodyCase> {
 protected:
  Result<HttpResponse> get_body(const SocketServer& server, Payload& payload) {
    HttpRequest request{.url = server.url(), .timeout = kPatience};
    if (GetParam().into_payload) request.body_into = &payload;
    return perform(*transport_, std::move(request));
  }
  static std::string answer_with(const std::string& body) {
    return GetParam().chunked ? chunked_answer(200, body) : answer(200, body);
  }
};

TEST_P(CurlTransportBody, IsTakenUpToItsBound) {
  const std::string body = large_text(kPayloadBytesMax);
  const SocketServer server(always(answer_with(body)));
  Payload payload;
  ASSERT_TRUE(payload.append("of an older request"));
  const Result<HttpResponse> response = get_body(server, payload);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_TRUE((GetParam().into_payload ? payload.text() : response->body) == body);
}

TEST_P(CurlTransportBody, IsRefusedOneByteOverItsBound) {
  const SocketServer server(always(answer_with(large_text(kPayloadBytesMax + 1))));
  Payload payload;
  const Result<HttpResponse> response = get_body(server, payload);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kTooLarge);
  EXPECT_LE(payload.size(), kPayloadBytesMax);
}

INSTANTIATE_TEST_SUITE_P(FramingsAndDestinations, CurlTransportBody,
                         ::testing::Values(BodyCase{false, false}, BodyCase{false, true},
                                           BodyCase{true, false}, BodyCase{true, true}));

TEST_F(CurlTransport, GoesOnAfterABodyThatWasTooLarge) {
  const SocketServer server([](const ServerRequest& request) {
    return reply(answer(200, request.target == "/large" ? "12345" : "1234"));
  });
  const auto get_small = [&](std::string_view path) {
    return perform(*transport_, {.url = server.url(path), .body_bytes_max = 4});
  };
  EXPECT_EQ(get_small("/large").error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(get_small("/small")->body, "1234");
}

TEST_F(CurlTransport, BoundsTheHeaders) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 10'000; ++i) many += "X-" + std::to_string(i) + ": value\r\n";
  EXPECT_EQ(error_of(many), ErrorCode::kTooLarge);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nX: " + std::string(90'000, 'x') + "\r\n"),
            ErrorCode::kTooLarge);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nX: " + std::string(500'000, 'x')), ErrorCode::kTooLarge);
}

TEST_F(CurlTransport, TakesABodyThatEndsEarlyAsABrokenConnection) {
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
            ErrorCode::kUnavailable);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            ErrorCode::kUnavailable);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello"),
            ErrorCode::kUnavailable);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", Then::kReset),
            ErrorCode::kUnavailable);
  // libcurl tells a chunk that is none as a failure to receive.
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
            ErrorCode::kUnavailable);
}

TEST_F(CurlTransport, TakesHeadersThatEndEarlyAsABrokenConnection) {
  const std::string whole = answer(200, "", {{"Name", "value"}});
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(error_of(whole.substr(0, size)), ErrorCode::kUnavailable) << size;
}

TEST_F(CurlTransport, TakesNoAnswerAsABrokenConnection) {
  EXPECT_EQ(error_of(""), ErrorCode::kUnavailable);
  EXPECT_EQ(error_of("", Then::kReset), ErrorCode::kUnavailable);
  EXPECT_EQ(error_of("HTTP/1.1 20", Then::kReset), ErrorCode::kUnavailable);
}

TEST_F(CurlTransport, RefusesWhatIsNotHttp) {
  EXPECT_EQ(error_of("SSH-2.0-OpenSSH_9.2\r\n\r\n"), ErrorCode::kProtocol);
  EXPECT_EQ(error_of("HTTP/9.9 200 OK\r\n\r\n"), ErrorCode::kProtocol);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), ErrorCode::kProtocol);
  EXPECT_EQ(error_of(std::string("HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", 27)), ErrorCode::kProtocol);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"), ErrorCode::kProtocol);
}

TEST_F(CurlTransport, CannotReachAPortWithoutAServer) {
  std::string url;
  {
    const SocketServer server(always(answer(200, "")));
    url = server.url();
  }
  EXPECT_EQ(get(url).error().code, ErrorCode::kUnavailable);
}

TEST_F(CurlTransport, RefusesUrlsThatItCannotFollow) {
  EXPECT_EQ(get("http://").error().code, ErrorCode::kFatal);
  EXPECT_EQ(get("http://a b/").error().code, ErrorCode::kFatal);
  EXPECT_EQ(get("file:///etc/passwd").error().code, ErrorCode::kProtocol);
}

/// libcurl's handle is not as new after that.
TEST_F(CurlTransport, AsksAgainForAHostThatIsNotFound) {
  Payload body(100);
  for (int attempt = 0; attempt < 3; ++attempt) {
    // A part of a name has 63 characters at most: no name server is asked.
    const Result<HttpResponse> response =
        perform(*transport_, {.url = "http://" + std::string(64, 'a') + "/", .body_into = &body});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
  }
}

TEST_F(CurlTransport, GivesUpWhenTheTimeoutRunsOut) {
  for (const std::string_view start : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"}) {
    const SocketServer server(always(std::string(start), Then::kStall));
    const Result<HttpResponse> response =
        perform(*transport_, {.url = server.url(), .timeout = milliseconds(20)});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::kTimeout);
  }
}

TEST_F(CurlTransport, TakesATimeoutOfZeroAsNoTimeLeftAndNotAsNoLimit) {
  const SocketServer server(always("", Then::kStall));
  EXPECT_EQ(perform(*transport_, {.url = server.url(), .timeout = milliseconds(0)}).error().code,
            ErrorCode::kTimeout);
}

TEST_F(CurlTransport, WaitsWithoutALimitAndWithoutWork) {
  const SocketServer server([](const ServerRequest&) {
    return ServerReply{.parts = {{.bytes = answer(200, "late"), .delay = milliseconds(150)}}};
  });
  const auto cpu_time = [] {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto before = cpu_time();
  EXPECT_EQ(perform(*transport_, {.url = server.url()})->body, "late");
  EXPECT_LT(cpu_time() - before, milliseconds(50));
}

TEST_F(CurlTransport, UsesAConnectionAgain) {
  const SocketServer server([](const ServerRequest& request) {
    return reply(request.target == "/chunked" ? chunked_answer(200, "c") : answer(200, "l"));
  });
  for (const std::string_view path : {"/", "/chunked", "/", "/chunked"})
    ASSERT_TRUE(get(server.url(path)));
  ASSERT_TRUE(post(server.url(), "body"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(CurlTransport, UsesNoKeptConnectionWhereAFreshOneIsAskedFor) {
  const SocketServer server(always(answer(200, "x")));
  ASSERT_TRUE(get(server.url()));
  ASSERT_TRUE(
      perform(*transport_, {.url = server.url(), .timeout = kPatience, .fresh_connection = true}));
  EXPECT_EQ(server.connections(), 2);
  ASSERT_TRUE(get(server.url()));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(CurlTransport, NeverUsesAConnectionAgainThatTimedOut) {
  const SocketServer server([](const ServerRequest& request) {
    const bool dead = request.connection == 1 && request.target == "/2";
    return dead ? ServerReply{.parts = {}, .then = Then::kStall} : reply(answer(200, "x"));
  });
  ASSERT_TRUE(get(server.url("/1")));
  const auto dead = perform(*transport_, {.url = server.url("/2"), .timeout = milliseconds(50)});
  ASSERT_FALSE(dead);
  EXPECT_EQ(dead.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(get(server.url("/2")));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(CurlTransport, ReplacesAConnectionThatWasClosedWhileIdle) {
  SocketServer server(always(answer(200, "hello")));
  ASSERT_TRUE(get(server.url()));
  server.close_connections();
  EXPECT_EQ(get(server.url())->body, "hello");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(CurlTransport, ReplacesAConnectionThatDiesUnderTheNextRequest) {
  for (const Then death : {Then::kClose, Then::kReset}) {
    std::mutex mutex;
    std::map<int, int> requests_on_connection;
    const SocketServer server([&](const ServerRequest& request) -> ServerReply {
      const std::lock_guard lock(mutex);
      if (++requests_on_connection[request.connection] == 2) return {.parts = {}, .then = death};
      return reply(answer(200, request.body));
    });
    ASSERT_TRUE(post(server.url(), "first"));
    EXPECT_EQ(post(server.url(), "second")->body, "second");
    EXPECT_EQ(server.connections(), 2);
    EXPECT_EQ(server.requests().size(), 3U);
  }
}

TEST_F(CurlTransport, LooksAtProxySettingsOnlyWhenAsked) {
  const SocketServer server(always(answer(200, "direct")));
  const SocketServer proxy(always(answer(200, "by proxy")));
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"})
    ::setenv(name, proxy.url("").c_str(), 1);
  const Result<HttpResponse> direct = get(server.url());
  const Result<HttpResponse> by_proxy =
      perform(*transport_, {.url = server.url("/x"), .timeout = kPatience, .use_proxy = true});
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  EXPECT_EQ(direct->body, "direct");
  EXPECT_EQ(by_proxy->body, "by proxy");
  EXPECT_EQ(proxy.requests().at(0).target, server.url("/x"));
}

TEST_F(CurlTransport, ReachesAHostByName) {
  const SocketServer server(always(answer(200, "hello")));
  const std::string address = "localhost:" + std::to_string(server.port());
  EXPECT_EQ(get("http://" + address + "/")->body, "hello");
  EXPECT_EQ(server.requests().at(0).header("host"), address);
}

TEST_F(CurlTransport, HasNothingToWaitForWithoutARequest) {
  EXPECT_FALSE(transport_->wait_any(std::nullopt));
  EXPECT_FALSE(transport_->wait_any(clock_.steady_now() + std::chrono::hours(1)));
}

TEST_F(CurlTransport, StopsWaitingAtTheTimeAskedFor) {
  const SocketServer server(always("", Then::kStall));
  (void)transport_->start({.url = server.url()});
  const SteadyTime until = clock_.steady_now() + milliseconds(20);
  EXPECT_FALSE(transport_->wait_any(until));
  EXPECT_GE(clock_.steady_now(), until);
  EXPECT_FALSE(transport_->wait_any(clock_.steady_now() - milliseconds(1)));
}

/// Lets requests wait for each other: all answers are held back until `expected` have come.
class Gathering {
 public:
  explicit Gathering(std::size_t expected) : expected_(expected) {}

  /// False: not all have come in time.
  bool arrive() {
    std::unique_lock lock(mutex_);
    const std::size_t round = arrived_++ / expected_;
    changed_.notify_all();
    return changed_.wait_for(lock, kPatience, [&] { return arrived_ >= (round + 1) * expected_; });
  }

 private:
  const std::size_t expected_;
  std::size_t arrived_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
};

TEST_F(CurlTransport, StopsWaitingAtTheTimeAskedForWhileAPeerFloodsIt) {
  constexpr std::size_t kLooks = 1'000;  // at the clock, until the wait is over
  testing::FakeClock clock;
  const auto transport = make_curl_transport({.ca_bundle_path = "", .user_agent = ""}, clock);
  const std::string text = large_text(20'000);
  const SocketServer server(always(chunked_answer(200, text, {}, /*chunk_bytes=*/1)));
  Payload body(text.size());
  transport->start({.url = server.url(), .timeout = kPatience, .body_into = &body});
  clock.tick = std::chrono::microseconds(1);
  std::size_t waits = 0;
  while (body.text().empty() && ++waits < 100) {
    EXPECT_FALSE(transport->wait_any(clock.steady_now() + std::chrono::microseconds(kLooks)));
  }
  EXPECT_GE(body.text().size(), 1U);
  EXPECT_LE(body.text().size(), kLooks);
  // A wait that is over when it begins gets on as well.
  for (; waits < 100'000; ++waits)
    if (transport->wait_any(clock.steady_now())) break;
  EXPECT_EQ(body.text(), text);
}

TEST_F(CurlTransport, HasManyRequestsInFlightAndKeepsTheirConnections) {
  constexpr std::size_t kRequests = 32;
  Gathering gathering(kRequests);
  const SocketServer server([&](const ServerRequest& request) {
    return reply(answer(gathering.arrive() ? 200 : 500, request.target));
  });
  for (int burst = 0; burst < 2; ++burst) {
    std::map<HttpRequestId, std::string> expected;
    for (std::size_t i = 0; i < kRequests; ++i) {
      const std::string path = "/" + std::to_string(i);
      expected[transport_->start({.url = server.url(path), .timeout = kPatience})] = path;
    }
    EXPECT_EQ(expected.size(), kRequests);
    while (auto completion = transport_->wait_any(std::nullopt)) {
      ASSERT_TRUE(completion->result) << completion->result.error().message;
      EXPECT_EQ(completion->result->status, 200);
      EXPECT_EQ(completion->result->body, expected[completion->id]);
      expected.erase(completion->id);
    }
    EXPECT_TRUE(expected.empty());
  }
  EXPECT_EQ(server.connections(), static_cast<int>(kRequests));
}

TEST_F(CurlTransport, ForgetsACancelledRequest) {
  const SocketServer server([](const ServerRequest& request) -> ServerReply {
    if (request.target == "/stall") return {.parts = {}, .then = Then::kStall};
    return reply(answer(200, "hello"));
  });
  Payload payload;
  const HttpRequestId stalled =
      transport_->start({.url = server.url("/stall"), .body_into = &payload});
  const HttpRequestId quick = transport_->start({.url = server.url(), .timeout = kPatience});
  const auto first = transport_->wait_any(std::nullopt);
  EXPECT_EQ(first->id, quick);
  transport_->cancel(stalled);
  transport_->cancel(stalled);
  transport_->cancel(quick);
  transport_->cancel(12'345);
  EXPECT_FALSE(transport_->wait_any(std::nullopt));
  EXPECT_EQ(get(server.url())->body, "hello");
}

TEST_F(CurlTransport, CanBeDestroyedWithRequestsInFlight) {
  const SocketServer server(always("HTTP/1.1 200 OK\r\nContent-", Then::kStall));
  Payload payload;
  (void)transport_->start({.url = server.url(), .body_into = &payload});
  EXPECT_FALSE(transport_->wait_any(clock_.steady_now() + milliseconds(5)));
  (void)transport_->start({.url = server.url()});
  transport_.reset();
}

/// A line break would begin another header.
TEST_F(CurlTransport, SendsNothingWithAHeaderThatIsNoLineOfItsOwn) {
  const SocketServer server(always(answer(200, "")));
  for (const std::string header : {"A: b\r\nInjected: c", "A: b\n", "A: \x01", "no colon", ""}) {
    const Result<HttpResponse> response =
        perform(*transport_, {.url = server.url(), .headers = {"Good: 1", header}});
    ASSERT_FALSE(response) << header;
    EXPECT_EQ(response.error().code, ErrorCode::kFatal);
    EXPECT_NE(response.error().message.find("header"), std::string::npos);
    EXPECT_EQ(response.error().message.find("Injected"), std::string::npos);
  }
  EXPECT_EQ(server.connections(), 0);
  EXPECT_TRUE(get(server.url()));
}

TEST_F(CurlTransport, ARequestThatCannotBeMadeEndsAsOthersDo) {
  const SocketServer server(always(answer(200, "x")));
  const HttpRequest bad{.url = server.url(), .headers = {"no header"}};
  const HttpRequestId cancelled = transport_->start(bad);
  const HttpRequestId failed = transport_->start(bad);
  const HttpRequestId good = transport_->start({.url = server.url(), .timeout = kPatience});
  transport_->cancel(cancelled);
  std::map<HttpRequestId, bool> succeeded;
  while (const auto completion = transport_->wait_any(std::nullopt))
    succeeded[completion->id] = completion->result.has_value();
  EXPECT_EQ(succeeded, (std::map<HttpRequestId, bool>{{failed, false}, {good, true}}));
}

TEST_F(CurlTransport, TellsThatLibcurlDoesNotTakeAnOption) {
  const SocketServer server(always(answer(200, "x")));
  // Source: libcurl, CURL_MAX_INPUT_LENGTH: 8 MB.
  const Result<HttpResponse> response = get(server.url("/" + std::string(9UL * 1024 * 1024, 'x')));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kFatal);
  EXPECT_LT(response.error().message.size(), 200U);
  EXPECT_TRUE(get(server.url()));
}

/// Memory that has run out is like a broken connection, and told as an answer that may be too large
/// only where it cannot be told from that.
void expect_told(const Error& error) {
  if (error.code == ErrorCode::kTooLarge)
    EXPECT_NE(error.message.find("headers are larger than their bound, or"), std::string::npos)
        << error.message;
  else
    EXPECT_EQ(error.code, ErrorCode::kUnavailable) << error.message;
  EXPECT_FALSE(error.message.empty());
}

/// Each block of memory that libcurl asks for is the one that it does not get.
TEST_F(CurlTransport, EndsARequestWithAnErrorWhereverMemoryRunsOut) {
  const SocketServer server(always(answer(200, "hello")));
  constexpr std::size_t kBlocksMax = 1'000;  // far more than there are
  std::size_t count = 0;
  for (bool refused = true; refused; ++count) {
    ASSERT_LT(count, kBlocksMax);
    const auto transport =
        make_curl_transport({.ca_bundle_path = "", .user_agent = "streamonce/test"}, clock_);
    Payload body(100);
    const HttpRequest request{.method = HttpMethod::kPost,
                              .url = server.url(),
                              .headers = {"Content-Type: application/json"},
                              .body = "{}",
                              .timeout = kPatience,
                              .body_into = &body};
    {
      const testing::CurlMemoryEnds ends(count);
      const Result<HttpResponse> response = perform(*transport, request);
      refused = ends.has_refused();
      if (!response)
        expect_told(response.error());
      else
        EXPECT_EQ(body.text(), "hello");
      EXPECT_TRUE(refused || response);
    }
    // The memory is back, and the transport goes on.
    const Result<HttpResponse> response = perform(*transport, request);
    ASSERT_TRUE(response) << count << ": " << response.error().message;
    EXPECT_EQ(body.text(), "hello");
  }
  EXPECT_GT(count, 20U);
}

}  // namespace
}  // namespace streamonce::runtime
