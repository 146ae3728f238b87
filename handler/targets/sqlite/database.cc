#include "handler/targets/sqlite/database.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

#include <sqlite3.h>

#include "runtime/base/check.h"
#include "runtime/base/redact.h"

namespace streamonce::handler::sqlite {
namespace {

using std::chrono::milliseconds;

/// The longest pause between two attempts to get a lock; the first ones are shorter.
constexpr milliseconds kBusyPauseMax{16};

/// Keeps pages in memory, so that a batch of 6 MB is written to the log once, at its COMMIT.
constexpr const char* kCacheSizePragma = "PRAGMA cache_size=-16384";  // 16 MiB

/// How long the log may grow before it goes into the file, where batch follows batch, in pages of
/// 4 KiB. Measured with 200,000 items of 1 KB in the order of no key: against SQLite's own 1,000 it
/// takes a third off the time of the processor, and half off the time in all.
constexpr const char* kLongLogPragma = "PRAGMA wal_autocheckpoint=16000";

/// How much of the pages is kept from one batch to the next: more than the usual batch of 100 to
/// 1,000 records touches, little beside the memory that an event of 6 MB needs.
constexpr int kCacheKeptBytes = 2 * 1024 * 1024;

/// The types of network file systems. Source: linux/magic.h, and their own documentation.
constexpr std::array<std::uint32_t, 6> kNetworkTypes = {
    0x6969,      // NFS, and with it Amazon EFS
    0x517B,      // SMB
    0xFE534D42,  // SMB 2 and 3
    0xFF534D42,  // CIFS
    0x00C36400,  // Ceph
    0x5346414F,  // AFS
};

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xFF) {  // the low byte of an extended code is the primary one
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kTimeout;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return ErrorCode::kInvalidArgument;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kRejected;
  }
}

// From SQLite 3.47 on, a trigger can put a value into the text of RAISE: then redact that, too.
static_assert(SQLITE_VERSION_NUMBER < 3'047'000);

/// Whether a statement that failed has seen a value of an item.
enum class Values : std::uint8_t { kUnseen, kSeen };

/// The latest error of `handle`, in SQLite's words, with the system's where it has some.
Error error_of(sqlite3* handle, int sqlite_code, Values values = Values::kSeen) {
  // A constraint's message holds names and texts of the schema, and no value: the constraint's
  // name, expression or columns, or the text of RAISE, which is a literal. Any other may quote a
  // value, as a function does that a trigger, an index or a generated column calls.
  std::string message = sqlite3_errmsg(handle);
  if (values == Values::kSeen && (sqlite_code & 0xFF) != SQLITE_CONSTRAINT)
    message = redact(message);
  message += " (SQLite error " + std::to_string(sqlite_code);
  const int primary = sqlite_code & 0xFF;
  if (primary == SQLITE_CANTOPEN || primary == SQLITE_IOERR) {
    if (const int system_error = sqlite3_system_errno(handle); system_error != 0)
      message += std::string(", ") + std::strerror(system_error);
  }
  return {code_of(sqlite_code), message + ")"};
}

// The functions of SQL whose code handler/binary/left_out_sqlite.cc keeps out of the binary. A
// trigger that calls one gets an error, and so does the record that set it off.
struct LeftOut {
  const char* name;
  int arguments;
};
constexpr LeftOut kLeftOut[] = {{"acos", 1},  {"acosh", 1}, {"asin", 1}, {"asinh", 1}, {"atan", 1},
                                {"atan2", 2}, {"atanh", 1}, {"cos", 1},  {"cosh", 1},  {"sin", 1},
                                {"sinh", 1},  {"tan", 1},   {"tanh", 1}};

/// `path` as a URI has it, where three characters have a meaning. Source: SQLite, "URI Filenames".
std::string uri_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '%')
      out += "%25";
    else if (c == '?')
      out += "%3f";
    else if (c == '#')
      out += "%23";
    else
      out += c;
  }
  return out;
}

void refuse_call(sqlite3_context* context, int, sqlite3_value**) {
  sqlite3_result_error(context, "this binary has no trigonometric functions", /*length=*/-1);
}

}  // namespace

