// tests/fuzz/s3_fuzz.cc: hostile answers to GetObject, and addresses that people mistype.
//
// The first line of the input is `address`, and the body is one; or it is the status and what part
// was asked for, as in `206 8 4 "etag" 100`: the first byte and how many, and for a later part the
// state of the object and its size. Then come lines of headers, an empty line, and the body.
//
// What must hold: a part counts only if the headers, read once more, say that the body is the one
// that was asked for, of the state that was asked for; what becomes a reason is bounded and UTF-8,
// a code is letters and digits; a Region that an answer names leads to a host of AWS; what is told
// depends on no credential, and on no value but in names of resources; an address that is read is
// the same when it is written and read again, and a key the same once it is decoded.

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "handler/services/s3.h"
#include "runtime/base/check.h"
#include "runtime/base/text.h"
#include "tests/fuzz/message.h"
#include "tests/fuzz/strict_json.h"
#include "tests/support/secrecy.h"

namespace streamonce::handler::s3 {
namespace {

using fuzz::Message;
using runtime::HttpResponse;

constexpr auto kSecrets = testing::texts_of(testing::kCredentials);

/// Takes what stands before the next blank.
std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

std::uint64_t take_number(std::string_view& line) {
  const std::string_view word = take_word(line);
  std::uint64_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

struct Case {
  PartRequest part;
  HttpResponse response;
  std::string body;
};

Case case_of(const Message& message) {
  Case made;
  std::string_view line = message.first_line();
  made.response.status = static_cast<int>(take_number(line) % 1000);
  made.part.key = "k";
  made.part.first = take_number(line) % kObjectBytesMax;
  made.part.bytes = 1 + take_number(line) % (64UL * 1024 * 1024);
  made.part.etag = take_word(line);
  made.part.of_bytes = take_number(line);
  for (std::size_t i = 1; i < message.fields.size(); ++i)
    made.response.headers.emplace_back(message.fields[i].first, message.fields[i].second);
  made.body = message.body;
  return made;
}

void check_part(const Case& made, const PartAnswer& answer) {
  if (made.response.status == 416) {  // an object without any bytes
    STREAMONCE_CHECK(made.part.first == 0 && answer.object_bytes == 0 && answer.etag.empty());
    return;
  }
  STREAMONCE_CHECK(made.response.status == 206);
  STREAMONCE_CHECK(answer.object_bytes <= kObjectBytesMax);
  STREAMONCE_CHECK(answer.object_bytes > made.part.first);
  const std::uint64_t last = std::min(made.part.first + made.part.bytes, answer.object_bytes) - 1;
  STREAMONCE_CHECK(made.body.size() == last - made.part.first + 1);
  // Numbers with zeros before them are as good.
  std::string range;
  for (const char c : made.response.header("content-range"))
    if (c != '0' || (!range.empty() && is_digit(range.back()))) range += c;
  const auto plain = [](std::uint64_t number) {
    return number == 0 ? std::string() : std::to_string(number);
  };
  STREAMONCE_CHECK(range == "bytes " + plain(made.part.first) + '-' + plain(last) + '/' +
                                plain(answer.object_bytes));
  STREAMONCE_CHECK(answer.etag == made.response.header("etag") && !answer.etag.empty());
  STREAMONCE_CHECK(std::all_of(answer.etag.begin(), answer.etag.end(), is_printable));
  if (made.part.etag.empty()) return;
  STREAMONCE_CHECK(answer.etag == made.part.etag && answer.object_bytes == made.part.of_bytes);
}

void check_refusal(const aws::Refusal& refusal) {
  STREAMONCE_CHECK(!refusal.reason.empty() && refusal.reason.size() <= aws::kReasonBytesMax);
  STREAMONCE_CHECK(fuzz::is_utf8(refusal.reason));
  STREAMONCE_CHECK(std::all_of(refusal.code.begin(), refusal.code.end(), is_letter_or_digit));
  STREAMONCE_CHECK(error_of(refusal).message.find(refusal.reason) != std::string::npos);
}

void check_host(const aws::Region& region) {
  const std::string url = bucket_url("bucket", region, "").value();
  constexpr std::string_view kStart = "https://bucket.s3.";
  STREAMONCE_CHECK(url.starts_with(kStart) && url.ends_with('/'));
  const std::string_view host = std::string_view(url).substr(8, url.size() - 9);
  STREAMONCE_CHECK(std::all_of(host.begin(), host.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '.';
  }));
  STREAMONCE_CHECK(host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn") ||
                   host.ends_with(".amazonaws.eu"));
}

void check_same(const PartAnswer& once, const PartAnswer& again, bool with_codes) {
  STREAMONCE_CHECK(once.refusal.has_value() == again.refusal.has_value());
  if (!once.refusal) return;
  // A code that S3 does not have is told as it is.
  const auto words = [&](std::string reason) {
    if (!with_codes) reason.erase(0, reason.find(": "));
    return reason;
  };
  STREAMONCE_CHECK(once.refusal->trouble == again.refusal->trouble);
  STREAMONCE_CHECK(!with_codes || once.refusal->code == again.refusal->code);
  STREAMONCE_CHECK(words(once.refusal->reason) == words(again.refusal->reason));
}

void check_secrecy(const Case& made, const PartAnswer& answer) {
  const auto with_others = [&](std::span<const testing::Secret> secrets) {
    return read_part(made.part, made.response, testing::with_others(made.body, secrets), kSecrets);
  };
  check_same(answer, with_others(testing::kCredentials), /*with_codes=*/true);
  if (!answer.refusal || answer.refusal->code.empty()) return;
  if (aws::telling_of_answer(answer.refusal->code) == aws::Telling::kNames) return;
  check_same(answer, with_others(testing::kValues), /*with_codes=*/false);
}

void check_answer(const Message& message) {
  const Case made = case_of(message);
  const PartAnswer answer = read_part(made.part, made.response, made.body, kSecrets);
  if (answer.refusal)
    check_refusal(*answer.refusal);
  else
    check_part(made, answer);
  STREAMONCE_CHECK(!answer.region || answer.refusal);
  if (answer.region) check_host(*answer.region);
  check_secrecy(made, answer);
}

void check_key(std::string_view key) {
  const std::string text = encoded_key(key);
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    STREAMONCE_CHECK(is_letter_or_digit(text[i]) ||
                     std::string_view("-._~/%").find(text[i]) != std::string_view::npos);
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned value = 0;
    const auto [end, error] = std::from_chars(&text[i] + 1, &text[i] + 3, value, 16);
    STREAMONCE_CHECK(error == std::errc{} && end == &text[i] + 3);
    decoded += static_cast<char>(value);
    i += 2;
  }
  STREAMONCE_CHECK(decoded == key);
}

void check_address(std::string_view address) {
  const auto folder = parse_folder(address);
  if (!folder) {
    STREAMONCE_CHECK(folder.error().message.size() < 400);
    return;
  }
  const std::string& bucket = folder->bucket;
  STREAMONCE_CHECK(bucket.size() >= 3 && bucket.size() <= 63);
  STREAMONCE_CHECK(bucket.find_first_of("/@:?#%\\ ") == std::string::npos);
  STREAMONCE_CHECK(folder->prefix.size() < kKeyBytesMax);
  const auto again = parse_folder("s3://" + bucket + '/' + folder->prefix + '/');
  STREAMONCE_CHECK(again && again->bucket == bucket && again->prefix == folder->prefix);
  check_key(folder->key_of("data/a.json.gz"));
}

}  // namespace
}  // namespace streamonce::handler::s3

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace s3 = streamonce::handler::s3;
  const auto message = streamonce::fuzz::message_of(streamonce::fuzz::text_of(data, size), ':');
  if (message.first_line() == "address")
    s3::check_address(message.body);
  else
    s3::check_answer(message);
  return 0;
}
