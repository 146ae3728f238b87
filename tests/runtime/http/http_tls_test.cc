// TLS as a client must do it: whom it trusts, and which versions it speaks.

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "runtime/http/curl_transport.h"
#include "tests/support/certificates.h"
#include "tests/support/socket_server.h"
#include "tests/support/temp_dir.h"

namespace streamonce::runtime {
namespace {

using testing::make_tls_server;
using testing::ServerRequest;
using testing::SocketServer;
using testing::TlsServer;

class HttpTls : public ::testing::Test {
 protected:
  /// One request to a server like `tls`, which is reached by the name `host`, by a client that
  /// trusts the authorities in `trusted_pem`.
  Result<HttpResponse> get(const TlsServer& tls, const std::string& trusted_pem,
                           const std::string& host = "localhost") {
    const SocketServer server(
        [](const ServerRequest&) { return testing::reply(testing::answer(200, "hi")); },
        tls.context.get());
    std::ofstream(bundle_) << trusted_pem;
    address_ = host + ":" + std::to_string(server.port());
    const auto transport =
        make_curl_transport({.ca_bundle_path = bundle_, .user_agent = ""}, clock_);
    const auto response = perform(
        *transport, {.url = "https://" + address_ + "/", .timeout = std::chrono::seconds(60)});
    served_ = server.requests().size();
    return response;
  }

  const testing::TempDir folder_;
  const std::string bundle_ = folder_.file("ca.pem");
  SystemClock clock_;
  std::string address_;  // of the latest server
  std::size_t served_ = 0;
};

TEST_F(HttpTls, SpeaksWithAServerThatItsBundleVouchesFor) {
  const TlsServer tls = make_tls_server();
  const auto response = get(tls, tls.ca_pem);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "hi");
}

TEST_F(HttpTls, RefusesAServerOfAnUnknownAuthority) {
  const TlsServer tls = make_tls_server();
  const TlsServer other = make_tls_server({.authority = "another authority"});
  const auto response = get(tls, other.ca_pem);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kFatal);
  EXPECT_EQ(
      response.error().message,
      "the certificate of " + address_ +
          " is not accepted: SSL certificate problem: unable to get local issuer certificate");
  EXPECT_EQ(served_, 0U);
}

TEST_F(HttpTls, RefusesAnImpostorOfTheAuthoritysName) {
  const TlsServer tls = make_tls_server();
  const auto response = get(tls, make_tls_server().ca_pem);
  ASSERT_FALSE(response);
  EXPECT_EQ(served_, 0U);
}

TEST_F(HttpTls, RefusesACertificateOfAnotherHost) {
  const TlsServer tls = make_tls_server();
  const auto response = get(tls, tls.ca_pem, "127.0.0.1");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kFatal);
  EXPECT_EQ(response.error().message,
            "the certificate of " + address_ +
                " is not accepted: SSL: no alternative certificate subject name matches target "
                "host name ***");
  EXPECT_EQ(served_, 0U);
}

TEST_F(HttpTls, SaysSoIfTheBundleIsNone) {
  const auto response = get(make_tls_server(), "not a certificate");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kFatal);
  EXPECT_EQ(response.error().message,
            "the CA bundle " + bundle_ + " cannot be read, or holds no certificate");
}

TEST_F(HttpTls, SpeaksTls12) {
  const TlsServer tls = make_tls_server({.version_max = TLS1_2_VERSION});
  EXPECT_TRUE(get(tls, tls.ca_pem));
}

TEST_F(HttpTls, DoesNotSpeakAnOlderVersion) {
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const TlsServer tls = make_tls_server({.version_max = version});
    const auto response = get(tls, tls.ca_pem);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().message,
              "no TLS connection to " + address_ + ": tlsv1 alert protocol version");
    EXPECT_EQ(served_, 0U);
  }
}

TEST_F(HttpTls, OffersTheGroupsThatServersHaveAndNoOthers) {
  for (const char* group : {"X25519", "P-256", "P-384", "P-521"}) {
    const TlsServer tls = make_tls_server();
    ASSERT_EQ(SSL_CTX_set1_groups_list(tls.context.get(), group), 1);
    EXPECT_TRUE(get(tls, tls.ca_pem)) << group;
  }
  const TlsServer tls = make_tls_server();
  ASSERT_EQ(SSL_CTX_set1_groups_list(tls.context.get(), "X448"), 1);
  const auto response = get(tls, tls.ca_pem);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().message,
            "no TLS connection to " + address_ + ": sslv3 alert handshake failure");
  EXPECT_EQ(served_, 0U);
}

}  // namespace
}  // namespace streamonce::runtime
