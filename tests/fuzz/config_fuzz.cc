// tests/fuzz/config_fuzz.cc: settings from a hostile file, environment and command line.
//
// The input is lines `NAME=value`, an empty line, and the pipeline file. Names are those of the
// environment, `--target`, `--ledger`, `--views` and `--config`, and `beside` for the file beside
// the binary. The value `FILE` of the last three, of STREAMONCE_VIEWS and of STREAMONCE_CONFIG
// stands for the file; any other value is a path where nothing is, since the input must not have a
// say in what is read.
//
// What must hold: a configuration that is taken keeps every rule and comes from the strongest
// place; a refusal names a setting; no credential has a say in what a refusal says.

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "handler/config/log_settings.h"
#include "handler/config/settings.h"
#include "runtime/aws/credential_chain.h"
#include "runtime/aws/table_arn.h"
#include "runtime/base/check.h"
#include "runtime/base/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/log.h"
#include "tests/fuzz/message.h"

namespace streamonce::handler {
namespace {

using fuzz::Message;

/// A file in memory: nothing is left behind, however the process ends.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("config_fuzz", MFD_CLOEXEC)) {
    STREAMONCE_CHECK(descriptor_ >= 0);
    path_ = "/proc/self/fd/" + std::to_string(descriptor_);
  }
  void fill(std::string_view text) const {
    STREAMONCE_CHECK(ftruncate(descriptor_, 0) == 0);
    STREAMONCE_CHECK(pwrite(descriptor_, text.data(), text.size(), 0) ==
                     static_cast<ssize_t>(text.size()));
  }
  const std::string& path() const { return path_; }

 private:
  int descriptor_;
  std::string path_;
};

/// `text` as the environment can hold it: up to its first zero byte.
std::string c_text(std::string_view text) {
  return std::string(text.substr(0, text.find('\0')));
}

/// The settings of one input.
class Input {
 public:
  Input(const Message& message, const std::string& path) : message_(message), path_(path) {}

  std::optional<std::string> value_of(std::string_view name) const {
    const auto value = message_.value_of(name);
    return value ? std::optional(c_text(*value)) : std::nullopt;
  }
  std::optional<std::string> path_of(std::string_view name) const {
    const auto value = value_of(name);
    if (!value) return std::nullopt;
    return *value == "FILE" ? path_ : "/nowhere/" + *value;
  }
  SettingOptions options() const {
    SettingOptions options;
    const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
      if (value) options.options.push_back({.name = name, .value = *value});
    };
    add("target", value_of("--target"));
    add("ledger", value_of("--ledger"));
    add("views", path_of("--views"));
    add("config", path_of("--config"));
    options.default_file = path_of("beside").value_or("");
    return options;
  }
  /// The environment, with `mark` before every secret.
  Environment environment(std::string_view mark) const {
    return [this, mark](const char* name) -> std::optional<std::string> {
      const std::string_view wanted = name;
      if (wanted == "STREAMONCE_CONFIG" || wanted == "STREAMONCE_VIEWS") return path_of(wanted);
      const auto value = value_of(wanted);
      if (!value || value->empty()) return std::nullopt;
      const bool secret = wanted == "AWS_SECRET_ACCESS_KEY" || wanted == "AWS_SESSION_TOKEN";
      return (secret ? std::string(mark) : std::string()) + *value;
    };
  }

 private:
  const Message& message_;
  const std::string& path_;
};

