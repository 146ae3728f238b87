// tests/support/gzip.h: text compressed as gzip(1) does it.
//
// Source:  RFC 1952.
// Threads: any.

#pragma once

#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/check.h"

namespace streamonce::testing {

/// The parts of one gzip member, of which each gives its text when it is there.
inline std::vector<std::string> gzip_parts(const std::vector<std::string>& texts,
                                           int level = Z_DEFAULT_COMPRESSION) {
  z_stream stream{};
  STREAMONCE_CHECK(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
                   Z_OK);
  std::vector<std::string> parts;
  for (std::size_t index = 0; index < texts.size(); ++index) {
    const std::string& text = texts[index];
    std::string part(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    const bool last = index + 1 == texts.size();
    const int code = deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
    STREAMONCE_CHECK(code == (last ? Z_STREAM_END : Z_OK) && stream.avail_in == 0);
    part.resize(part.size() - stream.avail_out);
    parts.push_back(part);
  }
  deflateEnd(&stream);
  return parts;
}

/// One gzip member.
inline std::string gzip_of(std::string_view text, int level = Z_DEFAULT_COMPRESSION) {
  return gzip_parts({std::string(text)}, level).front();
}

}  // namespace streamonce::testing
