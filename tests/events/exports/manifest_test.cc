#include "events/exports/manifest.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "runtime/base/text.h"

namespace streamonce::events {
namespace {

// Source: DynamoDB developer guide, "DynamoDB table export output format", example of a summary.
constexpr std::string_view kSummary = R"({
   "version": "2023-08-01",
   "exportArn": "arn:aws:dynamodb:us-east-1:123456789012:table/my-table/export/01695353076000-a1b2c3d4",
   "startTime": "2023-09-22T03:24:36.000Z",
   "endTime": "2023-09-22T03:27:36.000Z",
   "tableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/my-table",
   "tableId": "b116b490-6460-4d4a-9a6b-5d360abf4fb3",
   "exportTime": "2023-09-22T03:24:36.5Z",
   "s3Bucket": "jason-exports",
   "s3Prefix": null,
   "s3SseAlgorithm": "AES256",
   "s3SseKmsKeyId": null,
   "manifestFilesS3Key": "AWSDynamoDB/01695353076000-a1b2c3d4/manifest-files.json",
   "billedSizeBytes": 20901239349,
   "itemCount": 169928274,
   "outputFormat": "DYNAMODB_JSON",
   "outputView": "NULL",
   "exportType": "FULL_EXPORT"
})";

std::string replaced(std::string_view text, std::string_view part, std::string_view by) {
  std::string out(text);
  const std::size_t at = out.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return out.replace(at, part.size(), by);
}

Result<ExportSummary> summary_of(std::string_view text) {
  return parse_summary(Payload::copy_of(text).view());
}

Result<std::vector<ManifestFile>> files_of(std::string_view text) {
  return parse_manifest_files(Payload::copy_of(text).view());
}

TEST(ExportSummary, TellsTableTimeAndItems) {
  const auto summary = summary_of(kSummary);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->id, "01695353076000-a1b2c3d4");
  EXPECT_EQ(summary->table_arn, "arn:aws:dynamodb:us-east-1:123456789012:table/my-table");
  EXPECT_EQ(summary->account, "123456789012");
  EXPECT_EQ(summary->region, "us-east-1");
  EXPECT_EQ(summary->table, "my-table");
  EXPECT_EQ(format_rfc3339(summary->time), "2023-09-22T03:24:36.500Z");
  EXPECT_EQ(summary->item_count, 169928274U);
}

// Summaries of 2020 to 2023 have no export type: all exports were full ones.
TEST(ExportSummary, MayBeOfAnOlderVersion) {
  const std::string text = replaced(replaced(kSummary, R"(,
   "outputView": "NULL",
   "exportType": "FULL_EXPORT")",
                                             ""),
                                    "2023-08-01", "2020-06-30");
  const auto summary = summary_of(text);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->table, "my-table");
  EXPECT_TRUE(summary_of(replaced(kSummary, "\"FULL_EXPORT\"", "null")));
}

TEST(ExportSummary, OfWhatCannotBeLoadedSaysHowToExportAgain) {
  const auto ion = summary_of(replaced(kSummary, "DYNAMODB_JSON", "ION"));
  ASSERT_FALSE(ion);
  EXPECT_EQ(ion.error().code, ErrorCode::kRejected);
  EXPECT_EQ(ion.error().message,
            "the export's format is \"ION\", and only DYNAMODB_JSON can be loaded: export again "
            "with `aws dynamodb export-table-to-point-in-time --export-format DYNAMODB_JSON`, and "
            "load that");
  const auto incremental =
      summary_of(replaced(replaced(kSummary, "FULL_EXPORT", "INCREMENTAL_EXPORT"), "\"exportTime\"",
                          "\"exportToTime\""));
  ASSERT_FALSE(incremental);
  EXPECT_EQ(incremental.error().code, ErrorCode::kRejected);
  EXPECT_NE(incremental.error().message.find("only full ones can be loaded"), std::string::npos);
}

