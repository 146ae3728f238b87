#include "bench/exported_table.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include "bench/load.h"
#include "runtime/base/digest.h"
#include "tests/support/gzip.h"

namespace streamonce::bench {
namespace {

constexpr std::size_t kFiles = 4;
constexpr const char* kTableArn = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders";
/// A minute behind the time in kExportVersionEnd.
constexpr const char* kExportTime = "2026-11-21T22:26:40.000Z";

std::string md5_of(std::string_view bytes) {
  Md5 md5;
  md5.append(bytes);
  return md5.base64();
}

bool write(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return file.flush().good();
}

std::chrono::nanoseconds time_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// In the child.
[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments,
                         const std::vector<std::string>& environment, const std::string& folder,
                         const std::string& log_path) {
  const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  const auto pointers = [](const std::vector<std::string>& texts, const char* first) {
    std::vector<char*> all;
    if (first != nullptr) all.push_back(const_cast<char*>(first));
    for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
  };
  ::execve(program.c_str(), pointers(arguments, program.c_str()).data(),
           pointers(environment, nullptr).data());
  ::_exit(127);
}

}  // namespace

Status write_export(const std::string& folder, std::uint64_t first, std::size_t count,
                    std::size_t record_bytes) {
  const Load load(record_bytes);
  std::filesystem::create_directories(folder + "/data");
  bool good = true;
  std::string list;
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::size_t items = count / kFiles + (i < count % kFiles ? 1 : 0);
    std::string text;
    for (std::size_t n = 0; n < items; ++n)
      text.append(R"({"Item":)").append(load.image(first++)).append("}\n");
    const std::string bytes = testing::gzip_of(text);
    const std::string name = "part" + std::to_string(i) + ".json.gz";
    good = write(folder + "/data/" + name, bytes) && good;
    list += R"({"itemCount":)" + std::to_string(items) + R"(,"md5Checksum":")" + md5_of(bytes) +
            R"(","dataFileS3Key":"AWSDynamoDB/1/data/)" + name + "\"}\n";
  }
  const std::string summary = R"({"exportArn":")" + std::string(kTableArn) +
                              R"(/export/1","tableArn":")" + kTableArn + R"(","exportTime":")" +
                              kExportTime + R"(","itemCount":)" + std::to_string(count) +
                              R"(,"outputFormat":"DYNAMODB_JSON"})";
  good = write(folder + "/manifest-files.json", list) && good;
  good = write(folder + "/manifest-files.md5", md5_of(list)) && good;
  good = write(folder + "/manifest-summary.json", summary) && good;
  good = write(folder + "/manifest-summary.md5", md5_of(summary)) && good;
  if (good) return {};
  return Error{ErrorCode::kUnavailable, folder + ": cannot be written"};
}

Result<ProcessCost> run_program(const std::string& program,
                                const std::vector<std::string>& arguments,
                                const std::vector<std::string>& environment,
                                const std::string& folder, const std::string& log_path) {
  // Until it becomes the program, the child has this process's memory, and that counts.
  ::malloc_trim(0);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) become(program, arguments, environment, folder, log_path);
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child)
    return Error{ErrorCode::kUnavailable, program + ": cannot be run"};
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::ifstream log(log_path);
    return Error{ErrorCode::kRejected,
                 program + " failed: " + std::string(std::istreambuf_iterator<char>(log), {})};
  }
  constexpr std::uint64_t kKibi = 1024;  // source: getrusage(2), ru_maxrss
  return ProcessCost{.wall = std::chrono::steady_clock::now() - start,
                     .cpu = time_of(usage.ru_utime) + time_of(usage.ru_stime),
                     .peak_memory = static_cast<std::uint64_t>(usage.ru_maxrss) * kKibi};
}

}  // namespace streamonce::bench
