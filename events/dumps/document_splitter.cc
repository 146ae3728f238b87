#include "events/dumps/document_splitter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/base/text_encoding.h"

namespace streamonce::events {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Whether `c` may stand in a number or a literal.
bool is_token(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '+' || c == '.';
}

/// How many bytes at the start of `text` neither end a string nor are special in one.
std::size_t count_plain(std::string_view text) {
  const auto special = std::find_if(text.begin(), text.end(), [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ';
  });
  return static_cast<std::size_t>(special - text.begin());
}

/// Whether a JSON text that starts with `text` may hold a document, be it behind white space or a
/// byte order mark, or in a text again. Other texts are passed by: each name in a CSV file would
/// else be a document of its own.
bool may_hold_document(std::string_view text) {
  return text.size() > 1 && text[0] == '"' &&
         std::string_view("{[\\ \xEF").find(text[1]) != std::string_view::npos;
}

/// Whether a line that starts with `text` may start a document behind a broken one. A text must
/// hold an object or list: a member's name of the broken document may start a line, too.
bool may_restart(std::string_view text) {
  return text[0] == '{' || text[0] == '[' || text[0] == ']' || text.starts_with("\"{") ||
         text.starts_with("\"[");
}

/// How many line ends `text` has. They are few, and memchr passes over all else.
std::uint64_t count_lines(std::string_view text) {
  std::uint64_t count = 0;
  for (std::size_t i = text.find('\n'); i != std::string_view::npos; i = text.find('\n', i + 1))
    ++count;
  return count;
}

}  // namespace

DocumentSplitter::DocumentSplitter(std::size_t document_bytes_max)
    : capacity_(document_bytes_max),
      buffer_(new char[capacity_ + kPayloadPaddingBytes]) {}

