#include "handler/config/config.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/aws/dynamodb_names.h"
#include "runtime/base/file.h"
#include "runtime/base/payload.h"
#include "runtime/base/text_encoding.h"
#include "runtime/base/text_place.h"

namespace streamonce::handler {
namespace {

using nlohmann::json;

constexpr std::size_t kFileBytesMax = 1024 * 1024;
constexpr std::int64_t kRetainDaysMin = 2;  // a stream itself keeps records for 24 hours
constexpr std::int64_t kRetainDaysMax = 36'500;

constexpr std::string_view kTargetForms =
    "expected dynamodb:TABLE, or sqlite:PATH of a database file";

/// Where Amazon Linux and Debian keep the certificates of the authorities they trust.
constexpr std::array<const char*, 2> kCaBundles = {"/etc/pki/tls/certs/ca-bundle.crt",
                                                   "/etc/ssl/certs/ca-certificates.crt"};

Error invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

/// A value, and the words that name it in a message.
struct Setting {
  std::string source;
  std::string value;
};

struct File {
  std::optional<Setting> target;
  std::optional<Setting> ledger;
  std::optional<Setting> name;
  std::optional<std::chrono::days> retain;
};

Result<std::optional<std::chrono::days>> read_retain_days(const std::string& path,
                                                          const json& value) {
  const bool in_range =
      value.is_number_integer() && value >= kRetainDaysMin && value <= kRetainDaysMax;
  if (!in_range) {
    return invalid(path + ": retain_days: expected a whole number of days from " +
                   std::to_string(kRetainDaysMin) + " to " + std::to_string(kRetainDaysMax));
  }
  return std::optional(std::chrono::days(value.get<int>()));
}

/// Makes a document of a text, and notes where the text stops being JSON.
class DocumentReader : public nlohmann::detail::json_sax_dom_parser<json> {
 public:
  explicit DocumentReader(json& document)
      : json_sax_dom_parser(document, /*allow_exceptions_=*/false) {}

  template <class Exception>
  bool parse_error(std::size_t position, const std::string& /*token*/, const Exception& /*what*/) {
    fault_ = position > 0 ? position - 1 : 0;  // how many bytes were read, the faulty one with them
    return false;
  }
  std::size_t fault() const { return fault_; }