bool is_table_name(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  return name.size() >= 3 && name.size() <= 255 &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

/// Whether a table is named by its name, or by its ARN, whose rules are those of aws::TableArn.
bool is_table(std::string_view table) {
  return table.starts_with("arn:") ? aws::TableArn::parse(table).has_value() : is_table_name(table);
}

/// The name of a table, which may be named by its ARN.
std::string_view name_of(std::string_view table) {
  return table.substr(table.find('/') + 1);
}

void check_dynamodb(const Settings& settings) {
  STREAMONCE_CHECK(settings.views.empty() ? is_table(settings.target.name)
                                          : settings.target.name.empty());
  STREAMONCE_CHECK(is_table(settings.ledger));
  STREAMONCE_CHECK(settings.ledger != settings.target.name);
  const auto ledger = aws::TableArn::parse(settings.ledger);
  if (const auto target = aws::TableArn::parse(settings.target.name); target && ledger)
    STREAMONCE_CHECK(target->account == ledger->account && target->region == ledger->region);
  if (settings.views.empty())
    STREAMONCE_CHECK(aws::TableArn::parse(settings.target.name).has_value() == ledger.has_value());
  STREAMONCE_CHECK(settings.region == (ledger ? ledger->region : settings.aws.region));
  STREAMONCE_CHECK(!settings.name.empty() || !settings.views.empty());
  const AwsSettings& aws = settings.aws;
  STREAMONCE_CHECK(!settings.region.empty());
  STREAMONCE_CHECK(aws.ca_bundle_path.empty() ? aws.endpoint_url.starts_with("http://")
                                              : file_exists(aws.ca_bundle_path));
}

/// The member `name` of the pipeline file, if such a file is read.
std::optional<std::string> member_of(const SettingOptions& options, const Environment& environment,
                                     std::string_view file, const std::string& path,
                                     const char* name) {
  const std::string named = options.value_of("config") != nullptr
                                ? *options.value_of("config")
                                : environment("STREAMONCE_CONFIG").value_or(options.default_file);
  if (named != path) return std::nullopt;
  const auto document = nlohmann::json::parse(file, /*cb=*/nullptr, /*allow_exceptions=*/false);
  STREAMONCE_CHECK(document.is_object());
  if (!document.contains(name)) return std::nullopt;
  return document[name].get<std::string>();
}

void hold_to_contract(const Settings& settings, const SettingOptions& options,
                      const Environment& environment, std::string_view file,
                      const std::string& path) {
  const bool is_sqlite = settings.target.kind == TargetKind::kSqlite;
  const auto strongest = [&](const char* name, const char* variable) -> std::optional<std::string> {
    if (const std::string* option = options.value_of(name)) return *option;
    const auto value = environment(variable);
    return value ? value : member_of(options, environment, file, path, name);
  };
  const bool has_views = !settings.views.empty();
  STREAMONCE_CHECK(!is_sqlite || !settings.target.name.empty());
  STREAMONCE_CHECK((is_sqlite ? "sqlite:" : (has_views ? "dynamodb" : "dynamodb:")) +
                       settings.target.name ==
                   strongest("target", "STREAMONCE_TARGET"));
  STREAMONCE_CHECK(settings.views == strongest("views", "STREAMONCE_VIEWS").value_or(""));
  STREAMONCE_CHECK(has_views || settings.tables.tables.empty());
  for (const NamedTable& named : settings.tables.tables)
    STREAMONCE_CHECK(!named.name.empty() && is_table(named.table));
  const auto name = member_of(options, environment, file, path, "name");
  STREAMONCE_CHECK(settings.name ==
                   name.value_or(is_sqlite ? "" : std::string(name_of(settings.target.name))));
  STREAMONCE_CHECK(settings.name.size() <= 255 && settings.name.find('|') == std::string::npos);
  if (settings.retain)
    STREAMONCE_CHECK(settings.retain->count() >= 2 && settings.retain->count() <= 36'500);
  if (is_sqlite) {
    STREAMONCE_CHECK(settings.ledger.empty() && options.value_of("ledger") == nullptr);
    return;
  }
  STREAMONCE_CHECK(settings.ledger == strongest("ledger", "STREAMONCE_LEDGER"));
  check_dynamodb(settings);
}

/// The environment has credentials, or half of them, whatever they are, and no message depends on a
/// secret.
void check_credentials_of(const Environment& environment, const Environment& other) {
  SystemClock clock;
  Logger logger({.sink = [](std::string_view) {}}, clock);
  const auto found_in = [&](const Environment& variables) {
    return aws::environment_credentials(
        {.environment = variables, .transport = nullptr, .clock = clock, .logger = logger});
  };
  const auto found = found_in(environment);
  const auto found_other = found_in(other);
  STREAMONCE_CHECK(found.has_value() == found_other.has_value());
  if (!found) {
    STREAMONCE_CHECK(found.error().message == found_other.error().message);
    STREAMONCE_CHECK(found.error().message.find("AWS_ACCESS_KEY_ID") != std::string::npos);
    return;
  }
  STREAMONCE_CHECK((*found != nullptr) == environment("AWS_SECRET_ACCESS_KEY").has_value());
}

bool names_a_setting(std::string_view message, std::string_view path) {
  for (const std::string_view name : {std::string_view("--target"),
                                      std::string_view("STREAMONCE_TARGET"),
                                      std::string_view("--ledger"),
                                      std::string_view("STREAMONCE_LEDGER"),
                                      std::string_view("--config"),
                                      std::string_view("STREAMONCE_CONFIG"),
                                      std::string_view("--views"),
                                      std::string_view("STREAMONCE_VIEWS"),
                                      std::string_view("STREAMONCE_TABLES"),
                                      std::string_view("STREAMONCE_ROLE_ARN"),
                                      std::string_view("STREAMONCE_EXTERNAL_ID"),
                                      std::string_view("STREAMONCE_STREAM_ROLE_ARN"),
                                      std::string_view("STREAMONCE_STREAM_EXTERNAL_ID"),
                                      std::string_view("STREAMONCE_SESSION_NAME"),
                                      std::string_view("AWS_REGION"),
                                      std::string_view("AWS_CA_BUNDLE"),
                                      std::string_view("SSL_CERT_FILE"),
                                      std::string_view("AWS_LAMBDA_LOG_LEVEL"),
                                      std::string_view("AWS_LAMBDA_LOG_FORMAT"),
                                      path})
    if (message.find(name) != std::string_view::npos) return true;
  return false;
}

void run(const Message& message) {
  static const MemoryFile kFile;
  kFile.fill(message.body);
  constexpr std::string_view kOne = "<first secret>";
  constexpr std::string_view kOther = "<another secret, and a longer one>";
  const Input input(message, kFile.path());
  const SettingOptions options = input.options();
  const Environment environment = input.environment(kOne);
  const Result<Settings> settings = load_settings(options, environment);
  const Result<Settings> other = load_settings(options, input.environment(kOther));
  STREAMONCE_CHECK(settings.has_value() == other.has_value());
  if (settings) {
    hold_to_contract(*settings, options, environment, message.body, kFile.path());
  } else {
    STREAMONCE_CHECK(settings.error().message == other.error().message);
    STREAMONCE_CHECK(names_a_setting(settings.error().message, kFile.path()));
  }
  check_credentials_of(environment, input.environment(kOther));
  const Result<LogSettings> log = load_log_settings(environment);
  if (!log) STREAMONCE_CHECK(names_a_setting(log.error().message, kFile.path()));
}

}  // namespace
}  // namespace streamonce::handler

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  streamonce::handler::run(
      streamonce::fuzz::message_of(streamonce::fuzz::text_of(data, size), '='));
  return 0;
}
