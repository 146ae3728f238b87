// tests/support/certificates.h: a certificate authority of the test's own, and a server that it
// vouches for. Made anew each time: there is nothing that can run out.

#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace streamonce::testing {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

struct TlsServer {
  std::string ca_pem;  ///< the authority's certificate: what a client must trust
  SslContext context;  ///< speaks as the host name `localhost`, and as no other
};

struct TlsServerOptions {
  const char* authority = "streamonce test authority";
  int version_max = TLS1_3_VERSION;  ///< one of OpenSSL's
  bool expired = false;              ///< whether the certificate ended a few minutes ago
};

TlsServer make_tls_server(const TlsServerOptions& options = {});

}  // namespace streamonce::testing
