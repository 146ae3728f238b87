// handler/views/language/syntax.h: the text of a views.sql as a tree of statements.
//
// The tree says what was written and where, and nothing of what it means: names are not looked up,
// and no rule of sources, keys or classes is applied. checker.h does that.
//
// A tree lies in one memory, which grows at its end and goes as a whole: a file of some hundred
// lines has thousands of nodes, and each piece of memory of its own would cost a start more than
// what is in it.
//
// Threads: values. Ownership: a Script owns all that its statements view. What is below a statement
// is copied as it is, and good for as long as the memory is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace streamonce::handler::views {

/// A place in the text, in code points from 1. A byte that is no UTF-8 counts as one.
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend bool operator==(const Place&, const Place&) = default;
  friend bool operator<(const Place& a, const Place& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  }
};

/// What is wrong with the text, for a person: what was found, and what would do.
struct Fault {
  Place place;
  std::string message;
};

struct Name {
  std::string_view text;  ///< as it is meant: without quotes
  Place place;
};

/// One step of a path: `.name`, or `[index]`. The first step of a path is always a name.
struct PathStep {
  std::string_view name = {};  ///< empty: the step is an index
  std::uint32_t index = 0;

  friend bool operator==(const PathStep&, const PathStep&) = default;
};

enum class ExpressionKind : std::uint8_t {
  kText,    ///< Expression::text
  kNumber,  ///< Expression::text, as DynamoDB's canonical number: no sign but in front, no `+`
  kTrue,
  kFalse,
  kNull,
  kMissing,
  kMap,   ///< operands: a kText and a value in turn
  kList,  ///< operands: the elements
  kSet,   ///< operands: literals, texts or numbers; at least one
  kPath,  ///< Expression::path
  // Conditions.
  kOr,  ///< two operands, as the two below
  kAnd,
  kNot,    ///< one operand
  kEqual,  ///< two operands, as the five below
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kBetween,    ///< three operands: value, low, high; may be negated
  kIn,         ///< the value, and then at least one candidate; may be negated
  kIsNull,     ///< one operand; may be negated
  kIsMissing,  ///< one operand; may be negated
  // Values.
  kConcatenate,  ///< two operands, as the three below
  kAdd,
  kSubtract,
  kMultiply,
  kNegate,  ///< one operand
  kCall,    ///< Expression::text is the function's name in lower case; operands: its arguments
  kCast,    ///< one operand; Expression::text is STRING or NUMBER
  /// Operands: the subject if has_subject; then a WHEN and its THEN in turn; then the ELSE if
  /// has_else.
  kCase,
  // Aggregates.
  kCountAll,  ///< COUNT(*)
  kCount,     ///< one operand
  kSum,       ///< one operand
};

/// The standard wants spans of complete types. Those of the libraries that this is compiled with
/// ask for one only where a span is used.
struct Expression {
  ExpressionKind kind = ExpressionKind::kMissing;
  bool is_negated = false;
  bool has_subject = false;
  bool has_else = false;
  /// Of a path: it is one name in double quotes that needs none. It may be meant as a text.
  bool is_needlessly_quoted = false;
  Place place = {};
  std::string_view text = {};
  std::span<const PathStep> path = {};
  std::span<const Expression> operands = {};
};

/// A path that EXCLUDE names.
struct ExcludedPath {
  std::span<const PathStep> steps;
  Place place;
};

struct SelectItem {
  Place place;
  bool is_star = false;                        ///< `*`; the expression is unused
  std::span<const ExcludedPath> exclude = {};  ///< of a star
  Expression expression = {};
  const Name* alias = nullptr;  ///< behind AS; null: there is none
};

/// The second name in FROM: a path whose elements become rows.
struct Unnest {
  std::span<const PathStep> path;
  Place place;
  Name alias;
  const Name* position = nullptr;  ///< behind AT; null: there is none
};

/// What is null was not written.
struct Select {
  Place place;
  std::span<const SelectItem> items;  ///< at least one
  Name source;
  const Name* source_alias = nullptr;
  const Unnest* unnest = nullptr;
  const Expression* where = nullptr;
  std::span<const Expression> group_by;
};

struct SourceStatement {
  Place place;
  Name name;
  std::span<const Name> key;  ///< one or two
};

struct ViewOption {
  Name name;
  std::string_view value;
  Place value_place;
};

struct ViewStatement {
  Place place;
  Name name;
  std::span<const Name> key;  ///< empty: no KEY; else one or two
  std::span<const ViewOption> options;
  Select select;
};

using Statement = std::variant<SourceStatement, ViewStatement>;

/// What trees lie in. Nothing of it is freed before all of it is.
using TreeMemory = std::pmr::monotonic_buffer_resource;

/// The statements in their order.
struct Script {
  std::shared_ptr<TreeMemory> memory;  ///< of what they view; null: that is somebody else's
  std::vector<Statement> statements;
};

/// The most bytes of a views.sql.
inline constexpr std::size_t kScriptBytesMax = 1024UL * 1024;
/// The most levels of an expression, in brackets and operands together.
inline constexpr int kExpressionLevelsMax = 32;
/// The most candidates of IN, and operands of CASE, a function or a literal: a map has two for each
/// name. Source: IN of DynamoDB takes 100.
inline constexpr std::size_t kOperandsMax = 100;
/// The most items of a SELECT, and the most paths of EXCLUDE.
inline constexpr std::size_t kItemsMax = 1000;
/// The most steps of a path. Source: DynamoDB nests attributes 32 levels deep.
inline constexpr std::size_t kPathStepsMax = 32;

}  // namespace streamonce::handler::views
