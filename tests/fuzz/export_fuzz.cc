// What an export has in it, whatever bytes are there.
//
//   summary, list  are read, or refused with a message; what was read keeps the promised bounds
//   lines          that are sound come back as records, by the parser of stream records, to the
//                  very same change; those that are not say why
//   a data file    gives lines or an error, and ends
//   a state        that is read is written as it was
//   a canonical    key that is read is written as it was, but for the spelling of numbers

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "events/exports/item_line.h"
#include "events/exports/load_state.h"
#include "events/exports/load_version.h"
#include "events/exports/manifest.h"
#include "events/stream_batch.h"
#include "handler/sources/exports/export_lines.h"
#include "runtime/base/check.h"
#include "tests/fuzz/message.h"
#include "tests/fuzz/strict_json.h"

namespace streamonce::events {
namespace {

constexpr std::string_view kTableArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";

const LoadVersion& load_version() {
  static const LoadVersion kVersion =
      version_beside_stream("2026-11-21T00:44:22.580",
                            WallTime(std::chrono::seconds(1'795'300'000)))
          .value();
  return kVersion;
}

void check_error(const Error& error) {
  STREAMONCE_CHECK(fuzz::is_message(error.message));
  STREAMONCE_CHECK(error.code == ErrorCode::kProtocol || error.code == ErrorCode::kRejected);
}

void run_manifests(PayloadView text) {
  const Result<ExportSummary> summary = parse_summary(text);
  if (!summary) {
    check_error(summary.error());
  } else {
    STREAMONCE_CHECK(summary->time >= kExportTimeFirst && summary->time <= kExportTimeLast);
    STREAMONCE_CHECK(!summary->account.empty() && !summary->region.empty());
    STREAMONCE_CHECK(summary->table_arn.ends_with(":table/" + summary->table));
    STREAMONCE_CHECK(summary->id.find('/') == std::string::npos);
    STREAMONCE_CHECK(version_without_stream(summary->time).number.size() == 16);
  }
  const Result<std::vector<ManifestFile>> files = parse_manifest_files(text);
  if (!files) return check_error(files.error());
  for (const ManifestFile& file : *files) {
    const std::string_view name = file.base_name();
    STREAMONCE_CHECK(!name.empty() && name != "." && name != "..");
    STREAMONCE_CHECK(name.find('/') == std::string_view::npos);
  }
}

/// Whether both are one JSON text but for white space between tokens.
void check_same(const Change& once, const Change& again) {
  STREAMONCE_CHECK(again.problem.empty());
  STREAMONCE_CHECK(once.version == again.version && once.source == again.source);
  STREAMONCE_CHECK(once.created_at == again.created_at && once.operation == again.operation);
  std::string keys;
  std::string more_keys;
  append_canonical(keys, once.key);
  append_canonical(more_keys, again.key);
  STREAMONCE_CHECK(keys == more_keys);
  // The image is as the line has it, but for white space.
  STREAMONCE_CHECK(again.image_json.size() <= once.image_json.size());
}

void run_line(std::string_view text) {
  static ItemLineReader reader(
      {.account = "123456789012", .region = "eu-west-1", .table = "orders"}, {"id"},
      load_version());
  const Payload line = Payload::copy_of(text);
  const Change change = reader.put_of(line.view());
  STREAMONCE_CHECK(change.version == load_version().version());
  if (!change.problem.empty()) {
    STREAMONCE_CHECK(fuzz::is_message(change.problem));
  } else {
    STREAMONCE_CHECK(change.names_item() && !change.image_json.empty());
    const std::string record = record_line(change, load_version(), kTableArn);
    STREAMONCE_CHECK(record.find('\n') == std::string::npos);
    StreamParser parser;
    Copies copies;
    const Payload padded = Payload::copy_of(record);
    const Result<StreamRecord> parsed = parser.parse_record(padded.view(), {}, copies);
    STREAMONCE_CHECK(parsed.has_value());
    check_same(change, change_of(*parsed));
    const Change removal = reader.removal_of(change.image_json);
    STREAMONCE_CHECK(removal.problem.empty());
    STREAMONCE_CHECK(removal.keys_json == change.keys_json);
  }
  reader.forget();
}

void run_data_file(std::string_view text) {
  const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  STREAMONCE_CHECK(file >= 0);
  STREAMONCE_CHECK(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  STREAMONCE_CHECK(::lseek(file, 0, SEEK_SET) == 0);
  const handler::exports::ExportFile data(file, text.size(), "");
  handler::exports::ExportLines lines(data, /*bytes_max=*/1024);
  using Next = handler::exports::ExportLines::Next;
  while (true) {
    const Result<Next> next = lines.next();
    if (!next) {
      STREAMONCE_CHECK(fuzz::is_message(next.error().message));
      return;
    }
    if (*next == Next::kEnd) return;
    if (*next == Next::kFull) lines.forget();
    if (*next == Next::kLine) STREAMONCE_CHECK(lines.line().text.find('\n') == std::string::npos);
  }
}

void run_state(PayloadView text) {
  const Result<LoadState> state = parse_load_state(text);
  if (!state) return;
  const Payload written = Payload::copy_of(to_text(*state));
  const Result<LoadState> again = parse_load_state(written.view());
  STREAMONCE_CHECK(again.has_value() && *again == *state);
}

void run_canonical(std::string_view text) {
  const Result<ItemKey> key = parse_canonical(text);
  if (!key) return;
  std::string canonical;
  append_canonical(canonical, *key);
  if (canonical.starts_with("sha256:")) return;
  const Result<ItemKey> again = parse_canonical(canonical);
  STREAMONCE_CHECK(again.has_value());
  std::string twice;
  append_canonical(twice, *again);
  STREAMONCE_CHECK(twice == canonical);
}

void run(std::string_view text) {
  const Payload payload = Payload::copy_of(text);
  run_manifests(payload.view());
  run_line(text);
  run_state(payload.view());
  run_canonical(text);
  if (text.starts_with('\x1f')) run_data_file(text);
}

}  // namespace
}  // namespace streamonce::events

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streamonce::events::run(streamonce::fuzz::text_of(data, size));
  return 0;
}
