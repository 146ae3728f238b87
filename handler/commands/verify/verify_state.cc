#include "handler/commands/verify/verify_state.h"

#include <array>
#include <charconv>
#include <system_error>

namespace streamonce::handler::verify {
namespace {

constexpr std::string_view kFirstLine = "streamonce verify 1";

/// The counts of a state, in the order of its text.
template <class Counts>
auto numbers_of(Counts& counts) {
  return std::array{&counts.equal,     &counts.missing,  &counts.extra, &counts.different,
                    &counts.unsettled, &counts.repaired, &counts.failed};
}

/// Reads the number that `text` begins with, and takes it away with one blank behind it.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped == text.data()) return false;
  text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

/// Reads one line behind the first. @return whether it is one
bool take_line(std::string_view line, VerifyState& state) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, blank);
  std::string_view rest = line.substr(blank + 1);
  if (name == "of") {
    state.of = rest;
  } else if (name == "report") {
    state.report_path = rest;
  } else if (name == "segments") {
    return take_number(rest, state.segments) && rest.empty() && state.segments <= kSegmentsMax;
  } else if (name == "bytes") {
    return take_number(rest, state.report_bytes) && rest.empty();
  } else if (name == "counts") {
    for (std::uint64_t* const number : numbers_of(state.counts))
      if (!take_number(rest, *number)) return false;
    return rest.empty();
  } else if (name == "done") {
    state.done.emplace(rest);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string to_text(const VerifyState& state) {
  std::string text(kFirstLine);
  text.append("\nof ").append(state.of);
  text.append("\nreport ").append(state.report_path);
  text.append("\nsegments ").append(std::to_string(state.segments));
  text.append("\nbytes ").append(std::to_string(state.report_bytes)).append("\ncounts");
  for (const std::uint64_t* const number : numbers_of(state.counts))
    text.append(" ").append(std::to_string(*number));
  text += '\n';
  for (const std::string& part : state.done) text.append("done ").append(part).append("\n");
  return text;
}

Result<VerifyState> parse_state(std::string_view text) {
  VerifyState state;
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    ++number;
    const bool is_good = end != std::string_view::npos &&
                         (number == 1 ? line == kFirstLine : take_line(line, state));
    if (!is_good)
      return invalid_argument(
          "is no state of verify: line " + std::to_string(number) +
          (number == 1 ? " is not `streamonce verify 1`"
                       : " is not one of `of`, report, segments, bytes, counts and done"));
    text.remove_prefix(end + 1);
  }
  if (number == 0) return invalid_argument("is no state of verify: it is empty");
  return state;
}

}  // namespace streamonce::handler::verify
