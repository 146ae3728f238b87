// tests/handler/sources/dumps/byte_feed.h: what a ByteSource reads, and how it is read to its end.
//
// Threads: one thread at a time.

#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/sources/dumps/byte_source.h"
#include "runtime/base/check.h"

namespace streamonce::handler::dumps {

inline bool never() {
  return false;
}

/// What came of a whole input.
struct ReadThrough {
  std::string text = {};
  std::vector<std::string> errors = {};
};

/// Reads to the end, at most `room_bytes` at a time.
inline ReadThrough read_through(ByteSource& source, std::size_t room_bytes) {
  ReadThrough all;
  std::string room(room_bytes, '\0');
  while (true) {
    const Result<std::size_t> count = source.read(room);
    if (count && *count == 0) return all;
    if (count) {
      all.text.append(room, 0, *count);
      continue;
    }
    all.errors.push_back(count.error().message);
    if (count.error().code != ErrorCode::kProtocol || all.errors.size() == 100) return all;
  }
}

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  STREAMONCE_CHECK(file.good());
}

/// Opening this opens what `descriptor` has open once more.
inline std::string descriptor_path(int descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor);
}

/// A FIFO into which one piece is written each time that its reader is about to wait, so that the
/// reader sees exactly these pieces, and no second thread is needed.
class PieceFifo {
 public:
  explicit PieceFifo(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {
    STREAMONCE_CHECK(::pipe2(ends_.data(), O_CLOEXEC) == 0);
  }
  ~PieceFifo() {
    close_writer();
    ::close(ends_[0]);
  }
  PieceFifo(const PieceFifo&) = delete;
  PieceFifo& operator=(const PieceFifo&) = delete;

  Result<ByteSource> open() {
    return ByteSource::open(descriptor_path(ends_[0]), [this] {
      give();
      return false;
    });
  }
  std::size_t given() const { return given_; }

 private:
  void give() {
    if (given_ == pieces_.size()) return close_writer();
    const std::string& piece = pieces_[given_++];
    const ssize_t count = ::write(ends_[1], piece.data(), piece.size());
    STREAMONCE_CHECK(count == static_cast<ssize_t>(piece.size()));
  }
  void close_writer() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

  std::vector<std::string> pieces_;
  std::size_t given_ = 0;
  std::array<int, 2> ends_{};
};

/// `bytes` in pieces of at most `piece_bytes`.
inline std::vector<std::string> cut(std::string_view bytes, std::size_t piece_bytes) {
  std::vector<std::string> pieces;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_bytes, bytes.size())))
    pieces.emplace_back(bytes.substr(0, piece_bytes));
  return pieces;
}

inline ReadThrough read_file_through(std::string_view bytes, std::size_t room_bytes = 4096) {
  const int file = ::memfd_create("input", MFD_CLOEXEC);
  STREAMONCE_CHECK(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  Result<ByteSource> source = ByteSource::open(descriptor_path(file), never);
  ::close(file);
  STREAMONCE_CHECK(source.has_value());
  return read_through(*source, room_bytes);
}

inline ReadThrough read_pieces_through(std::vector<std::string> pieces,
                                       std::size_t room_bytes = 4096) {
  PieceFifo fifo(std::move(pieces));
  Result<ByteSource> source = fifo.open();
  STREAMONCE_CHECK(source.has_value());
  return read_through(*source, room_bytes);
}

}  // namespace streamonce::handler::dumps
