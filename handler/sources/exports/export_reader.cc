#include "handler/sources/exports/export_reader.h"

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/base/payload.h"
#include "runtime/base/text.h"

namespace streamonce::handler::exports {
namespace {

constexpr std::string_view kSummary = "manifest-summary";
constexpr std::string_view kDataFiles = "manifest-files";
constexpr std::string_view kData = "data/";
/// A checksum's file has 24 characters, and perhaps a line end.
constexpr std::size_t kChecksumBytesMax = 256;

Error at(const ExportFiles& files, std::string_view name, Error error) {
  return with_context(files.name() + "/" + std::string(name), std::move(error));
}

/// Reads all of `file`, which may have `bytes_max` bytes.
Result<Payload> read_whole(const ExportFile& file, std::size_t bytes_max) {
  if (file.bytes() > bytes_max) {
    return Error{ErrorCode::kTooLarge, "it has " + std::to_string(file.bytes()) +
                                           " bytes: expected at most " + std::to_string(bytes_max)};
  }
  Payload text(static_cast<std::size_t>(file.bytes()));
  std::string chunk(64UL * 1024, '\0');
  while (true) {
    const ssize_t count = ::read(file.descriptor(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return Error{ErrorCode::kUnavailable,
                   std::string("it cannot be read: ") + std::strerror(errno)};
    }
    if (count == 0) break;
    if (!text.append({chunk.data(), static_cast<std::size_t>(count)}))
      return Error{ErrorCode::kProtocol, "it grew while it was read"};
  }
  return text;
}

using Fetched = Result<std::optional<ExportFile>>;

/// Whether a file that was not got may lie elsewhere: it is not there, or it is refused, as S3
/// refuses one that is not there to who may not list the bucket.
bool may_be_elsewhere(const Fetched& fetched) {
  return fetched ? !*fetched : fetched.error().code == ErrorCode::kUnavailable;
}

/// What came of two places in turn, where the second one was asked only since the first one may not
/// be right: the first one's error is told, unless the second one has the file.
Fetched better_of(Fetched first, Fetched second) {
  if (second && *second) return second;
  return first ? std::move(second) : std::move(first);
}

/// The text of the checksum of a manifest, without white space; empty: there is none.
Result<std::string> read_checksum(ExportFiles& files, std::string_view manifest) {
  std::string name = std::string(manifest) + ".md5";
  Fetched file = files.fetch(name);
  if (may_be_elsewhere(file)) {
    name = std::string(manifest) + ".checksum";
    file = better_of(std::move(file), files.fetch(name));
  }
  if (!file) return std::move(file).error();
  if (!*file) return std::string();
  const Result<Payload> text = read_whole(**file, kChecksumBytesMax);
  if (!text) return at(files, name, text.error());
  std::string checksum(text->text());
  while (!checksum.empty() &&
         std::string_view(" \t\r\n").find(checksum.back()) != std::string::npos)
    checksum.pop_back();
  return checksum;
}

/// Reads a manifest whole, and checks it.
Result<Payload> read_manifest(ExportFiles& files, std::string_view manifest, std::size_t bytes_max,
                              Checksums checksums) {
  const std::string name = std::string(manifest) + ".json";
  Fetched file = files.fetch(name);
  if (!file) return std::move(file).error();
  if (!*file) {
    return at(files, name,
              {ErrorCode::kUnavailable,
               "there is no such file: expected the folder of an export, as "
               "s3://BUCKET/PREFIX/AWSDynamoDB/ID or a copy of it"});
  }
  if (checksums == Checksums::kChecked) {
    const std::string checksum = STREAMONCE_TRY(read_checksum(files, manifest));
    if (checksum.empty()) {
      return at(files, name,
                {ErrorCode::kProtocol, "there is no " + std::string(manifest) +
                                           ".md5 beside it, so that nobody knows whether it is "
                                           "whole: copy that too, or say --no-checksum"});
    }
    if (checksum != (*file)->md5()) {
      return at(files, name,
                {ErrorCode::kProtocol,
                 "its MD5 is " + (*file)->md5() + ", and " + std::string(manifest) + ".md5 has " +
                     quoted_excerpt(checksum) + ": it is damaged, or of another export"});
    }
  }
  Result<Payload> text = read_whole(**file, bytes_max);
  if (!text) return at(files, name, std::move(text).error());
  return text;
}

}  // namespace

Result<ExportReader> ExportReader::open(ExportFiles& files, Checksums checksums) {
  ExportReader reader(files, checksums);
  {
    const Payload text =
        STREAMONCE_TRY(read_manifest(files, kSummary, events::kSummaryBytesMax, checksums));
    Result<events::ExportSummary> summary = events::parse_summary(text.view());
    if (!summary) return at(files, "manifest-summary.json", std::move(summary).error());
    reader.summary_ = *std::move(summary);
  }
  const Payload text =
      STREAMONCE_TRY(read_manifest(files, kDataFiles, events::kManifestBytesMax, checksums));
  Result<std::vector<events::ManifestFile>> list = events::parse_manifest_files(text.view());
  if (!list) return at(files, "manifest-files.json", std::move(list).error());
  reader.data_files_ = *std::move(list);
  if (Status counts = events::check_counts(reader.summary_, reader.data_files_); !counts)
    return with_context(files.name(), std::move(counts).error());
  return reader;
}

std::optional<ExportFile> ExportReader::fetch(const events::ManifestFile& file, FileFault& fault) {
  const std::string name = std::string(kData) + std::string(file.base_name());
  Fetched found = files_->fetch(name);
  std::string refusal;  // of the first place, where the second one has a file
  if (may_be_elsewhere(found)) {
    if (!found) refusal = found.error().message;
    found = better_of(std::move(found), files_->fetch_key(file.key));
  }
  if (!found) {
    fault = {.is_missing = false, .reason = found.error().message};
    return std::nullopt;
  }
  if (!*found) {
    fault = {.is_missing = true, .reason = files_->name() + "/" + name + ": there is no such file"};
    return std::nullopt;
  }
  if (checksums_ == Checksums::kChecked && (*found)->md5() != file.md5) {
    fault = {.is_missing = false, .reason = std::move(refusal)};
    if (fault.reason.empty())
      fault.reason = files_->name() + "/" + name + ": its MD5 is " + (*found)->md5() +
                     ", and manifest-files.json has " + quoted_excerpt(file.md5) +
                     ": it is damaged, or of another export";
    return std::nullopt;
  }
  return std::move(*found);
}

}  // namespace streamonce::handler::exports
