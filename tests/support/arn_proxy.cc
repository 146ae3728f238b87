#include "tests/support/arn_proxy.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/http/curl_transport.h"
#include "tests/support/sigv4.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

bool is_assume_role(const ServerRequest& request) {
  return request.body.find("Action=AssumeRole") != std::string::npos;
}

std::string assume(const std::string& form) {
  if (form.find("forbidden") != std::string::npos) {
    return answer(403,
                  "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
                  "<Type>Sender</Type><Code>AccessDenied</Code><Message>User: "
                  "arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole "
                  "on resource: arn:aws:iam::210987654321:role/forbidden</Message></Error>"
                  "<RequestId>1</RequestId></ErrorResponse>",
                  {{"Content-Type", "text/xml"}});
  }

  std::string body =
      "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
      "<AssumeRoleResult><Credentials><AccessKeyId>";
  body.append(kRoleKeyId).append("</AccessKeyId><SecretAccessKey>").append(kRoleSecret);
  body.append("</SecretAccessKey><SessionToken>").append(kRoleToken);
  body.append("</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>");
  body.append("</AssumeRoleResult></AssumeRoleResponse>");
  return answer(200, body, {{"Content-Type", "text/xml"}});
}

/// The tables that a request names, each once.
std::set<std::string> tables_of(const json& body) {
  std::set<std::string> tables;
  if (!body.is_object()) return tables;
  for (const json& action : body.value("TransactItems", json::array()))
    for (const auto& [kind, what] : action.items()) tables.insert(what["TableName"]);
  const json batch = body.value("RequestItems", json::object());
  for (const auto& [table, keys] : batch.items()) tables.insert(table);
  return tables;
}

}  // namespace

ArnProxy::ArnProxy(std::string endpoint_url, std::string arn_start)
    : endpoint_url_(std::move(endpoint_url)),
      arn_start_(std::move(arn_start)),
      server_([this](const ServerRequest& request) { return handle(request); }) {}

ServerReply ArnProxy::handle(const ServerRequest& request) const {
  if (is_assume_role(request)) return reply(assume(request.body));
  std::string body = request.body;
  for (std::size_t at = body.find(arn_start_); at != std::string::npos; at = body.find(arn_start_))
    body.erase(at, arn_start_.size());
  SystemClock clock;
  const auto transport =
      runtime::make_curl_transport({.ca_bundle_path = "", .user_agent = "arn-proxy"}, clock);
  runtime::HttpRequest onward{.method = runtime::HttpMethod::kPost,
                              .url = endpoint_url_ + request.target,
                              .body = std::move(body),
                              .timeout = std::chrono::seconds(60),
                              .body_bytes_max = 16UL * 1024 * 1024};
  for (const char* name : {"content-type", "x-amz-target", "x-amz-date", "authorization"})
    if (request.has_header(name)) onward.headers.push_back(name + (": " + request.header(name)));
  const Result<runtime::HttpResponse> back = runtime::perform(*transport, std::move(onward));
  if (!back) return reply(answer(503, "<html></html>"));
  return reply(answer(back->status, back->body,
                      {{"Content-Type", "application/x-amz-json-1.0"},
                       {"x-amz-crc32", std::string(back->header("x-amz-crc32"))}}));
}

std::vector<std::string> ArnProxy::trace() const {
  std::vector<std::string> lines;
  for (const ServerRequest& request : requests()) {
    const std::string scope = check_signature(request, "").scope;
    const std::string who = scope.substr(0, scope.find('/'));
    const std::string where = scope.substr(std::min(scope.size(), who.size() + 1 + 9));
    if (is_assume_role(request)) {
      lines.push_back("POST " + request.target + " as " + who + " for " + where + ": " +
                      request.body);
      continue;
    }
    const std::string target = request.header("x-amz-target");
    std::string line = target.substr(target.find('.') + 1) + " as " + who + " for " + where + ":";
    const json body = json::parse(request.body, /*cb=*/nullptr, /*allow_exceptions=*/false);
    for (const std::string& table : tables_of(body)) line += " " + table;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace streamonce::testing
