// `bootstrap load s3://...` as it is shipped, from a bucket in which, and on the way to which,
// everything goes wrong that can.

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/export_writer.h"
#include "tests/support/fake_s3.h"
#include "tests/support/replay_shell.h"
#include "tests/support/target_under_test.h"
#include "tests/support/temp_dir.h"

namespace streamonce::testing {
namespace {

using nlohmann::json;

const std::string kFolder = "p/AWSDynamoDB/01795221862580-a1b2c3d4/";
const std::string kAddress = "s3://exports/" + kFolder;
constexpr std::size_t kFiles = 3;
constexpr std::size_t kItemsOfAFile = 20;
constexpr std::size_t kItemsOfTheFirst = 36;
constexpr std::size_t kItems = kItemsOfTheFirst + 2 * kItemsOfAFile;

std::string data_key(std::size_t file) {
  return kFolder + "data/part" + std::to_string(file) + ".json.gz";
}

/// An export of the table `orders`. Its first data file takes two parts, since what is drawn in
/// it cannot be compressed; the others are small.
class Export {
 public:
  Export() {
    std::mt19937_64 random(20261127);
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (std::size_t file = 0; file < kFiles; ++file) {
      std::vector<json> items(file == 0 ? kItemsOfTheFirst : kItemsOfAFile);
      for (std::size_t i = 0; i < items.size(); ++i) {
        std::string value(file == 0 ? 350'000 : 20, ' ');
        for (char& c : value) c = kLetters[random() % kLetters.size()];
        items[i] = {{"id", {{"S", std::to_string(file) + "-" + std::to_string(i)}}},
                    {"value", {{"S", value}}}};
      }
      writer_.add(items);
      items_.insert(items_.end(), items.begin(), items.end());
    }
    writer_.finish();
    std::sort(items_.begin(), items_.end());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(writer_.folder()))
      if (entry.is_regular_file())
        objects_[kFolder + entry.path().lexically_relative(writer_.folder()).string()] =
            read_whole(entry.path().string());
  }

  void put_into(FakeS3& server) const {
    for (const auto& [key, bytes] : objects_) server.put(key, bytes);
  }
  /// All items, sorted.
  const std::vector<json>& items() const { return items_; }

 private:
  const TempDir folder_;
  ExportWriter writer_{folder_.file("export"), {.id = "01795221862580-a1b2c3d4", .prefix = "p/"}};
  std::map<std::string, std::string> objects_;
  std::vector<json> items_;
};

const Export& the_export() {
  static const Export kMade;
  return kMade;
}

/// A folder in which somebody loads the export into a SQLite file.
class LoadShell {
 public:
  explicit LoadShell(const FakeS3& server)
      : target_(make_sqlite_under_test()),
        environment_(joined(target_->environment(), server.environment())) {
    environment_.push_back("TMPDIR=" + temporary_.path());
  }

  Ended load(std::string address = kAddress) { return start(std::move(address))->wait(); }

  std::unique_ptr<RunningReplay> start(std::string address = kAddress) {
    const std::string number = std::to_string(++runs_);
    return std::make_unique<RunningReplay>(ChildOptions{
        .program = STREAMONCE_BOOTSTRAP,
        .arguments = {"load", std::move(address), "--no-stream", "--key", "id", "--json"},
        .environment = environment_,
        .log_path = outputs_.file("err" + number),
        .output_path = outputs_.file("out" + number),
        .working_folder = folder_.path()});
  }

  /// How many of the export's items are in the target; adds a failure if others are.
  std::size_t loaded() {
    std::size_t count = 0;
    for (const json& item : target_->items()) {
      const auto& all = the_export().items();
      EXPECT_TRUE(std::binary_search(all.begin(), all.end(), item)) << item["id"];
      ++count;
    }
    EXPECT_EQ(target_->marks(), count);
    return count;
  }

  /// Sets a variable, in the place of one of its name.
  void set(const std::string& variable, const std::string& value) {
    std::erase_if(environment_,
                  [&](const std::string& each) { return each.starts_with(variable + "="); });
    environment_.push_back(variable + "=" + value);
  }

  const TempDir& temporary() const { return temporary_; }

