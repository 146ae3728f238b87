// bench/compare.cc: streamonce side by side with what a user would write instead: all in turn
// within each of several rounds, on the same records, each answer and each request checked.

#include <curl/curl.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/contender.h"
#include "bench/endpoint.h"
#include "bench/exported_table.h"
#include "bench/kept_requests.h"
#include "bench/load.h"
#include "bench/local_tables.h"
#include "bench/price_picture.h"
#include "bench/runtime_process.h"
#include "bench/source_table.h"
#include "bench/table.h"
#include "bench/views.h"
#include "tests/support/dynamodb_local.h"

namespace streamonce::bench {
namespace {

using std::chrono::duration;
using std::chrono::nanoseconds;
using Processes = std::array<std::unique_ptr<RuntimeProcess>, kContenderCount>;

constexpr std::string_view kNothingFailed = R"({"batchItemFailures":[]})";

struct Effort {
  int rounds = 5;
  duration<double> warm_up{4.0};            ///< once for each process, with batches of 100
  duration<double> measured{1.0};           ///< for each row, at least, and at least one batch
  std::vector<std::string_view> only = {};  ///< the contenders that are run; empty: all
  std::string row = {};                     ///< words that a row's name must have
  std::string picture = {};                 ///< the file that the prices are drawn in; empty: none
};

constexpr std::size_t kWarmUpBatch = 100;

/// What is measured of an invocation.
enum class Measure { kCpu, kRate };

struct Row {
  const char* name;
  std::size_t batch = 100;
  std::size_t record_bytes = kRecordBytes;
  bool already_applied = false;
  Measure measure = Measure::kCpu;
  Change change = Change::kInsert;  ///< of items that are there, without one that inserts them
  Shape shape = Shape::kSixAttributes;
  std::span<const View> views = {};
  /// Each batch is of changes, and has one before it that inserts the items and does not count.
  bool is_of_changes = false;
};

/// Over plain HTTP, and over TLS.
constexpr Row kCpuRows[] = {
    {.name = "CPU/record, 100 a batch, new"},
    {.name = "CPU/record, 100 a batch, already applied", .already_applied = true},
    {.name = "CPU/record, 1 a batch, new", .batch = 1},
    {.name = "CPU/record, 1 a batch, already applied", .batch = 1, .already_applied = true},
    {.name = "CPU/record, 10 a batch, new", .batch = 10},
    {.name = "CPU/record, 10 a batch, already applied", .batch = 10, .already_applied = true},
    {.name = "CPU/record, 1,000 a batch, new", .batch = 1000},
    {.name = "CPU/record, 1,000 a batch, already applied", .batch = 1000, .already_applied = true},
    {.name = "CPU/small record, 100 a batch, new", .record_bytes = kSmallRecordBytes},
    {.name = "CPU/small record, 10,000 a batch, new",
     .batch = 10'000,
     .record_bytes = kSmallRecordBytes},
    {.name = "CPU/small record, 10,000 a batch, already applied",
     .batch = 10'000,
     .record_bytes = kSmallRecordBytes,
     .already_applied = true},
};
/// What each kind of change takes: the picture is made of these.
constexpr Row kChangeRows[] = {
    {.name = kUpdates100, .change = Change::kUpdate},
    {.name = kUpdates1, .batch = 1, .change = Change::kUpdate},
    {.name = kUpdates10, .batch = 10, .change = Change::kUpdate},
    {.name = kUpdatesApplied, .already_applied = true, .change = Change::kUpdate},
    {.name = kInserts},
    {.name = kRemovals, .change = Change::kRemoval},
};
constexpr Row kSlowRows[] = {
    {.name = "records/s, endpoint with 5 ms, 1,000 a batch",
     .batch = 1000,
     .measure = Measure::kRate},
};
/// The first is what the others are compared with.
constexpr View kAllView[] = {View::kAll};
constexpr View kDueView[] = {View::kDue};
constexpr Row kViewRows[] = {
    {.name = "CPU/record, no views, ten attributes", .shape = Shape::kTenAttributes},
    {.name = "CPU/record, views, SELECT *", .shape = Shape::kTenAttributes, .views = kAllView},
    {.name = "CPU/record, views, WHERE and three of ten, one computed",
     .shape = Shape::kTenAttributes,
     .views = kDueView},
    {.name = "CPU/record, views, three at once",
     .shape = Shape::kTenAttributes,
     .views = kAllViews},
};
constexpr View kCustomersView[] = {View::kCustomers};
constexpr View kTotalsView[] = {View::kTotals};
constexpr View kRegionsView[] = {View::kRegions};
constexpr Row remembering(const char* name, std::span<const View> views, std::size_t batch,
                          bool is_of_changes = false) {
  return {.name = name,
          .batch = batch,
          .shape = Shape::kTenAttributes,
          .views = views,
          .is_of_changes = is_of_changes};
}
constexpr bool kOfChanges = true;
/// Of views that have to remember, beside a mirror.
constexpr Row kRememberingRows[] = {
    remembering("no views, 100 a batch", {}, 100),
    remembering("moving rows, new, 100 a batch", kCustomersView, 100),
    remembering("moving rows, changes, 100 a batch", kCustomersView, 100, kOfChanges),
    remembering("one group, new, 100 a batch", kTotalsView, 100),
    remembering("one group, changes, 100 a batch", kTotalsView, 100, kOfChanges),
    remembering("100 groups, new, 100 a batch", kRegionsView, 100),
    remembering("100 groups, changes, 100 a batch", kRegionsView, 100, kOfChanges),
    remembering("no views, 1,000 a batch", {}, 1000),
    remembering("moving rows, new, 1,000 a batch", kCustomersView, 1000),
    remembering("moving rows, changes, 1,000 a batch", kCustomersView, 1000, kOfChanges),
    remembering("one group, new, 1,000 a batch", kTotalsView, 1000),
    remembering("one group, changes, 1,000 a batch", kTotalsView, 1000, kOfChanges),
    remembering("100 groups, new, 1,000 a batch", kRegionsView, 1000),
    remembering("100 groups, changes, 1,000 a batch", kRegionsView, 1000, kOfChanges),
};
constexpr std::string_view kRemembering = "remembering, ";
constexpr const char* kOverTls = ", TLS";
constexpr Row kLocalRows[] = {
    {.name = "records/s, DynamoDB Local, 100 a batch", .measure = Measure::kRate},
    {.name = "records/s, DynamoDB Local, one group, 100 a batch",
     .measure = Measure::kRate,
     .shape = Shape::kTenAttributes,
     .views = kTotalsView},
    {.name = "records/s, DynamoDB Local, one group, 1,000 a batch",
     .batch = 1000,
     .measure = Measure::kRate,
     .shape = Shape::kTenAttributes,
     .views = kTotalsView},
};
/// In turn, so that what else the machine does falls on all of them.
constexpr std::size_t kRecordsInTurn = 1000;
constexpr const char* kStartUp = "start-up, exec to first next";
constexpr const char* kStartUpWithViews = "start-up, exec to first next, views, 100 lines";
constexpr const char* kLoadOntoSqlite = "load onto SQLite";
constexpr const char* kLoadOntoEndpoint = "load onto the endpoint";
constexpr const char* kVerifyOfSqlite = "verify of SQLite";
/// The largest batch whose requests the limit sends: it has a connection for each.
constexpr std::size_t kLimitBatchMax = 100;
constexpr std::size_t kFullEvent = 6'000'000 / kRecordBytes;
constexpr std::chrono::milliseconds kSlowLatency{5};

[[noreturn]] void give_up(const std::string& message) {
  std::fprintf(stderr, "compare: %s\n", message.c_str());
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(result).value();
}

void tell(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
}

std::string temporary_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "streamonce-bench-").string();
  name.append(6, 'X');  // which mkdtemp replaces
  if (::mkdtemp(name.data()) == nullptr) give_up("no temporary folder can be made");
  return name;
}

