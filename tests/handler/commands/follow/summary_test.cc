#include "handler/commands/follow/summary.h"

#include <gtest/gtest.h>

#include <string>

namespace streamonce::handler::follow {
namespace {

FollowEnd some_end() {
  FollowEnd end;
  end.state.fates.add(Fate::kApplied, 1);
  end.state.fates.add(Fate::kAlreadyApplied, 2);
  end.state.fates.add(Fate::kStale, 3);
  end.state.fates.add(Fate::kSuperseded, 4);
  end.state.fates.add(Fate::kFiltered, 5);
  end.state.fates.add(Fate::kFailed, 6);
  end.state.fates.add(Fate::kExpired, 7);
  end.state.gaps = 8;
  end.state.shards = 9;
  return end;
}

TEST(FollowSummary, HasTheMembersOfTheContract) {
  EXPECT_EQ(to_json(some_end()),
            R"({"records":28,"applied":1,"already_applied":2,"stale":3,"superseded":4,)"
            R"("filtered":5,"failed":13,"gaps":8,"shards":9})"
            "\n");
}

TEST(FollowSummary, HasThemForAPersonToo) {
  FollowEnd end = some_end();
  const std::string text = to_text(end, "letters.ndjson");
  EXPECT_NE(text.find("records                     28\n"), std::string::npos) << text;
  EXPECT_NE(text.find("failed                      13\n"), std::string::npos) << text;
  EXPECT_NE(text.find("`bootstrap verify --repair` mends what that left wrong"), std::string::npos)
      << text;
  EXPECT_EQ(text.find("letters.ndjson"), std::string::npos) << text;
  EXPECT_EQ(text.find("follow again"), std::string::npos) << text;
  end.state.letters = 2;
  end.state.left = 1;
  end.state.gaps = 0;
  const std::string other = to_text(end, "letters.ndjson");
  EXPECT_NE(other.find("given up is in letters.ndjson"), std::string::npos) << other;
  EXPECT_NE(other.find("follow again"), std::string::npos) << other;
  EXPECT_EQ(other.find("sweep"), std::string::npos) << other;
}

}  // namespace
}  // namespace streamonce::handler::follow
