#include "handler/sources/exports/export_load.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "handler/sources/exports/export_lines.h"
#include "runtime/base/check.h"

namespace streamonce::handler::exports {
namespace {

constexpr std::string_view kTwins = "two items have one key: is --key right?";

class FileLoad {
 public:
  FileLoad(const ExportFile& file, events::ItemLineReader& reader, Pipeline& pipeline,
           const ExportLoadOptions& options)
      : lines_(file, options.batches.bytes),
        reader_(reader),
        pipeline_(pipeline),
        options_(options) {
    STREAMONCE_CHECK(options.batches.items >= 1);
  }

  Result<ExportLoadEnd> work();

 private:
  bool apply();
  void refuse_twins();
  void sort_by_key();
  void try_again(BatchResult& result);

  ExportLines lines_;
  events::ItemLineReader& reader_;
  Pipeline& pipeline_;
  const ExportLoadOptions& options_;
  std::vector<events::Change> changes_;
  std::vector<std::string_view> texts_;
  std::vector<std::uint64_t> numbers_;
  std::uint64_t done_ = 0;  // lines that were skipped or applied
};

Result<ExportLoadEnd> FileLoad::work() {
  while (true) {
    Result<ExportLines::Next> next = lines_.next();
    if (!next) {
      // What was read of a file before its fault is sound, and is applied as if nothing were wrong.
      static_cast<void>(apply());
      return std::move(next).error();
    }
    if (*next == ExportLines::Next::kLine) {
      if (done_ < options_.lines_to_skip) {
        ++done_;
        continue;
      }
      changes_.push_back(reader_.put_of(lines_.line()));
      texts_.push_back(lines_.line().text);
      numbers_.push_back(done_ + changes_.size());
      if (changes_.size() < options_.batches.items) continue;
    }
    if (!apply()) return ExportLoadEnd{.lines = done_, .is_whole = false};
    if (*next == ExportLines::Next::kEnd) return ExportLoadEnd{.lines = done_, .is_whole = true};
    lines_.forget();
  }
}

/// Applies what has failed again, until nothing has, or as many have as the time before.
void FileLoad::try_again(BatchResult& result) {
  std::size_t failed_before = changes_.size() + 1;
  while (options_.may_go_on()) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < changes_.size(); ++i)
      if (result.fates[i] == Fate::kFailed) places.push_back(i);
    if (places.empty() || places.size() >= failed_before) return;
    failed_before = places.size();
    std::vector<events::Change> failed;
    failed.reserve(places.size());
    for (const std::size_t place : places) failed.push_back(changes_[place]);
    BatchResult again = pipeline_.apply(failed, options_.deadline());
    for (std::size_t i = 0; i < places.size(); ++i) result.fates[places[i]] = again.fates[i];
    std::erase_if(result.failures, [&](const Failure& failure) {
      return std::binary_search(places.begin(), places.end(), failure.cause);
    });
    for (Failure& failure : again.failures) {
      failure.record = static_cast<RecordIndex>(places[failure.record]);
      failure.cause = static_cast<RecordIndex>(places[failure.cause]);
      result.failures.push_back(std::move(failure));
    }
    result.counts = count(result.fates);
  }
}

/// Sorts the batch by the keys' values, which is nearly the order that a file's pages have. Items
/// of one key stay in the order of their lines.
void FileLoad::sort_by_key() {
  std::vector<std::size_t> order(changes_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto is_before = [](const events::KeyAttribute& a, const events::KeyAttribute& b) {
    return a.value < b.value;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto one = changes_[a].key.attributes();
    const auto other = changes_[b].key.attributes();
    return std::lexicographical_compare(one.begin(), one.end(), other.begin(), other.end(),
                                        is_before);
  });
  std::vector<events::Change> changes;
  std::vector<std::string_view> texts;
  std::vector<std::uint64_t> numbers;
  changes.reserve(order.size());
  texts.reserve(order.size());
  numbers.reserve(order.size());
  for (const std::size_t place : order) {
    changes.push_back(std::move(changes_[place]));
    texts.push_back(texts_[place]);
    numbers.push_back(numbers_[place]);
  }
  changes_ = std::move(changes);
  texts_ = std::move(texts);
  numbers_ = std::move(numbers);
}

/// Lets all items of a key that two of the batch have fail. A table has one item of a key, so that
/// nobody knows which of them is meant, and what their keys truly are.
void FileLoad::refuse_twins() {
  std::unordered_map<std::string, std::size_t> firsts;
  firsts.reserve(changes_.size());
  std::vector<std::size_t> twins;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (!changes_[i].names_item()) continue;
    std::string key;
    events::append_canonical(key, changes_[i].key);
    const auto [first, is_new] = firsts.emplace(std::move(key), i);
    if (!is_new) twins.insert(twins.end(), {first->second, i});
  }
  for (const std::size_t place : twins) {
    events::Change& change = changes_[place];
    change.key = {};  // what keeps it must not take it for a change of that item
    change.keys_json = {};
    if (change.problem.empty()) change.problem = kTwins;
  }
}

/// Applies what has been read and waits. @return false: it is to stop, and nothing was applied
bool FileLoad::apply() {
  if (!options_.may_go_on()) return false;
  if (changes_.empty()) return true;
  refuse_twins();
  if (options_.batches.by_key) sort_by_key();
  BatchResult result = pipeline_.apply(changes_, options_.deadline());
  if (options_.tries_again) try_again(result);
  done_ += changes_.size();
  options_.on_batch({.changes = changes_,
                     .lines = texts_,
                     .numbers = numbers_,
                     .result = result,
                     .lines_done = done_});
  changes_.clear();
  texts_.clear();
  numbers_.clear();
  reader_.forget();
  return true;
}

}  // namespace

Result<ExportLoadEnd> load_file(const ExportFile& file, events::ItemLineReader& reader,
                                Pipeline& pipeline, const ExportLoadOptions& options) {
  return FileLoad(file, reader, pipeline, options).work();
}

}  // namespace streamonce::handler::exports