std::span<char> DocumentSplitter::room() {
  // What is moved is no more than what was given out, so that this costs little, and a stream of
  // small documents touches little memory.
  if (begin_ > 0 && (end_ == capacity_ || end_ - begin_ <= begin_)) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    scan_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

std::optional<Document> DocumentSplitter::next() {
  while (true) {
    switch (phase_) {
      case Phase::kBetween:
        if (!skip_separators()) return end_of_stream();
        begin_document();
        break;
      case Phase::kInside:
        if (auto document = scan_document()) return document;
        if (phase_ == Phase::kInside) return std::nullopt;
        break;
      case Phase::kBroken:
        if (!finished_ || begin_ < end_) return end_broken();
        phase_ = Phase::kBetween;
        break;
    }
  }
}

/// @return whether a document begins at scan_
bool DocumentSplitter::skip_separators() {
  bool begins = false;
  while (!begins && scan_ < end_ && knows_what_begins()) {
    const std::string_view here(buffer_.get() + scan_, end_ - scan_);
    if (here.starts_with(kByteOrderMark)) {
      scan_ += kByteOrderMark.size();
    } else if (!utf16_complaint(here).empty() || !take_separator(here.front())) {
      begins = true;
    } else if (buffer_[scan_++] == '\n') {
      ++line_;
      column_ = 0;
      line_used_ = false;
    } else {
      ++column_;
    }
  }
  offset_ += scan_ - begin_;
  begin_ = scan_;
  return begins;
}

/// Whether so much is here behind scan_ that it can be told what stands there: a separator is also
/// the first half of one in UTF-16, a byte order mark has three bytes, and a text is a document by
/// what it begins with.
bool DocumentSplitter::knows_what_begins() const {
  const std::string_view here(buffer_.get() + scan_, end_ - scan_);
  if (finished_ || here.size() >= kEncodingBytes) return true;
  if (here.size() < 2 || kByteOrderMark.starts_with(here)) return false;
  return here[0] != '\0' && here[1] != '\0';
}

bool DocumentSplitter::take_separator(char c) {
  if (c == '[') {
    ++arrays_;
    return true;
  }
  if (c == ']' && arrays_ > 0) {
    --arrays_;
    return true;
  }
  return is_space(c) || c == ',';
}

void DocumentSplitter::begin_document() {
  indentation_ = line_used_ ? 0 : column_;
  line_used_ = true;
  depth_ = 0;
  escaped_ = false;
  phase_ = Phase::kInside;
  const std::string_view here(buffer_.get() + scan_, end_ - scan_);
  if (const std::string_view complaint = utf16_complaint(here); !complaint.empty())
    return break_document(std::string(complaint));
  if (here.front() == '{') {
    open(here.front());
  } else if (may_hold_document(here)) {
    expect_ = Expect::kStringEnd;
  } else {
    return break_here("expected a JSON object");
  }
  ++scan_;
}

/// Looks at the document on to its end. None: it is broken, or more bytes are needed.
std::optional<Document> DocumentSplitter::scan_document() {
  while (scan_ < end_) {
    if (in_string()) scan_ += count_plain({buffer_.get() + scan_, end_ - scan_});
    if (scan_ == end_) break;
    if (!take(buffer_[scan_])) return std::nullopt;  // the document is broken
    ++scan_;
    if (depth_ > 0 || expect_ == Expect::kStringEnd) continue;
    phase_ = Phase::kBetween;
    return cut(scan_);
  }
  if (end_ - begin_ == capacity_) {
    break_here("the document is longer than " + std::to_string(capacity_) +
               " bytes: cut it, as with jq -c '.Records[]'");
  } else if (finished_) {
    break_here("the document is cut short");
  }
  return std::nullopt;
}

/// @return false: `c` cannot stand here, and the document is broken
bool DocumentSplitter::take(char c) {
  switch (expect_) {
    case Expect::kStringEnd:
      return take_in_string(c, Expect::kCommaOrEnd);
    case Expect::kKeyEnd:
      return take_in_string(c, Expect::kColon);
    case Expect::kTokenEnd:
      if (is_token(c)) return true;
      expect_ = Expect::kCommaOrEnd;
      break;
    default:
      break;
  }
  if (is_space(c)) return true;
  switch (expect_) {
    case Expect::kKeyOrEnd:
      if (c == '}') return take_close(c);
      [[fallthrough]];
    case Expect::kKey:
      if (c != '"') return break_here("expected a member's name"), false;
      expect_ = Expect::kKeyEnd;
      return true;
    case Expect::kColon:
      if (c != ':') return break_here("expected a colon"), false;
      expect_ = Expect::kValue;
      return true;
    case Expect::kValueOrEnd:
      if (c == ']') return take_close(c);
      [[fallthrough]];
    case Expect::kValue:
      return take_value(c);
    default:
      if (c != ',') return take_close(c);
      expect_ = object_[depth_ - 1] ? Expect::kKey : Expect::kValue;
      return true;
  }
}

bool DocumentSplitter::take_in_string(char c, Expect after) {
  if (escaped_) {
    escaped_ = false;
  } else if (c == '\\') {
    escaped_ = true;
  } else if (c == '"') {
    expect_ = after;
  }
  if (static_cast<unsigned char>(c) >= ' ') return true;
  return break_here("a string holds a line end or another control character"), false;
}

bool DocumentSplitter::take_value(char c) {
  if (c == '{' || c == '[') return open(c);
  if (c == '"') {
    expect_ = Expect::kStringEnd;
    return true;
  }
  if (!is_token(c)) return break_here("expected a value"), false;
  expect_ = Expect::kTokenEnd;
  return true;
}

bool DocumentSplitter::take_close(char c) {
  if (c != (object_[depth_ - 1] ? '}' : ']'))
    return break_here("expected a comma or a closing bracket"), false;
  --depth_;
  expect_ = Expect::kCommaOrEnd;
  return true;
}

bool DocumentSplitter::open(char c) {
  if (depth_ == kDocumentNestingMax) {
    return break_here("more than " + std::to_string(kDocumentNestingMax) + " levels of nesting"),
           false;
  }
  object_[depth_++] = c == '{';
  expect_ = c == '{' ? Expect::kKeyOrEnd : Expect::kValueOrEnd;
  escaped_ = false;
  return true;
}

/// Breaks the document for a fault that is at scan_.
void DocumentSplitter::break_here(std::string_view problem) {
  break_document(std::string(problem) + " at byte " + std::to_string(offset_ + (scan_ - begin_)));
}

void DocumentSplitter::break_document(std::string problem) {
  problem_ = std::move(problem);
  phase_ = Phase::kBroken;
  scan_ = begin_;
}

/// The broken document, or a piece of it. None: more bytes are needed to know where it ends.
std::optional<Document> DocumentSplitter::end_broken() {
  const std::size_t restart = find_restart();
  if (restart == end_ && !finished_ && end_ - begin_ < capacity_) return std::nullopt;
  Document document = cut(restart);
  document.problem = problem_;
  arrays_in_doubt_ = true;
  scan_ = begin_;
  if (restart == end_ && !finished_) {
    problem_ = "the same broken document, further on";
  } else {
    phase_ = Phase::kBetween;
    column_ = 0;
    line_used_ = false;
  }
  return document;
}

/// The start of the next line that may start a document; end_: there is none yet. Moves scan_ on to
/// the last line that is not known whole, or that ends the buffer.
std::size_t DocumentSplitter::find_restart() {
  while (true) {
    const void* found = std::memchr(buffer_.get() + scan_, '\n', end_ - scan_);
    if (found == nullptr) return end_;
    const auto line = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.get()) + 1;
    std::string_view here(buffer_.get() + line, end_ - line);
    if (kByteOrderMark.starts_with(here)) return end_;  // also of an empty line
    here = without_byte_order_mark(here);
    const std::size_t indentation = std::min(here.find_first_not_of(" \t"), here.size());
    here.remove_prefix(indentation);
    if (here.empty() || here == "\"") return end_;
    if (indentation <= indentation_ && may_restart(here)) return line;
    scan_ = end_ - here.size();
  }
}

/// The document that ends before `end`; what is behind it is looked at next.
Document DocumentSplitter::cut(std::size_t end) {
  Document document{.text = {{buffer_.get() + begin_, end - begin_}},
                    .offset = offset_,
                    .line = line_,
                    .problem = {}};
  line_ += count_lines(document.text.text);
  offset_ += end - begin_;
  begin_ = end;
  return document;
}

/// Tells of arrays that nobody closed: the stream is cut short, though its documents are whole.
std::optional<Document> DocumentSplitter::end_of_stream() {
  if (!finished_ || std::exchange(arrays_, 0) == 0 || arrays_in_doubt_) return std::nullopt;
  Document document = cut(begin_);
  document.problem = "an array around the documents is not closed: the input is cut short";
  return document;
}

}  // namespace streamonce::events
