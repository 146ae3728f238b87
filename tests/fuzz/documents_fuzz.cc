// tests/fuzz/documents_fuzz.cc: a dump through the splitter and the reader of dead letters.
//
// The input is a dump. What must hold:
//
//   the splitter   tells the same whatever pieces the input comes in; every byte is in a document
//                  or separates documents; a document that is whole starts and ends with braces, or
//                  with quotes; an input that is one JSON object is one document
//   the reader     tells the same each time; every record is one JSON object with `dynamodb` in it;
//                  what is unreadable says why, becomes one line of JSON, and is the same line when
//                  that line is read again
//   what is JSON   is asked of another library than the product's

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/dumps/dead_letter.h"
#include "events/dumps/dead_letter_line.h"
#include "events/dumps/document_splitter.h"
#include "runtime/base/check.h"
#include "tests/fuzz/message.h"
#include "tests/fuzz/strict_json.h"

namespace streamonce::events {
namespace {

/// The splitter's bound: small, so that documents that are too long are found soon.
constexpr std::size_t kBytesMax = 2'048;

struct Piece {
  std::string text;
  std::uint64_t offset = 0;
  std::uint64_t line = 0;
  std::string problem;

  friend bool operator==(const Piece&, const Piece&) = default;
};

std::vector<Piece> split(std::string_view input, std::size_t piece_bytes, std::size_t bytes_max) {
  DocumentSplitter splitter(bytes_max);
  std::vector<Piece> pieces;
  const auto take_all = [&] {
    while (const auto document = splitter.next()) {
      pieces.push_back({.text = std::string(document->text.text),
                        .offset = document->offset,
                        .line = document->line,
                        .problem = document->problem});
    }
  };
  while (!input.empty()) {
    const std::span<char> room = splitter.room();
    STREAMONCE_CHECK(!room.empty());
    const std::size_t count = std::min({piece_bytes, room.size(), input.size()});
    std::copy_n(input.begin(), count, room.begin());
    splitter.took(count);
    input.remove_prefix(count);
    take_all();
  }
  splitter.finish();
  take_all();
  return pieces;
}

void check_gap(std::string_view gap) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  while (!gap.empty()) {
    const bool is_mark = gap.starts_with(kByteOrderMark);
    STREAMONCE_CHECK(is_mark || std::string_view(" \t\r\n,[]").find(gap[0]) != gap.npos);
    gap.remove_prefix(is_mark ? kByteOrderMark.size() : 1);
  }
}

void check_pieces(std::string_view input, const std::vector<Piece>& pieces) {
  std::size_t end = 0;
  for (const Piece& piece : pieces) {
    STREAMONCE_CHECK(piece.offset >= end && piece.offset + piece.text.size() <= input.size());
    check_gap(input.substr(end, piece.offset - end));
    STREAMONCE_CHECK(input.substr(piece.offset, piece.text.size()) == piece.text);
    STREAMONCE_CHECK(
        piece.line ==
        1 + static_cast<std::uint64_t>(std::count(
                input.begin(), input.begin() + static_cast<std::ptrdiff_t>(piece.offset), '\n')));
    end = piece.offset + piece.text.size();
    const bool is_object = piece.text.starts_with('{') && piece.text.ends_with('}');
    const bool is_string = piece.text.starts_with('"') && piece.text.ends_with('"');
    if (piece.problem.empty())
      STREAMONCE_CHECK(is_object || is_string);
    else
      STREAMONCE_CHECK(fuzz::is_message(piece.problem));
  }
  check_gap(input.substr(end));
}

/// Writes down what it is told, and checks what can be checked of each.
class Listener final : public DeadLetterSink {
 public:
  void on_message(std::string_view message_id) override { note("message", message_id); }
  void on_message_end() override {}
  void on_record(const RecordText& record) override {
    STREAMONCE_CHECK(record.json.starts_with('{') && record.json.ends_with('}'));
    check_json(record.json);
    note(record.names_stream ? "record" : "record without its stream", record.json);
  }
  void on_pointer(const StreamPointer& pointer, std::string_view letter) override {
    STREAMONCE_CHECK(!(pointer.last < pointer.first) && !pointer.shard_id.empty());
    check_json(letter);
    note("pointer", letter);
  }
  void on_unreadable(std::string_view text, std::string_view reason) override {
    STREAMONCE_CHECK(fuzz::is_message(reason));
    note("unreadable", text);
    lines.push_back(unreadable_line(text, "because"));
  }

  std::vector<std::string> told;
  std::vector<std::string> lines;
  bool checks_json = false;  // the other library takes long for that

 private:
  void check_json(std::string_view text) const {
    if (!checks_json || fuzz::nesting_of(text) > kDocumentNestingMax) return;
    STREAMONCE_CHECK(fuzz::is_json(one_line(text)));
  }
  void note(std::string_view what, std::string_view text) {
    told.push_back(std::string(what) + ' ' + std::string(text));
  }
};

void read(DeadLetterReader& reader, std::string_view text, Listener& listener) {
  const Payload payload = Payload::copy_of(text);
  reader.read(payload.view(), listener);
}

/// A line of a failed file is read as what it stands for, and would be written again as it is.
void check_line(DeadLetterReader& reader, const std::string& line) {
  STREAMONCE_CHECK(line.find('\n') == std::string::npos && line.starts_with('{'));
  STREAMONCE_CHECK(fuzz::is_json(line) || fuzz::nesting_of(line) > kDocumentNestingMax);
  Listener again;
  read(reader, line, again);
  // Anything may be in a text that was put in by hand; but nothing may be lost.
  STREAMONCE_CHECK(!again.told.empty() || line.find("\"Records\"") != std::string::npos ||
                   line.find("\\\"Records") != std::string::npos ||
                   line.find("\\u") != std::string::npos || line.find('[') != std::string::npos);
  if (again.told.size() == 1 && again.lines.size() == 1) STREAMONCE_CHECK(again.lines[0] == line);
}

void run(std::string_view input) {
  const std::vector<Piece> pieces = split(input, input.size() + 1, kBytesMax);
  check_pieces(input, pieces);
  if (input.size() < kBytesMax) STREAMONCE_CHECK(split(input, 1, kBytesMax) == pieces);
  check_pieces(input, split(input, 7, 64));

  static DeadLetterReader used;  // nothing may be left over from the input before
  static DeadLetterReader other;
  for (const Piece& piece : pieces) {
    if (!piece.problem.empty()) {
      if (!piece.text.empty()) check_line(used, unreadable_line(piece.text, "because"));
      continue;
    }
    Listener once;
    once.checks_json = true;
    read(used, piece.text, once);
    Listener again;
    read(other, piece.text, again);
    STREAMONCE_CHECK(once.told == again.told);
    for (const std::string& line : once.lines) check_line(other, line);
  }
  const bool one_object = input.size() < kBytesMax && fuzz::is_bare_object(input) &&
                          fuzz::nesting_of(input) <= kDocumentNestingMax;
  if (one_object) STREAMONCE_CHECK(pieces.size() == 1 && pieces[0].problem.empty());
}

}  // namespace
}  // namespace streamonce::events

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streamonce::events::run(streamonce::fuzz::text_of(data, size));
  return 0;
}
