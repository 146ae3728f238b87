#include "bench/load.h"

#include <charconv>

#include "runtime/base/check.h"

namespace streamonce::bench {
namespace {

constexpr std::string_view kKeyPrefix = "item-";
constexpr std::size_t kKeyDigits = 12;
/// As long as those of the service are today.
constexpr std::string_view kSequencePrefix = "4421584500000";
constexpr std::size_t kSequenceDigits = 15;

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  STREAMONCE_CHECK(text.size() <= digits);
  return std::string(digits - text.size(), '0') + text;
}

/// Words that differ from record to record.
void append_filler(std::string& out, std::uint64_t number, std::size_t bytes) {
  std::uint64_t state = (number + 1) * 0x9E3779B97F4A7C15U;
  while (bytes > 0) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    for (unsigned shift = 0; shift < 60 && bytes > 0; shift += 5, --bytes) {
      const auto letter = (state >> shift) & 0x1FU;
      out += letter < 26 ? static_cast<char>('a' + letter) : ' ';
    }
  }
}

std::string image_of(std::uint64_t number, std::size_t filler_bytes) {
  std::string json = R"({"pk":{"S":")" + item_key(number) + R"("},"status":{"S":"placed"},)";
  json += R"("total":{"N":")" + std::to_string(number % 100'000) + R"(.5"},"gift":{"BOOL":false},)";
  json += R"("ship_to":{"M":{"city":{"S":"Bern"}}},"note":{"S":")";
  append_filler(json, number, filler_bytes);
  json += "\"}}";
  return json;
}

void append_record(std::string& out, std::uint64_t number, const std::string& image) {
  out += R"({"eventID":"6f1f0c7a2c9b4d0e)" + padded(number, 16) + R"(","eventName":"INSERT",)";
  out += R"("eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-central-1",)";
  out += R"("dynamodb":{"ApproximateCreationDateTime":1795221863.0,"Keys":{"pk":{"S":")";
  out += item_key(number);
  out += R"("}},"NewImage":)";
  out += image;
  out += R"(,"SequenceNumber":")" + sequence_number(number) + R"(","SizeBytes":512,)";
  out += R"("StreamViewType":"NEW_IMAGE"},"eventSourceARN":"arn:aws:dynamodb:eu-central-1:)";
  out += R"(123456789012:table/orders/stream/2026-11-21T00:44:22.580"})";
}

}  // namespace

std::string item_key(std::uint64_t number) {
  return std::string(kKeyPrefix) + padded(number, kKeyDigits);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  const std::size_t start = text.find(kKeyPrefix);
  if (start == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(start + kKeyPrefix.size(), kKeyDigits);
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || rest != end || digits.size() != kKeyDigits) return std::nullopt;
  return number;
}

std::string sequence_number(std::uint64_t number) {
  return std::string(kSequencePrefix) + padded(number, kSequenceDigits);
}

Load::Load(std::size_t record_bytes) {
  std::string record;
  append_record(record, 0, image_of(0, 0));
  STREAMONCE_CHECK(record.size() <= kSmallRecordBytes && record_bytes >= kSmallRecordBytes);
  filler_bytes_ = record_bytes - record.size();
}

std::string Load::image(std::uint64_t number) const {
  return image_of(number, filler_bytes_);
}

std::string Load::event(std::uint64_t first, std::size_t count) const {
  std::string json = R"({"Records":[)";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) json += ',';
    append_record(json, first + i, image(first + i));
  }
  return json + "]}";
}

}  // namespace streamonce::bench
