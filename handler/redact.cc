#include "handler/redact.h"

#include <algorithm>
#include <cctype>

namespace streamonce::handler {
namespace {

/// Words of DynamoDB's and SQLite's refusals, and the numbers of their limits, in small letters.
constexpr std::string_view kWords =
    " all allowed ongoing refused ignored "
    "0 1 100 1024 16 1kb 2 2048 25 255 3 32 38 4 400 400kb 65535 a actual add aggregated "
    "already also an and any are array as at attempting attribute attributes attributevalue "
    "b bad base64 be because been before behind big binary blob bool boolean both bs busy "
    "but by bytes callback can cannot character characters check code collection column "
    "columns composite condition conditional conflict conflicts constraint constraints "
    "contain contains converted corrupt corrupted could count data database datatype "
    "datatypes deep delete depth detected different digits do document does double duplicate "
    "duplicated duplicates element elements empty end enough equal error errors exactly "
    "exceed exceeded exceeds exist exists expected exponent expression extra failed fails "
    "failure fetch field fields file find first fixed following for forbidden foreign format "
    "found from full function functions general given greater group has hash hashkey have "
    "identical in include includes incorrect index indexed indexes input integer internal "
    "into invalid io is it item items its json kb key keys kind l large larger length less "
    "level levels limit limits list lists local lock locked logic long m magnitude malformed "
    "many map match matches max maximum may mb member members memory met min minimum "
    "mismatch missing more most multiple must n name names negative nesting no not ns null "
    "number numbers numeric object of offset on one only operation operations or other out "
    "over overflow parameter parameters parse parser part parts path pattern position "
    "positive precision primary provide provided put query range rangekey read real "
    "recursion regular reject rejected request requested required reserved resource result "
    "row rows s same satisfy schema schemas second secondary serialization set sets short "
    "significant single size small so sort specified ss start state statement store stored "
    "storing string strings structure such supplied supply support supported supports syntax "
    "table tables text than that the their then there they this to tokens too transaction "
    "transactions trigger triggers trigonometric true two type types unable under underflow "
    "unexpected unicode unique unknown unrecognized unsupported up update updated use used "
    "user using utf8 valid validation value values version view violated was were when where "
    "which while will with within without wrong your zero zeros ";

constexpr std::string_view kMask = "***";

bool is_word_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

bool is_known(std::string_view word) {
  std::string lower = " ";
  for (const char c : word) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return kWords.find(lower + ' ') != std::string_view::npos;
}

/// Whether all words of a text without spaces are known ones, as in `value(s)` and `NULL.`.
bool is_harmless(std::string_view text) {
  while (!text.empty()) {
    const auto start = std::find_if(text.begin(), text.end(), is_word_char);
    const auto end = std::find_if_not(start, text.end(), is_word_char);
    const std::string_view word(start, end);
    if (!word.empty() && !is_known(word)) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  }
  return true;
}

}  // namespace

std::string redact(std::string_view message) {
  std::string text;
  bool masked = false;  // the latest word
  while (!message.empty()) {
    const std::size_t length = std::min(message.find(' '), message.size());
    const std::string_view word = message.substr(0, length);
    message.remove_prefix(std::min(length + 1, message.size()));
    const bool harmless = is_harmless(word);
    if (!harmless && masked) continue;
    if (!text.empty()) text += ' ';
    text += harmless ? word : kMask;
    masked = !harmless;
  }
  return text;
}

}  // namespace streamonce::handler
