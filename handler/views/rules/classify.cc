#include "handler/views/rules/classify.h"

#include <algorithm>
#include <utility>

#include "events/decimal.h"
#include "handler/views/rules/names.h"

namespace streamonce::handler::views {
namespace {

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The first path in `expression` that is none of the item's key, `source_key`; null: there is
/// none.
const Expression* foreign_path(const Select& select, const Expression& expression,
                               const std::vector<std::string>& source_key) {
  if (expression.kind == ExpressionKind::kPath) {
    const ResolvedPath path = resolve(select, expression.path);
    const bool is_of_key = path.root == PathRoot::kItem && !path.steps.empty() &&
                           has(source_key, path.steps.front().name);
    return is_of_key ? nullptr : &expression;
  }
  for (const Expression& operand : expression.operands)
    if (const Expression* const path = foreign_path(select, operand, source_key)) return path;
  return nullptr;
}

/// What the row's key attribute `name` follows from besides the source's key; none: from nothing.
std::optional<MovingKey> moving(const Select& select, const std::string& name,
                                const std::vector<std::string>& source_key) {
  const Origin origin = origin_of(select, name);
  if (origin.kind != Origin::Kind::kItem) {
    const bool is_of_key = origin.kind == Origin::Kind::kStar && has(source_key, name);
    return is_of_key ? std::nullopt : std::optional(MovingKey{.name = name, .attribute = name});
  }
  const Expression* const path = foreign_path(select, *origin.expression, source_key);
  if (path == nullptr) return std::nullopt;
  const ResolvedPath resolved = resolve(select, path->path);
  const bool is_of_item = resolved.root == PathRoot::kItem && !resolved.steps.empty();
  return MovingKey{.name = name,
                   .attribute = is_of_item ? resolved.steps.front().name : std::string_view()};
}

/// Adds to `held` what `expression` gives, which must be texts, numbers, || and `attribute`. False:
/// there is something else, or the attribute twice.
bool add_held(const Select& select, const Expression& expression, std::string_view attribute,
              HeldKey& held, bool& is_found) {
  std::string& text = is_found ? held.after : held.before;
  if (expression.kind == ExpressionKind::kText) {
    text += expression.text;
    return true;
  }
  if (expression.kind == ExpressionKind::kNumber) {
    events::append_plain(text, events::parse_decimal(expression.text).value());
    return true;
  }
  if (bare_attribute(select, expression) == attribute) return !std::exchange(is_found, true);
  return expression.kind == ExpressionKind::kConcatenate &&
         add_held(select, expression.operands[0], attribute, held, is_found) &&
         add_held(select, expression.operands[1], attribute, held, is_found);
}

}  // namespace

Origin origin_of(const Select& select, std::string_view name) {
  const SelectItem* star = nullptr;
  for (const SelectItem& item : select.items) {
    if (item.is_star)
      star = &item;
    else if (name_of(item) == name)
      return {Origin::Kind::kItem, &item.expression};
  }
  if (star == nullptr) return {};
  const bool is_excluded =
      std::any_of(star->exclude.begin(), star->exclude.end(), [&](const ExcludedPath& excluded) {
        const ResolvedPath path = resolve(select, excluded.steps);
        return path.root == PathRoot::kItem && path.steps.size() == 1 &&
               path.steps.front().name == name;
      });
  return is_excluded ? Origin{} : Origin{.kind = Origin::Kind::kStar};
}

std::string_view bare_attribute_of(const Select& select, std::string_view name) {
  const Origin origin = origin_of(select, name);
  if (origin.kind == Origin::Kind::kItem) return bare_attribute(select, *origin.expression);
  return origin.kind == Origin::Kind::kStar ? name : std::string_view();
}

std::optional<MovingKey> moving_key(const Select& select, const std::vector<std::string>& key,
                                    const std::vector<std::string>& source_key) {
  for (const std::string& name : key)
    if (const auto found = moving(select, name, source_key)) return found;
  return std::nullopt;
}

ViewClass class_of(const Select& select, const std::vector<std::string>& key,
                   const std::vector<std::string>& source_key) {
  const bool is_direct =
      select.unnest == nullptr && select.group_by.empty() && !moving_key(select, key, source_key);
  return is_direct ? ViewClass::kDirect : ViewClass::kRemembering;
}

bool key_holds_item(const Select& select, const std::vector<std::string>& key,
                    const std::vector<std::string>& source_key) {
  const bool is_there_bare =
      std::all_of(source_key.begin(), source_key.end(), [&](const std::string& wanted) {
        return std::any_of(key.begin(), key.end(), [&](const std::string& name) {
          return bare_attribute_of(select, name) == wanted;
        });
      });
  return is_there_bare || held_key(select, key, source_key).has_value();
}

std::optional<HeldKey> held_key(const Select& select, const std::vector<std::string>& key,
                                const std::vector<std::string>& source_key) {
  if (source_key.size() != 1) return std::nullopt;
  for (const std::string& name : key) {
    const Origin origin = origin_of(select, name);
    if (origin.kind != Origin::Kind::kItem) continue;
    HeldKey held{.name = name};
    bool is_found = false;
    if (add_held(select, *origin.expression, source_key.front(), held, is_found) && is_found)
      return held;
  }
  return std::nullopt;
}

bool row_holds_item(const Select& select, const std::vector<std::string>& source_key) {
  return std::all_of(source_key.begin(), source_key.end(), [&](const std::string& name) {
    return bare_attribute_of(select, name) == name;
  });
}

}  // namespace streamonce::handler::views
