// tests/fuzz/deployment_fuzz.cc: what services say of a deployment, and what is made of it.
//
// The first byte says which answer the rest is: `f` a function's configuration, `m` a mapping, `l`
// a list of mappings, `t` a table's description, `e` its expiry, `r` whether it can be restored.
// What must hold:
//
//   an answer     is refused, or has what it cannot be without
//   a list        has as many mappings as another library finds
//   the findings  that come of it are told as JSON that another library reads, with the counts that
//                 it has; each has a name and says why it bites

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "handler/commands/doctor/findings/findings.h"
#include "handler/commands/doctor/report.h"
#include "handler/services/dynamodb_tables.h"
#include "handler/services/lambda_functions.h"
#include "runtime/base/check.h"

namespace streamonce::handler::doctor {
namespace {

using nlohmann::json;

/// A value, if there is one; any other error than of the answer's form is a fault.
template <class T>
std::optional<T> value_of(Result<T> result) {
  if (result) return std::move(*result);
  STREAMONCE_CHECK(result.error().code == ErrorCode::kProtocol);
  return std::nullopt;
}

void read_list(std::string_view text, PayloadView answer, Deployment& deployment) {
  static lambda_functions::AnswerReader reader;
  auto page = value_of(reader.mappings(answer));
  if (!page) return;
  const json whole = json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  // The other library refuses some texts, and of members that stand twice takes the last.
  if (whole.is_object() && whole.contains("EventSourceMappings") &&
      whole["EventSourceMappings"].is_array())
    STREAMONCE_CHECK(page->mappings.size() >= whole["EventSourceMappings"].size());
  deployment.mappings = std::move(page->mappings);
}

void read_function(PayloadView answer, Deployment& deployment) {
  static lambda_functions::AnswerReader reader;
  deployment.function = value_of(reader.configuration(answer));
  if (deployment.function) STREAMONCE_CHECK(!deployment.function->name.empty());
}

void read_mapping(PayloadView answer, Deployment& deployment) {
  static lambda_functions::AnswerReader reader;
  const auto mapping = value_of(reader.mapping(answer));
  if (!mapping) return;
  STREAMONCE_CHECK(!mapping->uuid.empty());
  deployment.mappings = {*mapping};
}

void read_table(char kind, PayloadView answer, Deployment& deployment) {
  static dynamodb_tables::AnswerReader reader;
  TableState table{.use = TableUse::kLedger, .words = "the ledger", .name = "ledger"};
  if (kind == 't') table.description = value_of(reader.description(answer));
  if (kind == 'e') table.expiry = value_of(reader.time_to_live(answer));
  if (kind == 'r') table.has_recovery = value_of(reader.has_recovery(answer));
  if (table.description) STREAMONCE_CHECK(!table.description->key.empty());
  deployment.tables.push_back(table);
  table.use = TableUse::kSource;
  deployment.tables.push_back(std::move(table));
}

void check_findings(const Deployment& deployment) {
  const Findings found = look_over(deployment);
  for (const Finding& finding : found.findings)
    STREAMONCE_CHECK(!finding.check.empty() && !finding.what.empty() && !finding.why.empty());
  const json report = json::parse(to_json(found), /*cb=*/nullptr, /*allow_exceptions=*/false);
  STREAMONCE_CHECK(report.is_object());
  STREAMONCE_CHECK(report["findings"].size() == found.findings.size());
  STREAMONCE_CHECK(report["errors"] == count_of(found, Level::kError));
  STREAMONCE_CHECK(to_text(found).ends_with(" not checked\n"));
}

void check(char kind, std::string_view text) {
  const Payload payload = Payload::copy_of(text);
  Deployment deployment{.function_name = "copy", .region = "eu-west-1"};
  if (kind == 'f') read_function(payload.view(), deployment);
  if (kind == 'm') read_mapping(payload.view(), deployment);
  if (kind == 'l') read_list(text, payload.view(), deployment);
  if (kind == 't' || kind == 'e' || kind == 'r') read_table(kind, payload.view(), deployment);
  check_findings(deployment);
}

}  // namespace
}  // namespace streamonce::handler::doctor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  streamonce::handler::doctor::check(text.front(), text.substr(1));
  return 0;
}
