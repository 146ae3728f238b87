#include "handler/commands/source_images.h"

#include <chrono>
#include <functional>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "handler/commands/parts.h"
#include "handler/items/item_reader.h"
#include "runtime/aws/endpoint.h"
#include "runtime/base/result.h"

namespace streamonce::handler {
namespace {

/// The account of what emulators have, which is nobody's.
constexpr std::string_view kEmulatedAccount = "000000000000";

class LazySourceItems final : public SourceItems {
 public:
  LazySourceItems(const Settings& settings, const Environment& environment, Clock& clock,
                  Logger& logger)
      : settings_(settings),
        environment_(environment),
        clock_(clock),
        logger_(logger) {}

  std::vector<Result<std::string_view>> read(const events::SourceTable& table,
                                             std::span<const events::ItemKey> keys,
                                             Consistency consistency,
                                             SteadyTime deadline) override {
    const std::string name = request_name_of(table);
    const Result<ItemReader*> reader = reader_of(table, name);
    if (!reader) return {keys.size(), reader.error()};
    return (*reader)->read(name, keys, consistency, deadline);
  }

 private:
  /// The reader of the tables of a Region.
  Result<ItemReader*> reader_of(const events::SourceTable& table, const std::string& name) {
    const auto found = readers_.find(table.region);
    if (found != readers_.end()) return found->second.get();
    const auto failure = failures_.find(table.region);
    if (failure != failures_.end()) return failure->second;
    Result<std::unique_ptr<ItemReader>> opened =
        open_source_items(settings_, name, environment_, clock_, logger_,
                          /*credentials_time=*/std::chrono::milliseconds::zero());
    const std::string region(table.region);
    if (opened) return readers_.emplace(region, *std::move(opened)).first->second.get();
    // What is set does not change, and a search for credentials may take a second.
    if (opened.error().code == ErrorCode::kInvalidArgument)
      failures_.emplace(region, opened.error());
    return opened.error();
  }

  const Settings& settings_;
  const Environment environment_;
  Clock& clock_;
  Logger& logger_;
  std::map<std::string, std::unique_ptr<ItemReader>, std::less<>> readers_;  // by Region
  std::map<std::string, Error, std::less<>> failures_;  // settings that are wrong, by Region
};

}  // namespace

std::string request_name_of(const events::SourceTable& table) {
  if (table.account == kEmulatedAccount) return std::string(table.table);
  std::string arn = "arn:";
  arn.append(aws::partition_of(table.region)).append(":dynamodb:").append(table.region);
  return arn.append(":").append(table.account).append(":table/").append(table.table);
}

std::unique_ptr<SourceItems> open_source_images(const Settings& settings,
                                                const Environment& environment, Clock& clock,
                                                Logger& logger) {
  return std::make_unique<LazySourceItems>(settings, environment, clock, logger);
}

}  // namespace streamonce::handler
