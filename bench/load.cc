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

void append_note(std::string& json, std::uint64_t number, std::size_t filler_bytes) {
  json += R"("note":{"S":")";
  append_filler(json, number, filler_bytes);
  json += "\"}}";
}

std::string six_attributes(const std::string& key, std::uint64_t number, std::size_t filler_bytes) {
  std::string json = R"({"pk":{"S":")" + key + R"("},"status":{"S":"placed"},)";
  json += R"("total":{"N":")" + std::to_string(number % 100'000) + R"(.5"},"gift":{"BOOL":false},)";
  json += R"("ship_to":{"M":{"city":{"S":"Bern"}}},)";
  append_note(json, number, filler_bytes);
  return json;
}

std::string ten_attributes(const std::string& key, std::uint64_t number, std::size_t filler_bytes) {
  const Order order = order_of(number);
  std::string json = R"({"pk":{"S":")" + key + R"("},"status":{"S":")" + order.status;
  json += R"("},"customer":{"S":")" + order.customer + R"("},"total":{"N":")";
  json += decimal_text(order.total_cents) + R"("},"discount":)";
  json += order.discount_cents ? R"({"N":")" + decimal_text(*order.discount_cents) + R"("},)"
                               : R"({"NULL":true},)";
  json += R"("gift":{"BOOL":false},"placed_at":{"S":"2026-11-21T00:44:22Z"},)";
  json += R"("ship_to":{"M":{"city":{"S":")" + order.city + R"("}}},)";
  json += R"("tags":{"SS":["web","new"]},)";
  append_note(json, number, filler_bytes);
  return json;
}

const char* event_name(Change change) {
  switch (change) {
    case Change::kInsert:
      return "INSERT";
    case Change::kUpdate:
      return "MODIFY";
    case Change::kRemoval:
      break;
  }
  return "REMOVE";
}

}  // namespace

Order order_of(std::uint64_t number) {
  constexpr std::uint64_t kSpread = 7919;  // a prime: totals do not rise with the number
  constexpr std::uint64_t kTotals = 100'000;
  constexpr std::uint64_t kCustomers = 9973;
  constexpr std::int64_t kHundred = 100;
  Order order;
  order.key = item_key(number);
  order.status = number % 10 == 7 ? "cancelled" : (number % 2 == 0 ? "placed" : "paid");
  order.customer = "customer-" + padded(number % kCustomers, 5);
  order.city = number % 4 == 0 ? "Bern" : "Basel";
  order.total_cents = static_cast<std::int64_t>(number * kSpread % kTotals) * kHundred + 50;
  if (number % 3 != 0) order.discount_cents = static_cast<std::int64_t>(number % 7) * kHundred + 25;
  return order;
}

std::string decimal_text(std::int64_t cents) {
  constexpr std::uint64_t kHundred = 100;
  const auto size = static_cast<std::uint64_t>(cents < 0 ? -cents : cents);
  std::string text = (cents < 0 ? "-" : "") + std::to_string(size / kHundred);
  if (size % kHundred == 0) return text;
  text += '.' + padded(size % kHundred, 2);
  if (text.back() == '0') text.pop_back();
  return text;
}

std::optional<std::int64_t> cents_of(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (fraction.size() > 2) return std::nullopt;
  digits.append(fraction).append(2 - fraction.size(), '0');
  std::int64_t cents = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, cents);
  if (error != std::errc() || rest != end) return std::nullopt;
  return is_negative ? -cents : cents;
}

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

Load::Load(std::size_t record_bytes, Shape shape, std::uint64_t items_behind, Change change)
    : shape_(shape),
      items_behind_(items_behind),
      change_(items_behind == 0 ? change : Change::kUpdate) {
  std::string record;
  append_record(record, items_behind, Change::kInsert);
  STREAMONCE_CHECK(record.size() <= record_bytes && record_bytes >= kSmallRecordBytes);
  filler_bytes_ = record_bytes - record.size();
}

std::string Load::image(std::uint64_t number) const {
  return shape_ == Shape::kSixAttributes ? six_attributes(item_of(number), number, filler_bytes_)
                                         : ten_attributes(item_of(number), number, filler_bytes_);
}

std::string Load::key(std::uint64_t number) const {
  return R"({"pk":{"S":")" + item_of(number) + "\"}}";
}

std::string Load::event(std::uint64_t first, std::size_t count) const {
  std::string json = R"({"Records":[)";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) json += ',';
    append_record(json, first + i, change_);
  }
  return json + "]}";
}

void Load::append_record(std::string& out, std::uint64_t number, Change change) const {
  out += R"({"eventID":"6f1f0c7a2c9b4d0e)" + padded(number, 16) + R"(","eventName":")";
  out += event_name(change);
  out += R"(","eventVersion":"1.1","eventSource":"aws:dynamodb","awsRegion":"eu-central-1",)";
  out += R"("dynamodb":{"ApproximateCreationDateTime":1795221863.0,"Keys":)";
  out += key(number);
  if (change != Change::kRemoval) out += R"(,"NewImage":)" + image(number);
  out += R"(,"SequenceNumber":")" + sequence_number(number) + R"(","SizeBytes":512,)";
  out += R"("StreamViewType":"NEW_IMAGE"},"eventSourceARN":"arn:aws:dynamodb:eu-central-1:)";
  out += R"(123456789012:table/orders/stream/2026-11-21T00:44:22.580"})";
}

}  // namespace streamonce::bench
