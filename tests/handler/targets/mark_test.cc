#include "handler/targets/mark.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/handler/targets/dynamodb/commits.h"

namespace streamonce::handler {
namespace {

using dynamodb::version_of;
using Judged = CommitResult;

Mark plain(std::uint64_t number, const std::string& nonce = {}) {
  return {.version = version_of(number), .nonce = nonce};
}

Mark holding(std::uint64_t number, const std::string& nonce = {}) {
  return {.version = version_of(number), .remembers = true, .content = "c", .nonce = nonce};
}

/// What a commit of version 5 comes to.
struct Case {
  const char* name;
  std::optional<Mark> there;
  CommitResult result;
};

Commit commit_of(std::optional<Seen> seen, std::string_view nonce = {}) {
  return {.ledger_id = "id", .version = version_of(5), .writes = {}, .seen = seen, .nonce = nonce};
}

void expect_each(const Commit& commit, const std::vector<Case>& cases) {
  for (const Case& each : cases) EXPECT_EQ(judge(commit, each.there), each.result) << each.name;
}

TEST(JudgeMark, ByVersionAloneTakesWhatIsBelowAndHoldsNoContent) {
  expect_each(commit_of(std::nullopt),
              {{"none", std::nullopt, Judged::kApplied},
               {"below", plain(4), Judged::kApplied},
               {"below, written twice", plain(4, "n"), Judged::kApplied},
               {"equal", plain(5), Judged::kAlreadyApplied},
               {"above", plain(6), Judged::kStale},
               {"below, with content", holding(4), Judged::kChanged},
               {"equal, with content", holding(5), Judged::kAlreadyApplied},
               {"above, with content", holding(6), Judged::kStale}});
}

TEST(JudgeMark, ByTheOldestChangeTakesWhatIsBelowIt) {
  Commit commit = commit_of(std::nullopt);
  events::Version oldest = version_of(3);
  commit.oldest = &oldest;
  expect_each(commit, {{"none", std::nullopt, Judged::kApplied},
                       {"below", plain(2), Judged::kApplied},
                       {"the oldest one's", plain(3), Judged::kChanged},
                       {"between", plain(4, "n"), Judged::kChanged},
                       {"equal", plain(5), Judged::kAlreadyApplied},
                       {"above", plain(6), Judged::kStale},
                       {"below, with content", holding(2), Judged::kChanged},
                       {"equal, with content", holding(5), Judged::kAlreadyApplied}});
  oldest = version_of(6);
  expect_each(commit, {{"below", plain(4), Judged::kApplied}, {"above", plain(6), Judged::kStale}});
}

TEST(WhyChanged, TellsThreeCases) {
  const Mark between = plain(4);
  const Mark content = holding(4);
  EXPECT_EQ(why_changed(commit_of(std::nullopt), &between),
            "some of the changes that this one goes with are applied already");
  EXPECT_EQ(why_changed(commit_of(Seen{}), &between),
            "the ledger's entry has changed since it was read");
  EXPECT_EQ(why_changed(commit_of(std::nullopt), &content),
            why_changed(commit_of(std::nullopt), nullptr));
}

TEST(JudgeMark, UnderNoEntryTakesNone) {
  expect_each(commit_of(Seen{}), {{"none", std::nullopt, Judged::kApplied},
                                  {"below", plain(4), Judged::kChanged},
                                  {"equal", plain(5), Judged::kAlreadyApplied},
                                  {"above", holding(6), Judged::kStale}});
}

TEST(JudgeMark, UnderAnEntryTakesThatVeryOne) {
  const Mark seen = holding(3, "n");
  expect_each(commit_of(Seen{&seen}),
              {{"gone", std::nullopt, Judged::kChanged},
               {"the same", holding(3, "n"), Judged::kApplied},
               {"before it", holding(2), Judged::kChanged},
               {"its version, another nonce", holding(3, "m"), Judged::kChanged},
               {"its version, no nonce", holding(3), Judged::kChanged},
               {"its version, no content", plain(3, "n"), Judged::kChanged},
               {"behind it", holding(4), Judged::kChanged},
               {"equal", holding(5, "x"), Judged::kAlreadyApplied},
               {"above", plain(6), Judged::kStale}});
}

TEST(JudgeMark, KeepsAVersionUnderTheVeryEntryAndKnowsItsOwn) {
  const Mark seen = holding(5);
  expect_each(commit_of(Seen{&seen}, "mine"),
              {{"gone", std::nullopt, Judged::kChanged},
               {"the same", holding(5), Judged::kApplied},
               {"our own", holding(5, "mine"), Judged::kAlreadyApplied},
               {"another's", holding(5, "other"), Judged::kChanged},
               {"above", holding(6), Judged::kChanged},
               {"below", holding(4), Judged::kChanged}});
}

TEST(JudgeMark, NeverAppliesWhatTheSeenEntryHasAlready) {
  for (const std::uint64_t number : {5U, 6U}) {
    const Mark seen = holding(number);
    const Commit commit = commit_of(Seen{&seen});
    EXPECT_TRUE(is_done_by_what_was_seen(commit));
    EXPECT_EQ(judge(commit, seen), number == 5 ? Judged::kAlreadyApplied : Judged::kStale);
    EXPECT_EQ(judge(commit, std::nullopt), Judged::kChanged);
  }
  const Mark same = holding(5);
  EXPECT_FALSE(is_done_by_what_was_seen(commit_of(Seen{&same}, "mine")));
  const Mark below = holding(4);
  EXPECT_FALSE(is_done_by_what_was_seen(commit_of(Seen{&below})));
  EXPECT_FALSE(is_done_by_what_was_seen(commit_of(Seen{})));
  EXPECT_FALSE(is_done_by_what_was_seen(commit_of(std::nullopt)));
}

TEST(ReadMark, GivesBackWhatWasKept) {
  const std::string text = version_text(version_of(7), true);
  EXPECT_EQ(read_mark({.version = text, .nonce = "n", .content = "c"}, Reading::kWhole).value(),
            (Mark{.version = version_of(7), .remembers = true, .content = "c", .nonce = "n"}));
  EXPECT_EQ(read_mark({.version = version_text(version_of(7), false)}, Reading::kWhole).value(),
            plain(7));
  EXPECT_EQ(read_mark({.version = text}, Reading::kVersions).value(),
            (Mark{.version = version_of(7), .remembers = true}));
}

TEST(ReadMark, RefusesAnEntryThatDoesNotFitTogether) {
  const std::string whole = version_text(version_of(7), true);
  const std::string bare = version_text(version_of(7), false);
  EXPECT_FALSE(read_mark({.version = whole}, Reading::kWhole));
  EXPECT_FALSE(read_mark({.version = bare, .content = "c"}, Reading::kWhole));
  for (const std::string& text : {std::string(), std::string("~"), "~" + whole, " " + bare})
    EXPECT_FALSE(read_mark({.version = text}, Reading::kVersions)) << text;
}

TEST(VersionText, OfAnEntryWithContentIsAboveEveryVersion) {
  const events::Version last("9999-12-31T23:59:59.999",
                             *events::SequenceNumber::parse(std::string(64, '9')));
  EXPECT_GT(version_text(events::Version(), true), last.text());
  EXPECT_FALSE(events::is_version(version_text(version_of(7), true)))
      << "a program that knows no content must not take it for a version";
  EXPECT_LT(version_text(version_of(7), true), version_text(version_of(8), true));
}

}  // namespace
}  // namespace streamonce::handler
