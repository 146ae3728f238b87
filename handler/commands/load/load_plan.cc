#include "handler/commands/load/load_plan.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "events/stream_arn.h"

namespace streamonce::handler::load {
namespace {

using dynamodb_tables::TableDescription;

/// How far the clock of the export's service may be ahead of ours.
constexpr std::chrono::minutes kClocksDifferMax{5};

/// Whether a stream of this view type, which is empty if it is not told, has no new images.
/// Source: DynamoDB API reference, StreamSpecification.
bool lacks_new_images(std::string_view view_type) {
  return view_type == "KEYS_ONLY" || view_type == "OLD_IMAGE";
}

class Planner {
 public:
  explicit Planner(const LoadPlanInput& input) : input_(input), options_(input.options) {}

  Result<LoadPlan> work();

 private:
  events::SourceTable source() const {
    const events::ExportSummary& summary = input_.summary;
    return {.account = summary.account, .region = summary.region, .table = summary.table};
  }
  /// The place of the source among those of the views; none: there are no views.
  std::optional<std::size_t> source_of_views() const {
    const DerivedTables* tables = input_.pipeline.tables();
    return tables == nullptr ? std::nullopt : tables->source_of(source());
  }

  Status check_source() const;
  Status check_age() const;
  Result<const TableDescription*> describe();
  Result<events::KeyNames> find_key();
  Result<std::string> find_stream_label();
  Result<events::LoadVersion> find_version();
  Status plan_sweep(LoadPlan& plan) const;
  std::string how_old() const;

