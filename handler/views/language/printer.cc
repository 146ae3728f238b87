#include "handler/views/language/printer.h"

#include <cstddef>
#include <span>
#include <string_view>

#include "handler/views/language/function_names.h"
#include "handler/views/language/token.h"
#include "runtime/base/text.h"

namespace streamonce::handler::views {
namespace {

/// How tightly an expression holds together: what is looser than its place wants has brackets.
enum class Tightness : std::uint8_t {
  kOr,
  kAnd,
  kNot,
  kComparison,
  kConcatenation,
  kSum,
  kProduct,
  kNegation,
  kPrimary,
};

Tightness tighter(Tightness tightness) {
  return static_cast<Tightness>(static_cast<int>(tightness) + 1);
}

Tightness tightness_of(ExpressionKind kind) {
  switch (kind) {
    case ExpressionKind::kOr:
      return Tightness::kOr;
    case ExpressionKind::kAnd:
      return Tightness::kAnd;
    case ExpressionKind::kNot:
      return Tightness::kNot;
    case ExpressionKind::kEqual:
    case ExpressionKind::kNotEqual:
    case ExpressionKind::kLess:
    case ExpressionKind::kLessOrEqual:
    case ExpressionKind::kGreater:
    case ExpressionKind::kGreaterOrEqual:
    case ExpressionKind::kBetween:
    case ExpressionKind::kIn:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsMissing:
      return Tightness::kComparison;
    case ExpressionKind::kConcatenate:
      return Tightness::kConcatenation;
    case ExpressionKind::kAdd:
    case ExpressionKind::kSubtract:
      return Tightness::kSum;
    case ExpressionKind::kMultiply:
      return Tightness::kProduct;
    case ExpressionKind::kNegate:
      return Tightness::kNegation;
    default:
      return Tightness::kPrimary;
  }
}

std::string_view operator_of(ExpressionKind kind) {
  switch (kind) {
    case ExpressionKind::kOr:
      return " OR ";
    case ExpressionKind::kAnd:
      return " AND ";
    case ExpressionKind::kEqual:
      return " = ";
    case ExpressionKind::kNotEqual:
      return " <> ";
    case ExpressionKind::kLess:
      return " < ";
    case ExpressionKind::kLessOrEqual:
      return " <= ";
    case ExpressionKind::kGreater:
      return " > ";
    case ExpressionKind::kGreaterOrEqual:
      return " >= ";
    case ExpressionKind::kConcatenate:
      return " || ";
    case ExpressionKind::kAdd:
      return " + ";
    case ExpressionKind::kSubtract:
      return " - ";
    case ExpressionKind::kMultiply:
      return " * ";
    default:
      return {};
  }
}

class Printer {
 public:
  void expression(const Expression& expression, Tightness least = Tightness::kOr);
  void statement(const SourceStatement& source);
  void statement(const ViewStatement& view);
  std::string take() { return std::move(out_); }

 private:
  void bare(const Expression& expression);
  void comparison(const Expression& expression);
  void negation(const Expression& operand);
  void case_of(const Expression& expression);
  void map(const Expression& expression);
  void list(const Expression& expression, std::string_view open, std::string_view close,
            std::size_t first = 0);
  void path(std::span<const PathStep> steps);
  void name(std::string_view name);
  void quoted(std::string_view text, char quote);
  void key(std::span<const Name> names);
  void options(std::span<const ViewOption> options);
  void item(const SelectItem& item);
  void select(const Select& select);

