#include "runtime/base/text_encoding.h"

namespace streamonce {
namespace {

constexpr std::string_view kLittleEndian =
    "not JSON: the text is UTF-16, little-endian, as the > of Windows PowerShell writes it, "
    "where UTF-8 was expected: convert it with iconv -f UTF-16LE -t UTF-8, or with PowerShell's "
    "Get-Content FILE | Set-Content -Encoding utf8 NEW";
constexpr std::string_view kBigEndian =
    "not JSON: the text is UTF-16, big-endian, where UTF-8 was expected: convert it with "
    "iconv -f UTF-16BE -t UTF-8";

}  // namespace

std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

std::string_view utf16_complaint(std::string_view text) {
  if (text.starts_with("\xFF\xFE")) return kLittleEndian;
  if (text.starts_with("\xFE\xFF")) return kBigEndian;
  if (text.size() < kEncodingBytes) return {};
  const auto zero = [&](std::size_t at) { return text[at] == '\0'; };
  if (!zero(0) && zero(1) && !zero(2) && zero(3)) return kLittleEndian;
  if (zero(0) && !zero(1) && zero(2) && !zero(3)) return kBigEndian;
  return {};
}

}  // namespace streamonce
