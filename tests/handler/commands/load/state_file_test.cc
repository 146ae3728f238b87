#include "handler/commands/load/state_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace streamonce::handler::load {
namespace {

const events::LoadState::Identity kMine = {{"export", "a"}, {"target", "b"}};

class StateFile : public ::testing::Test {
 protected:
  const testing::TempDir folder_;
  std::string new_path() const { return path_ + "." + std::to_string(::getpid()) + ".new"; }

  const std::string path_ = folder_.file("x.load.json");
};

TEST_F(StateFile, IsThatOfALoadThatHasNotBegunWhereThereIsNone) {
  const auto state = read_state(path_, kMine);
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->identity, kMine);
  EXPECT_TRUE(state->done.empty());
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(StateFile, IsReadAsItWasWrittenAndForItsOwnerOnly) {
  events::LoadState state{.identity = kMine, .done = {"x"}, .in_hand = {}};
  ASSERT_TRUE(write_state(path_, state));
  state.done.insert("y");
  ASSERT_TRUE(write_state(path_, state));
  EXPECT_EQ(*read_state(path_, kMine), state);
  struct stat about {};
  ASSERT_EQ(::stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_FALSE(std::filesystem::exists(new_path()));
}

TEST_F(StateFile, IsNotWrittenWhereALinkLeads) {
  const std::string victim = folder_.file("victim");
  std::ofstream(victim) << "mine";
  std::filesystem::create_symlink(victim, new_path());
  std::filesystem::create_symlink(victim, path_ + ".new");
  EXPECT_FALSE(write_state(path_, {.identity = kMine, .done = {}, .in_hand = {}}));
  std::filesystem::remove(new_path());
  EXPECT_TRUE(write_state(path_, {.identity = kMine, .done = {}, .in_hand = {}}));
  EXPECT_EQ(std::filesystem::file_size(victim), 4U);
}

TEST_F(StateFile, OfAnotherLoadThatHasNotBegunIsTaken) {
  const events::LoadState::Identity other = {{"export", "a"}, {"target", "c"}};
  ASSERT_TRUE(write_state(path_, {.identity = other, .stamp = "7", .done = {}, .in_hand = {}}));
  EXPECT_EQ(*read_state(path_, kMine),
            (events::LoadState{.identity = kMine, .done = {}, .in_hand = {}}));
}

TEST_F(StateFile, IsRefusedForAnotherLoadAndWhereItIsNone) {
  ASSERT_TRUE(write_state(path_, {.identity = kMine, .done = {"x"}, .in_hand = {}}));
  const auto other = read_state(path_, {{"export", "a"}, {"target", "c"}});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(other.error().message,
            path_ +
                ": it is of a load with the target \"b\", and this one has \"c\": name another "
                "file with --state, or remove this one to load from the start");
  std::ofstream(path_) << "{}";
  EXPECT_NE(read_state(path_, kMine).error().message.find("is not the state of a load"),
            std::string::npos);
  EXPECT_EQ(read_state(folder_.path(), kMine).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(StateFile, ThatCannotBeWrittenIsAnError) {
  const Status status =
      write_state(folder_.file("absent/x"), {.identity = kMine, .done = {}, .in_hand = {}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace streamonce::handler::load
