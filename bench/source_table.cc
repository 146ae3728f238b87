#include "bench/source_table.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

namespace streamonce::bench {
namespace {

/// About 1 MB, which is what the service gives in a page.
constexpr std::uint64_t kPageItems = 1'000;

/// The number behind `"name":` in a request; none: there is none.
std::optional<std::uint64_t> number_behind(std::string_view body, std::string_view name) {
  const std::size_t start = body.find(name);
  if (start == std::string_view::npos) return std::nullopt;
  const std::string_view rest = body.substr(start + name.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

/// Half a unit for 4 KB.
std::string capacity(double bytes) {
  char text[96];
  std::snprintf(text, sizeof text, R"({"TableName":"orders","CapacityUnits":%.1f})",
                std::max(0.5, bytes / 8192));
  return text;
}

}  // namespace

SourceTable::SourceTable(std::uint64_t first, std::size_t count, std::size_t record_bytes)
    : first_(first),
      count_(count),
      record_bytes_(record_bytes),
      load_(record_bytes),
      server_([this](const HttpServerRequest& request) { return answer(request); }) {}

HttpServerReply SourceTable::answer(const HttpServerRequest& request) const {
  const std::string_view target = request.header("x-amz-target");
  std::string body;
  if (target.ends_with(".DescribeTable")) body = describe();
  if (target.ends_with(".Scan")) body = scan(request.body);
  if (target.ends_with(".BatchGetItem")) body = batch_get(request.body);
  return {.bytes =
              http_answer(body.empty() ? 400 : 200, "Content-Type: application/x-amz-json-1.0\r\n",
                          body.empty() ? R"({"__type":"x#UnknownOperationException"})" : body)};
}

std::string SourceTable::describe() const {
  return R"({"Table":{"TableName":"orders","TableStatus":"ACTIVE",)"
         R"("TableArn":"arn:aws:dynamodb:eu-central-1:123456789012:table/orders",)"
         R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)"
         R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"ItemCount":)" +
         std::to_string(count_) + R"(,"TableSizeBytes":)" + std::to_string(count_ * record_bytes_) +
         R"(,"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"}}})";
}

std::string SourceTable::scan(std::string_view body) const {
  const std::uint64_t segments = number_behind(body, R"("TotalSegments":)").value_or(1);
  const std::uint64_t segment = number_behind(body, R"("Segment":)").value_or(0);
  const std::uint64_t end = first_ + count_ * (segment + 1) / segments;
  std::uint64_t number = first_ + count_ * segment / segments;
  const std::size_t behind = body.find("ExclusiveStartKey");
  if (behind != std::string_view::npos) number = number_in(body.substr(behind)).value_or(end) + 1;
  const std::uint64_t page_end = std::min(end, number + kPageItems);
  std::string json = R"({"Items":[)";
  const std::uint64_t page_first = number;
  for (; number < page_end; ++number) {
    if (json.back() == '}') json += ',';
    json += load_.image(number);
  }
  const std::string count = std::to_string(number - page_first);
  json += R"(],"Count":)" + count + R"(,"ScannedCount":)" + count + R"(,"ConsumedCapacity":)" +
          capacity(static_cast<double>(json.size()));
  if (number < end) json += R"(,"LastEvaluatedKey":{"pk":{"S":")" + item_key(number - 1) + R"("}})";
  return json + "}";
}

std::string SourceTable::batch_get(std::string_view body) const {
  std::string json = R"({"Responses":{"orders":[)";
  std::size_t items = 0;
  while (const std::optional<std::uint64_t> number = number_in(body)) {
    body.remove_prefix(body.find(item_key(*number)) + 1);
    if (*number < first_ || *number >= first_ + count_) continue;
    if (items++ > 0) json += ',';
    json += load_.image(*number);
  }
  return json + R"(]},"UnprocessedKeys":{},"ConsumedCapacity":[)" +
         capacity(static_cast<double>(items) * 4096) + "]}";
}

}  // namespace streamonce::bench