 private:
  std::size_t fault_ = 0;
};

Result<File> parse_file(const std::string& path) {
  Payload text(kFileBytesMax);
  if (Status read = read_file(path, text); !read) return invalid(read.error().message);
  if (const std::string_view complaint = events::utf16_complaint(text.text()); !complaint.empty())
    return invalid(path + ": " + std::string(complaint));
  json document;
  DocumentReader reader(document);
  if (!json::sax_parse(text.text(), &reader)) {
    return invalid(path + ": not JSON, near " + events::place_in(text.text(), reader.fault()));
  }
  if (!document.is_object()) return invalid(path + ": expected a JSON object");
  File file;
  for (const auto& [key, value] : document.items()) {
    if (key == "retain_days") {
      file.retain = STREAMONCE_TRY(read_retain_days(path, value));
      continue;
    }
    if (key != "target" && key != "ledger" && key != "name")
      return invalid(path + ": unknown member " + json(key).dump() +
                     ": expected target, ledger, name or retain_days");
    if (!value.is_string() || value.get_ref<const std::string&>().empty())
      return invalid(path + ": " + key + ": expected a string that is not empty");
    const Setting setting{.source = path + ": " + key, .value = value.get<std::string>()};
    (key == "target" ? file.target : key == "ledger" ? file.ledger : file.name) = setting;
  }
  return file;
}

Result<File> parse_named_file(const std::string& setting, const std::string& path) {
  if (!file_exists(path)) return invalid(setting + ": " + quoted(path) + ": there is no such file");
  return parse_file(path);
}

/// The pipeline file that the command line, the environment or the binary's folder names.
Result<File> load_file(const ConfigOptions& options, const Environment& environment) {
  if (options.config_path) return parse_named_file("--config", *options.config_path);
  if (const auto path = environment("STREAMONCE_CONFIG"))
    return parse_named_file("STREAMONCE_CONFIG", *path);
  if (options.default_config_path.empty() || !file_exists(options.default_config_path))
    return File{};
  return parse_file(options.default_config_path);
}

std::optional<Setting> strongest(std::string_view option, const std::optional<std::string>& given,
                                 const char* variable, const Environment& environment,
                                 std::optional<Setting> from_file) {
  if (given) return Setting{.source = std::string(option), .value = *given};
  if (auto value = environment(variable)) return Setting{.source = variable, .value = *value};
  return from_file;
}

Status check_table_name(const std::string& source, std::string_view name) {
  if (aws::is_table_name(name)) return {};
  return invalid(source + ": \"" + std::string(name) +
                 "\" is no name of a DynamoDB table: expected 3 to 255 of a-z A-Z 0-9 _ - .");
}

Result<TargetName> parse_target(const Setting& setting) {
  constexpr std::string_view kDynamoDb = "dynamodb:";
  constexpr std::string_view kSqlite = "sqlite:";
  const std::string_view value = setting.value;
  if (value.starts_with(kDynamoDb)) {
    const std::string table(value.substr(kDynamoDb.size()));
    STREAMONCE_TRY(check_table_name(setting.source, table));
    return TargetName{.kind = TargetKind::kDynamoDb, .name = table};
  }
  if (value.starts_with(kSqlite) && value.size() > kSqlite.size())
    return TargetName{.kind = TargetKind::kSqlite, .name = setting.value.substr(kSqlite.size())};
  return invalid(setting.source + ": \"" + setting.value + "\": " + std::string(kTargetForms));
}

Status check_pipeline_name(const Setting& setting) {
  // The name stands before the first `|` of a ledger id, whose length is bounded.
  constexpr std::size_t kNameMax = 255;
  if (setting.value.size() > kNameMax || setting.value.find('|') != std::string::npos)
    return invalid(setting.source + ": expected at most 255 bytes, none of them |");
  return {};
}

/// The path of the file of trusted certificates; empty: there is none where it is looked for.
Result<std::string> find_ca_bundle(const Environment& environment) {
  for (const char* variable : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const auto path = environment(variable);
    if (path && !file_exists(*path))
      return invalid(std::string(variable) + ": " + quoted(*path) + ": there is no such file");
    if (path) return *path;
  }
  for (const char* path : kCaBundles)
    if (file_exists(path)) return std::string(path);
  return std::string();
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

Result<Config> load_config(const ConfigOptions& options, const Environment& environment) {
  const File file = STREAMONCE_TRY(load_file(options, environment));
  const auto target =
      strongest("--target", options.target, "STREAMONCE_TARGET", environment, file.target);
  const auto ledger =
      strongest("--ledger", options.ledger, "STREAMONCE_LEDGER", environment, file.ledger);
  if (!target) {
    return invalid(
        "no target: name one with --target, STREAMONCE_TARGET or \"target\" in the "
        "pipeline file: " +
        std::string(kTargetForms));
  }
  Config config;
  config.target = STREAMONCE_TRY(parse_target(*target));
  config.retain = file.retain;
  if (file.name) {
    STREAMONCE_TRY(check_pipeline_name(*file.name));
    config.name = file.name->value;
  }
  if (config.target.kind == TargetKind::kSqlite) {
    if (options.ledger)
      return invalid("--ledger: a SQLite target keeps its ledger in the same file");
    return config;
  }

  if (!ledger) {
    return invalid(
        "no ledger: a DynamoDB target needs a second table for its marks (partition key "
        "id, a string): name it with --ledger, STREAMONCE_LEDGER or \"ledger\" in the "
        "pipeline file");
  }
  STREAMONCE_TRY(check_table_name(ledger->source, ledger->value));
  if (ledger->value == config.target.name)
    return invalid(ledger->source + ": the ledger and the target are the same table: expected two");
  config.ledger = ledger->value;
  if (config.name.empty()) config.name = config.target.name;
  if (!environment("AWS_REGION") && !environment("AWS_DEFAULT_REGION"))
    return invalid("AWS_REGION is not set: DynamoDB needs the Region that its tables are in");
  config.aws = STREAMONCE_TRY(load_aws(environment));
  STREAMONCE_TRY(check_trust(config.aws, config.aws.endpoint_url));
  return config;
}

Status check_trust(const AwsSettings& aws, std::string_view endpoint_url) {
  if (!aws.ca_bundle_path.empty() || endpoint_url.starts_with("http://")) return {};
  return invalid(std::string("no file of trusted certificates was found at ") + kCaBundles[0] +
                 " or " + kCaBundles[1] + ": name one with AWS_CA_BUNDLE or SSL_CERT_FILE");
}

Result<AwsSettings> load_aws(const Environment& environment) {
  const auto first_of = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (auto value = environment(name)) return *value;
    return std::string();
  };
  std::string ca_bundle_path = STREAMONCE_TRY(find_ca_bundle(environment));
  AwsSettings aws{
      .region = first_of({"AWS_REGION", "AWS_DEFAULT_REGION"}),
      .endpoint_url = first_of({"AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"}),
      .streams_endpoint_url = first_of({"AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "AWS_ENDPOINT_URL"}),
      .access_key_id = first_of({"AWS_ACCESS_KEY_ID"}),
      .secret_access_key = first_of({"AWS_SECRET_ACCESS_KEY"}),
      .session_token = first_of({"AWS_SESSION_TOKEN"}),
      .ca_bundle_path = std::move(ca_bundle_path),
  };
  if (aws.access_key_id.empty() || aws.secret_access_key.empty()) {
    return invalid(
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set: DynamoDB needs credentials "
        "(in Lambda the function's role gives them)");
  }
  return aws;
}

Result<LogSettings> load_log_settings(const Environment& environment) {
  LogSettings settings;
  if (const auto text = environment("AWS_LAMBDA_LOG_LEVEL")) {
    const auto level = parse_log_level(*text);
    if (!level) {
      return invalid("AWS_LAMBDA_LOG_LEVEL: \"" + *text +
                     "\": expected TRACE, DEBUG, INFO, WARN, ERROR or FATAL");
    }
    settings.level = *level;
  }
  if (const auto text = environment("AWS_LAMBDA_LOG_FORMAT")) {
    const auto format = parse_log_format(*text);
    if (!format) return invalid("AWS_LAMBDA_LOG_FORMAT: \"" + *text + "\": expected JSON or Text");
    settings.format = *format;
  }
  return settings;
}

}  // namespace streamonce::handler
