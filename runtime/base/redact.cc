#include "runtime/base/redact.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>

namespace streamonce {
namespace {

/// Words of DynamoDB's and SQLite's refusals, and the numbers of their limits, in small letters,
/// sorted.
constexpr std::string_view kWords =
    "0 1 100 1024 15 16 1kb 2 2048 24 25 255 3 32 38 4 400 400kb 65535 a abort aborted "
    "access accessed account action actual add after_sequence_number again aggregated all "
    "allowed allows already also an and any api are array as assume at at_sequence_number "
    "attempt attempted attempting attribute attributename attributenames attributes "
    "attributevalue authorization authorized automatically available b backups bad base64 "
    "based batchgetitem be because been before behind beyond big binary blob bool boolean "
    "both boundary bs busy but by bytes callback can cancelled cannot capacity change "
    "changed character characters check clientrequesttoken code collection column columns "
    "composite concurrent concurrently condition conditional conditioncheck configured "
    "conflict conflicted conflicts consider constraint constraints contain contains control "
    "converted corrupt corrupted could count creating credentials current currently cursor "
    "data database datatype datatypes deep delete deleted deleteitem demand denied deny "
    "depth describestream detected different digits disk do document does double due "
    "duplicate duplicated duplicates dynamodb element elements empty enabled encountered "
    "encryption end ended endingsequencenumber endpoint enough equal error errors exactly "
    "exceed exceeded exceeds exceptions exclusivestartkey exist existent exists expected "
    "expired expires explicit exponent expression extra failed fails failure fetch fewer field "
    "fields file find first fixed following for forbidden foreign format found from full "
    "function functions general getrecords getsharditerator given greater group has hash "
    "hashkey have horizon hot hours idempotent identical identity ignored image in "
    "inaccessible include includes incorrect increasing index indexed indexes input integer "
    "internal interrupted into invalid io is it item items iterator iterators its json kb "
    "key keys keyschema kind l large larger later latest length less level levels library "
    "limit limited limits list lists local lock locked locking logic long m magnitude "
    "malformed many map match matches max maximum may mb member members memory met min "
    "minimum minutes mismatch missing misuse mode more most multiple must n name names "
    "negative nesting new nextsharditerator no non not ns null number numbers numeric object "
    "of offset older oldest on one ongoing only open operation operations or other otherwise "
    "out over overflow overlaps parameter parameters parse parser part parts past path "
    "pattern per perform permission permissions please policies policy position positive "
    "precision primary processing progress protocol provide provided provisioned "
    "provisioning put putitem query range rangekey rate read readers readonly real reasons "
    "record records recursion reduce refer refused regular reject rejected request requested "
    "requests required reserved resource resources restarting restore result retries retry "
    "role rollback row rows s same satisfy scaling schema schemas second secondary security "
    "sequence sequencenumber sequencenumbers serialization service session set sets shard "
    "shardid shardids sharditerator sharditerators sharditeratortype shards short shortly "
    "significant simultaneous simultaneously single size slow small so sort specified sql ss "
    "start starting startingsequencenumber state statement store stored storing stream "
    "streamarn streamlabel streamviewtype string strings structure subscriber such supplied "
    "supply support supported supports syntax table tablename tables temporarily temporary "
    "text than that the their then there they this throttled throttling throughput time "
    "timeout to token tokens too transaction transactions transactitems transactwriteitems "
    "tried trigger triggers trigonometric trim trim_horizon trimmed true try two type types "
    "unable unavailable under underflow unexpected unicode unique units unknown unrecognized "
    "unsupported up update updated updatetable use used user using utf8 valid validation "
    "value values version view violated vpc was were when where which while will window with "
    "within without write writes wrong your zero zeros";

constexpr std::string_view kMask = "***";

// A form that is longer than a line is in two pieces.
// NOLINTBEGIN(bugprone-suspicious-missing-comma)
/// Messages that quote something, as a whole. `*` stands for any text, and is masked; `%` stands
/// for one of kWords, and stays. A full stop behind a message counts for nothing.
constexpr std::string_view kForms[] = {
    // DynamoDB. Source: API reference, TransactWriteItems, "CancellationReason"; developer guide,
    // "Error handling"; DynamoDB Local, LocalDBClientExceptionMessage.
    "Input collection * contains duplicates",
    "One or more parameter values were invalid: Input collection * contains duplicates",
    "One or more parameter values were invalid: Type mismatch for key",
    "One or more parameter values were invalid: Type mismatch for key * expected: % actual: %",
    "One or more parameter values were invalid: Type mismatch for Index Key",
    "One or more parameter values were invalid: Type mismatch for Index Key * Expected: % Actual: "
    "% IndexName: *",
    "One or more parameter values were invalid: Missing the key * in the item",
    "One or more parameter values were invalid: An AttributeValue may not contain an empty string",
    "One or more parameter values were invalid: An AttributeValue may not contain an empty string. "
    "Key: *",
    "One or more parameter values were invalid: An AttributeValue may not contain an empty set",
    "One or more parameter values were invalid: An string set  may not be empty",
    "One or more parameter values were invalid: An string set  may not have a empty string as a "
    "member",
    "One or more parameter values were invalid: An number set  may not be empty",
    "One or more parameter values were invalid: Binary sets should not be empty",
    "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
    "limit of2048 bytes",
    "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
    "limit of 2048 bytes",
    "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the "
    "size limit of 1024 bytes",
    "One or more parameter values were invalid: Condition parameter type does not match schema "
    "type",
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
    "contain an empty % value. Key: *",
    "One or more parameter values are not valid. A value specified for a secondary index key is "
    "not supported. The AttributeValue for a key attribute cannot contain an empty % value. "
    "IndexName: *, IndexKey: *",
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes: *",
    "The parameter cannot be converted to a numeric value: *",
    "A value provided cannot be converted into a number: *",
    "% validation error detected: Value * at '%' failed to satisfy constraint: Member must not be "
    "null",
    "% validation error detected: Value * at '%' failed to satisfy constraint: Member must have "
    "length less than or equal to %",
    "% validation error detected: Value * at '%' failed to satisfy constraint: Member must have "
    "length greater than or equal to %",
    "% validation error detected: Value * at '%' failed to satisfy constraint: Member must satisfy "
    "regular expression pattern: *",
    "% validation error detected: Value * at '%' failed to satisfy constraint: Member must satisfy "
    "enum value set: *",
    "% validation error detected: Value * at * failed to satisfy constraint: *",
    "* validation errors detected: *",
    "An operand in the update expression has an incorrect data type",
    "Requested resource not found: Table: * not found",
    "Invalid SequenceNumber: *",
    "Invalid ShardIterator: *",
    "Invalid StreamArn: *",
    "Invalid ShardId: *",
    // SQLite. Source: its source text, sqlite3.c 3.40, sqlite3ErrStr and its functions of JSON.
    "disk I/O error",
    "JSON path error near *",
    "bad JSON path: *",
    "near *: syntax error",
    "no such table: *",
    "no such column: *",
    "no such function: *",
    "table * has no column named *",
    "wrong number of arguments to function *",
    // libcurl. Source: its source text, 7.88, the callers of failf() in lib/.
    "SSL certificate problem: unable to get local issuer certificate",
    "SSL certificate problem: unable to get issuer certificate",
    "SSL certificate problem: unable to verify the first certificate",
    "SSL certificate problem: self-signed certificate",
    "SSL certificate problem: self-signed certificate in certificate chain",
    "SSL certificate problem: certificate has expired",
    "SSL certificate problem: certificate is not yet valid",
    "SSL certificate problem: certificate signature failure",
    "SSL certificate problem: invalid CA certificate",
    "SSL certificate problem: unsuitable certificate purpose",
    "SSL certificate problem: EE certificate key too weak",
    "SSL certificate problem: CA certificate key too weak",
    "SSL certificate problem: CA signature digest algorithm too weak",
    "SSL certificate problem: *",
    "SSL: no alternative certificate subject name matches target host name *",
    "SSL: certificate subject name * does not match target host name *",
    "SSL: unable to obtain common name from peer certificate",
    "OpenSSL SSL_connect: * in connection to *",
    "OpenSSL SSL_read: *, errno *",
    "OpenSSL SSL_write: *, errno *",
    "Recv failure: Connection reset by peer",
    "Recv failure: *",
    "Send failure: Connection reset by peer",
    "Send failure: Broken pipe",
    "Send failure: *",
    "Received HTTP/0.9 when not allowed",
    "Unsupported HTTP version in response",
    "Unsupported HTTP/1 subversion in response",
    "Unsupported response code in HTTP response",
    "Header without colon",
    "Nul byte in header",
    "Invalid Content-Length: value",
    "Illegal or missing hexadecimal sequence in chunked-encoding",
    "Unrecognized content encoding type. *",
    "Protocol * not supported or disabled in libcurl",
    "Out of memory",
    "Failed writing header",
    "transfer closed with * bytes remaining to read",
    "transfer closed with outstanding read data remaining",
    "Proxy CONNECT aborted",
    "CONNECT response too large",
    // OpenSSL. Source: its source text, 3.0, ssl/ssl_err.c.
    "certificate verify failed",
    "dh key too small",
    "http request",
    "no protocols available",
    "packet length too long",
    "ssl/tls alert handshake failure",
    "sslv3 alert bad certificate",
    "sslv3 alert handshake failure",
    "tlsv1 alert access denied",
    "tlsv1 alert decode error",
    "tlsv1 alert internal error",
    "tlsv1 alert protocol version",
    "tlsv1 alert unknown ca",
    "tlsv1 unrecognized name",
    "tlsv13 alert certificate required",
    "unexpected eof while reading",
    "unsupported protocol",
    "wrong signature type",
    "wrong ssl version",
    "wrong version number",
};
// NOLINTEND(bugprone-suspicious-missing-comma)

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

constexpr std::string_view kLongestWord = *std::max_element(
    kSortedWords.begin(), kSortedWords.end(), [](auto a, auto b) { return a.size() < b.size(); });
constexpr std::size_t kWordLengthMax = kLongestWord.size();

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

/// The part of `message` that is looked at: whole words within kRedactedBytesMax.
std::string_view beginning_of(std::string_view message) {
  if (message.size() <= kRedactedBytesMax) return message;
  const std::size_t end = message.rfind(' ', kRedactedBytesMax);
  return message.substr(0, end == std::string_view::npos ? 0 : end);
}

/// Replaces each run of words for which `stays` is false.
template <class Stays>
std::string redact_but(std::string_view message, Stays stays) {
  std::string text;
  bool masked = false;  // whether the latest word was
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

/// The place in `form` of its first `*` or `%`, or its end.
std::size_t hole_in(std::string_view form) {
  return std::min(form.find_first_of("*%"), form.size());
}

/// How much of `message` stands in a hole of a form whose rest is `behind`. The hole ends where the
/// form's next fixed part is first found, or, if that is the last part, where the message ends with
/// it.
std::optional<std::size_t> length_of_hole(std::string_view message, std::string_view behind) {
  const std::string_view next = behind.substr(0, hole_in(behind));
  if (next.size() == behind.size()) {
    if (!message.ends_with(next)) return std::nullopt;
    return message.size() - next.size();
  }
  const std::size_t place = message.find(next);
  return place == std::string_view::npos ? std::nullopt : std::optional(place);
}

/// What may be told of `message` if it is of the form `form`.
std::optional<std::string> told_as(std::string_view form, std::string_view message) {
  std::string told;
  for (;;) {
    const std::string_view fixed = form.substr(0, hole_in(form));
    if (!message.starts_with(fixed)) return std::nullopt;
    told += fixed;
    message.remove_prefix(fixed.size());
    if (fixed.size() == form.size()) return message.empty() ? std::optional(told) : std::nullopt;
    const bool is_of_word = form[fixed.size()] == '%';
    form.remove_prefix(fixed.size() + 1);
    const std::optional<std::size_t> length = length_of_hole(message, form);
    if (!length) return std::nullopt;
    const std::string_view content = message.substr(0, *length);
    if (is_of_word && !is_known(content)) return std::nullopt;
    told += is_of_word ? content : kMask;
    message.remove_prefix(*length);
  }
}

std::optional<std::string> told_as_known_form(std::string_view message) {
  for (const std::string_view form : kForms) {
    if (std::optional<std::string> told = told_as(form, message)) return told;
    if (!message.ends_with('.')) continue;
    if (std::optional<std::string> told = told_as(form, message.substr(0, message.size() - 1)))
      return *told + '.';
  }
  return std::nullopt;
}

/// Where a message begins to quote: at a quotation mark, a bracket, a colon, an equals sign, or
/// what is no printable ASCII. The end of a plural (`value(s)`) does not count.
std::size_t quotation_in(std::string_view message) {
  constexpr std::string_view kMarks = "\"'`()[]{}<>:=";
  for (std::size_t i = 0; i < message.size(); ++i) {
    const auto byte = static_cast<unsigned char>(message[i]);
    if (i > 0 && is_word_char(message[i - 1]) && message.substr(i).starts_with("(s)")) {
      i += 2;
    } else if (byte < ' ' || byte > '~' || kMarks.find(message[i]) != std::string_view::npos) {
      return i;
    }
  }
  return message.size();
}

/// Whether `word` is a name such as `arn:aws:dynamodb:eu-west-1:123456789012:table/orders` or
/// `dynamodb:PutItem`.
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
  if (std::optional<std::string> told = told_as_known_form(message)) return *std::move(told);
  const std::string_view looked_at = beginning_of(message);
  const std::size_t end = quotation_in(looked_at);
  std::string text = redact_but(looked_at.substr(0, end), is_harmless);
  const std::string_view quoted = looked_at.substr(end);
  if (quoted.empty() || text.ends_with(kMask)) return text;
  if (quoted.front() == ':') text += ':';
  if (!text.empty()) text += ' ';
  return text.append(kMask);
}

std::string redact_keeping_names(std::string_view message,
                                 std::span<const std::string_view> secrets) {
  return redact_but(beginning_of(message), [secrets](std::string_view word) {
    return is_harmless(word) || (is_name(word) && !holds_part_of(word, secrets));
  });
}

}  // namespace streamonce