TEST(ExportSummary, IsRefusedWithWhatWasFound) {
  const auto expect = [](std::string_view text, std::string_view message) {
    const auto summary = summary_of(text);
    ASSERT_FALSE(summary) << text;
    EXPECT_EQ(summary.error().code, ErrorCode::kProtocol) << text;
    EXPECT_NE(summary.error().message.find(message), std::string::npos) << summary.error().message;
  };
  expect("", "is not JSON");
  expect("[]", "is not a JSON object");
  expect("{}", "has no outputFormat: it is no export's summary");
  expect(std::string(kSummary) + "{}", "has something behind its JSON object");
  expect(kSummary.substr(0, kSummary.size() - 1), "is not JSON");
  expect(replaced(kSummary, "169928274", "\"1\""), "has a member itemCount of another type");
  expect(replaced(kSummary, "169928274", "-1"), "has a member itemCount of another type");
  expect(replaced(kSummary, "\"itemCount\"", "\"items\""), "has no itemCount");
  expect(replaced(kSummary, "T03:24:36.5Z", ""), "has the exportTime \"2023-09-22\"");
  expect(replaced(kSummary, "\"2023-09-22T03:24:36.5Z\"", "\"1970-01-01T00:00:00Z\""),
         "has the exportTime");
  expect(replaced(kSummary, "123456789012:table/my-table\"", "123456789012:table/my|table\""),
         "has the tableArn");
}

constexpr std::string_view kFiles =
    R"({"itemCount":8,"md5Checksum":"sQMSpEILNgoQmarvDFonGQ==","etag":"af83d6f217c19b8b0fff8023d8ca4716-1","dataFileS3Key":"p/AWSDynamoDB/01693685827463-2d8752fd/data/asdl123dasas.json.gz"})"
    "\n"
    R"({"itemCount":0,"md5Checksum":"1B2M2Y8AsgTpgAmY7PhCfg==","etag":"x","dataFileS3Key":"b.json.gz"})"
    "\n\n";

TEST(ExportManifest, HasAFileOnEachLine) {
  const auto files = files_of(kFiles);
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].key, "p/AWSDynamoDB/01693685827463-2d8752fd/data/asdl123dasas.json.gz");
  EXPECT_EQ((*files)[0].base_name(), "asdl123dasas.json.gz");
  EXPECT_EQ((*files)[0].md5, "sQMSpEILNgoQmarvDFonGQ==");
  EXPECT_EQ((*files)[0].item_count, 8U);
  EXPECT_EQ((*files)[1].base_name(), "b.json.gz");
  EXPECT_TRUE(files_of("")->empty());
}

TEST(ExportManifest, IsRefusedWithTheLine) {
  const auto expect = [](std::string_view text, std::string_view message) {
    const auto files = files_of(text);
    ASSERT_FALSE(files) << text;
    EXPECT_EQ(files.error().code, ErrorCode::kProtocol) << text;
    EXPECT_NE(files.error().message.find(message), std::string::npos) << files.error().message;
  };
  expect("{}\n", "line 1 has no itemCount");
  expect(R"({"itemCount":1})"
         "\n",
         "line 1 has no dataFileS3Key");
  expect(
      "\n"
      R"({"itemCount":1,"dataFileS3Key":"a/.."})",
      "line 2 has no dataFileS3Key");
  expect(R"({"itemCount":1,"dataFileS3Key":"a)", "line 1 is not JSON");
  expect(R"({"itemCount":1,"dataFileS3Key":7})", "line 1 has a member dataFileS3Key");
  expect(R"({"itemCount":1,"dataFileS3Key":"a/x"})"
         "\n"
         R"({"itemCount":1,"dataFileS3Key":"b/x"})",
         "names the data file \"x\" twice");
}

TEST(ExportManifest, AddsUpToTheSummary) {
  ExportSummary summary;
  summary.item_count = 8;
  EXPECT_TRUE(check_counts(summary, *files_of(kFiles)));
  summary.item_count = 9;
  const Status status = check_counts(summary, *files_of(kFiles));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kProtocol);
  EXPECT_NE(status.error().message.find("have 8 items together, and manifest-summary.json tells 9"),
            std::string::npos);
}

}  // namespace
}  // namespace streamonce::events