bool is_network_file_system(std::uint32_t type) {
  return std::find(kNetworkTypes.begin(), kNetworkTypes.end(), type) != kNetworkTypes.end();
}

Status check_path(const std::string& path) {
  if (path.empty()) return invalid_argument("the path is empty");
  if (path.find('\0') != std::string::npos)
    return invalid_argument("the path has a zero byte in it");
  if (path == ":memory:")
    return invalid_argument("a database in memory would forget its marks: a file is needed");
  struct statfs info {};
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const bool known =
      statfs(path.c_str(), &info) == 0 || statfs(folder.empty() ? "." : folder.c_str(), &info) == 0;
  if (known && is_network_file_system(static_cast<std::uint32_t>(info.f_type))) {
    return invalid_argument(
        "the file is on a network file system, where SQLite's write-ahead log is not safe: "
        "a local disk is needed");
  }
  return {};
}

// A bind fails only on a wrong number, a statement in the middle of its run, or a value of a
// gigabyte.

void Statement::bind_text(int parameter, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();  // a null pointer would bind NULL
  STREAMONCE_CHECK(sqlite3_bind_text64(handle_.get(), parameter, data, text.size(), SQLITE_STATIC,
                                       SQLITE_UTF8) == SQLITE_OK);
}

void Statement::bind_blob(int parameter, std::string_view bytes) {
  const char* data = bytes.empty() ? "" : bytes.data();
  STREAMONCE_CHECK(sqlite3_bind_blob64(handle_.get(), parameter, data, bytes.size(),
                                       SQLITE_STATIC) == SQLITE_OK);
}

void Statement::bind_integer(int parameter, std::int64_t number) {
  STREAMONCE_CHECK(sqlite3_bind_int64(handle_.get(), parameter, number) == SQLITE_OK);
}

void Statement::bind_integer(int parameter, std::optional<std::int64_t> number) {
  if (number) return bind_integer(parameter, *number);
  STREAMONCE_CHECK(sqlite3_bind_null(handle_.get(), parameter) == SQLITE_OK);
}

Status Statement::run() {
  const Result<bool> row = step();
  if (!row) return row.error();
  if (*row) reset();
  return {};
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = error_of(sqlite3_db_handle(handle_.get()), code);
  reset();
  return error;
}

