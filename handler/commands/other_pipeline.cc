#include "handler/commands/other_pipeline.h"

#include <memory>
#include <span>
#include <vector>

#include "runtime/base/text.h"

namespace streamonce::handler {
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
                      const events::SourceTable& source, std::string_view way_on,
                      SteadyTime deadline) {
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
  return invalid_argument(
      "the ledger has marks of " + std::string(source.table) + " that the pipeline " +
      in_quotes(other) + " has made, and none of " + in_quotes(pipeline) +
      ", which this command is of: with a wrong name older items overwrite newer "
      "ones. Set the name that the function has (name, STREAMONCE_NAME)" +
      std::string(way_on));
}

Status check_item_marks(Target& target, std::string_view pipeline,
                        const events::SourceTable& source, SteadyTime deadline) {
  // The mark of no item: its answer tells nothing, and that there is none is enough.
  const std::string id = std::string(pipeline) + "|" + text_of(source) + "|";
  const MarkPlace place{.ledger_id = id};
  const std::vector<MarkResult> marks =
      target.read_marks(std::span(&place, 1), Reading::kVersions, deadline);
  return marks.front() ? Status() : Status(marks.front().error());
}

Status check_source_of(KeyScanner& scanner, std::string_view pipeline,
                       const events::SourceTable& source, SteadyTime deadline) {
  const std::string prefix = std::string(pipeline) + "|";
  const std::string own = prefix + text_of(source) + "|";
  const std::unique_ptr<KeyScan> own_marks = scanner.marks_of(text_of(source));
  std::vector<std::string> page;
  for (int i = 0; i < kPagesLookedAtMax && STREAMONCE_TRY(own_marks->next(page, deadline)); ++i)
    for (const std::string& id : page)
      if (id.starts_with(own)) return {};
  const auto newest = events::Version::parse("9999-12-31T23:59:59.999/" + std::string(40, '9'));
  const std::unique_ptr<KeyScan> marks = scanner.entries(prefix, *newest);
  for (int i = 0; i < kPagesLookedAtMax && STREAMONCE_TRY(marks->next(page, deadline)); ++i) {
    for (const std::string& id : page) {
      const std::size_t end = id.find('|', prefix.size());
      const std::string other = id.substr(prefix.size(), end - prefix.size());
      if (end == std::string::npos || other.find('/') == std::string::npos) continue;
      return invalid_argument("the ledger's marks of the pipeline " + in_quotes(pipeline) +
                              " are of " + other + ", and none is of " + text_of(source) +
                              ", the source that was named: its items would be taken for those of "
                              "another table");
    }
  }
  return {};
}

}  // namespace streamonce::handler
