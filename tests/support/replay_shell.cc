#include "tests/support/replay_shell.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace streamonce::testing {

using nlohmann::json;

json Ended::summary() const {
  json parsed = json::parse(out, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (parsed.is_object()) return parsed;
  ADD_FAILURE() << "no JSON object: " << out << err;
  return json::object();
}

Counts Ended::counts() const {
  Counts counts;
  const json whole = summary();
  for (const auto& [name, value] : whole.items())
    if (value.is_number_unsigned() && value != 0) counts[name] = value.get<std::uint64_t>();
  return counts;
}

std::vector<std::string> joined(std::vector<std::string> first,
                                const std::vector<std::string>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::string read_whole(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return {};
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool RunningReplay::has_ended() const {
  siginfo_t state{};
  ::waitid(P_PID, static_cast<id_t>(pid()), &state, WEXITED | WNOHANG | WNOWAIT);
  return state.si_pid == pid();
}

Ended RunningReplay::wait() {
  Ended ended{.status = process_.wait()};
  ended.out = read_whole(out_path_);
  ended.err = read_whole(err_path_);
  return ended;
}

Ended ReplayShell::replay_input(std::vector<std::string> arguments, std::string_view input) {
  return start({.arguments = std::move(arguments), .input_path = dump("input", input)})->wait();
}

std::unique_ptr<RunningReplay> ReplayShell::start(const ReplayStart& start) {
  const std::string number = std::to_string(++runs_);
  ChildOptions options{.program = STREAMONCE_BOOTSTRAP,
                       .arguments = {start.command},
                       .environment = environment_,
                       .log_path = start.terminal,
                       .output_path = start.terminal,
                       .input_path = start.input_path,
                       .working_folder = folder_.path()};
  options.arguments.insert(options.arguments.end(), start.arguments.begin(), start.arguments.end());
  if (start.terminal.empty()) {
    options.log_path = outputs_.file("err" + number);
    options.output_path = outputs_.file("out" + number);
  }
  return std::make_unique<RunningReplay>(options);
}

std::string ReplayShell::dump(const std::string& name, std::string_view bytes) {
  const std::filesystem::path path = dumps_.file(name);
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
  return path.string();
}

std::vector<std::string> ReplayShell::files() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace streamonce::testing
