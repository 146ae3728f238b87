// handler/services/dynamodb_items.h: requests and answers of DynamoDB about items that are named by
// their keys: BatchGetItem, of one table.
//
// Source:  DynamoDB API reference, BatchGetItem.
// Threads: pure functions and values; one reader for each thread.

#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/payload.h"
#include "runtime/base/result.h"

namespace streamonce::handler::dynamodb_items {

inline constexpr std::string_view kBatchGetItem = "BatchGetItem";

/// The most keys of a request. Source: BatchGetItem, "up to 100 items".
inline constexpr std::size_t kBatchKeysMax = 100;

/// What a request asks for. Borrows its texts.
struct BatchGet {
  std::string_view table;            ///< a name or an ARN
  std::string_view projection = {};  ///< a projection expression; empty: whole items
  std::string_view names_json = {};  ///< ExpressionAttributeNames, as JSON; empty: there are none
  bool is_consistent = false;
  bool tells_capacity = false;  ///< whether the answer is to say what it costs
};

/// Appends the key at a place, as a JSON object of DynamoDB's form.
using AppendKey = std::function<void(std::string& body, std::size_t place)>;

/// The body of a request for the items of `places`, which are 1 to kBatchKeysMax.
std::string batch_get_request(const BatchGet& batch, std::span<const std::size_t> places,
                              const AppendKey& append_key);

/// The most attributes that are taken out of an item.
inline constexpr std::size_t kWantedMax = 6;

/// An attribute's value.
struct WantedText {
  char type = '\0';  ///< `S`, `N` or `B`; '\0': it is absent, or of another type
  /// Unescaped; a binary's base64. Good until the reader is used again.
  std::string_view text = {};
};

/// An item of an answer, or the key of one that was left unread.
struct BatchItem {
  std::string_view json;  ///< a well-formed object; a view into the answer
  std::array<WantedText, kWantedMax> wanted = {};
};

/// Takes an item. @return false: it is none that was asked for, and the answer is wrong
using TakeBatchItem = std::function<bool(const BatchItem& item)>;

/// Where the parts of an answer go.
struct BatchTakers {
  const TakeBatchItem& item;    ///< for each that was found
  const TakeBatchItem& unread;  ///< for each key that must be asked for again
};

class BatchAnswerReader {
 public:
  BatchAnswerReader();
  ~BatchAnswerReader();
  BatchAnswerReader(const BatchAnswerReader&) = delete;
  BatchAnswerReader& operator=(const BatchAnswerReader&) = delete;

  /// Reads the answer to a request for items of `table`.
  /// @param wanted  the names of the top-level attributes to take out of each item, kWantedMax at
  ///                most
  /// @return the read units that the service says it took; 0: it does not say
  /// @error kProtocol  it is no answer to such a request, or an item was not taken: nothing of what
  ///                   was handed out counts
  Result<double> read(PayloadView answer, std::string_view table,
                      std::span<const std::string_view> wanted, const BatchTakers& takers);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace streamonce::handler::dynamodb_items
