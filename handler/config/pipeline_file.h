// handler/config/pipeline_file.h: reads the members of a pipeline file, which is one JSON object.
//
// What the members mean, and which there are, is the matter of settings.h.
//
// Threads: one thread at a time; the file must not change in the meantime.

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "runtime/base/result.h"

namespace streamonce::handler {

/// Texts by name; of a name that stands twice, the last.
using FileTexts = std::map<std::string, std::string, std::less<>>;

/// The value of a member, as far as a setting can have it.
struct FileValue {
  enum class Kind : std::uint8_t { kOther, kText, kWholeNumber, kTruth, kTexts };
  Kind kind = Kind::kOther;
  /// A text unescaped, a whole number in decimal digits, `true` or `false`; else empty.
  std::string text;
  FileTexts texts;  ///< for kTexts: the members of an object of nothing but texts
};

/// The members by name; of a name that stands twice, the last.
using FileMembers = std::map<std::string, FileValue, std::less<>>;

/// @error kInvalidArgument  the file cannot be read, is over 1 MB, or is no JSON object; the
///                          message has the path, and the place where the text stops being JSON
Result<FileMembers> read_pipeline_file(const std::string& path);

}  // namespace streamonce::handler