/// Whether the endpoint has to keep what is written.
bool keeps_memory(const Row& row) {
  return !row.views.empty() && remembers(row.views.front());
}

/// Whether it is streamonce without settings of marks.
bool is_default(const Contender& contender) {
  return contender.is_bootstrap() && !contender.has_marks_in_items();
}

class Comparison {
 public:
  explicit Comparison(const Effort& effort) : effort_(effort) {
    for (std::size_t i = 0; i < kContenderCount; ++i)
      if (is_chosen(i) && !kContenders[i].is_limit) chosen_.push_back(i);
  }
  ~Comparison() { std::filesystem::remove_all(folder_); }
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  std::vector<TableRow> run() {
    for (int round = 1; round <= effort_.rounds; ++round) {
      tell("round " + std::to_string(round) + " of " + std::to_string(effort_.rounds));
      if (is_wanted(kStartUp) || is_wanted(kStartUpWithViews)) start_up();
      if (is_wanted("peak memory")) memory();
      rows_on_endpoint({}, kCpuRows);
      rows_on_endpoint({}, kChangeRows);
      rows_of_views(kViewRows, "");
      rows_of_views(kRememberingRows, kRemembering);
      rows_on_endpoint({.latency = kSlowLatency}, kSlowRows);
      rows_on_endpoint({.tls = true}, kCpuRows);
      rows_on_dynamodb_local(round);
      rows_of_loads();
    }
    if (effort_.row.empty()) sizes();
    return std::move(table_);
  }

