#include "handler/views/language/refusals.h"

#include <algorithm>
#include <array>
#include <vector>

#include "runtime/base/text.h"

namespace streamonce::handler::views {
namespace {

/// Words, in capital letters and with a blank behind each, that are refused for one reason.
struct Refusal {
  std::string_view words;
  std::string_view message;
};

constexpr std::string_view kJoinWords =
    "JOIN INNER LEFT RIGHT FULL CROSS OUTER NATURAL LATERAL ON USING ";
constexpr std::string_view kTailWords =
    "ORDER HAVING LIMIT OFFSET FETCH UNION INTERSECT EXCEPT MINUS WINDOW QUALIFY ";

constexpr std::array kRefusals{
    Refusal{kJoinWords, kJoinRefusal},
    Refusal{"ORDER ",
            "no ORDER BY: a table has no order of its own; the second attribute of KEY sorts the "
            "rows of a partition"},
    Refusal{"HAVING ",
            "no HAVING: a group's row is there once an item has been in it; select the rows when "
            "you read them, and items with WHERE"},
    Refusal{"LIMIT OFFSET FETCH ",
            "no LIMIT: a view has a row for each item that WHERE takes; limit when you read it"},
    Refusal{"UNION INTERSECT EXCEPT MINUS ",
            "no second SELECT: a view is one SELECT; combine conditions with OR and AND, or make "
            "two views"},
    Refusal{"SELECT ",
            "no second SELECT: a view is one SELECT over one source, without subqueries; make "
            "a second view"},
    Refusal{"OVER FILTER PARTITION WINDOW QUALIFY WITHIN ",
            "no window functions: a row is made of one item, or of a group with GROUP BY; for a "
            "sum of some items, SUM(CASE WHEN condition THEN x END)"},
    Refusal{"DISTINCT ",
            "no DISTINCT: rows with the same key are one row anyway; to have each value once, "
            "GROUP BY it with COUNT(*)"},
    Refusal{"LIKE ILIKE RLIKE REGEXP SIMILAR GLOB ",
            "no LIKE: begins_with(x, 'start') and contains(x, 'part') are there, as in DynamoDB"},
    Refusal{"MATERIALIZED TEMPORARY TEMP ", "expected CREATE VIEW: every view is a table here"},
    Refusal{"TABLE ",
            "expected CREATE SOURCE, for a table that is read, or CREATE VIEW, for one that is "
            "kept"},
    Refusal{"REPLACE ",
            "no OR REPLACE: the text says what views there are; write CREATE VIEW, and run verify "
            "--repair after a change"},
    Refusal{"IF ", "no IF NOT EXISTS: the text says what views there are; write CREATE VIEW name"},
    Refusal{"PRIMARY ", "expected KEY: write KEY (attribute) or KEY (attribute, attribute)"},
    Refusal{"INSERT UPDATE DELETE DROP ALTER ",
            "expected CREATE SOURCE or CREATE VIEW: a views.sql says what tables are, and changes "
            "none"},
    Refusal{"UNNEST FLATTEN ", "no UNNEST: name the path itself: FROM orders AS o, o.lines AS l"},
};

constexpr std::array kSymbolRefusals{
    Refusal{"==", "found ==: one = compares"},
    Refusal{"&&", "found &&: conditions are joined with AND"},
    Refusal{":", "found a colon: there are no parameters; write the value itself, 'text' or 5"},
};

constexpr std::array kFunctionRefusals{
    Refusal{"min max ",
            "when the least or greatest item goes, the next one is not known; use "
            "a view whose KEY sorts by the value, and read its first or last row"},
    Refusal{"avg average mean ",
            "write SUM(x) AS x_sum, COUNT(x) AS x_count, and divide when you read"},
    Refusal{"now rand random uuid newid gen_random_uuid uuid_generate_v4 getdate sysdate curdate "
            "curtime utcnow utc_timestamp unix_timestamp current_timestamp current_date "
            "current_time localtimestamp localtime current_user today clock_timestamp ",
            kClockRefusal},
    Refusal{"median mode stddev variance percentile array_agg string_agg listagg group_concat "
            "json_agg any_value first last first_value last_value bit_and bool_or ",
            "the aggregates are COUNT and SUM: those of which an item can be taken back exactly"},
    Refusal{
        "row_number rank dense_rank lag lead ntile ",
        "there are no window functions: a row is made of one item, or of a group with GROUP BY"},
    Refusal{"div mod divide power sqrt ",
            "a division is not exact; keep both numbers, and divide when you read"},
    Refusal{"concat concat_ws ", "texts are joined with ||: first || ' ' || last"},
    Refusal{"length len character_length ",
            "CHAR_LENGTH(s) counts the characters of a text; size(x) is DynamoDB's size"},
    Refusal{"substr mid left right ", "SUBSTRING(s, start, length) is there; start counts from 1"},
    Refusal{"ifnull nvl isnull ", "COALESCE(x, y) is x, or y where x is NULL or MISSING"},
    Refusal{"if iif decode choose greatest least ", "write CASE WHEN condition THEN x ELSE y END"},
    Refusal{"ucase toupper ", "UPPER(s) is there"},
    Refusal{"lcase tolower ", "LOWER(s) is there"},
    Refusal{"ltrim rtrim btrim strip ", "TRIM(s) is there, and takes spaces away at both ends"},
    Refusal{"instr position strpos charindex locate includes ",
            "contains(x, 'part') is there, as in DynamoDB"},
    Refusal{"starts_with startswith ", "begins_with(x, 'start') is there, as in DynamoDB"},
    Refusal{"exists ", "attribute_exists(path) is there; there are no subqueries"},
    Refusal{"to_char to_string str string text varchar ", "write CAST(x AS STRING)"},
    Refusal{"to_number number int float decimal ", "write CAST(x AS NUMBER)"},
    Refusal{"split string_split ", "SPLIT_PART(s, separator, n) gives the n-th part, from 1"},
    Refusal{"md5 sha sha1 sha512 hash hex ", "SHA256(x) is there"},
    Refusal{"from_unixtime to_timestamp ", "TO_ISO8601(seconds) is there"},
    Refusal{"to_unixtime epoch parse_timestamp ", "TO_EPOCH(text) is there"},
};

/// Whether `words` has `word`, in any case.
bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = words.find(' ');
    if (same_word(words.substr(0, end), word)) return true;
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return false;
}

/// The most letters of a name that others are held against.
constexpr std::size_t kComparedMax = 40;

/// How many letters must be added, left out or changed to make `b` of `a`, whatever their case.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = same_word(a.substr(i, 1), b.substr(j, 1)) ? 0 : 1;
      const std::size_t best = std::min({diagonal + change, row[j] + 1, row[j + 1] + 1});
      diagonal = row[j + 1];
      row[j + 1] = best;
    }
  }
  return row.back();
}

}  // namespace

