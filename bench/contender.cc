#include "bench/contender.h"

#include <cstdlib>

namespace streamonce::bench {
namespace {

const std::string kRoot = STREAMONCE_ROOT;
const std::string kBundles = kRoot + "/build/bench/rivals/";
const std::string kRuntimeClient =
    kRoot + "/bench/rivals/node_modules/aws-lambda-ric/bin/index.mjs";

std::string path_of(const char* variable, const std::string& otherwise) {
  const char* path = std::getenv(variable);
  return path != nullptr ? path : otherwise;
}

const char* folder_of(const Contender& contender, const RunOptions& options) {
  if (options.views.empty()) return contender.folder;
  return remembers(options.views.front()) ? contender.remembering_folder : contender.views_folder;
}

}  // namespace

// What Lambda sets, and the tables. Keys and token are as long as those of a role.
std::vector<std::string> environment_of(const RunOptions& options) {
  const bool has_views = !options.views_path.empty();
  std::string views;
  std::string tables;
  for (const View view : options.views) {
    const std::string separator = views.empty() ? "" : ",";
    views += separator + name_of(view);
    tables += separator + name_of(view) + '=' + name_of(view) + options.views_suffix;
  }
  std::vector<std::string> environment = {
      "PATH=/usr/local/bin:/usr/bin:/bin",
      "LANG=en_US.UTF-8",
      "TZ=:UTC",
      "_HANDLER=index.handler",
      "LAMBDA_TASK_ROOT=/var/task",
      "AWS_REGION=eu-central-1",
      "AWS_DEFAULT_REGION=eu-central-1",
      "AWS_EXECUTION_ENV=AWS_Lambda_bench",
      "AWS_LAMBDA_FUNCTION_NAME=bench",
      "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1769",
      "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/bench",
      "AWS_LAMBDA_LOG_STREAM_NAME=2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef",
      "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
      "AWS_ACCESS_KEY_ID=ASIABENCHBENCHBENCH1",
      "AWS_SECRET_ACCESS_KEY=benchbenchbenchbenchbenchbenchbenchbench",
      "AWS_SESSION_TOKEN=" + std::string(800, 'T'),
      "AWS_ENDPOINT_URL_DYNAMODB=" + options.endpoint_url,
      "STREAMONCE_TARGET=dynamodb" + (has_views ? "" : ":" + options.items_table),
      "STREAMONCE_LEDGER=" + options.ledger_table,
      "BENCH_ITEMS_TABLE=" + options.items_table,
      "BENCH_LEDGER_TABLE=" + options.ledger_table,
      "BENCH_VIEWS=" + views,
      "BENCH_VIEWS_SUFFIX=" + options.views_suffix,
  };
  if (has_views) environment.push_back("STREAMONCE_VIEWS=" + options.views_path);
  if (options.has_marks_in_items) environment.emplace_back("STREAMONCE_MARKS=item");
  if (!options.requests_path.empty())
    environment.push_back("BENCH_REQUESTS=" + options.requests_path);
  if (!options.views_suffix.empty()) environment.push_back("STREAMONCE_TABLES=" + tables);
  return environment;
}

std::string program_path(const Contender& contender) {
  if (contender.is_limit) return kRoot + "/build/bench/bench/raw_client";
  if (contender.is_bootstrap())
    return path_of("STREAMONCE_BENCH_BOOTSTRAP", kRoot + "/build/release/bootstrap");
  return kBundles + contender.folder + "/index.js";
}

std::string zip_path(const Contender& contender) {
  if (contender.is_bootstrap()) return kRoot + "/build/bench/streamonce.zip";
  return kBundles + contender.folder + ".zip";
}

RuntimeCommand command_of(const Contender& contender, RunOptions options) {
  RuntimeCommand command;
  options.has_marks_in_items = contender.has_marks_in_items();
  command.environment = environment_of(options);
  command.log_path = options.log_folder + "/" + contender.name + ".log";
  if (!options.ca_path.empty()) {
    command.environment.push_back("AWS_CA_BUNDLE=" + options.ca_path);
    command.environment.push_back("NODE_EXTRA_CA_CERTS=" + options.ca_path);
  }
  if (contender.folder == nullptr) {
    command.arguments = {program_path(contender)};
    command.folder = kRoot;
  } else {
    command.arguments = {path_of("STREAMONCE_BENCH_NODE", "/usr/bin/node"), kRuntimeClient,
                         "index.handler"};
    command.folder = kBundles + folder_of(contender, options);
  }
  return command;
}

}  // namespace streamonce::bench
