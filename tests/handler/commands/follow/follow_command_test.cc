#include "handler/commands/follow/follow_command.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "tests/support/stream_event.h"

namespace streamonce::handler::follow {
namespace {

using Line = std::vector<std::string>;

FollowRequest request_of(const Line& arguments) {
  const auto read = read_follow_request(arguments);
  const auto* line = std::get_if<FollowCommandLine>(&read);
  if (line == nullptr) {
    ADD_FAILURE() << std::get<PrintedText>(read).text;
    return {};
  }
  return line->follow;
}

std::string refusal_of(const Line& arguments) {
  const auto read = read_follow_request(arguments);
  const auto* printed = std::get_if<PrintedText>(&read);
  if (printed == nullptr || printed->exit_status != 2) return "not refused";
  return printed->text;
}

TEST(FollowCommand, ReadsItsOptions) {
  const FollowRequest plain = request_of({"--source", "orders"});
  EXPECT_EQ(plain.source, "orders");
  EXPECT_EQ(plain.stream_arn, "");
  EXPECT_EQ(plain.checkpoint, "ledger");
  EXPECT_EQ(plain.attempts, 10);
  EXPECT_EQ(plain.letters_path, "");
  EXPECT_FALSE(plain.from_latest || plain.once || plain.json);

  const FollowRequest full =
      request_of({"--stream-arn", std::string(testing::kStreamArn), "--from", "latest", "--once",
                  "--checkpoint", "p.json", "--attempts", "1000", "--dead-letters", "l", "--json"});
  EXPECT_EQ(full.stream_arn, testing::kStreamArn);
  EXPECT_EQ(full.checkpoint, "p.json");
  EXPECT_EQ(full.attempts, 1000);
  EXPECT_EQ(full.letters_path, "l");
  EXPECT_TRUE(full.from_latest && full.once && full.json);
  EXPECT_FALSE(request_of({"--source", "orders", "--from", "trim-horizon"}).from_latest);
}

TEST(FollowCommand, TakesATableByItsArn) {
  const std::string arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
  EXPECT_EQ(request_of({"--source", arn}).source, arn);
}

TEST(FollowCommand, NamesWhatIsWrong) {
  const Line source = {"--source", "orders"};
  const auto with = [&](const Line& more) {
    Line line = source;
    line.insert(line.end(), more.begin(), more.end());
    return refusal_of(line);
  };
  EXPECT_NE(refusal_of({}).find("--source TABLE or --stream-arn ARN"), std::string::npos);
  EXPECT_NE(with({"--stream-arn", std::string(testing::kStreamArn)}).find("one of them"),
            std::string::npos);
  EXPECT_NE(with({"orders"}).find("unexpected \"orders\""), std::string::npos);
  EXPECT_NE(refusal_of({"--source", "a b"}).find("a table's name or its ARN"), std::string::npos);
  EXPECT_NE(refusal_of({"--source", std::string(testing::kStreamArn)}).find("--source"),
            std::string::npos);
  EXPECT_NE(refusal_of({"--stream-arn", "x"}).find("--stream-arn"), std::string::npos);
  EXPECT_NE(with({"--from", "LATEST"}).find("trim-horizon or latest"), std::string::npos);
  for (const char* attempts : {"0", "-1", "1001", "x", "1x", ""})
    EXPECT_NE(with({"--attempts", attempts}).find("1 to 1000"), std::string::npos) << attempts;
  EXPECT_NE(with({"--checkpoint", ""}).find("--checkpoint"), std::string::npos);
  EXPECT_NE(with({"--dead-letters", ""}).find("--dead-letters"), std::string::npos);
}

TEST(FollowCommand, HasHelpThatNamesEachOption) {
  const auto read = read_follow_request(Line{"--help"});
  const std::string& help = std::get<PrintedText>(read).text;
  for (const char* option : {"--source", "--stream-arn", "--from", "--once", "--checkpoint",
                             "--attempts", "--dead-letters", "--json", "--verbose"})
    EXPECT_NE(help.find(option), std::string::npos) << option;
}

}  // namespace
}  // namespace streamonce::handler::follow
