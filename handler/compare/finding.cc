#include "handler/compare/finding.h"

#include "runtime/base/json_text.h"

namespace streamonce::handler::compare {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out.append(out.size() > 1 ? ",\"" : "\"").append(name).append("\":");
  append_json_string(out, text);
}

/// Appends a member whose value is JSON already.
void append_json_member(std::string& out, std::string_view name, std::string_view json) {
  if (json.empty()) return;
  out.append(out.size() > 1 ? ",\"" : "\"").append(name).append("\":").append(json);
}

std::string json_of(const FoundMark& mark) {
  std::string json = "{";
  append_member(json, "v", mark.version);
  if (mark.operation) append_member(json, "op", events::name_of(*mark.operation));
  if (mark.at) append_json_member(json, "at", std::to_string(*mark.at));
  return json + "}";
}

}  // namespace

std::string_view name_of(FindingClass what) {
  switch (what) {
    case FindingClass::kMissing:
      return "missing";
    case FindingClass::kExtra:
      return "extra";
    case FindingClass::kDifferent:
      return "different";
    case FindingClass::kUnsettled:
      return "unsettled";
    case FindingClass::kFailed:
      break;
  }
  return "failed";
}

std::string report_line(const Finding& finding) {
  std::string line = "{";
  append_member(line, "class", name_of(finding.what));
  append_member(line, "view", finding.view);
  append_member(line, "table", finding.table);
  append_json_member(line, "key", finding.row_key);
  append_json_member(line, "item", finding.item_key);
  append_member(line, "cause", finding.cause);
  if (!finding.attributes.empty()) {
    std::string names = "[";
    for (const std::string& name : finding.attributes) {
      if (names.size() > 1) names += ',';
      append_json_string(names, name);
    }
    append_json_member(line, "attributes", names + "]");
  }
  append_json_member(line, "mark", finding.mark ? json_of(*finding.mark) : "null");
  append_member(line, "expected_sha256", finding.expected_digest);
  append_member(line, "found_sha256", finding.found_digest);
  append_json_member(line, "expected", finding.expected);
  append_json_member(line, "found", finding.found);
  append_member(line, "reason", finding.reason);
  append_json_member(line, "repaired", finding.is_repaired ? "true" : "false");
  return line + "}";
}

void FindingCounts::add(const Finding& finding) {
  switch (finding.what) {
    case FindingClass::kMissing:
      ++missing;
      break;
    case FindingClass::kExtra:
      ++extra;
      break;
    case FindingClass::kDifferent:
      ++different;
      break;
    case FindingClass::kUnsettled:
      ++unsettled;
      break;
    case FindingClass::kFailed:
      ++failed;
      break;
  }
  if (finding.is_repaired) ++repaired;
}

void FindingCounts::add(const FindingCounts& more) {
  equal += more.equal;
  missing += more.missing;
  extra += more.extra;
  different += more.different;
  unsettled += more.unsettled;
  repaired += more.repaired;
  failed += more.failed;
}

std::string cause_of(FindingClass what, const std::optional<events::Operation>& done, bool has_mark,
                     MarksOfRows marks) {
  const bool was_removed = done == events::Operation::kRemove;
  switch (what) {
    case FindingClass::kMissing:
      if (!has_mark || was_removed) {
        std::string cause = was_removed ? "the change that made the item anew was lost"
                                        : "no change of the item was ever applied";
        if (marks == MarksOfRows::kGoWithThem)
          cause += ", or somebody else, or the table's TTL, removed the row with its mark";
        return cause;
      }
      return "the row was put, and somebody else, or the table's TTL, removed it";
    case FindingClass::kExtra:
      if (!has_mark) return "somebody else wrote the row";
      return was_removed ? "the row was removed, and somebody else wrote it"
                         : "the change that removed the row was lost, or somebody else wrote it";
    case FindingClass::kDifferent:
      return has_mark ? "a change was lost, or somebody else wrote the row"
                      : "somebody else wrote the row";
    case FindingClass::kUnsettled:
    case FindingClass::kFailed:
      break;
  }
  return {};
}

}  // namespace streamonce::handler::compare