  std::string out_;
};

void Printer::expression(const Expression& expression, Tightness least) {
  const bool needs_brackets = tightness_of(expression.kind) < least;
  if (needs_brackets) out_ += '(';
  bare(expression);
  if (needs_brackets) out_ += ')';
}

void Printer::bare(const Expression& expression) {
  const std::span<const Expression> operands = expression.operands;
  const Tightness own = tightness_of(expression.kind);
  if (const std::string_view symbol = operator_of(expression.kind); !symbol.empty()) {
    // Comparisons do not chain; all others group from the left.
    this->expression(operands[0], own == Tightness::kComparison ? tighter(own) : own);
    out_ += symbol;
    this->expression(operands[1], tighter(own));
    return;
  }
  switch (expression.kind) {
    case ExpressionKind::kText:
      return quoted(expression.text, '\'');
    case ExpressionKind::kNumber:
      out_ += expression.text;
      return;
    case ExpressionKind::kTrue:
      out_ += "TRUE";
      return;
    case ExpressionKind::kFalse:
      out_ += "FALSE";
      return;
    case ExpressionKind::kNull:
      out_ += "NULL";
      return;
    case ExpressionKind::kMissing:
      out_ += "MISSING";
      return;
    case ExpressionKind::kMap:
      return map(expression);
    case ExpressionKind::kList:
      return list(expression, "[", "]");
    case ExpressionKind::kSet:
      return list(expression, "<<", ">>");
    case ExpressionKind::kPath:
      return path(expression.path);
    case ExpressionKind::kNot:
      out_ += "NOT ";
      return this->expression(operands[0], Tightness::kNot);
    case ExpressionKind::kNegate:
      return negation(operands[0]);
    case ExpressionKind::kCall: {
      const FunctionName* const function = find_function(expression.text);
      out_ += function == nullptr ? expression.text : function->shown;
      return list(expression, "(", ")");
    }
    case ExpressionKind::kCast:
      out_ += "CAST(";
      this->expression(operands[0]);
      out_.append(" AS ").append(expression.text) += ')';
      return;
    case ExpressionKind::kCase:
      return case_of(expression);
    case ExpressionKind::kCountAll:
      out_ += "COUNT(*)";
      return;
    case ExpressionKind::kCount:
      out_ += "COUNT";
      return list(expression, "(", ")");
    case ExpressionKind::kSum:
      out_ += "SUM";
      return list(expression, "(", ")");
    default:
      return comparison(expression);
  }
}

/// BETWEEN, IN and IS.
void Printer::comparison(const Expression& expression) {
  const std::span<const Expression> operands = expression.operands;
  this->expression(operands[0], Tightness::kConcatenation);
  const bool is_check =
      expression.kind == ExpressionKind::kIsNull || expression.kind == ExpressionKind::kIsMissing;
  if (is_check) out_ += " IS";
  if (expression.is_negated) out_ += " NOT";
  if (expression.kind == ExpressionKind::kIsNull) {
    out_ += " NULL";
  } else if (expression.kind == ExpressionKind::kIsMissing) {
    out_ += " MISSING";
  } else if (expression.kind == ExpressionKind::kIn) {
    list(expression, " IN (", ")", 1);
  } else {
    out_ += " BETWEEN ";
    this->expression(operands[1], Tightness::kConcatenation);
    out_ += " AND ";
    this->expression(operands[2], Tightness::kConcatenation);
  }
}

void Printer::negation(const Expression& operand) {
  out_ += '-';
  // A number right behind a minus would have it as its sign, and two of them begin a comment.
  if (operand.kind == ExpressionKind::kNumber && operand.text.front() != '-') {
    (out_ += '(').append(operand.text) += ')';
    return;
  }
  if (operand.kind == ExpressionKind::kNumber || operand.kind == ExpressionKind::kNegate)
    out_ += ' ';
  expression(operand, Tightness::kNegation);
}

void Printer::case_of(const Expression& expression) {
  const std::span<const Expression> operands = expression.operands;
  std::size_t i = 0;
  const std::size_t end = operands.size() - (expression.has_else ? 1 : 0);
  out_ += "CASE";
  if (expression.has_subject) {
    out_ += ' ';
    this->expression(operands[i++]);
  }
  for (; i + 1 < end; i += 2) {
    out_ += " WHEN ";
    this->expression(operands[i]);
    out_ += " THEN ";
    this->expression(operands[i + 1]);
  }
  if (expression.has_else) {
    out_ += " ELSE ";
    this->expression(operands.back());
  }
  out_ += " END";
}

void Printer::map(const Expression& expression) {
  out_ += '{';
  for (std::size_t i = 0; i + 1 < expression.operands.size(); i += 2) {
    if (i > 0) out_ += ", ";
    quoted(expression.operands[i].text, '\'');
    out_ += ": ";
    this->expression(expression.operands[i + 1]);
  }
  out_ += '}';
}

void Printer::list(const Expression& expression, std::string_view open, std::string_view close,
                   std::size_t first) {
  out_ += open;
  for (std::size_t i = first; i < expression.operands.size(); ++i) {
    if (i > first) out_ += ", ";
    this->expression(expression.operands[i]);
  }
  out_ += close;
}

void Printer::path(std::span<const PathStep> steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].name.empty() && i > 0) {
      out_ += '[' + std::to_string(steps[i].index) + ']';
      continue;
    }
    if (i > 0) out_ += '.';
    name(steps[i].name);
  }
}