 private:
  bool is_chosen(std::size_t contender) const {
    return effort_.only.empty() ||
           std::count(effort_.only.begin(), effort_.only.end(), kContenders[contender].name) > 0;
  }

  /// In the table from its first sample on.
  Samples& samples(const std::string& name, std::size_t contender, Better better = Better::kLess,
                   int decimals = 1) {
    for (TableRow& row : table_)
      if (row.name == name) return row.samples[contender];
    table_.push_back({.name = name, .better = better, .decimals = decimals});
    return table_.back().samples[contender];
  }

  /// One batch, behind the one that it changes if there is one; with an endpoint, every request of
  /// both is checked.
  Invocation invoke(RuntimeProcess& process, const Contender& contender, const Row& row,
                    Endpoint* endpoint) {
    Invocation done =
        deliver(process, contender, row, endpoint, take_numbers(row), /*items_behind=*/0);
    if (row.is_of_changes)
      done = deliver(process, contender, row, endpoint, take_numbers(row), row.batch);
    return done;
  }

  /// The first number of a batch of new records.
  std::uint64_t take_numbers(const Row& row) {
    return std::exchange(next_record_, next_record_ + row.batch);
  }

  Invocation deliver(RuntimeProcess& process, const Contender& contender, const Row& row,
                     Endpoint* endpoint, std::uint64_t first, std::uint64_t items_behind) {
    if (endpoint != nullptr)
      endpoint->expect({.first = first,
                        .count = row.batch,
                        .record_bytes = row.record_bytes,
                        .shape = row.shape,
                        .views = row.views,
                        .items_behind = items_behind,
                        .change = row.change,
                        .already_applied = row.already_applied,
                        .protocol = contender.protocol});
    const Load load(row.record_bytes, row.shape, items_behind, row.change);
    Invocation done = need(process.invoke(load.event(first, row.batch)));
    std::string wrong;
    if (done.response != kNothingFailed) wrong = "\nthe response is " + done.response;
    if (endpoint != nullptr)
      for (const std::string& complaint : endpoint->finish()) wrong += "\n" + complaint;
    if (!wrong.empty())
      give_up(std::string(contender.name) + ", " + row.name + ", is not correct:" + wrong);
    return done;
  }

  /// With batches of 100 of the row's records; those that are remembered are new, too.
  void warm_up(RuntimeProcess& process, const Contender& contender, Endpoint* endpoint,
               Row row = {.name = "warm-up"}) {
    const Time end =
        std::chrono::steady_clock::now() + std::chrono::duration_cast<nanoseconds>(effort_.warm_up);
    row.batch = kWarmUpBatch;
    const bool alternates = endpoint != nullptr && !keeps_memory(row);
    row.already_applied = alternates;
    do {
      row.already_applied = alternates && !row.already_applied;
      invoke(process, contender, row, endpoint);
    } while (std::chrono::steady_clock::now() < end);
  }

  void measure(const Row& row, const std::string& name, std::size_t contender,
               RuntimeProcess& process, Endpoint* endpoint) {
    Spent spent;
    do {
      spend(spent, row, contender, process, endpoint);
    } while (spent.wall < effort_.measured);
    note(spent, row, name, contender);
  }

