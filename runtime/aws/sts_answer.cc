#include "runtime/aws/sts_answer.h"

#include <array>
#include <utility>

#include "runtime/aws/xml_walk.h"
#include "runtime/base/iso_time.h"

namespace streamonce::aws {
namespace {

/// Puts `text` into `place`. @return whether that was empty, and is no more
bool fill(std::string& place, std::string_view text) {
  const bool is_first = place.empty() && !text.empty();
  place = text;
  return is_first;
}

}  // namespace

Result<Credentials> read_role(std::string_view xml, std::string_view operation) {
  const std::string start =
      std::string(operation) + "Response/" + std::string(operation) + "Result/Credentials/";
  Credentials credentials;
  std::string expiry;
  const std::array<std::pair<std::string_view, std::string*>, 4> wanted = {{
      {"AccessKeyId", &credentials.access_key_id},
      {"SecretAccessKey", &credentials.secret_access_key},
      {"SessionToken", &credentials.session_token},
      {"Expiration", &expiry},
  }};
  bool is_each_once = true;
  const bool is_xml = walk_xml(xml, [&](std::string_view path, std::string_view text) {
    if (!path.starts_with(start)) return;
    for (const auto& [name, place] : wanted)
      if (path.substr(start.size()) == name) is_each_once = fill(*place, text) && is_each_once;
  });
  if (!is_xml || !is_each_once) return Error{ErrorCode::kProtocol, "the answer is not one of STS"};
  for (const auto& [name, place] : wanted)
    if (place->empty())
      return Error{ErrorCode::kProtocol, "the answer has no " + std::string(name)};
  credentials.expiry = parse_wall_time(expiry);
  if (!credentials.expiry)
    return Error{ErrorCode::kProtocol, "the Expiration in the answer is no time"};
  return credentials;
}

StsError read_sts_error(std::string_view xml) {
  StsError error;
  const bool is_good = walk_xml(xml, [&](std::string_view path, std::string_view text) {
    if (path == "ErrorResponse/Error/Code")
      error.code = text;
    else if (path == "ErrorResponse/Error/Message")
      error.message = text;
  });
  return is_good ? error : StsError{};
}

}  // namespace streamonce::aws
