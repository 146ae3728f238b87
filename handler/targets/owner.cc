#include "handler/targets/owner.h"

namespace streamonce::handler {

std::string why_collides(const Write& write) {
  std::string names;
  for (const events::RawAttribute& attribute : write.owner) {
    if (!names.empty()) names += ", ";
    names += attribute.name;
  }
  std::string text = "a row of table ";
  return text.append(write.table)
      .append(" with this key is another item's (whose it is is told by ")
      .append(names)
      .append(
          "): it stays as it is, and this change was not written; two items that are to have "
          "rows at once need keys of their own there");
}

}  // namespace streamonce::handler
