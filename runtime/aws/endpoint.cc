#include "runtime/aws/endpoint.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

namespace streamonce::aws {
namespace {

/// A part of AWS with accounts and an internet domain of its own.
struct Partition {
  std::string_view name;
  std::string_view region_start;  // what the codes of its Regions begin with
  std::string_view domain;
};

/// Source: AWS SDKs, partitions.json: the partitions that can be bought. The last one has all other
/// Regions, the made-up ones of emulators too.
constexpr Partition kPartitions[] = {
    {.name = "aws-cn", .region_start = "cn-", .domain = "amazonaws.com.cn"},
    {.name = "aws-us-gov", .region_start = "us-gov-", .domain = "amazonaws.com"},
    {.name = "aws-eusc", .region_start = "eusc-", .domain = "amazonaws.eu"},
    {.name = "aws", .region_start = "", .domain = "amazonaws.com"},
};

const Partition& partition_with(std::string_view region) {
  const auto* partition = std::begin(kPartitions);
  while (!region.starts_with(partition->region_start)) ++partition;
  return *partition;
}

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_region(std::string_view region) {
  return !region.empty() && region.size() <= 63 && is_lower_or_digit(region.front()) &&
         std::all_of(region.begin(), region.end(),
                     [](char c) { return is_lower_or_digit(c) || c == '-'; });
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

/// `url` as a message tells it. What stands before an @ or behind a ? may be a secret.
std::string told(std::string_view url) {
  constexpr std::size_t kToldMax = 200;
  if (url.find_first_of("@?") != std::string_view::npos) return "one with an @ or a ? in it";
  std::string text = "\"";
  for (const char c : url.substr(0, kToldMax)) text += c >= ' ' && c <= '~' ? c : ' ';
  return text + '"';
}

}  // namespace

Result<Region> Region::parse(std::string_view text) {
  if (!is_region(text))
    return invalid_argument("the Region must be set, and look like eu-central-1 (AWS_REGION)");
  return Region(text);
}

std::string_view partition_of(std::string_view region) {
  return partition_with(region).name;
}

Result<std::string> endpoint_of(const Service& service, const Region& region,
                                std::string_view url) {
  if (url.empty()) {
    return "https://" + std::string(service.host_prefix) + "." + region.text() + "." +
           std::string(partition_with(region.text()).domain);
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  if (!is_endpoint(url))
    return invalid_argument(
        "the " + std::string(service.name) +
        " endpoint must be http://HOST or https://HOST, with a port and a path if need "
        "be, and nothing else (" +
        std::string(service.endpoint_variables) + "); found " + told(url));
  return std::string(url);
}

}  // namespace streamonce::aws
