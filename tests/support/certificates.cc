#include "tests/support/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "runtime/base/check.h"

namespace streamonce::testing {
namespace {

constexpr long kLifeSeconds = 3600;
constexpr long kExpiredSeconds = 300;

struct FreeOpenSsl {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeOpenSsl>;
using Certificate = std::unique_ptr<X509, FreeOpenSsl>;

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  STREAMONCE_CHECK(key != nullptr);
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, FreeOpenSsl> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  STREAMONCE_CHECK(extension != nullptr);
  STREAMONCE_CHECK(X509_add_ext(certificate, extension.get(), -1) == 1);
}

/// A certificate without extensions, not signed yet.
Certificate make_certificate(const char* name, long serial, EVP_PKEY* key) {
  Certificate certificate(X509_new());
  STREAMONCE_CHECK(certificate != nullptr);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kLifeSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kLifeSeconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  STREAMONCE_CHECK(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
}

std::string to_pem(X509* certificate) {
  const std::unique_ptr<BIO, FreeOpenSsl> bio(BIO_new(BIO_s_mem()));
  STREAMONCE_CHECK(PEM_write_bio_X509(bio.get(), certificate) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

TlsServer make_tls_server(const TlsServerOptions& options) {
  const Key ca_key = make_key();
  const Certificate ca = make_certificate(options.authority, 1, ca_key.get());
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign");
  sign(ca.get(), ca.get(), ca_key.get());

  const Key key = make_key();
  const Certificate certificate = make_certificate("localhost", 2, key.get());
  add_extension(certificate.get(), ca.get(), NID_subject_alt_name, "DNS:localhost");
  if (options.expired) X509_gmtime_adj(X509_getm_notAfter(certificate.get()), -kExpiredSeconds);
  sign(certificate.get(), ca.get(), ca_key.get());

  TlsServer server{.ca_pem = to_pem(ca.get()), .context = SslContext(SSL_CTX_new(TLS_method()))};
  SSL_CTX* context = server.context.get();
  STREAMONCE_CHECK(context != nullptr);
  // Level 0, so that the server really offers the old versions that a client must refuse.
  STREAMONCE_CHECK(SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1);
  STREAMONCE_CHECK(SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1);
  STREAMONCE_CHECK(SSL_CTX_set_max_proto_version(context, options.version_max) == 1);
  STREAMONCE_CHECK(SSL_CTX_use_certificate(context, certificate.get()) == 1);
  STREAMONCE_CHECK(SSL_CTX_use_PrivateKey(context, key.get()) == 1);
  return server;
}

}  // namespace streamonce::testing
