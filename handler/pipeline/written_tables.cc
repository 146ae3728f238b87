#include "handler/pipeline/written_tables.h"

#include <algorithm>

#include "runtime/base/text.h"

namespace streamonce::handler {

std::string why_written(const events::SourceTable& source, std::span<const WrittenTable> written) {
  const auto found = std::find_if(written.begin(), written.end(), [&](const WrittenTable& each) {
    return each.table == source.table && each.region == source.region &&
           (each.account.empty() || each.account == source.account);
  });
  if (found == written.end()) return {};
  std::string why = "it is of the table " + quoted_excerpt(source.table) + " of the account " +
                    std::string(source.account) + " in " + found->region + ", which is " +
                    found->words +
                    ": no change of this table can be applied, since what writes its own source "
                    "would never come to an end";
  if (found->account.empty())
    why += "; if " + found->words + " is another account's, name it by its ARN";
  return why;
}

}  // namespace streamonce::handler
