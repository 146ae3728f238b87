#include "handler/commands/progress.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <utility>

namespace streamonce::handler {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTerminalPause{100};
constexpr milliseconds kLogPause{10'000};
constexpr milliseconds kGuessAfter{3'000};  ///< before, a guess at the time left tells nothing
constexpr unsigned kColumns = 80;           ///< the width of a terminal that does not tell
constexpr std::string_view kToLineStart = "\r";
constexpr std::string_view kEraseToLineEnd = "\x1b[K";  // ECMA-48, EL

/// Megabytes as in `1,234.5`, cut and not rounded, so that 100% and the last byte come together.
std::string megabytes(std::uint64_t bytes) {
  const std::uint64_t tenths = bytes / 100'000;
  return grouped(tenths / 10) + "." + std::to_string(tenths % 10);
}

/// `part` / `whole` * `factor`, where the product may need more than 64 bits.
std::uint64_t scaled(std::uint64_t factor, std::uint64_t part, std::uint64_t whole) {
  return static_cast<std::uint64_t>(static_cast<double>(factor) * static_cast<double>(part) /
                                    static_cast<double>(whole));
}

/// `part` of `whole` in percent: 100 only where nothing is left.
std::string percent_text(std::uint64_t part, std::uint64_t whole) {
  const std::uint64_t percent =
      part == whole ? 100 : std::min<std::uint64_t>(99, scaled(100, part, whole));
  return std::to_string(percent) + "% ";
}

std::string bytes_text(const ProgressState& state) {
  // A file in /proc says that it is empty.
  if (state.bytes_in_all.value_or(0) == 0) return megabytes(state.bytes) + " MB";
  const std::uint64_t all = std::max(*state.bytes_in_all, state.bytes);
  return percent_text(state.bytes, all) + megabytes(state.bytes) + " of " + megabytes(all) + " MB";
}

std::string items_text(const ItemProgress& items) {
  const std::uint64_t all = std::max(items.in_all, items.done);
  return percent_text(items.done, all) + grouped(items.done) + " of " + grouped(all) +
         (all == 1 ? " item" : " items") + items.more;
}

std::string rate_text(const ProgressState& state) {
  if (state.elapsed <= milliseconds::zero()) return {};
  const auto elapsed_ms = static_cast<std::uint64_t>(state.elapsed.count());
  const std::optional<ItemProgress>& items = state.items;
  const bool has_fates = !items || state.fates.all() > 0;
  const std::uint64_t count = has_fates ? state.fates.all() : items->done - items->before;
  return ", " + grouped(scaled(1000, count, elapsed_ms)) + "/s";
}

/// A duration as in `27 s`, `12 min` or `3 h`, which is as exact as a guess may sound.
std::string duration_text(std::uint64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < std::uint64_t{120} * 60) return std::to_string(seconds / 60) + " min";
  return grouped(seconds / 3600) + " h";
}

std::string time_left_text(const ProgressState& state) {
  const std::optional<ItemProgress>& items = state.items;
  const std::uint64_t part = items ? items->done - items->before : state.bytes;
  const std::uint64_t all = items ? items->in_all - std::min(items->in_all, items->before)
                                  : state.bytes_in_all.value_or(0);
  if (part == 0 || part >= all || state.elapsed < kGuessAfter) return {};
  const auto elapsed_ms = static_cast<std::uint64_t>(state.elapsed.count());
  const std::uint64_t left_ms = scaled(elapsed_ms, all - part, part);
  return ", " + duration_text((left_ms + 999) / 1000) + " left";
}

std::string outcomes_text(const ProgressState& state) {
  std::string text;
  const auto add = [&](std::uint64_t count, std::string_view name) {
    if (count == 0) return;
    text += text.empty() ? ": " : ", ";
    text += grouped(count);
    text += ' ';
    text += name;
  };
  for (const FateName& each : kFates) add(state.fates.of(each.fate), each.text);
  add(state.unreadable, "unreadable");
  return text;
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string progress_text(const ProgressState& state) {
  if (state.items)
    return items_text(*state.items) + rate_text(state) + time_left_text(state) +
           outcomes_text(state);
  const std::uint64_t records = state.fates.all();
  return bytes_text(state) + ", " + grouped(records) + (records == 1 ? " record" : " records") +
         rate_text(state) + time_left_text(state) + outcomes_text(state);
}

unsigned terminal_columns(int descriptor) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

Progress::Progress(const Clock& clock, Options options)
    : clock_(clock),
      options_(std::move(options)),
      next_(clock.steady_now()) {
  if (options_.medium == Medium::kLog) next_ += kLogPause;
}

void Progress::update(const ProgressState& state) {
  const SteadyTime now = clock_.steady_now();
  if (now < next_) return;
  if (options_.medium == Medium::kTerminal) {
    draw(state);
    next_ = now + kTerminalPause;
    return;
  }
  options_.sink(progress_text(state) + "\n");
  next_ = now + kLogPause;
}

void Progress::clear() {
  if (!drawn_) return;
  options_.sink(std::string(kToLineStart) + std::string(kEraseToLineEnd));
  drawn_ = false;
  next_ = clock_.steady_now();
}

void Progress::draw(const ProgressState& state) {
  const unsigned told = options_.columns ? options_.columns() : 0;
  const unsigned columns = told == 0 ? kColumns : told;
  // A character in the last column would make some terminals begin another line.
  const std::string text = progress_text(state).substr(0, columns - 1);
  options_.sink(std::string(kToLineStart) + text + std::string(kEraseToLineEnd));
  drawn_ = true;
}

}  // namespace streamonce::handler