  /// The limit's figure: what `process`, the bootstrap, sends for one batch more is sent again, for
  /// that very batch, which the endpoint checks as any other.
  void measure_limit(const Row& row, const std::string& name, std::size_t contender,
                     RuntimeProcess& process, Endpoint& endpoint, RunOptions run) {
    endpoint.keep_requests(true);
    const std::uint64_t first = take_numbers(row);
    deliver(process, kContenders.front(), row, &endpoint, first, /*items_behind=*/0);
    run.requests_path = folder_ + "/requests";
    if (!write_requests(run.requests_path, {.next = process.next_request(),
                                            .response = process.response_request(),
                                            .transactions = endpoint.kept_requests()}))
      give_up(run.requests_path + " cannot be written");
    endpoint.keep_requests(false);
    const Contender& limit = kContenders[contender];
    const auto client = need(RuntimeProcess::start(command_of(limit, run)));
    constexpr int kUncounted = 100;
    Spent spent;
    for (int n = 0; n < kUncounted || spent.wall < effort_.measured; ++n) {
      const Invocation done = deliver(*client, limit, row, &endpoint, first, /*items_behind=*/0);
      if (n < kUncounted) continue;
      spent.wall += done.wall;
      spent.cpu += done.cpu;
      spent.records += row.batch;
    }
    note(spent, row, name, contender);
  }

  /// What several batches took.
  struct Spent {
    nanoseconds wall{0};
    nanoseconds cpu{0};
    std::size_t records = 0;
    std::uint64_t write_units = 0;    ///< of an endpoint that counts them
    MemoryTables::Requests requests;  ///< where views have to remember
  };

  void spend(Spent& spent, const Row& row, std::size_t contender, RuntimeProcess& process,
             Endpoint* endpoint) {
    const Invocation done = invoke(process, kContenders[contender], row, endpoint);
    spent.wall += done.wall;
    spent.cpu += done.cpu;
    spent.records += row.batch;
    if (endpoint != nullptr) spent.write_units += endpoint->write_units();
    if (endpoint == nullptr || !keeps_memory(row)) return;
    spent.requests.reads += endpoint->requests().reads;
    spent.requests.writes += endpoint->requests().writes;
  }

  void note(const Spent& spent, const Row& row, const std::string& name, std::size_t contender) {
    const bool rate = row.measure == Measure::kRate;
    const auto count = static_cast<double>(spent.records);
    const double value = rate ? count / duration<double>(spent.wall).count()
                              : duration<double, std::micro>(spent.cpu).count() / count;
    samples(name + (rate ? "" : ", us"), contender, rate ? Better::kMore : Better::kLess,
            rate ? 0 : 1)
        .push_back(value);
    // The same requests are sent over TLS, and the limit's are those of streamonce.
    if (spent.write_units > 0 && !rate && !name.ends_with(kOverTls))
      samples(units_row(name), contender, Better::kLess, 2)
          .push_back(static_cast<double>(spent.write_units) / count);
    if (rate || !keeps_memory(row)) return;
    const double batches = count / static_cast<double>(row.batch);
    samples("reads/batch, " + name, contender)
        .push_back(static_cast<double>(spent.requests.reads) / batches);
    samples("transactions/batch, " + name, contender)
        .push_back(static_cast<double>(spent.requests.writes) / batches);
  }

  bool is_wanted(std::string_view name) const {
    return name.find(effort_.row) != std::string_view::npos;
  }

  void rows_on_endpoint(const EndpointOptions& options, std::span<const Row> rows) {
    const auto name_of = [&](const Row& row) {
      return std::string(row.name) + (options.tls ? kOverTls : "");
    };
    if (std::none_of(rows.begin(), rows.end(),
                     [&](const Row& row) { return is_wanted(name_of(row)); }))
      return;
    Endpoint endpoint(options);
    RunOptions run{.endpoint_url = endpoint.url(), .log_folder = folder_};
    if (options.tls) {
      run.ca_path = folder_ + "/ca.pem";
      std::ofstream(run.ca_path) << endpoint.ca_pem();
    }
    Processes processes;
    for (const std::size_t i : chosen_) {
      processes[i] = need(RuntimeProcess::start(command_of(kContenders[i], run)));
      warm_up(*processes[i], kContenders[i], &endpoint);
    }
    for (const Row& row : rows) {
      const std::string name = name_of(row);
      if (!is_wanted(name)) continue;
      tell("  " + name);
      for (const std::size_t i : chosen_) measure(row, name, i, *processes[i], &endpoint);
      const bool has_limit = row.measure == Measure::kCpu && row.batch <= kLimitBatchMax;
      for (std::size_t i = 0; i < kContenderCount && processes[0] != nullptr && has_limit; ++i)
        if (kContenders[i].is_limit && is_chosen(i))
          measure_limit(row, name, i, *processes[0], endpoint, run);
    }
  }

