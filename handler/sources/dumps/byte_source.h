// handler/sources/dumps/byte_source.h: a file or standard input as a stream of plain bytes, gzip
// undone.
//
// Gzip is recognised by content, anywhere: JSON text never holds the byte 1f, so wherever 1f 8b 08
// stands in plain bytes, a gzip member begins. Members may follow each other, and plain bytes may
// stand before, between and behind them. Zero bytes right behind a member are padding, as for
// gzip(1), and left out.
//
// Source:  RFC 1952, sections 2.2 and 2.3.
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "runtime/base/result.h"

namespace streamonce::handler::dumps {

class ByteSource {
 public:
  /// Asked before each wait and at least every quarter of a second during one: whether to give up.
  using Stopped = std::function<bool()>;

  /// Opens the file `path`, or standard input for `-`. A FIFO that nobody writes yet is opened at
  /// once; read() waits for its writer.
  /// @error kUnavailable  it cannot be opened, or is a folder; the message has path and reason
  static Result<ByteSource> open(const std::string& path, Stopped stopped);

  ByteSource(ByteSource&& other) noexcept;
  ByteSource& operator=(ByteSource&& other) noexcept;
  ~ByteSource();

  /// Puts the next plain bytes into `room`, which must not be empty; waits only while there is no
  /// byte at all.
  /// @return how many bytes; 0: the end, or `stopped` became true
  /// @error kUnavailable  reading failed; the message has path and reason
  /// @error kProtocol     a gzip member is broken or cut short. In a regular file each member is
  ///                      gone through twice, and nothing of a broken one has been handed out. In a
  ///                      pipe, what was handed out of it may be wrong. The message has path,
  ///                      offset and zlib's words. The next call goes on with the next member found
  ///                      behind this one's start, and skips what is before that
  Result<std::size_t> read(std::span<char> room);

  /// How far the file has been read, in bytes as they lie there, perhaps compressed. Never falls.
  std::uint64_t bytes_read() const;
  /// The size of a regular file when it was opened; none for anything else. Files grow: bytes_read
  /// may come to exceed it.
  std::optional<std::uint64_t> bytes_in_all() const;

 private:
  class GzipReader;
  explicit ByteSource(std::unique_ptr<GzipReader> reader);
  std::unique_ptr<GzipReader> reader_;
};

}  // namespace streamonce::handler::dumps
