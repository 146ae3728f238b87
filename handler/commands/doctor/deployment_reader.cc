#include "handler/commands/doctor/deployment_reader.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/commands/doctor/findings/findings.h"
#include "handler/commands/doctor/findings/groups.h"
#include "handler/commands/doctor/function_settings.h"
#include "runtime/aws/endpoint.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/arn.h"

namespace streamonce::handler::doctor {
namespace {

using lambda_functions::FunctionName;
using lambda_functions::Mapping;

/// One run of read_deployment().
class DeploymentReader {
 public:
  DeploymentReader(const DeploymentQuery& query, const Environment& environment,
                   ServiceReader& services)
      : query_(query),
        environment_(environment),
        services_(services) {}

  Result<Deployment> run() {
    deployment_.region = query_.region;
    if (!query_.mapping_uuid.empty()) STREAMONCE_TRY(read_mapping());
    if (query_.function) STREAMONCE_TRY(read_function(*query_.function));
    const lambda_functions::Configuration* function =
        deployment_.function ? &*deployment_.function : nullptr;
    settings_ = read_function_settings(query_.settings, function, query_.region, environment_);
    deployment_.settings = settings_.state;
    if (function != nullptr) note_what_is_absent();
    read_sources();
    read_written_tables();
    return std::move(deployment_);
  }

 private:
  void not_checked(std::string what, std::string why) {
    deployment_.not_checked.push_back({.what = std::move(what), .why = std::move(why)});
  }

  Status read_mapping() {
    Mapping mapping = STREAMONCE_TRY(services_.mapping(query_.mapping_uuid, query_.region));
    const auto function = FunctionName::parse(mapping.function_arn);
    deployment_.mappings = {std::move(mapping)};
    if (!function) {
      not_checked("the function", function.error().message);
      return {};
    }
    // Of a mapping that was asked for, the function is beside the point.
    if (const Status read = read_function(*function); !read)
      not_checked("the function " + function->text(), read.error().message);
    return {};
  }

  Status read_function(const FunctionName& function) {
    deployment_.function_name = function.text();
    auto read = STREAMONCE_TRY(services_.configuration(function, query_.region));
    const auto arn = Arn::split(read.arn);
    if (arn && !function.account.empty() && arn->account != function.account)
      return invalid_argument("function " + function.text() + " is one of account " +
                              std::string(arn->account) +
                              " to these credentials; expected that of " + function.account +
                              ": use credentials of that account");
    if (arn) account_ = arn->account;
    deployment_.function = std::move(read);
    auto reserved = services_.concurrency(function, query_.region);
    if (reserved)
      deployment_.reserved = *reserved;
    else
      not_checked("reserved concurrency", reserved.error().message);
    if (deployment_.mappings) return {};
    auto mappings = services_.mappings({.function = deployment_.function_name}, query_.region);
    if (mappings)
      deployment_.mappings = *std::move(mappings);
    else
      not_checked("the function's mappings", mappings.error().message);
    return {};
  }

  void note_what_is_absent() {
    if (deployment_.function->hides_variables)
      not_checked("the function's settings",
                  "Lambda could not decrypt its variables: kms:Decrypt on their key is needed");
    for (const std::string& absent : settings_.absent) {
      const std::size_t colon = absent.find(": ");
      not_checked(absent.substr(0, colon),
                  colon == std::string::npos ? "" : absent.substr(colon + 2));
    }
  }

  void read_sources() {
    for (const Mapping* mapping : stream_mappings(deployment_)) read_stream(mapping->source_arn);
    if (!query_.source.empty()) add_source(query_.source);
    if (!settings_.views.takes_any_table)
      for (const std::string& table : settings_.views.source_tables) add_source(table);
    for (TableState& table : deployment_.tables) {
      if (table.use != TableUse::kSource) continue;
      for (std::size_t i = 0; i < settings_.views.source_tables.size(); ++i)
        if (settings_.views.takes_any_table ||
            aws::name_of_table(settings_.views.source_tables[i]) == table.name)
          table.declared_key = settings_.views.views.sources[i].key;
    }
  }

  /// Reads what is known of a stream, and the table that it is of.
  void read_stream(const std::string& arn) {
    const auto is_known = [&](const StreamState& stream) { return stream.arn == arn; };
    if (std::any_of(deployment_.streams.begin(), deployment_.streams.end(), is_known)) return;
    StreamState stream{.arn = arn};
    auto mappings = services_.mappings({.source_arn = arn}, query_.region);
    if (mappings)
      stream.mappings = mappings->size();
    else
      not_checked("how many mappings read " + arn, mappings.error().message);
    // is_table_stream() has seen to the ARN's form.
    auto shards = services_.open_shards(arn, std::string(Arn::split(arn)->region));
    if (shards)
      stream.open_shards = *shards;
    else
      not_checked("open shards of " + arn, shards.error().message);
    deployment_.streams.push_back(std::move(stream));
    add_source(arn.substr(0, arn.find("/stream/")));
  }

