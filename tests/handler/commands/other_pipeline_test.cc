#include "handler/commands/other_pipeline.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace streamonce::handler {
namespace {

constexpr events::SourceTable kSource{
    .account = "123456789012", .region = "eu-west-1", .table = "orders"};

using Pages = std::vector<std::vector<std::string>>;

class MadeUpScan final : public KeyScan {
 public:
  MadeUpScan(const Pages& pages, std::size_t& next) : pages_(pages), next_(next) {}

  Result<bool> next(std::vector<std::string>& texts, SteadyTime) override {
    texts.clear();
    if (next_ == pages_.size()) return false;
    texts = pages_[next_++];
    if (texts == std::vector<std::string>{"error"}) return Error{ErrorCode::kRejected, "no access"};
    return true;
  }

 private:
  const Pages& pages_;
  std::size_t& next_;
};

class MadeUpScanner final : public KeyScanner {
 public:
  std::unique_ptr<KeyScan> rows(std::string, std::vector<std::string>) override { return nullptr; }
  std::unique_ptr<KeyScan> entries(std::string, const events::Version&) override { return nullptr; }
  std::unique_ptr<EntryScan> contents(std::string /*prefix*/) override {
    ADD_FAILURE() << "nobody asks for contents";
    return nullptr;
  }
  std::unique_ptr<KeyScan> marks_of(std::string_view source) override {
    EXPECT_EQ(source, "123456789012/eu-west-1/orders");
    read = 0;
    return std::make_unique<MadeUpScan>(pages, read);
  }

  Pages pages;
  std::size_t read = 0;  ///< how many pages were asked for
};

std::string mark(const std::string& pipeline, const std::string& table = "orders") {
  return pipeline + "|123456789012/eu-west-1/" + table + "|2:idS1:a";
}

class OtherPipeline : public ::testing::Test {
 protected:
  Status check() { return check_pipeline(scanner_, "mine", kSource, ", or else", {}); }

  MadeUpScanner scanner_;
};

TEST_F(OtherPipeline, IsNamedByMarksOfTheSourceOnly) {
  EXPECT_EQ(pipeline_of_mark(mark("p"), kSource), "p");
  EXPECT_EQ(pipeline_of_mark(mark("p", "others"), kSource), "");
  EXPECT_EQ(pipeline_of_mark("p|123456789012/eu-west-1/x|2:idS31:|123456789012/eu-west-1/orders|",
                             kSource),
            "");
  EXPECT_EQ(pipeline_of_mark("p", kSource), "");
}

TEST_F(OtherPipeline, IsRefusedWhereOursHasMadeNoMark) {
  scanner_.pages = {{}, {mark("mine", "others"), mark("function")}, {mark("third")}};
  const Status checked = check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(
      checked.error().message,
      "the ledger has marks of orders that the pipeline \"function\" has made, and none of "
      "\"mine\", which this command is of: with a wrong name older items overwrite newer ones. "
      "Set the name that the function has (name, STREAMONCE_NAME), or else");
}

TEST_F(OtherPipeline, IsNoMatterWhereOursHasMadeMarksOrNobodyHas) {
  EXPECT_TRUE(check());
  scanner_.pages = {{mark("function", "others")}};
  EXPECT_TRUE(check());
  scanner_.pages = {{mark("function")}, {mark("mine")}, {"error"}};
  EXPECT_TRUE(check());
  EXPECT_EQ(scanner_.read, 2U);
}

TEST_F(OtherPipeline, IsLookedForInSomePagesOnly) {
  scanner_.pages.assign(100, {});
  EXPECT_TRUE(check());
  EXPECT_EQ(scanner_.read, static_cast<std::size_t>(kPagesLookedAtMax));
}

TEST_F(OtherPipeline, IsNotGuessedWhereTheLedgerCannotBeRead) {
  scanner_.pages = {{"error"}};
  EXPECT_EQ(check().error().code, ErrorCode::kRejected);
}

}  // namespace
}  // namespace streamonce::handler
