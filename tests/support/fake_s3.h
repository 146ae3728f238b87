// tests/support/fake_s3.h: GetObject of one bucket on loopback, with the faults that a network and
// a service have.
//
// It speaks path style, as endpoints do that are named, and refuses as S3 does: a signature that is
// not right for the key as it was sent, for the Region or for the time, a hash of the body that did
// not come, a token that has expired, a state of the object that is no more.
//
// Source:  S3 API reference, GetObject and "Error responses"; "Authenticating requests (AWS
//          Signature Version 4)".
// Threads: any.

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/secrecy.h"
#include "tests/support/socket_server.h"

namespace streamonce::testing {

enum class S3Fault : std::uint8_t {
  kNone,
  kCut,               ///< half of the answer's body, and the connection ends
  kReset,             ///< half of the answer's body, and the connection is reset
  kLostRequest,       ///< the connection ends without an answer
  kStall,             ///< half of the answer's body, and nothing more, on an open connection
  kDelay,             ///< the answer, after half a second
  kOneByteOff,        ///< the answer, with another byte in its middle
  kShifted,           ///< the bytes behind the range, with a Content-Range that says so
  kShort,             ///< one byte less than the Content-Range says
  kNoContentRange,    ///< the part, without a Content-Range
  kNoEtag,            ///< the part, without an ETag
  kWhole,             ///< 200 and the whole object: an endpoint that knows no ranges
  kSlowDown,          ///< 503
  kInternalError,     ///< 500
  kRequestTimeout,    ///< 400
  kBadGateway,        ///< 502 and a page of HTML
  kNotFoundByOthers,  ///< 404 and a page of HTML
  kDenied,            ///< 403
  kKmsDenied,         ///< 403: kms:Decrypt is wanted
  kKmsDisabled,       ///< 400: the key is disabled
  kArchived,          ///< 403: InvalidObjectState
  kChanged,           ///< the object is overwritten before the request is looked at
  kDeleted,           ///< the object is deleted before the request is looked at
  kRegionUntold,      ///< 301, and not a word where the bucket is
  kElsewhere,         ///< 307 with a Location at another server, and a Region that is none
};

/// How a bucket answers who signs for another Region.
enum class S3Redirect : std::uint8_t {
  kMalformed,  ///< 400 AuthorizationHeaderMalformed, with the Region in the body alone
  kPermanent,  ///< 301, with the Region in the header
  kTemporary,  ///< 307, with the Region in the header, and a Location
};

struct FakeS3Options {
  std::string bucket = "exports";
  std::string region = "eu-west-1";
  S3Redirect redirect = S3Redirect::kMalformed;
  /// Whether the caller has s3:ListBucket: who has not is told 403 where there is no object.
  bool may_list = true;
};

class FakeS3 {
 public:
  explicit FakeS3(FakeS3Options options = {});

  void put(const std::string& key, std::string bytes);
  /// The requests for `key` from `first` (0 is the first one) on meet `fault`, `times` of them.
  void fail(const std::string& key, S3Fault fault, int first = 0, int times = 1);
  /// Only requests with this session token are taken from now on; empty: those without any.
  void expect_token(std::string token);
  void set_clock_ahead(std::chrono::seconds ahead);
  void close_connections() { server_.close_connections(); }

  std::string url() const { return "http://" + server_.address(); }
  std::vector<ServerRequest> requests() const { return server_.requests(); }
  int connections() const { return server_.connections(); }
  /// AWS_ENDPOINT_URL_S3, a Region and credentials, for a binary under test.
  std::vector<std::string> environment() const;

 private:
  struct Object {
    std::string bytes;
    std::string etag;
  };
  struct Failure {
    S3Fault fault = S3Fault::kNone;
    int first = 0;
    int times = 0;
  };

  ServerReply handle(const ServerRequest& request);
  /// Why the request is no good; empty: it is.
  std::string refuse(const ServerRequest& request, const std::string& key) const;
  std::string refuse_region(const std::string& region) const;
  S3Fault next_fault(const std::string& key);
  ServerReply get(const ServerRequest& request, const std::string& key, S3Fault fault);
  std::string error(int status, std::string_view code, std::string_view message,
                    std::string_view elements = {}, ServerHeaders headers = {}) const;

  const FakeS3Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, Object> objects_;
  std::map<std::string, std::vector<Failure>> failures_;
  std::map<std::string, int> counts_;
  std::string token_{kCredentials[2].text};
  std::chrono::seconds ahead_{0};
  SocketServer server_;  // last: its threads use all of the above
};

}  // namespace streamonce::testing