void Printer::name(std::string_view name) {
  if (is_plain_name(name))
    out_ += name;
  else
    quoted(name, '"');
}

void Printer::quoted(std::string_view text, char quote) {
  out_ += quote;
  for (const char c : text) {
    if (c == quote) out_ += quote;
    out_ += c;
  }
  out_ += quote;
}

void Printer::key(std::span<const Name> names) {
  if (names.empty()) return;
  out_ += " KEY (";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out_ += ", ";
    name(names[i].text);
  }
  out_ += ')';
}

void Printer::options(std::span<const ViewOption> options) {
  if (options.empty()) return;
  out_ += " WITH (";
  for (std::size_t i = 0; i < options.size(); ++i) {
    if (i > 0) out_ += ", ";
    name(options[i].name.text);
    out_ += " = ";
    quoted(options[i].value, '\'');
  }
  out_ += ')';
}

void Printer::item(const SelectItem& item) {
  if (!item.is_star) {
    expression(item.expression);
    if (item.alias != nullptr) {
      out_ += " AS ";
      name(item.alias->text);
    }
    return;
  }
  out_ += '*';
  if (item.exclude.empty()) return;
  out_ += " EXCLUDE (";
  for (std::size_t i = 0; i < item.exclude.size(); ++i) {
    if (i > 0) out_ += ", ";
    path(item.exclude[i].steps);
  }
  out_ += ')';
}

void Printer::select(const Select& select) {
  out_ += "SELECT ";
  for (std::size_t i = 0; i < select.items.size(); ++i) {
    if (i > 0) out_ += ", ";
    item(select.items[i]);
  }
  out_ += " FROM ";
  name(select.source.text);
  if (select.source_alias != nullptr) {
    out_ += " AS ";
    name(select.source_alias->text);
  }
  if (select.unnest != nullptr) {
    out_ += ", ";
    path(select.unnest->path);
    out_ += " AS ";
    name(select.unnest->alias.text);
    if (select.unnest->position != nullptr) {
      out_ += " AT ";
      name(select.unnest->position->text);
    }
  }
  if (select.where != nullptr) {
    out_ += " WHERE ";
    expression(*select.where);
  }
  for (std::size_t i = 0; i < select.group_by.size(); ++i) {
    out_ += i == 0 ? " GROUP BY " : ", ";
    expression(select.group_by[i]);
  }
}

void Printer::statement(const SourceStatement& source) {
  out_ += "CREATE SOURCE ";
  name(source.name.text);
  key(source.key);
  out_ += ";\n";
}

void Printer::statement(const ViewStatement& view) {
  out_ += "CREATE VIEW ";
  name(view.name.text);
  key(view.key);
  options(view.options);
  out_ += " AS ";
  select(view.select);
  out_ += ";\n";
}

}  // namespace

std::string print(const Script& script) {
  Printer printer;
  for (const Statement& statement : script.statements) {
    if (const auto* source = std::get_if<SourceStatement>(&statement))
      printer.statement(*source);
    else
      printer.statement(std::get<ViewStatement>(statement));
  }
  return printer.take();
}

std::string print(const Expression& expression) {
  Printer printer;
  printer.expression(expression);
  return printer.take();
}

std::string shown(const Expression& expression) {
  return quoted_excerpt(print(expression));
}

}  // namespace streamonce::handler::views
