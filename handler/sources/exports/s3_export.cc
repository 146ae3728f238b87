#include "handler/sources/exports/s3_export.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

#include "runtime/aws/call.h"
#include "runtime/base/digest.h"
#include "runtime/base/temporary_file.h"
#include "runtime/base/text.h"

namespace streamonce::handler::exports {
namespace {

/// How many parts are in flight at once.
constexpr std::size_t kPartsMax = 2;

/// The most time that one answer has: two parts at once over a line of 1.2 Mbit/s.
constexpr std::chrono::minutes kAnswerTimeout{2};

/// How long it takes at most to look whether the work is to end, while parts are waited for.
constexpr std::chrono::milliseconds kLookPause{250};

/// The time after which parts are given up that S3 or the network spoils again and again.
constexpr std::chrono::minutes kPartsTime{10};

}  // namespace

/// The request for one part.
class S3Export::PartCall final : public aws::Call {
 public:
  /// Borrows `into`, which takes the part.
  PartCall(s3::PartRequest part, Payload& into)
      : Call({.operation = s3::kGetObject,
              .timeout = kAnswerTimeout,
              .answer_into = &into,
              .answer_bytes_likely = static_cast<std::size_t>(part.bytes)}),
        part_(std::move(part)) {}

  const s3::PartAnswer& answer() const { return answer_; }

 private:
  void fill(runtime::HttpRequest& request, const aws::Service& /*service*/) override {
    s3::fill_get(request, part_);
  }

  std::optional<aws::Refusal> read(runtime::HttpResponse response, aws::Secrets secrets) override {
    answer_ = s3::read_part(part_, response, options().answer_into->text(), secrets);
    return answer_.refusal;
  }

  void log(Logger& logger, const aws::Attempt& attempt) const override {
    aws::log_attempt(logger, options().operation, attempt);
  }

  const s3::PartRequest part_;
  s3::PartAnswer answer_;
};

class S3Export::Download {
 public:
  Download(S3Export& owner, std::string_view key) : owner_(owner), key_(key) {}

  Result<std::optional<ExportFile>> run() {
    TemporaryFile file = STREAMONCE_TRY(TemporaryFile::create(owner_.options_.temporary_folder));
    do {
      if (is_to_end()) return ended();
      std::optional<aws::Refusal> refusal = STREAMONCE_TRY(get_parts());
      if (refusal) {
        if (s3::is_missing(*refusal)) return std::optional<ExportFile>();
        if (STREAMONCE_TRY(is_elsewhere())) continue;
        return s3::error_of(std::move(*refusal));
      }
      STREAMONCE_TRY(keep_parts(file));
    } while (!etag_ || file.size() < size_);
    const std::uint64_t bytes = file.size();
    return std::optional(ExportFile(file.release(), bytes, md5_.base64()));
  }

 private:
  bool is_to_end() const { return owner_.options_.stopped && owner_.options_.stopped(); }
  static Error ended() {
    return {ErrorCode::kUnavailable, "the work was to end before the whole file was here"};
  }

  /// Waits until a call has ended. @return none: the work is to end first
  std::optional<aws::CallEnd> wait_for(aws::Calls& calls) const {
    while (true) {
      if (std::optional<aws::CallEnd> end = calls.wait_any(owner_.clock_.steady_now() + kLookPause))
        return end;
      if (is_to_end()) return std::nullopt;
    }
  }

  /// Asks for the next parts, of which the first one alone tells the size of the object.
  /// @return the refusal of one of them, if there is one
  /// @error kUnavailable  the work is to end
  Result<std::optional<aws::Refusal>> get_parts() {
    lengths_.clear();
    aws::Calls calls(*owner_.service_, {.deadline = owner_.clock_.steady_now() + kPartsTime,
                                        .in_flight_max = kPartsMax});
    std::uint64_t first = at_;
    do {
      const std::uint64_t bytes =
          etag_ ? std::min(owner_.options_.part_bytes, size_ - first) : owner_.options_.part_bytes;
      calls.add(std::make_unique<PartCall>(s3::PartRequest{.key = std::string(key_),
                                                           .first = first,
                                                           .bytes = bytes,
                                                           .etag = etag_.value_or(""),
                                                           .of_bytes = size_},
                                           owner_.parts_[lengths_.size()]));
      lengths_.push_back(bytes);
      first += bytes;
    } while (etag_ && lengths_.size() < kPartsMax && first < size_);
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
      std::optional<aws::CallEnd> end = wait_for(calls);
      if (!end) return ended();
      const auto& call = static_cast<const PartCall&>(*end->call);
      named_region_ = call.answer().region;
      if (end->refusal) return std::move(end->refusal);
      if (!etag_) take_size(call.answer());
    }
    return std::optional<aws::Refusal>();
  }