  /// A views.sql with this text.
  std::string views_file(const std::string& name, const std::string& sql) const {
    std::string path = folder_ + "/" + name + ".sql";
    std::ofstream(path) << sql;
    return path;
  }

  RunOptions options_of(const Row& row, const std::string& endpoint_url) const {
    RunOptions run{.endpoint_url = endpoint_url, .log_folder = folder_, .views = row.views};
    if (!row.views.empty())
      run.views_path = views_file(std::to_string(row.views.size()) + name_of(row.views.front()),
                                  views_sql(row.views));
    return run;
  }

  /// The rows of the same views share a process.
  void rows_of_views(std::span<const Row> all, std::string_view prefix) {
    const auto name_of = [&](const Row& row) { return std::string(prefix) + row.name; };
    std::vector<Row> rows;
    for (const Row& row : all)
      if (is_wanted(name_of(row))) rows.push_back(row);
    if (rows.empty()) return;
    tell("  views");
    Endpoint endpoint({});
    for (const std::size_t i : chosen_) {
      if (!kContenders[i].keeps_views()) continue;
      std::map<const View*, std::unique_ptr<RuntimeProcess>> processes;
      for (const Row& row : rows) {
        std::unique_ptr<RuntimeProcess>& process = processes[row.views.data()];
        if (process != nullptr) continue;
        process = need(
            RuntimeProcess::start(command_of(kContenders[i], options_of(row, endpoint.url()))));
        warm_up(*process, kContenders[i], &endpoint, row);
      }
      std::vector<Spent> spent(rows.size());
      do {
        for (std::size_t place = 0; place < rows.size(); ++place)
          for (std::size_t n = 0; n < kRecordsInTurn; n += rows[place].batch)
            spend(spent[place], rows[place], i, *processes[rows[place].views.data()], &endpoint);
      } while (spent.front().wall < effort_.measured);
      for (std::size_t place = 0; place < rows.size(); ++place)
        note(spent[place], rows[place], name_of(rows[place]), i);
    }
  }

  /// Each contender has tables of its own for each row; afterwards they must have every item.
  void rows_on_dynamodb_local(int round) {
    if (std::none_of(std::begin(kLocalRows), std::end(kLocalRows),
                     [&](const Row& row) { return is_wanted(row.name); }))
      return;
    const auto server = need(testing::DynamoDbLocal::start());
    LocalTables tables(server->endpoint_url());
    for (const Row& row : kLocalRows) {
      if (!is_wanted(row.name)) continue;
      tell(std::string("  ") + row.name);
      for (const std::size_t i : chosen_) {
        if (!row.views.empty() && !kContenders[i].keeps_views()) continue;
        if (kContenders[i].has_marks_in_items()) continue;  // its marks are no entries to count
        RunOptions run = options_of(row, server->endpoint_url());
        const std::string suffix = "-" + std::to_string(&row - std::begin(kLocalRows)) + "-" +
                                   std::to_string(round) + "-" + std::to_string(i);
        run.items_table = "items" + suffix;
        run.ledger_table = "ledger" + suffix;
        run.views_suffix = suffix;
        need(tables.create(run.ledger_table, "id"));
        if (row.views.empty()) need(tables.create(run.items_table, "pk"));
        for (const View view : row.views)
          need(tables.create(name_of(view) + suffix, key_of(view).partition));
        const auto process = need(RuntimeProcess::start(command_of(kContenders[i], run)));
        const std::uint64_t first = next_record_;
        warm_up(*process, kContenders[i], nullptr, row);
        measure(row, row.name, i, *process, nullptr);
        check_count(tables, run.ledger_table, next_record_ - first);
        if (row.views.empty()) check_count(tables, run.items_table, next_record_ - first);
        for (const View view : row.views) check_rows(tables, view, suffix, first);
      }
    }
  }

