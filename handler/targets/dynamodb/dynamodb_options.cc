#include "handler/targets/dynamodb/dynamodb_options.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace streamonce::handler::dynamodb {
namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_region(std::string_view region) {
  return !region.empty() && region.size() <= 63 && is_lower_or_digit(region.front()) &&
         std::all_of(region.begin(), region.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

/// Source: DynamoDB naming rules: 3 to 255 characters out of a-z, A-Z, 0-9, `_`, `-` and `.`.
bool is_table_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
                  c == '.';
         });
}

/// Whether `text` is visible ASCII, which may stand in a header without changing it.
bool is_header_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

/// Whether `text` is `host` or `host:port`, where a host may be an IPv6 address between brackets,
/// in the one spelling that every proxy and server leaves as it is, since it is signed.
bool is_authority(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const std::size_t host_end =
      bracketed ? text.find(']') + 1 : std::min(text.find(':'), text.size());
  if (host_end == 0) return false;  // nothing, or a bracket that is not closed
  const std::string_view host = text.substr(0, host_end);
  if (!bracketed && (host.find("..") != std::string_view::npos || host.starts_with('.')))
    return false;
  if (host_end == text.size()) return true;
  const std::string_view port = text.substr(host_end + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return text[host_end] == ':' && error == std::errc{} && end == port.data() + port.size() &&
         number >= 1 && number <= 65'535 && port.front() != '0';
}

bool is_endpoint(std::string_view url) {
  const bool is_http = url.starts_with(kHttp);
  if (!is_http && !url.starts_with(kHttps)) return false;
  const std::string_view rest = url.substr(is_http ? kHttp.size() : kHttps.size());
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (!is_authority(authority)) return false;
  return !rest.empty() && rest.front() != '/' && rest.front() != ':' && is_header_text(rest) &&
         rest.find_first_of("?#@%\\\"") == std::string_view::npos;
}

Error invalid(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

/// `url` as a message tells it. What stands before an @ or behind a ? may be a secret.
std::string told(std::string_view url) {
  constexpr std::size_t kToldMax = 200;
  if (url.find_first_of("@?") != std::string_view::npos) return "one with an @ or a ? in it";
  std::string text = "\"";
  for (const char c : url.substr(0, kToldMax)) text += c >= ' ' && c <= '~' ? c : ' ';
  return text + '"';
}

/// An API that has endpoints of its own.
struct Api {
  std::string_view host;       ///< the first part of a public endpoint's host
  std::string_view name;       ///< the name that messages give it
  std::string_view variables;  ///< the variables that an endpoint's URL comes from
};

constexpr Api kTables{.host = "dynamodb",
                      .name = "DynamoDB",
                      .variables = "AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL"};
constexpr Api kStreams{.host = "streams.dynamodb",
                       .name = "DynamoDB Streams",
                       .variables = "AWS_ENDPOINT_URL_DYNAMODB_STREAMS, AWS_ENDPOINT_URL"};

Result<std::string> endpoint_of_api(const Api& api, std::string_view endpoint_url,
                                    std::string_view region) {
  if (!is_region(region))
    return invalid("the Region must be set, and look like eu-central-1 (AWS_REGION)");
  if (endpoint_url.empty()) {
    // Source: AWS SDKs, partitions.json: the suffixes of the partitions that can be bought.
    const std::string_view suffix = region.starts_with("cn-")     ? "amazonaws.com.cn"
                                    : region.starts_with("eusc-") ? "amazonaws.eu"
                                                                  : "amazonaws.com";
    return "https://" + std::string(api.host) + "." + std::string(region) + "." +
           std::string(suffix);
  }
  while (endpoint_url.ends_with('/')) endpoint_url.remove_suffix(1);
  if (!is_endpoint(endpoint_url))
    return invalid("the " + std::string(api.name) +
                   " endpoint must be http://HOST or https://HOST, with a port and a path if need "
                   "be, and nothing else (" +
                   std::string(api.variables) + "); found " + told(endpoint_url));
  return std::string(endpoint_url);
}

/// Checks one credential. The message says which character is wrong, and not what is around it.
Status check_credential(std::string_view variable, std::string_view text) {
  const auto bad = std::find_if_not(text.begin(), text.end(), [](char c) {
    return is_header_text({&c, 1});
  });
  if (bad == text.end()) return {};
  const char* what = *bad == '\n' || *bad == '\r'  ? "a line break"
                     : *bad == ' ' || *bad == '\t' ? "a blank"
                                                   : "no visible ASCII character";
  return invalid(std::string(variable) + ": character " + std::to_string(bad - text.begin() + 1) +
                 " of " + std::to_string(text.size()) + " is " + what +
                 ": expected AWS credentials, which hold neither blanks nor control characters");
}

}  // namespace

Result<std::string> endpoint_of(std::string_view endpoint_url, std::string_view region) {
  return endpoint_of_api(kTables, endpoint_url, region);
}

Result<std::string> streams_endpoint_of(std::string_view endpoint_url, std::string_view region) {
  return endpoint_of_api(kStreams, endpoint_url, region);
}

Status check_credentials(const Credentials& credentials) {
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty())
    return invalid(
        "AWS credentials must be set (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and "
        "AWS_SESSION_TOKEN if they are temporary)");
  STREAMONCE_TRY(check_credential("AWS_ACCESS_KEY_ID", credentials.access_key_id));
  STREAMONCE_TRY(check_credential("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key));
  return check_credential("AWS_SESSION_TOKEN", credentials.session_token);
}

Status check_target_table(std::string_view table, std::string_view ledger_table) {
  if (!is_table_name(table))
    return invalid("the target table's name must be 3 to 255 characters out of a-z A-Z 0-9 _ - .");
  if (table == ledger_table)
    return invalid("the ledger must be another table than the target (STREAMONCE_LEDGER)");
  return {};
}

Status check_options(const DynamoDbOptions& options) {
  if (!is_table_name(options.ledger_table))
    return invalid(
        "the ledger table's name must be 3 to 255 characters out of a-z A-Z 0-9 _ - . "
        "(STREAMONCE_LEDGER)");
  STREAMONCE_TRY(check_credentials({.access_key_id = options.access_key_id,
                                    .secret_access_key = options.secret_access_key,
                                    .session_token = options.session_token}));
  if (options.transactions_in_flight < 1 ||
      options.transactions_in_flight > kTransactionsInFlightMax)
    return invalid("transactions in flight must be 1 to " +
                   std::to_string(kTransactionsInFlightMax));
  STREAMONCE_TRY(endpoint_of(options.endpoint_url, options.region));
  return {};
}

}  // namespace streamonce::handler::dynamodb
