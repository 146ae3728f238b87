#include "handler/commands/doctor/report.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "runtime/base/json_text.h"
#include "runtime/base/text.h"

namespace streamonce::handler::doctor {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kIndent = 9;

/// Appends words in lines of kColumns at most where the words let it. `column` is where the first
/// one begins, and all others begin at kIndent.
void append_words(std::string& text, std::size_t column, const std::string& words) {
  const std::string printable = without_control_characters(words);
  std::string_view rest = printable;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (column + word.size() > kColumns && column > kIndent) {
      text.back() = '\n';
      text.append(kIndent, ' ');
      column = kIndent;
    }
    text.append(word).append(rest.empty() ? "\n" : " ");
    column += word.size() + 1;
  }
}

/// `error`, `warning`, `note`: what a line begins with, and what is counted.
std::string_view word_of(Level level) {
  return level == Level::kInfo ? "note" : name_of(level);
}

void append_finding(std::string& text, const Finding& finding) {
  std::string label(word_of(finding.level));
  label.resize(kIndent, ' ');
  text += label;
  append_words(text, kIndent, finding.what + " [" + std::string(finding.check) + "]");
  text.append(kIndent, ' ');
  append_words(text, kIndent, finding.why);
  // A line to copy stays one.
  if (!finding.remedy.empty())
    text.append(kIndent, ' ').append("$ ").append(without_control_characters(finding.remedy)) +=
        '\n';
  text += '\n';
}

void append_count(std::string& text, std::size_t count, std::string_view word) {
  if (!text.empty()) text += ", ";
  text.append(std::to_string(count)).append(" ").append(word).append(count == 1 ? "" : "s");
}

void append_member(std::string& json, std::string_view name, std::string_view text) {
  if (!json.ends_with('{')) json += ',';
  append_json_string(json, name);
  json += ':';
  append_json_string(json, text);
}

void append_number(std::string& json, std::string_view name, std::size_t number) {
  json += ',';
  append_json_string(json, name);
  json.append(":").append(std::to_string(number));
}

}  // namespace

std::size_t count_of(const Findings& found, Level level) {
  return static_cast<std::size_t>(
      std::count_if(found.findings.begin(), found.findings.end(),
                    [level](const Finding& each) { return each.level == level; }));
}

std::string to_text(const Findings& found) {
  std::string text;
  for (const Finding& finding : found.findings) append_finding(text, finding);
  for (const NotChecked& each : found.not_checked) {
    text += "not checked: ";
    append_words(text, 13, each.what + ": " + each.why);
  }
  if (!found.not_checked.empty()) text += '\n';
  std::string counts;
  for (const Level level : {Level::kError, Level::kWarning, Level::kInfo})
    append_count(counts, count_of(found, level), word_of(level));
  return text + counts + ", " + std::to_string(found.not_checked.size()) + " not checked\n";
}

std::string to_json(const Findings& found) {
  std::string json = R"({"findings":[)";
  for (const Finding& finding : found.findings) {
    json += json.ends_with('[') ? "{" : ",{";
    append_member(json, "level", name_of(finding.level));
    append_member(json, "check", finding.check);
    append_member(json, "what", finding.what);
    append_member(json, "why", finding.why);
    append_member(json, "remedy", finding.remedy);
    json += '}';
  }
  json += R"(],"not_checked":[)";
  for (const NotChecked& each : found.not_checked) {
    json += json.ends_with('[') ? "{" : ",{";
    append_member(json, "what", each.what);
    append_member(json, "why", each.why);
    json += '}';
  }
  json += ']';
  append_number(json, "errors", count_of(found, Level::kError));
  append_number(json, "warnings", count_of(found, Level::kWarning));
  append_number(json, "notes", count_of(found, Level::kInfo));
  return json + "}\n";
}

}  // namespace streamonce::handler::doctor
