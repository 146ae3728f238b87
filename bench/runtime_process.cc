#include "bench/runtime_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <utility>

#include "runtime/base/check.h"

namespace streamonce::bench {
namespace {

constexpr std::chrono::seconds kStartPatience{60};
constexpr std::chrono::seconds kAnswerPatience{300};
constexpr std::chrono::seconds kEndPatience{5};
/// Source: measured on provided.al2023: 1 KB comes with Content-Length, 100 KB in one chunk; Go's
/// net/http, which serves the API, changes over at 2,048 bytes.
constexpr std::size_t kChunkedFrom = 2048;

std::string event_answer(std::size_t invocation, const std::string& event) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto deadline = std::chrono::system_clock::now() + kAnswerPatience;
  const auto deadline_ms = duration_cast<milliseconds>(deadline.time_since_epoch()).count();
  const std::string headers =
      "Content-Type: application/json\r\n"
      "Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-" +
      std::to_string(100'000'000'000 + invocation) +
      "\r\nLambda-Runtime-Deadline-Ms: " + std::to_string(deadline_ms) +
      "\r\nLambda-Runtime-Invoked-Function-Arn: "
      "arn:aws:lambda:eu-central-1:123456789012:function:bench\r\n"
      "Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0\r\n";
  if (event.size() < kChunkedFrom) return http_answer(200, headers, event);
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", event.size());
  std::string bytes = "HTTP/1.1 200 OK\r\n" + headers + "Transfer-Encoding: chunked\r\n\r\n";
  bytes.reserve(bytes.size() + event.size() + 64);
  return bytes.append(size).append(event).append("\r\n0\r\n\r\n");
}

/// Pointers to `texts`, as exec wants them.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Only system calls before exec: the child has our memory until then, and `started` with it. A
/// copy of it, as fork makes one, would be taken down within exec, and be counted as start-up.
pid_t spawn(const RuntimeCommand& command, const std::vector<std::string>& environment,
            volatile Time::rep& started) {
  const std::vector<char*> arguments = pointers_to(command.arguments);
  const std::vector<char*> variables = pointers_to(environment);
  const int log = ::open(command.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t pid = ::vfork();
  STREAMONCE_CHECK(pid >= 0 && log >= 0);
  if (pid > 0) {
    ::close(log);
    ::close(null);
    return pid;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (::chdir(command.folder.c_str()) != 0) ::_exit(126);
  started = std::chrono::steady_clock::now().time_since_epoch().count();
  ::execve(arguments.front(), arguments.data(), variables.data());
  ::_exit(127);
}

}  // namespace

RuntimeProcess::RuntimeProcess(const RuntimeCommand& command) : log_path_(command.log_path) {
  server_ = std::make_unique<HttpServer>(
      [this](const HttpServerRequest& request) { return handle(request); });
  std::vector<std::string> environment = command.environment;
  environment.push_back("AWS_LAMBDA_RUNTIME_API=127.0.0.1:" + std::to_string(server_->port()));
  volatile Time::rep started = 0;
  pid_ = spawn(command, environment, started);
  std::unique_lock lock(mutex_);
  if (wait_until_idle(lock, kStartPatience))
    start_up_ = asked_first_ - Time(Time::duration(started));
}

Result<std::unique_ptr<RuntimeProcess>> RuntimeProcess::start(const RuntimeCommand& command) {
  std::unique_ptr<RuntimeProcess> process(new RuntimeProcess(command));
  if (process->start_up_.count() > 0) return process;
  return Error{ErrorCode::kFatal,
               command.arguments.front() + " does not start: see its log " + command.log_path};
}

RuntimeProcess::~RuntimeProcess() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  // A profiler writes what it has found when its process ends by itself.
  ::kill(pid_, SIGTERM);
  const Time give_up = std::chrono::steady_clock::now() + kEndPatience;
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > give_up) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Result<Invocation> RuntimeProcess::invoke(std::string event) {
  std::unique_lock lock(mutex_);
  response_.reset();
  const std::chrono::nanoseconds cpu_before = cpu();
  event_ = std::move(event);
  idle_ = false;
  changed_.notify_all();
  const bool back = wait_until_idle(lock, kAnswerPatience);
  if (!error_.empty())
    return Error{ErrorCode::kFatal, "an error was reported: " + error_ + "; log: " + log_path_};
  if (!back || !response_) return Error{ErrorCode::kFatal, "no answer came; log: " + log_path_};
  return Invocation{.response = std::move(*response_),
                    .wall = asked_again_ - delivered_,
                    .cpu = cpu() - cpu_before};
}

std::string RuntimeProcess::next_request() const {
  const std::lock_guard lock(mutex_);
  return next_request_;
}

std::string RuntimeProcess::response_request() const {
  const std::lock_guard lock(mutex_);
  return response_request_;
}

std::size_t RuntimeProcess::peak_memory() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtoul(line.c_str() + 6, nullptr, 10) * 1024;
  return 0;
}

std::chrono::nanoseconds RuntimeProcess::cpu() const {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

bool RuntimeProcess::wait_until_idle(std::unique_lock<std::mutex>& lock,
                                     std::chrono::seconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!idle_ && error_.empty()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    changed_.wait_for(lock, std::chrono::milliseconds(500));
    siginfo_t state{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &state, WEXITED | WNOHANG | WNOWAIT);
    if (state.si_pid == pid_) return false;
  }
  return idle_;
}

HttpServerReply RuntimeProcess::handle(const HttpServerRequest& request) {
  std::unique_lock lock(mutex_);
  if (request.target.ends_with("/next")) {
    const bool first = asked_first_ == Time{};
    if (first) asked_first_ = request.came;
    asked_again_ = request.came;
    next_request_ = request.bytes();
    return next(lock);
  }
  if (request.target.ends_with("/response")) {
    response_ = std::string(request.body);
    response_request_ = request.bytes();
  } else {
    error_ = std::string(request.target) + ": " + std::string(request.body);
    changed_.notify_all();
  }
  return {.bytes = http_answer(202, "Content-Type: application/json\r\n", R"({"status":"OK"})")};
}

HttpServerReply RuntimeProcess::next(std::unique_lock<std::mutex>& lock) {
  idle_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return event_ || stopping_; });
  if (stopping_) return {};
  const std::string event = std::move(*event_);
  event_.reset();
  HttpServerReply reply{.bytes = event_answer(++invocations_, event)};
  delivered_ = std::chrono::steady_clock::now();
  return reply;
}

}  // namespace streamonce::bench
