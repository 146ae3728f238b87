#include "handler/views/language/token.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "runtime/base/kept.h"
#include "runtime/base/text.h"

namespace streamonce::handler::views {
namespace {

constexpr std::array<std::string_view, 28> kReserved{
    "AND",    "AS",     "AT",    "BETWEEN", "BY",   "CASE", "CREATE",  "ELSE", "END",  "EXCLUDE",
    "FALSE",  "FROM",   "GROUP", "IN",      "IS",   "KEY",  "MISSING", "NOT",  "NULL", "OR",
    "SELECT", "SOURCE", "THEN",  "TRUE",    "VIEW", "WHEN", "WHERE",   "WITH"};
static_assert(std::is_sorted(kReserved.begin(), kReserved.end()));

constexpr std::array<std::string_view, 9> kPairs{"<>", "!=", "<=", ">=", "<<",
                                                 ">>", "||", "==", "&&"};
constexpr std::string_view kSingles = "()[]{},;.:+-*/%=<>";

template <std::size_t size>
constexpr std::array<std::uint64_t, size> codes_of(
    const std::array<std::string_view, size>& texts) {
  std::array<std::uint64_t, size> codes{};
  std::transform(texts.begin(), texts.end(), codes.begin(), code_of);
  return codes;
}

constexpr auto kReservedCodes = codes_of(kReserved);
constexpr auto kPairCodes = codes_of(kPairs);
static_assert(std::count(kReservedCodes.begin(), kReservedCodes.end(), 0U) == 0);

constexpr std::size_t kLetters = 26;
/// Where the reserved words of each letter begin, and behind the last letter where they end.
constexpr auto kReservedFrom = [] {
  std::array<std::uint8_t, kLetters + 1> from{};
  for (std::size_t letter = 0; letter <= kLetters; ++letter) {
    from[letter] = static_cast<std::uint8_t>(
        std::count_if(kReserved.begin(), kReserved.end(), [letter](std::string_view word) {
          return static_cast<std::size_t>(word.front() - 'A') < letter;
        }));
  }
  return from;
}();

/// What begins with a byte, where no comment does.
enum class Beginning : std::uint8_t {
  kUnknown,
  kSpace,
  kOtherBlank,
  kQuote,
  kDot,     ///< a number or a symbol
  kSymbol,  ///< of one byte
  kPair,    ///< a symbol of two bytes, or of one, or none
  // What goes on with a name, too: see is_name_byte().
  kDigit,
  kLetter,  ///< or `_`
};

constexpr auto kBeginnings = [] {
  std::array<Beginning, 256> beginnings{};
  const auto set = [&](char byte, Beginning beginning) {
    beginnings[static_cast<unsigned char>(byte)] = beginning;
  };
  for (char c = '\t'; c <= '\r'; ++c) set(c, Beginning::kOtherBlank);
  for (char c = 'a'; c <= 'z'; ++c) set(c, Beginning::kLetter);
  for (char c = 'A'; c <= 'Z'; ++c) set(c, Beginning::kLetter);
  for (char c = '0'; c <= '9'; ++c) set(c, Beginning::kDigit);
  for (const char c : kSingles) set(c, Beginning::kSymbol);
  for (const std::string_view pair : kPairs) set(pair.front(), Beginning::kPair);
  set('_', Beginning::kLetter);
  set(' ', Beginning::kSpace);
  set('\'', Beginning::kQuote);
  set('"', Beginning::kQuote);
  set('.', Beginning::kDot);
  return beginnings;
}();

Beginning beginning_of(char byte) {
  return kBeginnings[static_cast<unsigned char>(byte)];
}

/// Words that SQL has in place of a value, and that are names here only in double quotes.
constexpr std::array<std::string_view, 6> kClocks{
    "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "SYSDATE"};

/// Characters that editors and web pages put where others are meant.
struct LookAlike {
  std::string_view character;
  std::string_view complaint;
};
constexpr std::array<LookAlike, 9> kLookAlikes{{
    {"\xE2\x80\x98", "a typographic quote: texts stand in plain single quotes, 'text'"},
    {"\xE2\x80\x99", "a typographic quote: texts stand in plain single quotes, 'text'"},
    {"\xE2\x80\x9C",
     "a typographic quote: names stand in plain double quotes, texts in single ones"},
    {"\xE2\x80\x9D",
     "a typographic quote: names stand in plain double quotes, texts in single ones"},
    {"\xC2\xA0", "a blank that is no plain space (U+00A0): type a space instead"},
    {"\xEF\xBB\xBF", "a byte order mark inside the text: delete this invisible character"},
    {"\xE2\x88\x92", "a typographic minus: type - instead"},
    {"\xE2\x80\x93", "a typographic dash: type - instead, and -- before a comment"},
    {"`", "a backtick: odd names stand in double quotes, texts in single ones"},
}};

bool is_name_byte(char c) {
  return beginning_of(c) >= Beginning::kDigit;
}

bool is_reserved_code(std::uint64_t code) {
  const std::uint64_t letter = (code & 0xFFU) - 'A';
  if (letter >= kLetters) return false;
  const auto* const end = kReservedCodes.begin() + kReservedFrom[letter + 1];
  return std::find(kReservedCodes.begin() + kReservedFrom[letter], end, code) != end;
}

}  // namespace

Token Lexer::next(std::string& complaint) {
  const bool has_passed = pass_blanks(complaint);
  const auto [kind, bytes] = has_passed ? cut(complaint) : Cut{TokenKind::kBad, text_.size() - at_};
  Token token{.kind = kind, .text = {text_.data() + at_, bytes}, .place = place_, .code = 0};
  switch (kind) {
    // Each byte of these is a character, and none begins a line.
    case TokenKind::kWord:
      token.code = word_code(bytes);
      break;
    case TokenKind::kSymbol:
      token.code = code_of(token.text);
      break;
    case TokenKind::kNumber:
      break;
    default:
      advance(bytes);
      return token;
  }
  at_ += bytes;
  place_.column += static_cast<std::uint32_t>(bytes);
  return token;
}

Lexer::Cut Lexer::cut(std::string& complaint) const {
  if (at_ == text_.size()) return {TokenKind::kEnd, 0};
  switch (beginning_of(text_[at_])) {
    case Beginning::kLetter:
      return word();
    case Beginning::kDigit:
      return number(complaint);
    case Beginning::kQuote:
      return quoted(complaint);
    case Beginning::kDot:
      return is_digit(byte(1)) ? number(complaint) : Cut{TokenKind::kSymbol, 1};
    case Beginning::kSymbol:
      return {TokenKind::kSymbol, 1};
    case Beginning::kPair:
      if (std::count(kPairCodes.begin(), kPairCodes.end(), code_of(text_.substr(at_, 2))) != 0)
        return {TokenKind::kSymbol, 2};
      if (kSingles.find(text_[at_]) != std::string_view::npos) return {TokenKind::kSymbol, 1};
      break;
    default:
      break;
  }
  return unknown(complaint);
}

Lexer::Cut Lexer::word() const {
  std::size_t end = at_ + 1;
  while (end < text_.size() && is_name_byte(text_[end])) ++end;
  return {TokenKind::kWord, end - at_};
}

/// What code_of() makes of the word of `bytes` that is next.
std::uint64_t Lexer::word_code(std::size_t bytes) const {
  if (bytes > kCodeBytesMax) return 0;
  if (text_.size() - at_ < kCodeBytesMax) return code_of(text_.substr(at_, bytes));
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t code = 0;
  std::memcpy(&code, text_.data() + at_, kCodeBytesMax);
  return code & kCapitalBits & (~std::uint64_t{0} >> (8 * (kCodeBytesMax - bytes)));
}

/// Passes over blanks and comments. False: the comment that is next has no end.
bool Lexer::pass_blanks(std::string& complaint) {
  while (at_ < text_.size()) {
    const Beginning beginning = beginning_of(text_[at_]);
    if (beginning == Beginning::kSpace) {
      ++at_;
      ++place_.column;
    } else if (beginning == Beginning::kOtherBlank) {
      advance(1);
    } else if (beginning == Beginning::kSymbol && byte(0) == '-' && byte(1) == '-') {
      advance(std::min(text_.find('\n', at_), text_.size()) - at_);
    } else if (beginning == Beginning::kSymbol && byte(0) == '/' && byte(1) == '*') {
      const std::size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) {
        complaint = "a comment that begins here has no end: expected */";
        return false;
      }
      advance(end + 2 - at_);
    } else {
      break;
    }
  }
  return true;
}

Lexer::Cut Lexer::quoted(std::string& complaint) const {
  const char quote = byte(0);
  std::size_t end = at_ + 1;
  for (;; end += 2) {
    end = text_.find(quote, end);
    if (end == std::string_view::npos) {
      complaint = quote == '"' ? "a name in double quotes that begins here has no end: expected \""
                               : "a text that begins here has no end: expected ' (inside a text, a "
                                 "single quote is written twice)";
      return {TokenKind::kBad, text_.size() - at_};
    }
    if (end + 1 == text_.size() || text_[end + 1] != quote) break;
  }
  const std::size_t length = end + 1 - at_;
  if (!is_utf8(text_.substr(at_, length))) {
    complaint = "quotes around bytes that are no UTF-8: save the file in UTF-8";
    return {TokenKind::kBad, length};
  }
  return {quote == '"' ? TokenKind::kQuotedName : TokenKind::kText, length};
}

Lexer::Cut Lexer::number(std::string& complaint) const {
  std::size_t length = 0;
  const auto pass_digits = [&] {
    while (is_digit(byte(length))) ++length;
  };
  pass_digits();
  if (byte(length) == '.' && is_digit(byte(length + 1))) {
    ++length;
    pass_digits();
  }
  if (capital(byte(length)) == 'E') {
    const std::size_t sign = byte(length + 1) == '+' || byte(length + 1) == '-' ? 1 : 0;
    if (is_digit(byte(length + 1 + sign))) {
      length += 1 + sign;
      pass_digits();
    }
  }
  if (!is_name_byte(byte(length))) return {TokenKind::kNumber, length};
  while (is_name_byte(byte(length))) ++length;
  complaint = quoted_excerpt(text_.substr(at_, length)) +
              " is neither number nor name: a name that begins with a digit stands in double "
              "quotes, a text in single ones";
  return {TokenKind::kBad, length};
}

Lexer::Cut Lexer::unknown(std::string& complaint) const {
  const std::string_view rest = text_.substr(at_);
  for (const LookAlike& each : kLookAlikes) {
    if (rest.substr(0, each.character.size()) != each.character) continue;
    complaint = "found " + std::string(each.complaint);
    return {TokenKind::kBad, each.character.size()};
  }
  const std::size_t length = utf8_length_at(text_, at_);
  if (length == 0) {
    complaint = "found a byte that is no UTF-8: save the file in UTF-8";
    return {TokenKind::kBad, 1};
  }
  const bool is_control = length == 1 && (rest.front() < ' ' || rest.front() == '\x7F');
  const std::string what = is_control ? "a control character" : std::string(rest.substr(0, length));
  complaint = "found " + what +
              ", which means nothing here: a name with characters other than letters, digits and _ "
              "stands in double quotes, a text in single ones";
  return {TokenKind::kBad, length};
}

/// The byte `ahead` of the next one; zero behind the end.
char Lexer::byte(std::size_t ahead) const {
  return ahead < text_.size() - at_ ? text_[at_ + ahead] : '\0';
}

void Lexer::advance(std::size_t bytes) {
  const std::size_t end = at_ + bytes;
  while (at_ < end) {
    if (text_[at_] == '\n') {
      ++place_.line;
      place_.column = 1;
      ++at_;
    } else {
      const bool is_ascii = static_cast<unsigned char>(text_[at_]) < 0x80;
      ++place_.column;
      at_ += is_ascii ? 1 : std::max<std::size_t>(utf8_length_at(text_, at_), 1);
    }
  }
}

std::string_view unquoted(std::string_view token_text, std::pmr::memory_resource& memory) {
  const char quote = token_text.front();
  const std::string_view inner = token_text.substr(1, token_text.size() - 2);
  if (inner.find(quote) == std::string_view::npos) return inner;
  std::string out;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    out += inner[i];
    if (inner[i] == quote) ++i;
  }
  return kept(out, memory);
}

std::string_view lower_case(std::string_view text, std::pmr::memory_resource& memory) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (std::none_of(text.begin(), text.end(), is_capital)) return text;
  std::string out(text);
  for (char& c : out)
    if (is_capital(c)) c = static_cast<char>(c - 'A' + 'a');
  return kept(out, memory);
}

std::string upper_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = capital(c);
  return out;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         std::all_of(name.begin(), name.end(), is_name_byte) && !is_reserved_code(code_of(name)) &&
         !is_clock(name) && !same_word(name, "DISTINCT");
}

bool is_reserved(const Token& token) {
  return is_reserved_code(token.code);
}

bool is_clock(std::string_view word) {
  return std::any_of(kClocks.begin(), kClocks.end(), [word](std::string_view each) {
    return each.size() == word.size() && same_word(each, word);
  });
}

}  // namespace streamonce::handler::views
