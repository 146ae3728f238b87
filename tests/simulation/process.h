// tests/simulation/process.h: one process: the code under test from the pipeline to the requests.
//
// Threads: one. Borrows: the world, which must outlive the process.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "handler/pipeline/derived_tables.h"
#include "handler/pipeline/pipeline.h"
#include "handler/sources/lambda/serve.h"
#include "handler/sources/lambda/stream_event.h"
#include "handler/targets/dynamodb/dynamodb_target.h"
#include "tests/simulation/random.h"
#include "tests/simulation/view_model.h"
#include "tests/simulation/world.h"
#include "tests/support/signed_request.h"

namespace streamonce::simulation {

class Process {
 public:
  /// @param views  what is kept of the source; null: a mirror
  /// @param retain  how long marks are kept; none: for ever
  /// @param version_attribute  of the items, which has their marks; empty: the ledger has them
  Process(World& world, Random& random, std::size_t number, const ViewModel* views = nullptr,
          std::optional<std::chrono::days> retain = {}, const std::string& version_attribute = {})
      : clock_(world),
        transport_(world, number),
        logger_({.level = LogLevel::kFatal, .format = LogFormat::kText, .sink = [](auto) {}},
                clock_) {
    handler::dynamodb::DynamoDbOptions options;
    options.ledger_table = "ledger";
    options.region = "eu-west-1";
    options.credentials = testing::credentials("x", "y");
    options.transactions_in_flight = static_cast<int>(random.between(1, 4));
    options.random_seed = random.bits();
    options.version_attribute = version_attribute;
    if (!version_attribute.empty()) options.puts_in_flight = static_cast<int>(random.between(1, 8));
    target_ =
        handler::dynamodb::DynamoDbTarget::create(options, transport_, clock_, logger_).value();
    if (views != nullptr)
      tables_.emplace(views->checked(), std::vector<std::string>{"orders"}, views->tables());
    pipeline_.emplace(handler::PipelineOptions{.name = "sim",
                                               .target_table = "items",
                                               .retain = retain,
                                               .tables = tables_ ? &*tables_ : nullptr,
                                               .random_seed = options.random_seed + 1},
                      *target_, clock_);
    stream_.emplace(*pipeline_, logger_);
  }

  /// Handles an event as Lambda has it done, which tells deadlines by the clock of the sandbox.
  Result<handler::StreamEventResult> handle(const std::string& event,
                                            std::chrono::milliseconds time_left) {
    const SteadyTime deadline = handler::commit_deadline(clock_.now() + time_left, clock_);
    transport_.set_deadline(deadline);
    const Payload payload = Payload::copy_of(event);
    return stream_->run(payload.view(), deadline);
  }

  std::vector<handler::MarkResult> read_marks(std::span<const handler::MarkPlace> places,
                                              handler::Reading reading,
                                              std::chrono::milliseconds time_left) {
    const SteadyTime deadline = clock_.steady_now() + time_left;
    transport_.set_deadline(deadline);
    return target_->read_marks(places, reading, deadline);
  }

  void commit(std::span<const handler::Commit> commits, std::span<handler::Outcome> outcomes,
              std::chrono::milliseconds time_left) {
    const SteadyTime deadline = clock_.steady_now() + time_left;
    transport_.set_deadline(deadline);
    target_->commit(commits, outcomes, deadline);
  }

  /// What the process works with.
  struct Parts {
    handler::Pipeline& pipeline;
    handler::Target& target;
    Clock& clock;
    Logger& logger;
  };

  /// The parts, for who sets deadlines of its own.
  Parts parts() {
    transport_.set_deadline(SteadyTime::max());
    return {.pipeline = *pipeline_, .target = *target_, .clock = clock_, .logger = logger_};
  }

  /// Kills each kept connection. @return how many there are
  std::size_t freeze() {
    transport_.kill_kept_connections();
    return transport_.kept_connections();
  }

 private:
  SimulatedClock clock_;
  SimulatedTransport transport_;
  Logger logger_;
  std::unique_ptr<handler::dynamodb::DynamoDbTarget> target_;
  std::optional<handler::DerivedTables> tables_;
  std::optional<handler::Pipeline> pipeline_;
  std::optional<handler::StreamEventHandler> stream_;
};

}  // namespace streamonce::simulation