 private:
  const std::unique_ptr<TargetUnderTest> target_;
  const TempDir folder_;
  const TempDir outputs_;
  const TempDir temporary_;
  std::vector<std::string> environment_;
  int runs_ = 0;
};

/// What goes wrong once, and what comes of it: of the first run, and of a second one.
struct FaultCase {
  const char* words;
  std::string key;
  S3Fault fault;
  int first;
  int times;
  int status;          ///< of the first run
  std::size_t loaded;  ///< how many items are there after it
  const char* told;    ///< what standard error must have
};

constexpr int kAlways = 1'000'000;

std::vector<FaultCase> fault_cases() {
  const std::string summary = kFolder + "manifest-summary.json";
  const std::string list = kFolder + "manifest-files.json";
  const std::string large = data_key(0);
  const std::string small = data_key(1);
  const std::size_t others = kItems - kItemsOfTheFirst;
  const std::size_t but_small = kItems - kItemsOfAFile;
  using enum S3Fault;
  return {
      {"nothing", large, kNone, 0, 1, 0, kItems, ""},
      {"a connection that ends in a part", large, kCut, 0, 1, 0, kItems, ""},
      {"connections that end again and again", large, kCut, 1, 4, 0, kItems, ""},
      {"a connection that is reset", large, kReset, 1, 1, 0, kItems, ""},
      {"a request that gets lost", small, kLostRequest, 0, 1, 0, kItems, ""},
      {"503 SlowDown", large, kSlowDown, 1, 2, 0, kItems, ""},
      {"500 InternalError", summary, kInternalError, 0, 2, 0, kItems, ""},
      {"502 of a proxy", list, kBadGateway, 0, 1, 0, kItems, ""},
      {"a part that was not asked for", large, kShifted, 1, 1, 0, kItems, ""},
      {"a part that is shorter than it says", large, kShort, 1, 1, 0, kItems, ""},
      {"a byte of a data file is another", large, kOneByteOff, 1, 1, 1, others, "its MD5 is"},
      {"a byte of a small data file is another", small, kOneByteOff, 0, 1, 1, but_small,
       "its MD5 is"},
      {"a byte of the list is another", list, kOneByteOff, 0, 1, 3, 0, "manifest-files"},
      {"a byte of the summary is another", summary, kOneByteOff, 0, 1, 3, 0, "manifest-summary"},
      {"a data file that changes meanwhile", large, kChanged, 1, 1, 1, others,
       "it was changed while it was read"},
      {"a data file that is deleted", small, kDeleted, 0, 1, 1, but_small, "there is no such file"},
      {"a summary that is deleted", summary, kDeleted, 0, 1, 3, 0, "there is no such file"},
      {"403 for a data file", small, kDenied, 0, kAlways, 1, but_small, "s3:GetObject"},
      {"403 for the summary", summary, kDenied, 0, kAlways, 3, 0, "s3:GetObject"},
      {"a key of KMS that is not for us", small, kKmsDenied, 0, kAlways, 1, but_small,
       "kms:Decrypt"},
      {"a data file that is archived", small, kArchived, 0, kAlways, 1, but_small, "restore"},
      {"301 without a Region", summary, kRegionUntold, 0, kAlways, 3, 0, "AWS_REGION"},
      {"307 to somebody else", summary, kElsewhere, 0, kAlways, 3, 0, "AWS_REGION"},
  };
}

TEST(LoadFromS3, WhatComesOfEachFault) {
  for (const FaultCase& each : fault_cases()) {
    SCOPED_TRACE(each.words);
    FakeS3 server;
    the_export().put_into(server);
    server.fail(each.key, each.fault, each.first, each.times);
    LoadShell shell(server);
    const Ended first = shell.load();
    EXPECT_EQ(first.status, each.status) << first.err;
    const std::size_t loaded = shell.loaded();
    EXPECT_EQ(loaded, each.loaded) << first.err;
    EXPECT_TRUE(has(first.err, each.told)) << first.err;
    EXPECT_EQ(told_secret(first.out + first.err), "");
    for (const ServerRequest& request : server.requests())
      EXPECT_TRUE(request.target.starts_with("/exports/")) << request.target;

    // Whoever has mended it loads again, and gets the rest.
    FakeS3 mended;
    the_export().put_into(mended);
    shell.set("AWS_ENDPOINT_URL_S3", mended.url());
    const Ended second = shell.load();
    EXPECT_EQ(second.status, 0) << second.err;
    EXPECT_EQ(shell.loaded(), kItems);
    std::printf("%-40s status %d, %3zu of %zu items; again: status %d, %zu requests\n", each.words,
                first.status, loaded, kItems, second.status, mended.requests().size());
  }
}

TEST(LoadFromS3, FindsTheBucketsRegionWhicheverWayItIsTold) {
  for (const S3Redirect redirect :
       {S3Redirect::kMalformed, S3Redirect::kPermanent, S3Redirect::kTemporary}) {
    FakeS3 server(FakeS3Options{.region = "ap-south-2", .redirect = redirect});
    the_export().put_into(server);
    LoadShell shell(server);
    shell.set("AWS_REGION", "eu-west-1");
    const Ended ended = shell.load();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(shell.loaded(), kItems);
  }
}

TEST(LoadFromS3, TakesAnAddressWithoutASlashAndAClockThatIsWrong) {
  FakeS3 server;
  the_export().put_into(server);
  server.set_clock_ahead(std::chrono::hours(-3));
  LoadShell shell(server);
  const Ended ended = shell.load(kAddress.substr(0, kAddress.size() - 1));
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(shell.loaded(), kItems);
}

TEST(LoadFromS3, SaysWhatIsWrongWithTheBucketOrTheSettings) {
  FakeS3 server;
  the_export().put_into(server);
  const auto told = [&](const std::string& address, const std::string& variable,
                        const std::string& value, int status, std::string_view words) {
    LoadShell shell(server);
    if (!variable.empty()) shell.set(variable, value);
    const Ended ended = shell.load(address);
    EXPECT_EQ(ended.status, status) << ended.err;
    EXPECT_TRUE(has(ended.err, words)) << ended.err;
    EXPECT_EQ(told_secret(ended.out + ended.err), "");
  };
  told("s3://another/p", "", "", 3, "there is no such bucket");
  told("s3://exports/elsewhere/", "", "", 3, "there is no such file");
  told("s3://Exports/p", "", "", 2, "a bucket's name has");
  told(kAddress, "AWS_SECRET_ACCESS_KEY", "another", 3, "does not take the signature");
  told(kAddress, "AWS_ACCESS_KEY_ID", "ANOTHER", 3, "does not know the access key");
  told(kAddress, "AWS_SESSION_TOKEN", "old", 3, "the session token has expired");
  told(kAddress, "TMPDIR", "/nowhere", 3, "the folder for temporary files, \"/nowhere\"");
  told(kAddress, "AWS_ENDPOINT_URL_S3", "ftp://host", 2, "AWS_ENDPOINT_URL_S3");
}

/// Waits until the server has been asked for a data file.
void wait_for_data(const FakeS3& server) {
  const auto asked = [&] {
    for (const ServerRequest& request : server.requests())
      if (has(request.target, "/data/")) return true;
    return false;
  };
  for (int i = 0; i < 6'000 && !asked(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(asked());
}

TEST(LoadFromS3, GoesOnAfterItWasKilledOrToldToEnd) {
  for (const int number : {SIGKILL, SIGTERM}) {
    FakeS3 server;
    the_export().put_into(server);
    for (std::size_t file = 0; file < kFiles; ++file)
      server.fail(data_key(file), S3Fault::kDelay, 0, kAlways);
    LoadShell shell(server);
    const auto running = shell.start();
    wait_for_data(server);
    running->signal(number);
    const Ended ended = running->wait();
    EXPECT_EQ(ended.status, number == SIGKILL ? 128 + SIGKILL : 1) << ended.err;
    EXPECT_LT(shell.loaded(), kItems);
    EXPECT_TRUE(std::filesystem::is_empty(shell.temporary().path())) << "a copy was left behind";
    const Ended again = shell.load();
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(shell.loaded(), kItems);
  }
}

}  // namespace
}  // namespace streamonce::testing
