#include "handler/commands/load/other_pipeline.h"

#include <memory>
#include <vector>

#include "runtime/base/text.h"

namespace streamonce::handler::load {
namespace {

std::string text_of(const events::SourceTable& source) {
  std::string text(source.account);
  text.append("/").append(source.region).append("/").append(source.table);
  return text;
}

}  // namespace

std::string_view pipeline_of_mark(std::string_view id, const events::SourceTable& source) {
  const std::size_t end = id.find('|');
  if (end == std::string_view::npos) return {};
  return id.substr(end).starts_with("|" + text_of(source) + "|") ? id.substr(0, end)
                                                                 : std::string_view();
}

Status check_pipeline(KeyScanner& scanner, std::string_view pipeline,
                      const events::SourceTable& source, SteadyTime deadline) {
  const std::unique_ptr<KeyScan> marks = scanner.marks_of(text_of(source));
  std::string other;
  std::vector<std::string> page;
  for (int i = 0; i < kPagesLookedAtMax; ++i) {
    if (!STREAMONCE_TRY(marks->next(page, deadline))) break;
    for (const std::string& id : page) {
      const std::string_view name = pipeline_of_mark(id, source);
      if (name == pipeline) return {};
      if (other.empty()) other = name;
    }
  }
  if (other.empty()) return {};
  return invalid_argument("the ledger has marks of " + std::string(source.table) +
                          " that the pipeline " + in_quotes(other) + " has made, and none of " +
                          in_quotes(pipeline) +
                          ", which this load is of: with a wrong name older items overwrite newer "
                          "ones. Set the name that the function has (name, STREAMONCE_NAME), or "
                          "say --new-pipeline if this one is new, and writes other tables");
}

}  // namespace streamonce::handler::load
