#include "events/batch_response.h"

#include <gtest/gtest.h>

namespace streamonce::events {
namespace {

TEST(BatchResponse, NamesNothingWhenAllIsDone) {
  EXPECT_EQ(to_json(BatchResponse{}), R"({"batchItemFailures":[]})");
}

TEST(BatchResponse, NamesTheOneRecordByTheTextThatCame) {
  const BatchResponse response{.first_failure = SequenceNumber::parse("00123").value()};
  EXPECT_EQ(to_json(response), R"({"batchItemFailures":[{"itemIdentifier":"00123"}]})");
}

}  // namespace
}  // namespace streamonce::events
