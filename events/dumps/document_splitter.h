// events/dumps/document_splitter.h: cuts a stream of bytes into JSON documents, and broken ones out
// of it.
//
// A document is one JSON object, or a JSON text (a string) that may hold one. Documents stand in a
// row, on lines, or in arrays: white space, commas, brackets around documents and byte order marks
// separate them. Strings, brackets and the order of keys, colons, commas and values are followed,
// so that a document that is cut short shows where the next one begins instead of at the end of the
// input. What is inside a token is not looked at. UTF-16 is a broken document that says so.
//
// A broken document reaches to the next line that starts no deeper than it did, and with a bracket;
// so the documents behind it are not lost. A document over the bound comes in pieces, all of them
// broken. Every byte of the input is in a document or separates documents.
//
//     do {
//       splitter.took(read(splitter.room()));   // finish(), at the end
//       while (auto document = splitter.next()) use(*document);
//     } while (more);
//
// Source:  RFC 8259; `aws` prints documents with indentation, Lambda writes them on one line.
// Threads: one thread at a time. Ownership: a document is a view into the splitter, and valid until
//          the next call of next() or room().

#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/payload.h"

namespace streamonce::events {

/// The longest document that is read as one: twice a payload of Lambda's, which an on-failure
/// destination holds as an escaped string, and some.
inline constexpr std::size_t kDocumentBytesMax = 16UL * 1024 * 1024;

/// The most lists and objects one in the other: enough for a stream record with 32 levels of
/// DynamoDB's, each of them two of JSON's, in an event in a letter, and some.
inline constexpr std::size_t kDocumentNestingMax = 128;

struct Document {
  PayloadView text;          ///< with readable bytes behind it, as a parser wants them
  std::uint64_t offset = 0;  ///< where its first byte is in the stream
  std::uint64_t line = 0;    ///< the line that it starts on, from 1
  std::string problem;       ///< why it is broken; empty: it is whole, by its brackets
};

class DocumentSplitter {
 public:
  explicit DocumentSplitter(std::size_t document_bytes_max = kDocumentBytesMax);

  /// Where the next bytes of the stream are to be put: at least one, once next() has returned none.
  std::span<char> room();
  /// Says that `bytes` bytes have been put at the start of room().
  void took(std::size_t bytes) { end_ += bytes; }
  /// Says that the stream has ended, or breaks off here.
  void finish() { finished_ = true; }
  /// Says that the stream goes on after a break; next() must have returned none since finish().
  void resume() { finished_ = false; }

  /// The next document. None: more bytes are needed, or there are no more documents.
  std::optional<Document> next();

 private:
  enum class Phase : std::uint8_t { kBetween, kInside, kBroken };
  /// What may come next inside a document.
  enum class Expect : std::uint8_t {
    kKeyOrEnd,
    kKey,
    kColon,
    kValue,
    kValueOrEnd,
    kCommaOrEnd,
    kStringEnd,  ///< the end of a string that is a value
    kKeyEnd,
    kTokenEnd,  ///< the end of a number or literal
  };

  bool skip_separators();
  bool knows_what_begins() const;
  bool take_separator(char c);
  void begin_document();
  std::optional<Document> scan_document();
  bool in_string() const {
    return (expect_ == Expect::kStringEnd || expect_ == Expect::kKeyEnd) && !escaped_;
  }
  bool take(char c);
  bool take_in_string(char c, Expect after);
  bool take_value(char c);
  bool take_close(char c);
  bool open(char c);
  void break_here(std::string_view problem);
  void break_document(std::string problem);
  std::optional<Document> end_broken();
  std::size_t find_restart();
  Document cut(std::size_t end);
  std::optional<Document> end_of_stream();

  std::size_t capacity_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;  // where in the buffer that begins which has not been given out
  std::size_t scan_ = 0;   // how far the buffer has been looked at
  std::size_t end_ = 0;
  bool finished_ = false;

  Phase phase_ = Phase::kBetween;
  Expect expect_ = Expect::kValue;
  bool escaped_ = false;                     // whether a backslash of a string is before scan_
  std::bitset<kDocumentNestingMax> object_;  // whether each open bracket is an object's
  std::size_t depth_ = 0;
  std::string problem_;

  std::uint64_t offset_ = 0;      // where begin_ is in the stream
  std::uint64_t line_ = 1;        // the line of begin_
  std::size_t arrays_ = 0;        // how many are open around documents
  std::size_t column_ = 0;        // the column of scan_, between documents
  bool arrays_in_doubt_ = false;  // whether a broken document may hold the ends of arrays
  bool line_used_ = false;        // whether a document began before on the line of scan_
  std::size_t indentation_ = 0;   // the deepest that the next document's line may begin
};

}  // namespace streamonce::events