  /// The load of an export, by the program as it is shipped: onto a file, which is compared with
  /// its source afterwards, and onto the endpoint, which checks each item.
  void rows_of_loads() {
    constexpr std::size_t kItems = 100'000;
    const bool is_verified = is_wanted(kVerifyOfSqlite);
    if (!is_wanted(kLoadOntoSqlite) && !is_wanted(kLoadOntoEndpoint) && !is_verified) return;
    const auto own = std::find_if(chosen_.begin(), chosen_.end(),
                                  [](std::size_t i) { return is_default(kContenders[i]); });
    if (own == chosen_.end()) return;
    const std::string folder = folder_ + "/export";
    const std::uint64_t first = next_record_;
    next_record_ += kItems;
    if (const Status written = write_export(folder, first, kItems, kRecordBytes); !written)
      give_up(written.error().message);
    const auto run_command = [&](const char* name, const std::string& endpoint_url,
                                 const std::vector<std::string>& arguments) {
      const RunOptions run{.endpoint_url = endpoint_url, .log_folder = folder_};
      std::filesystem::remove(folder_ + "/1.load.json");
      const ProcessCost cost =
          need(run_program(program_path(kContenders[*own]), arguments, environment_of(run), folder_,
                           folder_ + "/command.log"));
      const auto count = static_cast<double>(kItems);
      samples(std::string("CPU/item, ") + name + ", us", *own)
          .push_back(duration<double, std::micro>(cost.cpu).count() / count);
      samples(std::string("items/s, ") + name, *own, Better::kMore, 0)
          .push_back(count / duration<double>(cost.wall).count());
      samples(std::string("peak memory, ") + name + ", MiB", *own)
          .push_back(static_cast<double>(cost.peak_memory) / (1024.0 * 1024.0));
    };
    const auto load_onto = [&](const char* name, const std::string& target,
                               const std::string& endpoint_url) {
      run_command(
          name, endpoint_url,
          {"load", "--no-stream", "--new-pipeline", "--key", "pk", "--target", target, folder});
    };
    tell("  loads");
    for (const char* ending : {"", "-wal", "-shm"})
      std::filesystem::remove(folder_ + "/load.db" + ending);
    const std::string file = "sqlite:" + folder_ + "/load.db";
    if (is_wanted(kLoadOntoSqlite) || is_verified)
      load_onto(kLoadOntoSqlite, file, "http://127.0.0.1:1");
    if (is_verified) {
      const SourceTable source(first, kItems, kRecordBytes);
      run_command(kVerifyOfSqlite, source.url(),
                  {"verify", "--source", "orders", "--target", file, "--settle", "0", "--max-rcu",
                   "100000000"});
    }
    if (!is_wanted(kLoadOntoEndpoint)) return;
    Endpoint endpoint({});
    endpoint.expect({.first = first, .count = kItems, .version_end = kExportVersionEnd});
    load_onto(kLoadOntoEndpoint, std::string("dynamodb:") + kItemsTable, endpoint.url());
    std::string wrong;
    for (const std::string& complaint : endpoint.finish()) wrong += "\n" + complaint;
    if (!wrong.empty()) give_up("the load is not correct:" + wrong);
  }

  static void check_count(LocalTables& tables, const std::string& table, std::size_t expected) {
    const std::size_t count = need(tables.count(table));
    if (count != expected)
      give_up(table + " has " + std::to_string(count) + " items: expected " +
              std::to_string(expected));
  }

  /// Holds a view's table, which has a few rows, against the records from `first` on.
  void check_rows(LocalTables& tables, View view, const std::string& suffix,
                  std::uint64_t first) const {
    nlohmann::json expected = nlohmann::json::array();
    for (const std::string& row : expected_rows(view, first, first, next_record_ - first))
      expected.push_back(nlohmann::json::parse(row));
    nlohmann::json found = nlohmann::json::parse(need(tables.items(name_of(view) + suffix)));
    for (nlohmann::json& row : found) {
      // DynamoDB Local keeps zeros at the end of a sum.
      std::string& number = row["spent"]["N"].get_ref<std::string&>();
      number = decimal_text(cents_of(number).value_or(0));
    }
    if (found != expected)
      give_up(name_of(view) + suffix + " has " + found.dump() + ": expected " + expected.dump());
  }