  const LoadPlanInput& input_;
  const LoadOptions& options_;
  std::optional<TableDescription> described_;
};

Result<LoadPlan> Planner::work() {
  STREAMONCE_TRY(check_source());
  STREAMONCE_TRY(check_age());
  LoadPlan plan;
  plan.source = {.account = input_.summary.account,
                 .region = input_.summary.region,
                 .table = input_.summary.table};
  plan.table_arn = input_.summary.table_arn;
  plan.version = STREAMONCE_TRY(find_version());
  plan.key_names = STREAMONCE_TRY(find_key());
  STREAMONCE_TRY(plan_sweep(plan));
  if (!options_.no_stream && input_.now - input_.summary.time > events::kStreamKeeps) {
    plan.warnings.push_back(
        "the export is " + how_old() +
        " old, and a stream keeps its records for 24 hours: what was changed since " +
        format_rfc3339(input_.summary.time - events::kExportFuzz) +
        " is only in the target if the stream was being applied all that time. If it was not, "
        "export again");
  }
  if (options_.no_stream) {
    plan.warnings.push_back("--no-stream: records of a stream that was enabled before " +
                            format_rfc3339(input_.summary.time) +
                            " will change none of the items that are loaded now");
  }
  if (described_ && !options_.no_stream && lacks_new_images(described_->stream_view_type) &&
      !input_.pipeline.fetches_images()) {
    plan.warnings.push_back("the stream's view type is " + described_->stream_view_type +
                            ": its records have no new images, and cannot be applied unless "
                            "\"images\" is \"fetch\" in the pipeline file");
  }
  return plan;
}

/// The age of the export, in whole hours or days.
std::string Planner::how_old() const {
  const auto hours = std::chrono::floor<std::chrono::hours>(input_.now - input_.summary.time);
  if (hours.count() < 48) return std::to_string(hours.count()) + " hours";
  return std::to_string(hours.count() / 24) + " days";
}

Status Planner::check_source() const {
  const std::string why = input_.pipeline.why_no_source(source());
  if (why.empty()) return {};
  return invalid_argument("the export cannot be loaded: " + why);
}

Status Planner::check_age() const {
  if (input_.summary.time > input_.now + kClocksDifferMax) {
    return invalid_argument("the export is of " + format_rfc3339(input_.summary.time) +
                            ", and it is " + format_rfc3339(input_.now) +
                            " now: one of the two is wrong, and items from the future would win "
                            "over what comes until then. Set the clock, or export again");
  }
  const auto& retain = input_.settings.retain;
  if (!retain || input_.now - input_.summary.time <= *retain) return {};
  return invalid_argument("the export is " + how_old() + " old, and retain_days is " +
                          std::to_string(retain->count()) +
                          ": marks of what has changed since may be gone, so that old items would "
                          "come back. Export again");
}

/// What the service says of the source table, which is asked once.
Result<const TableDescription*> Planner::describe() {
  if (described_) return &*described_;
  const std::string& table = options_.source.empty() ? input_.summary.table_arn : options_.source;
  Result<TableDescription> described = input_.tables.describe(table, input_.deadline);
  if (!described) {
    return invalid_argument(
        "the source table must be asked for its key and its stream, unless "
        "--key and --stream-arn or --no-stream name them: " +
        described.error().message);
  }
  if (described->arn != input_.summary.table_arn) {
    return invalid_argument("--source is the table " + described->arn +
                            ", and the export is of the table " + input_.summary.table_arn +
                            ": the marks of one are not those of the other");
  }
  return &described_.emplace(*std::move(described));
}

Result<std::string> Planner::find_stream_label() {
  std::string arn = options_.stream_arn;
  if (arn.empty()) {
    const TableDescription* table = STREAMONCE_TRY(describe());
    arn = table->latest_stream_arn;
    if (arn.empty() || !table->stream_enabled) {
      return invalid_argument(
          "the table " + input_.summary.table +
          (arn.empty() ? " has no stream" : "'s stream is disabled") +
          ": enable one with new images, begin to apply it, export again after five minutes, and "
          "load that. Or say --no-stream if no stream is ever to be applied before the load");
    }
  }
  const events::StreamArn stream = STREAMONCE_TRY(events::StreamArn::parse(arn));
  const events::SourceTable of_stream = {
      .account = stream.account, .region = stream.region, .table = stream.table};
  if (of_stream == source()) return std::string(stream.label);
  return invalid_argument("the stream " + arn + " is not of the export's table, " +
                          input_.summary.table_arn +
                          ": the marks of one are not those of the other");
}

Result<events::LoadVersion> Planner::find_version() {
  const WallTime time = input_.summary.time;
  if (options_.no_stream) return events::version_without_stream(time);
  const std::string label = STREAMONCE_TRY(find_stream_label());
  if (std::string why = events::why_too_early(label, time); !why.empty())
    return invalid_argument(std::move(why));
  return events::version_beside_stream(label, time);
}

Result<events::KeyNames> Planner::find_key() {
  const auto sorted = [](events::KeyNames names) {
    std::sort(names.begin(), names.end());
    return names;
  };
  const auto joined = [](const events::KeyNames& names) {
    return names.size() == 1 ? names[0] : names[0] + "," + names[1];
  };
  if (const auto place = source_of_views()) {
    const views::Source& declared = input_.pipeline.tables()->sources()[*place];
    if (options_.key.empty() || sorted(options_.key) == sorted(declared.key)) return declared.key;
    return invalid_argument("--key is " + joined(options_.key) + ", and the views say that " +
                            declared.name + " has the key " + joined(declared.key));
  }
  if (!options_.key.empty() && !described_) return options_.key;
  const TableDescription* table = STREAMONCE_TRY(describe());
  events::KeyNames names;
  for (const dynamodb_tables::KeyAttribute& each : table->key) names.push_back(each.name);
  if (options_.key.empty() || sorted(options_.key) == sorted(names)) return names;
  return invalid_argument("--key is " + joined(options_.key) + ", and the table " +
                          input_.summary.table + " has the key " + joined(names));
}

/// Works out where a sweep looks, if one is wanted.
Status Planner::plan_sweep(LoadPlan& plan) const {
  if (!options_.sweep) return {};
  if (input_.settings.retain) {
    return invalid_argument(
        "--sweep removes what has no mark, and with retain_days marks go by themselves, also those "
        "of items that are there: load without --sweep");
  }
  const DerivedTables* tables = input_.pipeline.tables();
  if (tables == nullptr) {
    const TargetName& target = input_.settings.target;
    plan.swept_tables = {target.kind == TargetKind::kDynamoDb ? target.name : plan.source.table};
    return {};
  }
  plan.sweeps_ledger = true;
  const std::size_t place = source_of_views().value();
  bool any_inserts = false;
  for (std::size_t i = 0; i < tables->views().size(); ++i) {
    const views::View& view = tables->views()[i];
    if (view.source != place) continue;
    any_inserts = any_inserts || view.on_insert;
    if (view.separation == views::Separation::kItemKey)
      plan.swept_tables.emplace_back(tables->table_of(i));
  }
  if (any_inserts) return {};
  return invalid_argument(
      "--sweep cannot tell what the export has, since no view takes inserts (the option events): "
      "load without --sweep");
}

}  // namespace

Result<LoadPlan> plan_load(const LoadPlanInput& input) {
  return Planner(input).work();
}

}  // namespace streamonce::handler::load
