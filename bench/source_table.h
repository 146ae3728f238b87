// bench/source_table.h: a table of a DynamoDB endpoint that is only read: its items are made of
// their numbers, so that it takes no memory however large it is.
//
// It answers DescribeTable, Scan, by segments too, and BatchGetItem, at once.
//
// Source:  DynamoDB API reference, DescribeTable, Scan, BatchGetItem.
// Threads: any.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/http_server.h"
#include "bench/load.h"

namespace streamonce::bench {

class SourceTable {
 public:
  /// The table `orders` of the items that records `first` to `first` + `count` - 1 put.
  SourceTable(std::uint64_t first, std::size_t count, std::size_t record_bytes);

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }

 private:
  HttpServerReply answer(const HttpServerRequest& request) const;
  std::string describe() const;
  std::string scan(std::string_view body) const;
  std::string batch_get(std::string_view body) const;

  const std::uint64_t first_;
  const std::size_t count_;
  const std::size_t record_bytes_;
  const Load load_;
  HttpServer server_;  // last: it answers as soon as it is there
};

}  // namespace streamonce::bench
