#include "tests/support/condition_expression.h"

#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

namespace streamonce::testing {
namespace {

using nlohmann::json;

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '#' || c == ':';
}

/// Words, comparators and brackets.
std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    if (text[i] == ' ') {
      i = end;
      continue;
    }
    if (is_word(text[i])) {
      while (end < text.size() && is_word(text[end])) ++end;
    } else if (text[i] == '<' && end < text.size() && (text[end] == '=' || text[end] == '>')) {
      ++end;
    } else if (text[i] == '>' && end < text.size() && text[end] == '=') {
      ++end;
    }
    tokens.emplace_back(text.substr(i, end - i));
    i = end;
  }
  return tokens;
}

class Evaluation {
 public:
  Evaluation(const json& write, const json* there)
      : there_(there),
        names_(write.value("ExpressionAttributeNames", json::object())),
        values_(write.value("ExpressionAttributeValues", json::object())),
        tokens_(tokens_of(write["ConditionExpression"].get<std::string>())) {}

  std::optional<bool> result() {
    const bool holds = either();
    if (!is_known_ || next_ != tokens_.size()) return std::nullopt;
    return holds;
  }

 private:
  bool takes(std::string_view token) {
    if (next_ == tokens_.size() || tokens_[next_] != token) return false;
    ++next_;
    return true;
  }
  bool fail() {
    is_known_ = false;
    return false;
  }

  // Both sides are always looked at, so that the whole text is read.
  bool either() {
    bool holds = both();
    while (is_known_ && takes("OR")) holds = both() || holds;
    return holds;
  }
  bool both() {
    bool holds = negated();
    while (is_known_ && takes("AND")) holds = negated() && holds;
    return holds;
  }
  bool negated() { return takes("NOT") ? !negated() : one(); }

  bool one() {
    if (takes("(")) {
      const bool holds = either();
      return takes(")") ? holds : fail();
    }
    for (const char* function : {"attribute_exists", "attribute_not_exists"}) {
      if (!takes(function)) continue;
      if (!takes("(")) return fail();
      const json* value = operand();
      const bool is_there = value != nullptr;
      return takes(")") ? is_there == (std::string_view(function) == "attribute_exists") : fail();
    }
    const json* left = operand();
    if (!is_known_ || next_ == tokens_.size()) return fail();
    const std::string comparator = tokens_[next_++];
    const json* right = operand();
    return is_known_ && compare(left, comparator, right);
  }

  /// An attribute or a value; null: it is not there.
  const json* operand() {
    if (next_ == tokens_.size()) return refuse();
    const std::string& token = tokens_[next_++];
    if (token.front() == ':') {
      const auto found = values_.find(token);
      if (found == values_.end()) return refuse();
      return &*found;
    }
    std::string name = token;
    if (token.front() == '#') {
      const auto found = names_.find(token);
      if (found == names_.end()) return refuse();
      name = found->get<std::string>();
    }
    if (there_ == nullptr) return nullptr;
    const auto attribute = there_->find(name);
    return attribute == there_->end() ? nullptr : &*attribute;
  }
  const json* refuse() {
    is_known_ = false;
    return nullptr;
  }

  /// No comparison holds with what is not there, but for one that is not equal, and no order is
  /// between two types.
  bool compare(const json* left, const std::string& comparator, const json* right) {
    const bool are_there = left != nullptr && right != nullptr;
    if (comparator == "=") return are_there && *left == *right;
    if (comparator == "<>") return !are_there || *left != *right;
    const bool has_order =
        comparator == "<" || comparator == "<=" || comparator == ">" || comparator == ">=";
    if (!has_order) return fail();
    if (!are_there || left->begin().key() != right->begin().key()) return false;
    if (!left->contains("S")) return fail();
    const int order = (*left)["S"].get<std::string>().compare((*right)["S"].get<std::string>());
    if (comparator == "<") return order < 0;
    if (comparator == "<=") return order <= 0;
    return comparator == ">" ? order > 0 : order >= 0;
  }

  const json* there_;
  const json names_;
  const json values_;
  const std::vector<std::string> tokens_;
  std::size_t next_ = 0;
  bool is_known_ = true;
};

}  // namespace

std::optional<bool> condition_holds(const json& write, const json* there) {
  if (!write.contains("ConditionExpression")) return true;
  return Evaluation(write, there).result();
}

}  // namespace streamonce::testing
