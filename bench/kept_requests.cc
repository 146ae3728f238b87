#include "bench/kept_requests.h"

#include <fstream>
#include <utility>

namespace streamonce::bench {
namespace {

void write(std::ostream& file, const std::string& request) {
  file << request.size() << '\n' << request;
}

/// False: the file has no more of them.
bool read(std::istream& file, std::string& request) {
  std::size_t size = 0;
  if (!(file >> size) || file.get() != '\n') return false;
  request.resize(size);
  return static_cast<bool>(file.read(request.data(), static_cast<std::streamsize>(size)));
}

}  // namespace

// Each has its length before it, in a line.
bool write_requests(const std::string& path, const KeptRequests& requests) {
  std::ofstream file(path, std::ios::binary);
  write(file, requests.next);
  write(file, requests.response);
  for (const std::string& each : requests.transactions) write(file, each);
  file.close();
  return !file.fail();
}

std::optional<KeptRequests> read_requests(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  KeptRequests requests;
  if (!read(file, requests.next) || !read(file, requests.response)) return std::nullopt;
  for (std::string each; read(file, each);) requests.transactions.push_back(std::move(each));
  return requests;
}

}  // namespace streamonce::bench
