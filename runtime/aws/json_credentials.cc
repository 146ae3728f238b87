#include "runtime/aws/json_credentials.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/iso_time.h"
#include "runtime/json/answer_json.h"

namespace streamonce::aws {
namespace {

namespace ondemand = simdjson::ondemand;

/// The members; views of the document. Of those that are absent, null or empty nothing is there.
struct Members {
  std::string_view access_key_id;
  std::string_view secret_access_key;
  std::string_view token;
  std::string_view expiration;
  std::string_view code;
  std::int64_t version = 0;
};

bool read_members(ondemand::document& document, JsonCredentials form, Members& members) {
  const bool is_process = form == JsonCredentials::kProcess;
  // Of members with one name the last counts, also where it is null.
  const auto read = [](ondemand::value content, std::string_view& text) {
    text = {};
    return json::read_text(content, text);
  };
  return json::each_member(document, [&](std::string_view name, ondemand::value content) {
    if (name == "AccessKeyId") return read(content, members.access_key_id);
    if (name == "SecretAccessKey") return read(content, members.secret_access_key);
    if (name == (is_process ? "SessionToken" : "Token")) return read(content, members.token);
    if (name == "Expiration") return read(content, members.expiration);
    if (name == "Code" && !is_process) return read(content, members.code);
    if (name == "Version" && is_process)
      return content.get_int64().get(members.version) == simdjson::SUCCESS;
    return json::pass_over(content);
  });
}

Error broken(std::string message) {
  return Error{ErrorCode::kProtocol, std::move(message)};
}

}  // namespace

Result<Credentials> read_json_credentials(PayloadView json, JsonCredentials form) {
  ondemand::parser parser;
  ondemand::document document;
  Members members;
  if (json::open(parser, json, document) != simdjson::SUCCESS ||
      !read_members(document, form, members) || !json::at_end(document))
    return broken("is no JSON object of credentials");
  if (form == JsonCredentials::kProcess && members.version != 1) return broken("has no Version 1");
  if (!members.code.empty() && members.code != "Success")
    return broken("has a Code that is not Success");
  if (members.access_key_id.empty()) return broken("has no AccessKeyId");
  if (members.secret_access_key.empty()) return broken("has no SecretAccessKey");
  Credentials credentials{.access_key_id = std::string(members.access_key_id),
                          .secret_access_key = std::string(members.secret_access_key),
                          .session_token = std::string(members.token),
                          .expiry = {}};
  if (members.expiration.empty()) return credentials;
  credentials.expiry = parse_wall_time(members.expiration);
  if (!credentials.expiry) return broken("has an Expiration that is no time");
  return credentials;
}

}  // namespace streamonce::aws