std::string_view Statement::text(int column) const {
  const auto* data = sqlite3_column_text(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

int Statement::columns() const {
  return sqlite3_data_count(handle_.get());
}

std::optional<int> Statement::column_named(std::string_view name) const {
  for (int column = 0; column < columns(); ++column)
    if (sqlite3_column_name(handle_.get(), column) == name) return column;
  return std::nullopt;
}

void Statement::reset() {
  sqlite3_reset(handle_.get());  // repeats the error of the run that it ends, which is known
  sqlite3_clear_bindings(handle_.get());
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Clock& clock,
                                                 SteadyTime deadline) {
  STREAMONCE_TRY(check_path(path));
  // As a path from the root or from "./", a name such as "file:x" is nothing but a name.
  const std::string name = path.front() == '/' ? path : "./" + path;
  std::unique_ptr<Database> database(new Database(clock, deadline));
  STREAMONCE_TRY(database->open_file(name, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // SQLite opens a file for reading that it may not write.
  if (sqlite3_db_readonly(database->handle_.get(), "main") == 1)
    return invalid_argument("the file cannot be written");
  STREAMONCE_TRY(database->configure());
  STREAMONCE_TRY(database->configure_writing());
  return database;
}

Result<std::unique_ptr<Database>> Database::open_read_only(const std::string& path, ReadWay way,
                                                           Clock& clock, SteadyTime deadline) {
  STREAMONCE_TRY(check_path(path));
  // The URI has an empty authority and a path from the root, or a path from "./". Source: SQLite,
  // "URI Filenames".
  const std::string_view begin = path.front() == '/' ? "file://" : "file:./";
  const std::string_view options = way == ReadWay::kAlone ? "?immutable=1" : "?readonly_shm=1";
  std::string name(begin);
  name += uri_path(path);
  name += options;
  std::unique_ptr<Database> database(new Database(clock, deadline));
  STREAMONCE_TRY(database->open_file(name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  STREAMONCE_TRY(database->configure());
  return database;
}

Status Database::open_file(const std::string& name, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  handle_.reset(handle);  // SQLite gives one even when the call failed, unless memory is short
  if (handle == nullptr) return Error{ErrorCode::kUnavailable, "out of memory"};
  if (code != SQLITE_OK) return error_of(handle, code);
  return {};
}

Database::~Database() = default;

Status Database::configure() {
  sqlite3* handle = handle_.get();
  for (const LeftOut& function : kLeftOut) {
    const int code = sqlite3_create_function_v2(
        handle, function.name, function.arguments,
        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, /*pApp=*/nullptr, refuse_call,
        /*xStep=*/nullptr, /*xFinal=*/nullptr, /*xDestroy=*/nullptr);
    if (code != SQLITE_OK) return error_of(handle, code);
  }
  sqlite3_busy_handler(handle, &Database::on_busy, this);
  // A misspelt column name is an error, not a text. (The schema stays trusted: else a generated
  // column or an index of the user's could not look into an item with json_extract.)
  for (const int option : {SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL})
    STREAMONCE_CHECK(sqlite3_db_config(handle, option, 0, nullptr) == SQLITE_OK);
  return execute("PRAGMA temp_store=MEMORY");  // savepoints need no file of their own
}

Status Database::configure_writing() {
  STREAMONCE_TRY(use_write_ahead_log());
  STREAMONCE_TRY(execute("PRAGMA synchronous=FULL"));  // the log is synced at each COMMIT
  return execute(kCacheSizePragma);
}

/// Switches the file to a write-ahead log. If two connections do that at once, SQLite answers
/// "busy" without asking the busy handler, so that neither waits for the other for ever. Hence the
/// loop.
Status Database::use_write_ahead_log() {
  for (int attempts = 0;; ++attempts) {
    Statement pragma = STREAMONCE_TRY(prepare("PRAGMA journal_mode=WAL"));
    const Result<bool> row = pragma.step();
    if (row) {
      const std::string mode(*row ? pragma.text(0) : "");
      if (mode == "wal") return {};
      return invalid_argument(
          "SQLite cannot keep a write-ahead log here: it stays with journal mode '" + mode + "'");
    }
    if (row.error().code != ErrorCode::kTimeout || !wait(attempts)) return row.error();
  }
}

int Database::on_busy(void* database, int attempts) {
  return static_cast<Database*>(database)->wait(attempts) ? 1 : 0;
}

bool Database::wait(int attempts) {
  const SteadyTime now = clock_.steady_now();
  // 1, 2, 4, 8, 16, 16 ... ms, of which a random part is waited. The low digits of the clock are
  // random enough to keep two processes from running in step.
  const milliseconds pause_max = std::min(kBusyPauseMax, milliseconds(1 << std::min(attempts, 10)));
  const milliseconds pause{1 + now.time_since_epoch().count() % pause_max.count()};
  if (now + pause >= busy_deadline_) return false;
  clock_.sleep_for(pause);
  return true;
}

Result<Statement> Database::prepare(std::string_view sql) {
  STREAMONCE_CHECK(sql.size() <= std::numeric_limits<int>::max());
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  // The texts of our statements hold names, and values are bound later.
  if (code != SQLITE_OK) return error_of(handle_.get(), code, Values::kUnseen);
  return Statement(handle);
}

Status Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(handle_.get(), code);
  return {};
}

void Database::shrink_cache() {
  if (keeps_cache_) return;
  int bytes = 0;
  int unused = 0;
  sqlite3_db_status(handle_.get(), SQLITE_DBSTATUS_CACHE_USED, &bytes, &unused, /*resetFlg=*/0);
  if (bytes > kCacheKeptBytes) sqlite3_db_release_memory(handle_.get());
}

Status Database::expect_many_batches() {
  keeps_cache_ = true;
  return execute(kLongLogPragma);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(handle_.get());
}

void Database::Close::operator()(sqlite3* handle) const {
  STREAMONCE_CHECK(sqlite3_close(handle) == SQLITE_OK);  // else a statement has outlived it
}

}  // namespace streamonce::handler::sqlite
