#include "tests/simulation/load_service.h"

#include <algorithm>
#include <chrono>

#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;

std::string item_of_mark(const std::string& id) {
  return id.substr(id.rfind(':') + 1);
}

std::string load_version_of(const SourceExport& exported) {
  return std::string(exported.version.version().text());
}

std::string epoch_seconds_of(WallTime time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

void LoadService::serve(const ExportedSource& source) {
  source_ = &source;
  for (const SourceWrite& write : source.writes())
    if (write.stream) writes_[write.key + write.version] = &write;
  for (const SourceExport& exported : source.exports()) {
    const std::string version = load_version_of(exported);
    require(exports_.emplace(version, &exported).second || exports_[version]->time == exported.time,
            "two exports of different times have one version");
  }
}

const LoadService::Applied* LoadService::applied(const std::string& key) const {
  const auto found = applied_.find(key);
  return found == applied_.end() ? nullptr : &found->second;
}

bool LoadService::has_all_of(const SourceExport& exported) const {
  const std::string version = load_version_of(exported);
  return std::all_of(exported.images.begin(), exported.images.end(), [&](const auto& each) {
    const Applied* there = applied(each.first);
    return there != nullptr && there->version >= version;
  });
}

LoadService::Applied LoadService::find(const std::string& key, const std::string& version) const {
  Applied found{.version = version};
  if (const auto write = writes_.find(key + version); write != writes_.end())
    found.write = write->second;
  else if (const auto exported = exports_.find(version); exported != exports_.end())
    found.exported = exported->second;
  return found;
}

void LoadService::note_sweep(const SourceExport& exported) {
  sweeps_.emplace(load_version_of(exported), ticks_);
}

/// Checks that a sweep does not ask for what it was told by a mark: it would be spent for nothing,
/// and the condition of the commit would be all that keeps the item.
void LoadService::look_at_asked(const json& action) {
  if (!action.contains("Put") || !action["Put"]["Item"].contains("op")) return;
  const json& mark = action["Put"]["Item"];
  const std::string version = mark["v"]["S"].get<std::string>();
  const auto sweep = sweeps_.find(version);
  if (sweep == sweeps_.end() || mark["op"]["S"] != "remove") return;
  const std::string key = item_of_mark(mark["id"]["S"].get<std::string>());
  const Applied* there = applied(key);
  require(there == nullptr || there->version < version || there->tick > sweep->second,
          key + " is asked to be swept, and its mark says that it was not to be");
}

void LoadService::look_at_mark(const std::string& id, const json& put) {
  const std::string key = item_of_mark(id);
  require(id == Source::ledger_id(key), "a mark of an unknown name: " + id);
  const json& mark = put["Item"];
  const std::string version = mark["v"]["S"].get<std::string>();
  const bool removes = mark["op"]["S"] == "remove";
  require(removes || !has_item_marks, "the ledger has a mark of what is there: " + mark.dump());
  const Applied after = find(key, version);
  require(after.write != nullptr || after.exported != nullptr,
          "a mark with a version that nothing has: " + mark.dump());
  const WallTime at = after.write != nullptr ? after.write->at : after.exported->time;
  require(mark.contains("at") && mark["at"]["N"] == epoch_seconds_of(at),
          "a mark of another time: " + mark.dump());
  require(mark.contains("ttl") == marks_expire, "a mark that goes, or never does: " + mark.dump());
  apply(key, version, removes);
}

/// Looks at the mark that an item has itself.
void LoadService::look_at_item(const json& action, const json* /*there*/) {
  if (!has_item_marks || !action.contains("Put")) return;
  const json& row = action["Put"]["Item"];
  const std::string key = row["id"]["S"].get<std::string>();
  require(row.contains(kVersionAttribute), key + " is put without its mark");
  apply(key, row[kVersionAttribute]["S"], /*removes=*/false);
}

/// Checks and notes what an item's mark stands for from now on.
void LoadService::apply(const std::string& key, const std::string& version, bool removes) {
  Applied after = find(key, version);
  require(after.write != nullptr || after.exported != nullptr,
          key + " has a version that nothing has: " + version);
  const Applied before = applied_[key];
  require(before.version < after.version, key + " went back to " + after.version);
  after.tick = ++ticks_;
  if (after.write != nullptr) {
    require(removes == after.write->image.empty(), "a mark of the wrong operation");
    images_[key] = after.write->image;
  } else {
    check_load(key, before, after, removes);
    const auto image = after.exported->images.find(key);
    images_[key] = image == after.exported->images.end() ? "" : image->second;
  }
  applied_[key] = after;
}

std::string LoadService::shown(const std::string& key) const {
  const std::string text = item(key);
  if (!has_item_marks || text.empty()) return text;
  json row = json::parse(text);
  row.erase(kVersionAttribute);
  return row.dump();
}

/// Checks what a load writes: what its export has, or a removal of what it does not have once all
/// else is done; and nothing that a stream has told of from then on.
void LoadService::check_load(const std::string& key, const Applied& before, const Applied& after,
                             bool removes) const {
  const SourceExport& exported = *after.exported;
  require(removes != exported.images.contains(key),
          key + (removes ? " was swept, and the export has it" : " is not in the export"));
  require(before.write == nullptr || before.write->stream < exported.stream,
          key + " was told of by the stream, and a load went over it");
  require(!removes || has_all_of(exported), key + " was swept before all was loaded");
}

void LoadService::look_at_written(const std::set<std::string>& keys,
                                  const std::set<std::string>& ids) {
  std::set<std::string> touched = keys;
  for (const std::string& id : ids) touched.insert(item_of_mark(id));
  for (const std::string& key : touched) {
    require(applied_.contains(key), "the item " + key + " was written without its mark");
    const std::string& image = images_[key];
    require(shown(key) == (image.empty() ? "" : json::parse(image).dump()),
            key + " is not as its mark says: " + item(key));
  }
}

}  // namespace streamonce::simulation
