#include "runtime/aws/credentials.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce::aws {
namespace {

/// As they come when a variable was set from a file, or copied with what stood around it.
TEST(CheckCredentials, NamesTheVariableOfACredentialAndWhatIsWrongWithIt) {
  const auto message_of = [](const Credentials& credentials) {
    const Status valid = check_credentials(credentials);
    return valid ? std::string() : valid.error().message;
  };
  EXPECT_TRUE(message_of({"id", "secret", "MARK\n", {}})
                  .starts_with("AWS_SESSION_TOKEN: character 5 of 5 is a line break: expected"));
  EXPECT_TRUE(message_of({"id", "MARK MARK", "", {}})
                  .starts_with("AWS_SECRET_ACCESS_KEY: character 5 of 9 is a blank: expected"));
  EXPECT_TRUE(message_of({"MARK\xE2\x80\x8B", "secret", "", {}})
                  .starts_with("AWS_ACCESS_KEY_ID: character 5 of 7 is no visible ASCII"));
  EXPECT_TRUE(message_of({"\rMARK", "secret", "", {}})
                  .starts_with("AWS_ACCESS_KEY_ID: character 1 of 5 is a line break"));
  for (const Credentials& each :
       {Credentials{"id", "secret", "MARK\n", {}}, {"MARK\x7f", "x", "x", {}}})
    EXPECT_EQ(message_of(each).find("MARK"), std::string::npos);
}

TEST(StaticCredentials, AreTheSameValueEachTime) {
  StaticCredentials provider({"id", "secret", "token", {}});
  const auto first = provider.get(WallTime(), kNoDeadline);
  const auto second = provider.get(WallTime(std::chrono::hours(24)), kNoDeadline);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->get(), second->get());
  EXPECT_EQ((*first)->session_token, "token");
}

TEST(StaticCredentials, TellWhatIsWrongWithThemWheneverTheyAreAskedFor) {
  StaticCredentials provider({"id", "", "", {}});
  for (int i = 0; i < 2; ++i) {
    const auto got = provider.get(WallTime(), kNoDeadline);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(got.error().message.find("AWS_SECRET_ACCESS_KEY"), std::string::npos);
  }
}

TEST(SecretsOf, AreAllOfThem) {
  const Credentials credentials{"id", "secret", "token", {}};
  EXPECT_EQ(secrets_of(credentials), (std::array<std::string_view, 3>{"id", "secret", "token"}));
}

}  // namespace
}  // namespace streamonce::aws