  void add_source(const std::string& table) {
    TableState state = state_of(TableUse::kSource, "the source", table);
    for (const TableState& known : deployment_.tables)
      if (known.use == TableUse::kSource && known.name == state.name &&
          known.region == state.region)
        return;
    read_table(table, std::move(state));
  }

  void read_written_tables() {
    const Settings& settings = settings_.settings;
    if (settings_.state.is_mirror)
      add_written(TableUse::kTarget, "the target", settings.target.name);
    for (std::size_t i = 0; !settings_.state.is_sqlite && i < settings_.views.view_tables.size();
         ++i) {
      const auto& view = settings_.views.views.views[i];
      add_written(TableUse::kView, "the table of the view " + view.name,
                  settings_.views.view_tables[i], view.key);
    }
    if (settings_.has_unseen_views && !settings_.state.is_sqlite) read_unseen_views();
    if (!settings_.ledger.empty() && !settings_.state.is_sqlite)
      add_written(TableUse::kLedger, "the ledger", settings_.ledger);
  }

  /// Of views whose text is not seen, the tables are known that have other names than the views.
  void read_unseen_views() {
    for (const NamedTable& each : settings_.settings.tables.tables) {
      const std::string_view name = aws::name_of_table(each.table);
      const auto is_it = [&](const TableState& table) {
        return table.use == TableUse::kSource && table.name == name;
      };
      if (std::any_of(deployment_.tables.begin(), deployment_.tables.end(), is_it)) continue;
      add_written(TableUse::kView, "the table of the view " + each.name, each.table);
    }
  }

  void add_written(TableUse use, std::string words, const std::string& table,
                   std::vector<std::string> declared_key = {}) {
    TableState state = state_of(use, std::move(words), request_name(table));
    state.declared_key = std::move(declared_key);
    read_table(request_name(table), std::move(state));
  }

  /// How requests name a table that is written: a name is one of the role's account, if there is a
  /// role.
  std::string request_name(const std::string& table) const {
    const Settings& settings = settings_.settings;
    if (begins_as_arn(table) || settings.role.arn.empty() || settings.account.empty()) return table;
    return "arn:" + std::string(aws::partition_of(settings.region)) +
           ":dynamodb:" + settings.region + ":" + settings.account + ":table/" + table;
  }

  TableState state_of(TableUse use, std::string words, const std::string& table) const {
    TableState state{.use = use, .words = std::move(words)};
    if (const auto arn = aws::TableArn::parse(table)) {
      state.name = arn->table;
      state.account = arn->account;
      state.region = arn->region;
    } else {
      state.name = table;
      state.account = account_;
      state.region = query_.region;
    }
    return state;
  }

  /// Reads what the service says of `table`, as a request names it.
  void read_table(const std::string& table, TableState state) {
    const TablePlace place{.table = table, .region = state.region};
    auto description = services_.description(place);
    if (!description) {
      not_checked(words_of(state), description.error().message);
    } else if (!*description) {
      state.is_missing = true;
    } else {
      state.description = **std::move(description);
      adopt_place(state);
    }
    if (!state.is_missing) read_more(place, state);
    deployment_.tables.push_back(std::move(state));
  }

  void read_more(const TablePlace& place, TableState& state) {
    // A source may expire its items: that comes through the stream.
    if (state.use != TableUse::kSource) {
      auto expiry = services_.expiry(place);
      if (expiry)
        state.expiry = *std::move(expiry);
      else
        not_checked("expiry (TTL) of " + words_of(state), expiry.error().message);
    }
    const auto recovery = services_.has_recovery(place);
    if (recovery)
      state.has_recovery = *recovery;
    else
      not_checked("point-in-time recovery of " + words_of(state), recovery.error().message);
  }

  /// Takes over where the service says that the table is.
  static void adopt_place(TableState& state) {
    const auto arn = Arn::split(state.description->arn);
    if (!arn) return;
    state.account = arn->account;
    state.region = arn->region;
  }

  const DeploymentQuery& query_;
  const Environment& environment_;
  ServiceReader& services_;
  FunctionSettings settings_;
  std::string account_;  // the function's; empty: not known
  Deployment deployment_;
};

}  // namespace

Result<Deployment> read_deployment(const DeploymentQuery& query, const Environment& environment,
                                   ServiceReader& services) {
  return DeploymentReader(query, environment, services).run();
}

}  // namespace streamonce::handler::doctor