  void take_size(const s3::PartAnswer& answer) {
    etag_ = answer.etag;
    size_ = answer.object_bytes;
    lengths_ = {std::min(owner_.options_.part_bytes, size_)};
  }

  /// Whether the refusal was for asking in a wrong Region, and the right one is to be asked now.
  Result<bool> is_elsewhere() {
    if (!named_region_ || named_region_->text() == owner_.region_.text()) return false;
    if (std::exchange(was_elsewhere_, true)) return false;
    STREAMONCE_TRY(owner_.open(*named_region_));
    return true;
  }

  Status keep_parts(TemporaryFile& file) {
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
      const std::string_view bytes =
          owner_.parts_[i].text().substr(0, static_cast<std::size_t>(lengths_[i]));
      md5_.append(bytes);
      STREAMONCE_TRY(file.append(bytes));
      at_ += lengths_[i];
    }
    return {};
  }

  S3Export& owner_;
  const std::string_view key_;
  Md5 md5_;
  std::uint64_t at_ = 0;             // where the next part begins
  std::optional<std::string> etag_;  // none: no part has come so far
  std::uint64_t size_ = 0;           // the object's, once etag_ is known
  std::vector<std::uint64_t> lengths_;
  std::optional<aws::Region> named_region_;  // what the latest answer said
  bool was_elsewhere_ = false;
};

Result<std::unique_ptr<S3Export>> S3Export::create(S3ExportOptions options, Clock& clock,
                                                   Logger& logger) {
  std::unique_ptr<S3Export> made(new S3Export(std::move(options), clock, logger));
  const aws::Region region = made->options_.region;
  STREAMONCE_TRY(made->open(region));
  return made;
}

S3Export::S3Export(S3ExportOptions options, Clock& clock, Logger& logger)
    : options_(std::move(options)),
      clock_(clock),
      logger_(logger),
      name_(options_.folder.text()),
      region_(options_.region) {
  for (std::size_t i = 0; i < kPartsMax; ++i)
    parts_.emplace_back(static_cast<std::size_t>(options_.part_bytes));
}

Status S3Export::open(const aws::Region& region) {
  std::string url =
      STREAMONCE_TRY(s3::bucket_url(options_.folder.bucket, region, options_.endpoint_url));
  region_ = region;
  service_ =
      std::make_unique<aws::ServiceClient>(aws::ServiceOptions{.service = s3::kService,
                                                               .region = region,
                                                               .url = std::move(url),
                                                               .credentials = options_.credentials,
                                                               .random_seed = options_.random_seed},
                                           *options_.transport, clock_, logger_);
  return {};
}

Result<std::optional<ExportFile>> S3Export::fetch(std::string_view name) {
  return fetch_key(options_.folder.key_of(name));
}

Result<std::optional<ExportFile>> S3Export::fetch_key(std::string_view key) {
  const std::string place =
      without_control_characters("s3://" + options_.folder.bucket + '/' + std::string(key));
  if (key.empty() || key.size() > s3::kKeyBytesMax)
    return invalid_argument(place + ": a key has 1 to " + std::to_string(s3::kKeyBytesMax) +
                            " bytes; found " + std::to_string(key.size()));
  Result<std::optional<ExportFile>> fetched = Download(*this, key).run();
  if (fetched) return fetched;
  Error error = with_context(place, std::move(fetched).error());
  if (error.code == ErrorCode::kRejected) error.code = ErrorCode::kUnavailable;
  return error;
}

}  // namespace streamonce::handler::exports
