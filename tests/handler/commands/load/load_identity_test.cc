#include "handler/commands/load/load_identity.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace streamonce::handler::load {
namespace {

using exports::Checksums;

class LoadIdentity : public ::testing::Test {
 protected:
  LoadIdentity() {
    summary_.arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/export/01-a";
    plan_.source.table = "orders";
    plan_.key_names = {"id"};
    plan_.version = events::version_without_stream(WallTime(std::chrono::seconds(1'795'300'000)));
    settings_.target = {.kind = TargetKind::kDynamoDb, .name = "copy"};
    settings_.ledger = "marks";
    settings_.region = "eu-west-1";
  }

  /// Which part differs from that of a load with the settings of the constructor; empty: none.
  std::string difference(const Settings& settings,
                         Checksums checksums = Checksums::kChecked) const {
    const auto mine = identity_of(summary_, plan_, settings_, Checksums::kChecked);
    const auto other = identity_of(summary_, plan_, settings, checksums);
    EXPECT_TRUE(mine && other);
    return events::why_other_load(*mine, *other);
  }
  static std::string part(const events::LoadState::Identity& identity, std::string_view name) {
    for (const auto& [each, content] : identity)
      if (each == name) return content;
    return "absent";
  }

  events::ExportSummary summary_;
  LoadPlan plan_;
  Settings settings_;
};

TEST_F(LoadIdentity, TellsWhereATableIs) {
  const auto identity = identity_of(summary_, plan_, settings_, Checksums::kChecked);
  ASSERT_TRUE(identity);
  EXPECT_EQ(part(*identity, "target"), "dynamodb:copy");
  EXPECT_EQ(part(*identity, "place"), "https://dynamodb.eu-west-1.amazonaws.com in eu-west-1");
  EXPECT_EQ(part(*identity, "pipeline"), "orders");
  EXPECT_EQ(difference(settings_), "");
}

TEST_F(LoadIdentity, IsAnotherInAnotherPlace) {
  Settings other = settings_;
  other.region = "eu-central-1";
  EXPECT_NE(difference(other).find("it is of a load with the place"), std::string::npos);
  other = settings_;
  other.aws.endpoint_url = "http://127.0.0.1:8000";
  EXPECT_NE(difference(other).find("127.0.0.1:8000"), std::string::npos);
  other = settings_;
  other.role.arn = "arn:aws:iam::444455556666:role/writer";
  EXPECT_NE(difference(other).find("444455556666"), std::string::npos);
  other = settings_;
  other.account = "444455556666";
  EXPECT_NE(difference(other).find("444455556666"), std::string::npos);
  other = settings_;
  other.name = "another";
  EXPECT_NE(difference(other).find("the pipeline"), std::string::npos);
}

TEST_F(LoadIdentity, IsAnotherWhereChecksumsAreNotChecked) {
  EXPECT_EQ(difference(settings_, Checksums::kIgnored),
            "it is of a load with the checksums \"checked\", and this one has \"ignored\"");
}

TEST_F(LoadIdentity, TellsTheWholePathOfAFile) {
  settings_.target = {.kind = TargetKind::kSqlite, .name = "./copy.db"};
  settings_.region.clear();
  const auto identity = identity_of(summary_, plan_, settings_, Checksums::kChecked);
  ASSERT_TRUE(identity);
  EXPECT_EQ(part(*identity, "target"),
            "sqlite:" + (std::filesystem::current_path() / "copy.db").string());
  EXPECT_EQ(part(*identity, "place"), "");
}

TEST_F(LoadIdentity, NamesAnExportWithoutAnArnByItsTableAndTime) {
  summary_.arn.clear();
  summary_.table_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
  summary_.time = WallTime(std::chrono::seconds(1'795'300'000));
  EXPECT_EQ(name_of_export(summary_),
            "arn:aws:dynamodb:eu-west-1:123456789012:table/orders of 2026-11-21T22:26:40.000Z");
}

}  // namespace
}  // namespace streamonce::handler::load
