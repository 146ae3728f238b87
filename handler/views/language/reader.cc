#include "handler/views/language/reader.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "handler/views/language/expression_reader.h"
#include "handler/views/language/refusals.h"
#include "handler/views/language/token_stream.h"
#include "runtime/base/kept.h"
#include "runtime/base/text.h"
#include "runtime/base/text_encoding.h"

namespace streamonce::handler::views {
namespace {

/// How many statements there is room for from the beginning: what has more of them moves those that
/// it has read.
constexpr std::size_t kStatementsUsual = 100;

/// How much larger than its text a tree usually is, with the text in it.
constexpr std::size_t kTreeByText = 9;
constexpr std::size_t kTreeBytesLeast = 1024;

constexpr std::string_view kStatementWanted =
    "CREATE SOURCE name KEY (attribute); or CREATE VIEW name AS SELECT ...;";

class StatementReader {
 public:
  explicit StatementReader(std::string_view text)
      : memory_(std::make_shared<TreeMemory>(std::max(text.size() * kTreeByText, kTreeBytesLeast))),
        tokens_(kept(text, *memory_)),
        expressions_(tokens_, *memory_) {}

  ReadScript read();

 private:
  void read_statement();
  void read_source(Place place);
  void read_view(Place place);
  std::span<const Name> read_key();
  std::span<const ViewOption> read_options();
  ViewOption read_option();
  const Name* kept_name(std::string_view wanted) {
    return kept_value(expressions_.read_name(wanted), *memory_);
  }
  Select read_select();
  void pass_distinct();
  SelectItem read_item();
  void read_exclude(SelectItem& star);
  void read_alias(SelectItem& item);
  void read_from(Select& select);
  void read_unnest(Select& select);
  void pass_joins();
  void read_group_by(Select& select);
  void read_end();
  bool ends_refused_clause() const;
  bool at_alias_without_as() const;

