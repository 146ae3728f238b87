// handler/targets/dynamodb/dynamodb_key_scanner.h: walks through tables of DynamoDB, by Scan.
//
// Reads are eventually consistent, which is half the price: who finds something reads its mark
// before anything is done about it.
//
// Source:  DynamoDB API reference, Scan.
// Threads: one thread at a time. Borrows: transport, clock, logger; they must outlive the scanner
//          and its walks, and nothing else may be in flight on the transport during next().

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "handler/services/dynamodb_tables.h"
#include "handler/targets/dynamodb/dynamodb_options.h"
#include "handler/targets/key_scan.h"
#include "runtime/aws/api_client.h"
#include "runtime/aws/service_client.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/payload.h"
#include "runtime/base/result.h"
#include "runtime/http/http.h"

namespace streamonce::handler::dynamodb {

class DynamoDbKeyScanner final : public KeyScanner {
 public:
  /// @param options  those of the target; what is counted there is not counted here
  /// @error kInvalidArgument  an option breaks its rule; the message names it, never a credential
  static Result<std::unique_ptr<KeyScanner>> create(const DynamoDbOptions& options,
                                                    runtime::HttpTransport& transport, Clock& clock,
                                                    Logger& logger);

  std::unique_ptr<KeyScan> rows(std::string table, std::vector<std::string> key_names) override;
  std::unique_ptr<KeyScan> entries(std::string prefix, const events::Version& below) override;
  std::unique_ptr<EntryScan> contents(std::string prefix) override;
  std::unique_ptr<KeyScan> marks_of(std::string_view source) override;

 private:
  class Walk;
  class ContentWalk;

  DynamoDbKeyScanner(std::string ledger_table, aws::ServiceOptions service,
                     runtime::HttpTransport& transport, Clock& clock, Logger& logger);

  const std::string ledger_table_;
  aws::ServiceClient service_;
  aws::ApiClient api_{service_};
  Payload answer_{dynamodb_tables::kScanBytesMax};
  dynamodb_tables::AnswerReader reader_;
};

}  // namespace streamonce::handler::dynamodb
