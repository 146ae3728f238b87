// handler/sources/exports/export_lines.h: the lines of a data file, inflated as they come.
//
// A data file is gzip: members one after the other, each of which may hold nothing; a file without
// a byte holds nothing. Lines are inflated into one buffer, and are views into it, so that those of
// a batch lie there together.
//
// Source:  RFC 1952, section 2.2.
// Threads: one thread at a time. Borrows: the file, which must outlive the lines, and of which they
//          move the place.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "handler/sources/exports/export_files.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler::exports {

class ExportLines {
 public:
  /// @param bytes_max  how many bytes of lines are kept at once, besides the one that is being read
  ExportLines(const ExportFile& file, std::size_t bytes_max);
  ~ExportLines();
  ExportLines(const ExportLines&) = delete;
  ExportLines& operator=(const ExportLines&) = delete;

  enum class Next : std::uint8_t {
    kLine,  ///< there is one
    kFull,  ///< there is no room for another one before forget()
    kEnd,   ///< there are no more
  };

  /// Goes to the next line that is not blank; line() has it.
  /// @error kProtocol     the file is no gzip, or is cut short; the message has zlib's words
  /// @error kTooLarge     a line is longer than kItemLineBytesMax
  /// @error kUnavailable  the file cannot be read; the message has the reason
  /// After an error, nothing more can be read.
  Result<Next> next();

  /// The latest line, without its end. It is valid until forget().
  PayloadView line() const { return {line_}; }

  /// Drops the lines so far.
  void forget();

  /// How many bytes of the file have been read, compressed as they are.
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  struct Inflater;

  Result<bool> fill();
  Status inflate_some();

  const ExportFile& file_;
  const std::size_t bytes_max_;
  const std::size_t buffer_bytes_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;     // where in the buffer the next line begins
  std::size_t searched_ = 0;  // up to where no end of that line was found
  std::size_t end_ = 0;       // the end of what was inflated
  std::string_view line_;
  std::unique_ptr<Inflater> inflater_;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace streamonce::handler::exports