  /// With everything in the page cache: the first start of all is not counted.
  void start_up() {
    constexpr int kStarts = 5;
    tell("  start-up");
    Endpoint endpoint({});
    const RunOptions plain{.endpoint_url = endpoint.url(), .log_folder = folder_};
    RunOptions with_views = plain;
    with_views.views_path = views_file("long", long_views_sql());
    const std::pair<std::string, RunOptions> rows[] = {{kStartUp, plain},
                                                       {kStartUpWithViews, with_views}};
    for (int start = 0; start <= kStarts; ++start) {
      for (const std::size_t i : chosen_) {
        for (const auto& [name, run] : rows) {
          // A handler in JavaScript is its views: it has no text of them to read.
          const bool reads_views = !run.views_path.empty();
          if (!is_wanted(name) || (reads_views && !is_default(kContenders[i]))) continue;
          const auto process = need(RuntimeProcess::start(command_of(kContenders[i], run)));
          if (start > 0)
            samples(name + ", ms", i, Better::kLess, 2)
                .push_back(duration<double, std::milli>(process->start_up()).count());
        }
      }
    }
  }

  void memory() {
    constexpr double kMebi = 1024.0 * 1024.0;
    constexpr int kBatches = 20;
    constexpr int kFullBatches = 3;
    tell("  memory");
    Endpoint endpoint({});
    const RunOptions run{.endpoint_url = endpoint.url(), .log_folder = folder_};
    for (const std::size_t i : chosen_) {
      const auto process = need(RuntimeProcess::start(command_of(kContenders[i], run)));
      const auto note_peak = [&](const char* name) {
        samples(name, i).push_back(static_cast<double>(process->peak_memory()) / kMebi);
      };
      note_peak("peak memory at rest, MiB");
      for (int n = 0; n < kBatches; ++n)
        invoke(*process, kContenders[i], {.name = "memory, 100 a batch"}, &endpoint);
      note_peak("peak memory, 20 batches of 100, MiB");
      for (int n = 0; n < kFullBatches; ++n)
        invoke(*process, kContenders[i], {.name = "memory, 6 MB", .batch = kFullEvent}, &endpoint);
      note_peak("peak memory, 3 events of 6 MB, MiB");
    }
  }

  void sizes() {
    for (const std::size_t i : chosen_) {
      const auto size_of = [](const std::string& path) {
        std::error_code error;
        const auto bytes = std::filesystem::file_size(path, error);
        if (error) give_up(path + ": " + error.message());
        return static_cast<double>(bytes) / 1000.0;
      };
      samples("size of the program, kB", i, Better::kLess, 0)
          .push_back(size_of(program_path(kContenders[i])));
      samples("size of the zip, kB", i, Better::kLess, 0)
          .push_back(size_of(zip_path(kContenders[i])));
    }
  }

  const Effort effort_;
  std::vector<std::size_t> chosen_;  // indices into kContenders
  const std::string folder_ = temporary_folder();
  std::vector<TableRow> table_;
  std::uint64_t next_record_ = 0;
};

int run(const Effort& effort) {
  ::signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::vector<TableRow> table = Comparison(effort).run();
  std::fputs(to_markdown(table).c_str(), stdout);
  if (effort.picture.empty()) return 0;
  std::ofstream file(effort.picture, std::ios::binary);
  file << price_picture(table);
  file.close();
  if (file.fail()) give_up(effort.picture + " cannot be written");
  return 0;
}

}  // namespace
}  // namespace streamonce::bench

int main(int argument_count, char** arguments) {
  const std::vector<std::string_view> given(arguments + 1, arguments + argument_count);
  streamonce::bench::Effort effort;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const bool has_value = i + 1 < given.size();
    if (given[i] == "--quick") {
      effort.rounds = 1;
      effort.warm_up = std::chrono::duration<double>(1.0);
      effort.measured = std::chrono::duration<double>(0.3);
    } else if (given[i] == "--rounds" && has_value) {
      effort.rounds = std::atoi(given[++i].data());
    } else if (given[i] == "--only" && has_value) {
      effort.only.push_back(given[++i]);
    } else if (given[i] == "--row" && has_value) {
      effort.row = given[++i];
    } else if (given[i] == "--picture" && has_value) {
      effort.picture = given[++i];
    } else {
      std::fputs(
          "usage: compare [--quick] [--rounds N] [--only CONTENDER]... [--row WORDS] "
          "[--picture FILE]\n",
          stderr);
      return 2;
    }
  }
  return streamonce::bench::run(effort);
}
