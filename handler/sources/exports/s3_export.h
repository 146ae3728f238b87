// handler/sources/exports/s3_export.h: the files of an export that lies in a bucket.
//
// An object is read in parts, two at a time, into a file without a name, while its MD5 is made.
// Each part but the first is asked for only of the very state of the object that the first one was
// of, so that no two states are ever mixed. What the network or the service spoils is asked for
// again, part by part; see call.h. A bucket in another Region than was thought is asked there, once
// for each object: at an address that is made of the Region's name alone, never at one that an
// answer gives, so that nobody but AWS, or who is named as the endpoint, sees a signature.
//
// Source:  Amazon S3 user guide, "Use byte-range fetches", "Making requests using redirection".
// Threads: one thread at a time. Borrows: clock, logger; they must outlive the object, and nothing
//          else may be in flight on the transport during a fetch.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handler/services/s3.h"
#include "handler/sources/exports/export_files.h"
#include "runtime/aws/credentials.h"
#include "runtime/aws/endpoint.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler::exports {

/// How many bytes are asked for at once. Source: S3 user guide, "Performance guidelines": 8 MB or
/// 16 MB.
inline constexpr std::uint64_t kPartBytes = 8UL * 1024 * 1024;

struct S3ExportOptions {
  s3::Folder folder;
  /// The bucket's Region, as far as it is known: S3 says where another one is right.
  aws::Region region;
  /// Where S3 is: `http://host:port` or `https://host`, with or without a path; empty: the public
  /// endpoint of the bucket's Region.
  std::string endpoint_url;
  std::shared_ptr<aws::CredentialsProvider> credentials;  ///< never null
  std::shared_ptr<runtime::HttpTransport> transport;      ///< never null
  std::uint64_t random_seed = 0;                          ///< seeds the delays before retries
  std::uint64_t part_bytes = kPartBytes;                  ///< for tests: fewer go faster
  /// Where copies of objects are kept while they are read: one, or as many as are held.
  std::string temporary_folder;
  /// Asked before each part, and four times a second while parts are waited for: whether somebody
  /// wants the work to end. Empty: nobody can.
  std::function<bool()> stopped;
};

class S3Export final : public ExportFiles {
 public:
  /// Checks what can be checked without a request.
  /// @error kInvalidArgument  the endpoint is malformed
  static Result<std::unique_ptr<S3Export>> create(S3ExportOptions options, Clock& clock,
                                                  Logger& logger);
  S3Export(const S3Export&) = delete;
  S3Export& operator=(const S3Export&) = delete;

  /// See ExportFiles.
  /// @error kUnavailable  S3 refuses, and would refuse again; the message says what to do. Or
  ///                      `stopped` said that the work is to end
  /// @error kTimeout      a part was not there within ten minutes, for what the message says
  /// @error kFatal        the temporary folder is full or of no use; or the URL, the CA bundle or
  ///                      the peer's certificate
  /// @error any other     what the provider of the credentials says
  Result<std::optional<ExportFile>> fetch(std::string_view name) override;
  Result<std::optional<ExportFile>> fetch_key(std::string_view key) override;
  const std::string& name() const override { return name_; }

 private:
  class PartCall;
  class Download;  // one call of fetch_key()

  S3Export(S3ExportOptions options, Clock& clock, Logger& logger);

  /// Goes on with the bucket at its place in `region`.
  Status open(const aws::Region& region);

  const S3ExportOptions options_;
  Clock& clock_;
  Logger& logger_;
  const std::string name_;
  aws::Region region_;  // the Region of service_
  std::unique_ptr<aws::ServiceClient> service_;
  std::vector<Payload> parts_;  // where the parts go that are in flight
};

}  // namespace streamonce::handler::exports
