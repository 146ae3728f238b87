// What a request that failed says: where and why, in words that hold no secret of a URL or a proxy.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <memory>
#include <string>

#include "runtime/http/curl_transport.h"
#include "tests/support/secrecy.h"
#include "tests/support/socket_server.h"

namespace streamonce::runtime {
namespace {

using testing::reply;
using testing::ServerRequest;
using testing::SocketServer;
using testing::Then;

/// A user's name and a password.
constexpr std::string_view kUser = testing::kCredentials[0].text;
constexpr std::string_view kPassword = testing::kCredentials[1].text;
constexpr std::string_view kPlainPassword = testing::kValues[0].text;

class HttpMessages : public ::testing::Test {
 protected:
  /// A name that there is not is given up at once, whatever the network does.
  /// Source: c-ares, ares_init_options(3), RES_OPTIONS.
  HttpMessages() {
    ::setenv("RES_OPTIONS", "retrans:1 retry:1", 1);
    for (const char* name : {"no_proxy", "NO_PROXY"}) ::unsetenv(name);
  }
  ~HttpMessages() override { ::unsetenv("RES_OPTIONS"); }

  /// What the failure of a request to `url` says; its answer if it does not fail.
  std::string message_of(const std::string& url,
                         std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    const auto response =
        perform(*transport_, {.url = url, .timeout = timeout, .use_proxy = use_proxy_});
    return response ? "status " + std::to_string(response->status) : response.error().message;
  }

  /// The same with a proxy in every variable that libcurl reads.
  std::string message_by_proxy(const std::string& url, const std::string& proxy) {
    constexpr const char* kNames[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                      "ALL_PROXY"};
    for (const char* name : kNames) ::setenv(name, proxy.c_str(), 1);
    use_proxy_ = true;
    std::string message = message_of(url);
    use_proxy_ = false;
    for (const char* name : kNames) ::unsetenv(name);
    return message;
  }

  /// A port of 127.0.0.1 where nothing listens.
  static std::string closed_port() {
    const SocketServer server([](const ServerRequest&) { return reply(""); });
    return std::to_string(server.port());
  }

