// handler/targets/dynamodb/pack_size.h: how large a transaction may be follows the conflicts.
//
// Threads: a value.

#pragma once

#include <cstddef>

namespace streamonce::handler::dynamodb {

/// How many commits a transaction may have: half as many after a conflict, more after a success.
/// Two writers on the same items then meet less and less, and both get on.
class PackSize {
 public:
  explicit PackSize(std::size_t most) : most_(most), limit_(most) {}

  std::size_t limit() const { return limit_; }
  /// Says that a transaction of so many commits met a conflict.
  void conflicted(std::size_t commits);
  /// Says that a transaction of so many commits was applied.
  void succeeded(std::size_t commits);

 private:
  std::size_t most_;
  std::size_t limit_;
};

}  // namespace streamonce::handler::dynamodb
