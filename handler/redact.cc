#include "handler/redact.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

namespace streamonce::handler {
namespace {

/// Words of DynamoDB's and SQLite's refusals, and the numbers of their limits, in small letters,
/// sorted.
constexpr std::string_view kWords =
    "0 1 100 1024 16 1kb 2 2048 25 255 3 32 38 4 400 400kb 65535 a access accessed account "
    "action actual add again aggregated all allowed allows already also an and any api are "
    "array as assume at attempted attempting attribute attributes attributevalue authorized "
    "automatically available b backups bad base64 based be because been before behind big "
    "binary blob bool boolean both boundary bs busy but by bytes callback can cannot "
    "capacity change character characters check code collection column columns composite "
    "concurrent condition conditional configured conflict conflicts consider constraint "
    "constraints contain contains control converted corrupt corrupted could count creating "
    "credentials current currently data database datatype datatypes deep delete deleted "
    "demand denied deny depth detected different digits do document does double duplicate "
    "duplicated duplicates dynamodb element elements empty enabled encountered encryption "
    "end endpoint enough equal error errors exactly exceed exceeded exceeds exceptions exist "
    "existent exists expected explicit exponent expression extra failed fails failure fetch "
    "fewer field fields file find first fixed following for forbidden foreign format found "
    "from full function functions general given greater group has hash hashkey have hot "
    "identical identity ignored in inaccessible include includes incorrect increasing index "
    "indexed indexes input integer internal into invalid io is it item items iterator its "
    "json kb key keys kind l large larger later length less level levels limit limits list "
    "lists local lock locked logic long m magnitude malformed many map match matches max "
    "maximum may mb member members memory met min minimum mismatch missing mode more most "
    "multiple must n name names negative nesting new no non not ns null number numbers "
    "numeric object of offset older oldest on one ongoing only operation operations or other "
    "otherwise out over overflow parameter parameters parse parser part parts past path "
    "pattern per perform permission permissions please policies policy position positive "
    "precision primary processing progress provide provided provisioned provisioning put "
    "query range rangekey rate read readers real record records recursion reduce refused "
    "regular reject rejected request requested requests required reserved resource resources "
    "restarting restore result retries retry role row rows s same satisfy scaling schema "
    "schemas second secondary security serialization service session set sets shard shards "
    "short shortly significant simultaneous simultaneously single size slow small so sort "
    "specified ss start state statement store stored storing stream string strings structure "
    "subscriber such supplied supply support supported supports syntax table tables "
    "temporarily temporary text than that the their then there they this throttled "
    "throttling throughput time timeout to tokens too transaction transactions tried trigger "
    "triggers trigonometric trimmed true try two type types unable unavailable under "
    "underflow unexpected unicode unique units unknown unrecognized unsupported up update "
    "updated updatetable use used user using utf8 valid validation value values version view "
    "violated vpc was were when where which while will with within without write writes "
    "wrong your zero zeros";

constexpr std::string_view kMask = "***";

constexpr std::size_t kWordCount =
    1 + static_cast<std::size_t>(std::count(kWords.begin(), kWords.end(), ' '));

constexpr std::array<std::string_view, kWordCount> split_words() {
  std::array<std::string_view, kWordCount> words;
  std::size_t start = 0;
  for (std::string_view& word : words) {
    word = kWords.substr(start, kWords.find(' ', start) - start);
    start += word.size() + 1;
  }
  return words;
}

constexpr std::array<std::string_view, kWordCount> kSortedWords = split_words();
static_assert(std::is_sorted(kSortedWords.begin(), kSortedWords.end()));

constexpr std::size_t kWordLengthMax =
    std::max_element(kSortedWords.begin(), kSortedWords.end(),
                     [](auto a, auto b) { return a.size() < b.size(); }) -> size();

bool is_word_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

bool is_known(std::string_view word) {
  if (word.size() > kWordLengthMax) return false;
  std::array<char, kWordLengthMax> lower;
  std::transform(word.begin(), word.end(), lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return std::binary_search(kSortedWords.begin(), kSortedWords.end(),
                            std::string_view(lower.data(), word.size()));
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

/// As far as redact() looks: not into the word that the bound cuts through.
std::string_view beginning_of(std::string_view message) {
  if (message.size() <= kRedactedBytesMax) return message;
  const std::size_t end = message.rfind(' ', kRedactedBytesMax);
  return message.substr(0, end == std::string_view::npos ? 0 : end);
}

/// Replaces each run of words of which `stays` does not hold.
template <class Stays>
std::string redact_but(std::string_view message, Stays stays) {
  message = beginning_of(message);
  std::string text;
  bool masked = false;  // the latest word
  while (!message.empty()) {
    const std::size_t length = std::min(message.find(' '), message.size());
    const std::string_view word = message.substr(0, length);
    message.remove_prefix(std::min(length + 1, message.size()));
    const bool harmless = stays(word);
    if (!harmless && masked) continue;
    if (!text.empty()) text += ' ';
    text += harmless ? word : kMask;
    masked = !harmless;
  }
  return text;
}

/// `arn:aws:dynamodb:eu-west-1:123456789012:table/orders`, `dynamodb:PutItem`
bool is_name(std::string_view word) {
  constexpr std::string_view kAround = "\"'().,;:[]";
  word.remove_prefix(std::min(word.find_first_not_of(kAround), word.size()));
  word = word.substr(0, word.find_last_not_of(kAround) + 1);
  const auto consists_of = [](std::string_view text, std::string_view marks) {
    return std::all_of(text.begin(), text.end(), [marks](char c) {
      return (is_word_char(c) && static_cast<unsigned char>(c) < 0x80) ||
             marks.find(c) != std::string_view::npos;
    });
  };
  if (word.starts_with("arn:aws")) return consists_of(word, ":/.+=@,*-");
  for (const std::string_view service : {"dynamodb:", "kms:", "sts:"})
    if (word.starts_with(service)) return consists_of(word.substr(service.size()), "");
  return false;
}

}  // namespace

bool holds_part_of(std::string_view text, std::span<const std::string_view> secrets) {
  constexpr std::size_t kRunLength = 8;
  for (std::size_t i = 0; i + kRunLength <= text.size(); ++i) {
    const std::string_view run = text.substr(i, kRunLength);
    for (const std::string_view secret : secrets)
      if (secret.find(run) != std::string_view::npos) return true;
  }
  return false;
}

std::string redact(std::string_view message) {
  return redact_but(message, is_harmless);
}

std::string redact_keeping_names(std::string_view message,
                                 std::span<const std::string_view> secrets) {
  return redact_but(message, [secrets](std::string_view word) {
    return is_harmless(word) || (is_name(word) && !holds_part_of(word, secrets));
  });
}

}  // namespace streamonce::handler