std::string_view refusal_of(const Token& token) {
  if (token.kind == TokenKind::kSymbol) {
    for (const Refusal& each : kSymbolRefusals)
      if (each.words == token.text) return each.message;
  }
  if (token.kind != TokenKind::kWord) return {};
  for (const Refusal& each : kRefusals)
    if (has_word(each.words, token.text)) return each.message;
  return {};
}

bool begins_refused_clause(const Token& token) {
  return token.kind == TokenKind::kWord && has_word(kTailWords, token.text);
}

bool begins_join(const Token& token) {
  return token.kind == TokenKind::kWord && !is_reserved(token) && has_word(kJoinWords, token.text);
}

std::string_view refusal_of_function(std::string_view call) {
  for (const Refusal& each : kFunctionRefusals)
    if (has_word(each.words, call)) return each.message;
  return {};
}

// More changes than for a third of the name make another name of it.
Suggestion::Suggestion(std::string_view wrong)
    : wrong_(wrong),
      changes_less_than_(std::min<std::size_t>(wrong.size() / 3, 2) + 1) {}

void Suggestion::consider(std::string_view known) {
  if (wrong_.size() > kComparedMax || known.size() > kComparedMax) return;
  const std::size_t changes = distance(wrong_, known);
  if (changes >= changes_less_than_) return;
  changes_less_than_ = changes;
  nearest_ = known;
}

std::string Suggestion::text() const {
  return nearest_.empty() ? std::string() : "; did you mean " + quoted_excerpt(nearest_) + '?';
}

}  // namespace streamonce::handler::views