  const std::shared_ptr<TreeMemory> memory_;
  TokenStream tokens_;
  ExpressionReader expressions_;
  std::vector<SelectItem> items_;  // of the SELECT that is read
  ReadScript read_;
};

ReadScript StatementReader::read() {
  read_.script.memory = memory_;
  read_.script.statements.reserve(kStatementsUsual);
  while (!tokens_.at_end()) {
    if (tokens_.accept(";")) continue;
    read_statement();
    if (tokens_.stopped()) tokens_.recover();
  }
  read_.faults = tokens_.take_faults();
  return std::move(read_);
}

void StatementReader::read_statement() {
  const Place place = tokens_.token().place;
  if (!tokens_.at("CREATE") && !tokens_.stopped())
    tokens_.stop(place, "found " + describe(tokens_.token()) + ": expected " +
                            std::string(kStatementWanted));
  tokens_.take();
  if (tokens_.accept("SOURCE")) {
    read_source(place);
  } else if (tokens_.accept("VIEW")) {
    read_view(place);
  } else if (tokens_.at("OR")) {
    tokens_.stop_expecting("CREATE VIEW, without OR REPLACE: the text says what views there are");
  } else {
    tokens_.stop_expecting("SOURCE or VIEW behind CREATE");
  }
}

void StatementReader::read_source(Place place) {
  SourceStatement source;
  source.place = place;
  source.name = expressions_.read_name("the name of the source's table");
  if (!tokens_.at("KEY"))
    tokens_.stop_expecting("KEY and the table's key attributes: CREATE SOURCE name KEY (pk, sk);");
  source.key = read_key();
  read_end();
  if (tokens_.stopped())
    read_.lacks_sources = true;
  else
    read_.script.statements.emplace_back(source);
}

void StatementReader::read_view(Place place) {
  ViewStatement view;
  view.place = place;
  view.name = expressions_.read_name("the name of the view, which is its table's");
  if (tokens_.at("KEY")) view.key = read_key();
  if (tokens_.accept("WITH")) view.options = read_options();
  if (tokens_.at("KEY"))
    tokens_.stop(tokens_.token().place, "found KEY: it stands before WITH, and once");
  if (tokens_.at("SELECT"))
    tokens_.tell(tokens_.token().place, "found \"SELECT\": expected AS before it");
  else
    tokens_.expect("AS", view.key.empty() ? "KEY, WITH or AS SELECT behind the view's name"
                                          : "WITH or AS SELECT behind the view's KEY");
  view.select = read_select();
  read_end();
  if (!tokens_.stopped()) read_.script.statements.emplace_back(view);
}

std::span<const Name> StatementReader::read_key() {
  tokens_.take();
  std::vector<Name> key;
  tokens_.expect("(", "the key attributes in brackets: KEY (pk) or KEY (pk, sk)");
  do {
    if (key.size() == 2) {
      tokens_.stop(tokens_.token().place,
                   "found a third key attribute: a table of DynamoDB's has one or two; put parts "
                   "together with ||");
    }
    key.push_back(expressions_.read_name("the name of a key attribute"));
  } while (tokens_.accept(","));
  tokens_.expect(")", "a comma, or ) behind the key attributes");
  return kept(key, *memory_);
}

std::span<const ViewOption> StatementReader::read_options() {
  std::vector<ViewOption> options;
  tokens_.expect("(", "the options in brackets: WITH (expiry = 'keep')");
  do {
    if (options.size() == kOperandsMax)
      tokens_.stop(tokens_.token().place, "found more options than there are");
    options.push_back(read_option());
  } while (tokens_.accept(","));
  tokens_.expect(")", "a comma, or ) behind the options");
  return kept(options, *memory_);
}

ViewOption StatementReader::read_option() {
  ViewOption option;
  option.name = expressions_.read_name("the name of an option: WITH (expiry = 'keep')");
  tokens_.expect("=", "= and the option's value in single quotes");
  const Token value = tokens_.token();
  option.value_place = value.place;
  if (value.kind == TokenKind::kText || value.kind == TokenKind::kQuotedName) {
    option.value = unquoted(value.text, *memory_);
  } else if (value.kind == TokenKind::kNumber || value.kind == TokenKind::kWord) {
    option.value = value.text;
  } else {
    tokens_.stop_expecting("the option's value in single quotes");
  }
  if (value.kind != TokenKind::kText) {
    tokens_.tell(value.place, "found " + describe(value) +
                                  ": an option's value stands in single quotes: '" +
                                  without_control_characters(option.value) + "'");
  }
  tokens_.take();
  return option;
}

Select StatementReader::read_select() {
  Select select;
  select.place = tokens_.token().place;
  tokens_.expect("SELECT",
                 tokens_.at("(") ? "SELECT, without a bracket before it" : "SELECT behind AS");
  pass_distinct();
  items_.clear();
  do {
    if (items_.size() == kItemsMax) {
      tokens_.stop(tokens_.token().place,
                   "found more than " + std::to_string(kItemsMax) + " items in one SELECT");
    }
    items_.push_back(read_item());
  } while (tokens_.accept(","));
  select.items = kept(items_, *memory_);
  tokens_.expect("FROM", "a comma and another item, or FROM and the source's name");
  read_from(select);
  if (tokens_.accept("WHERE")) select.where = kept_value(expressions_.read(), *memory_);
  if (tokens_.at("GROUP")) read_group_by(select);
  if (tokens_.at("WHERE"))
    tokens_.stop(tokens_.token().place, "found WHERE behind GROUP BY: it stands before it");
  return select;
}

/// SELECT DISTINCT is told, and read over. It may as well be an attribute.
void StatementReader::pass_distinct() {
  if (!tokens_.at("DISTINCT")) return;
  const Token& next = tokens_.following();
  const bool is_item = (next.kind == TokenKind::kWord && !next.is("FROM") && !next.is("AS")) ||
                       next.kind == TokenKind::kQuotedName || next.is("(");
  if (!is_item) return;
  tokens_.tell(tokens_.token().place, std::string(refusal_of(tokens_.token())));
  tokens_.take();
}

SelectItem StatementReader::read_item() {
  SelectItem item;
  item.place = tokens_.token().place;
  if (tokens_.at("FROM"))
    tokens_.stop_expecting(
        "an item: *, an attribute, or an expression AS its name; no comma "
        "stands before FROM");
  if (tokens_.accept("*")) {
    item.is_star = true;
    read_exclude(item);
  } else {
    item.expression = expressions_.read();
    read_alias(item);
  }
  return item;
}

void StatementReader::read_exclude(SelectItem& star) {
  if (tokens_.at("EXCEPT")) {
    tokens_.tell(tokens_.token().place, "found EXCEPT: attributes are left out with EXCLUDE (..)");
    tokens_.take();
  } else if (!tokens_.accept("EXCLUDE")) {
    return;
  }
  tokens_.expect("(", "the paths in brackets: * EXCLUDE (email, address.street)");
  std::vector<ExcludedPath> excluded;
  do {
    if (excluded.size() == kItemsMax) {
      tokens_.stop(tokens_.token().place,
                   "found more than " + std::to_string(kItemsMax) + " paths in EXCLUDE");
    }
    const Place place = tokens_.token().place;
    excluded.push_back({expressions_.read_path(), place});
  } while (tokens_.accept(","));
  star.exclude = kept(excluded, *memory_);
  tokens_.expect(")", "a comma, or ) behind the paths of EXCLUDE");
}

bool StatementReader::at_alias_without_as() const {
  const Token& token = tokens_.token();
  if (token.kind == TokenKind::kQuotedName) return true;
  return token.kind == TokenKind::kWord && !is_reserved(token) && refusal_of(token).empty();
}

void StatementReader::read_alias(SelectItem& item) {
  if (at_alias_without_as()) {
    tokens_.tell(tokens_.token().place,
                 "found " + describe(tokens_.token()) +
                     ": expected a comma, or AS before the name that the item is to have");
  } else if (!tokens_.accept("AS")) {
    return;
  }
  item.alias = kept_name("the name that the item is to have");
}

void StatementReader::read_from(Select& select) {
  if (tokens_.at("("))
    tokens_.stop(tokens_.token().place,
                 "found a bracket: expected the name of a source; there are no subqueries, and a "
                 "view cannot be made from a view");
  select.source = expressions_.read_name("the name of a source");
  if (at_alias_without_as()) {
    tokens_.tell(tokens_.token().place, "found " + describe(tokens_.token()) +
                                            ": expected AS before an alias: FROM orders AS o");
    select.source_alias = kept_name("an alias");
  } else if (tokens_.accept("AS")) {
    select.source_alias = kept_name("an alias of the source");
  }
  if (tokens_.accept(",")) read_unnest(select);
  if (tokens_.at(","))
    tokens_.stop(tokens_.token().place,
                 "found a third name in FROM: one list or set of the item can be unnested");
  pass_joins();
}

void StatementReader::read_unnest(Select& select) {
  Unnest unnest;
  unnest.place = tokens_.token().place;
  const Token& following = tokens_.following();
  if (following.is("("))
    tokens_.stop(unnest.place,
                 "found a function: expected the path of a list or set of the item, "
                 "as in FROM orders AS o, o.lines AS l");
  unnest.path = expressions_.read_path();
  constexpr std::string_view kWanted =
      "AS and a name for the element: FROM orders AS o, o.lines AS l";
  if (unnest.path.size() == 1 && !tokens_.at("AS")) {
    tokens_.stop(unnest.place,
                 "no JOIN: a second name in FROM is a list or set of the item, with an alias: "
                 "FROM orders AS o, o.lines AS l");
  }
  if (at_alias_without_as())
    tokens_.tell(tokens_.token().place,
                 "found " + describe(tokens_.token()) + ": expected " + std::string(kWanted));
  else
    tokens_.expect("AS", kWanted);
  unnest.alias = expressions_.read_name("an alias of the element");
  if (tokens_.accept("AT"))
    unnest.position = kept_name("a name for the element's place, which counts from 0");
  select.unnest = kept_value(unnest, *memory_);
}

/// JOINs are told, once, and read over.
void StatementReader::pass_joins() {
  if (!begins_join(tokens_.token())) return;
  tokens_.tell(tokens_.token().place, std::string(refusal_of(tokens_.token())));
  while (!ends_refused_clause() && !tokens_.at("WHERE") && !tokens_.at("GROUP")) tokens_.take();
}

void StatementReader::read_group_by(Select& select) {
  tokens_.take();
  tokens_.expect("BY", "BY behind GROUP");
  std::vector<Expression> group_by;
  do {
    if (group_by.size() == 2) {
      tokens_.stop(tokens_.token().place,
                   "found a third expression in GROUP BY: each is a key attribute, and a table "
                   "has one or two; put parts together with ||");
    }
    group_by.push_back(expressions_.read());
  } while (tokens_.accept(","));
  select.group_by = kept(group_by, *memory_);
}

/// Takes the `;`. Clauses of SQL that are not for views are told, and read over.
void StatementReader::read_end() {
  while (begins_refused_clause(tokens_.token())) {
    tokens_.tell(tokens_.token().place, std::string(refusal_of(tokens_.token())));
    do tokens_.take();
    while (!ends_refused_clause());
  }
  if (tokens_.accept(";") || tokens_.stopped()) return;
  if (tokens_.at_end() || tokens_.at_statement()) {
    tokens_.tell(tokens_.token().place,
                 "found " + describe(tokens_.token()) + ": a ; is missing before it");
    return;
  }
  tokens_.stop_expecting("an operator, the next clause, or ; at the end of the statement");
}

bool StatementReader::ends_refused_clause() const {
  return tokens_.at_end() || tokens_.stopped() || tokens_.at(";") || tokens_.at_statement() ||
         begins_refused_clause(tokens_.token());
}

}  // namespace

ReadScript read_script(std::string_view text) {
  ReadScript refused;
  if (text.size() > kScriptBytesMax) {
    refused.faults.push_back({{},
                              "the text has " + std::to_string(text.size()) + " bytes: expected " +
                                  std::to_string(kScriptBytesMax) + " at most"});
    return refused;
  }
  if (const std::string_view complaint = utf16_complaint(text); !complaint.empty()) {
    refused.faults.push_back({{}, std::string(complaint)});
    return refused;
  }
  return StatementReader(without_byte_order_mark(text)).read();
}

}  // namespace streamonce::handler::views
