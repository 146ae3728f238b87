// runtime/base/payload.h: the bytes of one request or file, with room behind them for a parser.
//
// A parser that reads 32 or 64 bytes at a time reads past the last one. Payload keeps
// kPayloadPaddingBytes readable bytes behind its text, so that no copy is ever needed for that.
//
// Threads: none of its own. Ownership: Payload owns its bytes; PayloadView borrows them.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace streamonce {

/// Readable bytes behind every payload. simdjson asks for 64 (SIMDJSON_PADDING).
inline constexpr std::size_t kPayloadPaddingBytes = 64;

/// The largest payload that Lambda hands over or takes: 6 MiB and 100 bytes.
/// Source: AWS Lambda runtime interface emulator, interop/model.go, MaxPayloadSize; the same
/// number stands in the live service's 413 answers.
inline constexpr std::size_t kPayloadBytesMax = 6UL * 1024 * 1024 + 100;

/// A view of bytes behind which kPayloadPaddingBytes more can be read.
struct PayloadView {
  std::string_view text;
};

/// A buffer of fixed capacity that is filled from the front and used again.
class Payload {
 public:
  /// Memory is reserved, not touched: a page costs nothing until bytes arrive in it.
  explicit Payload(std::size_t bytes_max = kPayloadBytesMax);
  /// A payload that holds a copy of `text`: for tests and small inputs.
  static Payload copy_of(std::string_view text);

  /// Appends `bytes`. Returns false, and changes nothing, if they do not fit.
  [[nodiscard]] bool append(std::string_view bytes);
  /// The room behind the bytes that are there, to be filled from its front, and then taken in.
  std::span<char> room() { return {bytes_.get() + size_, bytes_max_ - size_}; }
  /// Takes in the first `count` bytes of the room, which is at least as large.
  void take_in(std::size_t count) { size_ += count; }
  void clear() { size_ = 0; }
  /// Takes the last bytes away again, so that `size` are left, which is at most size().
  void cut_to(std::size_t size) { size_ = size; }

  std::size_t size() const { return size_; }
  std::size_t bytes_max() const { return bytes_max_; }
  std::string_view text() const { return {bytes_.get(), size_}; }
  PayloadView view() const { return {text()}; }

 private:
  std::size_t bytes_max_;
  std::size_t size_ = 0;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace streamonce
