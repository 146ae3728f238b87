// runtime/base/temporary_file.h: a file without a name, which goes when it is closed.
//
// Only its owner can open it while it has a name, which is for an instant, and what is written to
// it does not stay behind, however the process ends.
//
// Source:  mkostemp(3), unlink(2).
// Threads: one thread at a time.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace streamonce {

class TemporaryFile {
 public:
  /// @param folder  an existing one, with room for what will be in the file
  /// @error kFatal  there is no such folder, or nothing can be made in it; the message has the
  ///                folder and the reason
  static Result<TemporaryFile> create(const std::string& folder);

  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&& other) noexcept;
  ~TemporaryFile();

  /// Writes all of `bytes` behind what is there.
  /// @error kFatal  the disk is full, or fails; the message has the folder and the reason, and the
  ///                file is of no use any more
  Status append(std::string_view bytes);

  /// How many bytes were written.
  std::uint64_t size() const { return size_; }

  /// Hands the open file over, to be read from its start, and closed by who takes it. Nothing else
  /// may be done with this object afterwards.
  int release();

 private:
  TemporaryFile(int descriptor, std::string folder);

  int descriptor_ = -1;
  std::uint64_t size_ = 0;
  std::string folder_;
};

}  // namespace streamonce