  SystemClock clock_;
  std::unique_ptr<HttpTransport> transport_ =
      make_curl_transport({.ca_bundle_path = "", .user_agent = ""}, clock_);
  bool use_proxy_ = false;
};

TEST_F(HttpMessages, NameTheHostThatIsNotFound) {
  EXPECT_EQ(message_of("http://nowhere.invalid:8000/x"),
            "nowhere.invalid:8000 is not found: there is no such host, or no name "
            "server");
}

TEST_F(HttpMessages, NameTheAddressThatRefusesAConnection) {
  const std::string address = "127.0.0.1:" + closed_port();
  EXPECT_EQ(message_of("http://" + address + "/x"),
            "no connection to " + address + ": Connection refused");
}

TEST_F(HttpMessages, TellTheProxyFromTheHost) {
  EXPECT_EQ(message_by_proxy("http://nowhere.invalid/", "http://127.0.0.1:" + closed_port()),
            "no connection to the proxy for nowhere.invalid:80, which http_proxy, https_proxy or "
            "all_proxy names: Connection refused");
  EXPECT_EQ(message_by_proxy("https://127.0.0.1:1/", "http://nowhere.invalid"),
            "the proxy for 127.0.0.1:1 is not found: http_proxy, https_proxy or all_proxy holds a "
            "malformed URL, or a host that there is not");
}

TEST_F(HttpMessages, TellThatAProxyRefusesTheConnection) {
  const SocketServer proxy([](const ServerRequest&) {
    return reply(testing::answer(407, "", {{"Proxy-Authenticate", "Basic"}}), Then::kClose);
  });
  EXPECT_EQ(message_by_proxy("https://nowhere.invalid/", proxy.url("")),
            "the proxy refuses a connection to nowhere.invalid:443: HTTP 407");
}

TEST_F(HttpMessages, TellHowFarARequestCameInItsTime) {
  const SocketServer server([](const ServerRequest&) { return reply("", Then::kStall); });
  const std::string no_answer = "no whole answer of " + server.address() + " in time";
  const std::string no_connection = "no connection to " + server.address() + " in time";
  std::string message = no_connection;  // which is true, too, if the machine is slow
  for (std::chrono::milliseconds time{20}; message == no_connection; time *= 2)
    message = message_of(server.url(), time);
  EXPECT_EQ(message, no_answer);
}

TEST_F(HttpMessages, TellHowAConnectionEnded) {
  const SocketServer silent([](const ServerRequest&) { return reply("", Then::kClose); });
  EXPECT_EQ(message_of(silent.url()),
            silent.address() + " closed the connection without an answer");
  const SocketServer brief([](const ServerRequest&) {
    return reply("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", Then::kClose);
  });
  EXPECT_EQ(message_of(brief.url()),
            brief.address() + ": transfer closed with *** bytes remaining to read");
  const SocketServer foreign(
      [](const ServerRequest&) { return reply("SSH-2.0-x\r\n\r\n", Then::kClose); });
  EXPECT_EQ(message_of(foreign.url()), foreign.address() + ": Received HTTP/0.9 when not allowed");
}

TEST_F(HttpMessages, HoldNoPartOfAUrlButHostAndPort) {
  const std::string user(kUser);
  const std::string password(kPlainPassword);
  const std::string address = "127.0.0.1:" + closed_port();
  EXPECT_EQ(message_of("http://" + address + "/" + password + "?" + user),
            "no connection to " + address + ": Connection refused");
  EXPECT_EQ(message_of("http://" + user + ":" + password + "@" + address + "/"),
            "no connection to the server: Connection refused");
  EXPECT_EQ(message_of("http://" + password + "/" + user + "@" + address + "/"),
            "the server is not found: there is no such host, or no name server");
  EXPECT_EQ(message_of("http://" + user + " " + password + "@127.0.0.1/"), "the URL is malformed");
  EXPECT_EQ(message_of("ftp://127.0.0.1/" + password),
            "127.0.0.1: Protocol *** not supported or disabled in libcurl");
}

/// A user may misspell a proxy's URL in any way: a password with marks that a URL cannot have, a
/// slash too few, an unknown scheme.
TEST_F(HttpMessages, HoldNoPartOfAProxysCredentialHoweverItsUrlIsMisspelled) {
  const std::string user(kUser);
  for (const std::string_view secret : {kPassword, kPlainPassword}) {
    const std::string password(secret);
    const std::string pair = user + ":" + password;
    for (const std::string& proxy : {"http://" + user + ":p#" + password + "@127.0.0.1:80",
                                     "http://" + user + ":p/" + password + "@127.0.0.1:80",
                                     "http://" + user + ":1?" + password + "@127.0.0.1:80",
                                     "http://" + password + "#x@127.0.0.1:80",
                                     "http://" + pair + "@127.0.0.1:80x",
                                     "http://" + pair + "@",
                                     "http://" + pair,
                                     "ftp://" + pair + "@127.0.0.1",
                                     password + "://" + user + "@127.0.0.1",
                                     "https://" + pair + "@127.0.0.1:1",
                                     "http://" + pair + " @127.0.0.1",
                                     "http//" + pair + "@127.0.0.1",
                                     ":" + pair + "@127.0.0.1",
                                     "http:/" + pair + "@127.0.0.1:1",
                                     "http://[" + pair + "@::1",
                                     "http://" + pair + "@[::1",
                                     "socks5://" + pair + "@127.0.0.1:1",
                                     "socks4://" + pair + "@127.0.0.1:1",
                                     user + ":7" + password + "@x",
                                     "http://x@" + password + ".invalid:1",
                                     "http://" + pair + "%@127.0.0.1:1",
                                     "http://" + pair + "\"'@127.0.0.1:1"}) {
      const std::string message = message_by_proxy("https://127.0.0.1:2/", proxy);
      EXPECT_NE(message.find("proxy"), std::string::npos) << message;
      EXPECT_EQ(testing::told_part_of(message, testing::kCredentials), "") << message;
      EXPECT_EQ(testing::told_part_of(message, testing::kValues), "") << message;
      const std::string other = testing::with_others(
          testing::with_others(proxy, testing::kCredentials), testing::kValues);
      EXPECT_EQ(message, message_by_proxy("https://127.0.0.1:2/", other)) << proxy;
    }
  }
}

}  // namespace
}  // namespace streamonce::runtime
