#include "handler/sources/exports/export_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "handler/sources/exports/local_export.h"
#include "tests/support/export_writer.h"
#include "tests/support/temp_dir.h"

namespace streamonce::handler::exports {
namespace {

using streamonce::testing::ExportWriter;

nlohmann::json item(const std::string& id) {
  return {{"id", {{"S", id}}}};
}

class ExportReaderTest : public ::testing::Test {
 protected:
  ExportReaderTest() {
    writer_.add({item("a"), item("b")});
    writer_.add({item("c")});
    writer_.finish();
  }

  Result<ExportReader> open(Checksums checksums = Checksums::kChecked) {
    auto files = LocalExport::open(writer_.folder());
    if (!files) return files.error();
    files_ = *std::move(files);
    return ExportReader::open(*files_, checksums);
  }
  /// The message that the export is refused with.
  std::string refusal(ErrorCode code, Checksums checksums = Checksums::kChecked) {
    const auto reader = open(checksums);
    if (reader) return "it is taken";
    EXPECT_EQ(reader.error().code, code);
    return reader.error().message;
  }
  /// Why the first data file cannot be used; its reason is empty where it can.
  FileFault fault(Checksums checksums = Checksums::kChecked) {
    auto reader = open(checksums);
    FileFault found;
    if (!reader) return {.is_missing = false, .reason = reader.error().message};
    EXPECT_EQ(reader->fetch(reader->data_files().front(), found).has_value(), found.reason.empty());
    return found;
  }

  const testing::TempDir folder_;
  ExportWriter writer_{folder_.file("export")};
  std::unique_ptr<ExportFiles> files_;
};

TEST_F(ExportReaderTest, OpensWhatIsWhole) {
  auto reader = open();
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ(reader->summary().table, "orders");
  EXPECT_EQ(reader->summary().item_count, 3U);
  ASSERT_EQ(reader->data_files().size(), 2U);
  FileFault found;
  const std::optional<ExportFile> file = reader->fetch(reader->data_files()[1], found);
  ASSERT_TRUE(file) << found.reason;
  EXPECT_EQ(file->md5(), reader->data_files()[1].md5);
  EXPECT_GT(file->bytes(), 0U);
}

TEST_F(ExportReaderTest, TakesBothNamesOfChecksumsAndALineEndInThem) {
  ExportWriter guide(folder_.file("guide"), {.checksum_ending = ".checksum"});
  guide.finish();
  files_ = *LocalExport::open(guide.folder() + "//");
  EXPECT_TRUE(ExportReader::open(*files_, Checksums::kChecked));
  EXPECT_EQ(files_->name(), guide.folder());

  writer_.finish();
  std::string checksum(24, '\0');
  std::ifstream(writer_.path("manifest-files.md5")).read(checksum.data(), 24);
  writer_.write("manifest-files.md5", checksum + "\n");
  EXPECT_TRUE(open());
}

TEST_F(ExportReaderTest, RefusesManifestsThatAreNotAsTheirChecksumsTell) {
  for (const std::string name : {"manifest-summary", "manifest-files"}) {
    writer_.finish();
    writer_.write(name + ".md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
    EXPECT_NE(
        refusal(ErrorCode::kProtocol)
            .find(name + ".md5 has \"1B2M2Y8AsgTpgAmY7PhCfg==\": it is damaged, or of another"),
        std::string::npos)
        << name;
    EXPECT_TRUE(open(Checksums::kIgnored)) << name;
    writer_.remove(name + ".md5");
    EXPECT_NE(refusal(ErrorCode::kProtocol).find("there is no " + name + ".md5 beside it"),
              std::string::npos)
        << name;
    EXPECT_TRUE(open(Checksums::kIgnored)) << name;
  }
}

TEST_F(ExportReaderTest, RefusesWhatIsNoExport) {
  writer_.remove("manifest-summary.json");
  EXPECT_NE(refusal(ErrorCode::kUnavailable).find("manifest-summary.json: there is no such file"),
            std::string::npos);
  writer_.finish();
  writer_.remove("manifest-files.json");
  EXPECT_NE(refusal(ErrorCode::kUnavailable).find("manifest-files.json: there is no such file"),
            std::string::npos);
  writer_.finish();
  writer_.write("manifest-summary.json", "{}");
  EXPECT_NE(refusal(ErrorCode::kProtocol, Checksums::kIgnored)
                .find("manifest-summary.json: has no outputFormat"),
            std::string::npos);
  EXPECT_FALSE(LocalExport::open(folder_.file("absent")));
  EXPECT_NE(
      LocalExport::open(writer_.path("manifest-files.json")).error().message.find("is no folder"),
      std::string::npos);
}

TEST_F(ExportReaderTest, RefusesCountsThatDoNotAddUp) {
  writer_.summary_changes()["itemCount"] = 4;
  writer_.finish();
  EXPECT_NE(refusal(ErrorCode::kProtocol).find("have 3 items together"), std::string::npos);
}

TEST_F(ExportReaderTest, PassesOnWhatCannotBeLoaded) {
  writer_.summary_changes()["outputFormat"] = "ION";
  writer_.finish();
  EXPECT_NE(refusal(ErrorCode::kRejected).find("--export-format DYNAMODB_JSON"), std::string::npos);
}

TEST_F(ExportReaderTest, TellsOfDataFilesThatAreMissingOrDamaged) {
  EXPECT_EQ(fault().reason, "");
  std::string bytes = "x";
  writer_.write("data/part0.json.gz", bytes);
  EXPECT_FALSE(fault().is_missing);
  EXPECT_NE(fault().reason.find("data/part0.json.gz: its MD5 is"), std::string::npos);
  EXPECT_EQ(fault(Checksums::kIgnored).reason, "");
  writer_.remove("data/part0.json.gz");
  EXPECT_TRUE(fault().is_missing);
  EXPECT_NE(fault().reason.find("data/part0.json.gz: there is no such file"), std::string::npos);
  ASSERT_EQ(::mkfifo(writer_.path("data/part0.json.gz").c_str(), 0600), 0);
  EXPECT_FALSE(fault().is_missing);
  EXPECT_NE(fault().reason.find("it is no regular file"), std::string::npos);
}

/// An export of which the data files lie only at their keys.
class KeyedExport final : public ExportFiles {
 public:
  explicit KeyedExport(std::unique_ptr<ExportFiles> files) : files_(std::move(files)) {}

  Result<std::optional<ExportFile>> fetch(std::string_view name) override {
    if (name.starts_with("data/")) return std::optional<ExportFile>();
    return files_->fetch(name);
  }
  Result<std::optional<ExportFile>> fetch_key(std::string_view key) override {
    EXPECT_EQ(key, "backups/AWSDynamoDB/01795300000000-a1b2c3d4/data/part0.json.gz");
    return files_->fetch("data/part0.json.gz");
  }
  const std::string& name() const override { return files_->name(); }

 private:
  std::unique_ptr<ExportFiles> files_;
};

TEST_F(ExportReaderTest, LooksForDataFilesByTheirKeysWhereTheyAreNotBesideTheManifest) {
  KeyedExport files(*LocalExport::open(writer_.folder()));
  auto reader = ExportReader::open(files, Checksums::kChecked);
  ASSERT_TRUE(reader);
  FileFault found;
  EXPECT_TRUE(reader->fetch(reader->data_files().front(), found)) << found.reason;
}

/// The files of a folder, some of which are refused, as S3 refuses what is not there to who may not
/// list the bucket; and files at keys.
class RefusingFiles final : public ExportFiles {
 public:
  explicit RefusingFiles(const std::string& folder) : files_(*LocalExport::open(folder)) {}

  Result<std::optional<ExportFile>> fetch(std::string_view name) override {
    asked.emplace_back(name);
    if (refused.contains(std::string(name))) return Error{code, std::string(name) + ": denied"};
    return files_->fetch(name);
  }
  Result<std::optional<ExportFile>> fetch_key(std::string_view key) override {
    asked.emplace_back(key);
    const auto found = by_key.find(std::string(key));
    if (found == by_key.end()) return Error{code, std::string(key) + ": denied"};
    return files_->fetch(found->second);
  }
  const std::string& name() const override { return files_->name(); }

  ErrorCode code = ErrorCode::kUnavailable;
  std::set<std::string> refused;
  std::map<std::string, std::string> by_key;  ///< names in the folder
  std::vector<std::string> asked;

 private:
  const std::unique_ptr<ExportFiles> files_;
};

constexpr const char* kFirstFile = "data/part0.json.gz";
const std::string kFirstKey = "backups/AWSDynamoDB/01795300000000-a1b2c3d4/data/part0.json.gz";

TEST_F(ExportReaderTest, GetsADataFileByItsKeyWhereTheOtherPlaceIsRefused) {
  const std::string copy = "data/copy.json.gz";
  std::filesystem::copy_file(writer_.path(kFirstFile), writer_.path(copy));
  RefusingFiles files(writer_.folder());
  auto reader = *ExportReader::open(files, Checksums::kChecked);
  files.refused = {kFirstFile};
  files.by_key = {{kFirstKey, copy}};
  FileFault found;
  EXPECT_TRUE(reader.fetch(reader.data_files().front(), found)) << found.reason;
}

TEST_F(ExportReaderTest, TellsTheFirstRefusalWhereNoPlaceHasTheFile) {
  RefusingFiles files(writer_.folder());
  auto reader = *ExportReader::open(files, Checksums::kChecked);
  files.refused = {kFirstFile};
  files.asked.clear();
  FileFault found;
  EXPECT_FALSE(reader.fetch(reader.data_files().front(), found));
  EXPECT_EQ(found.reason, std::string(kFirstFile) + ": denied");
  EXPECT_FALSE(found.is_missing);
  EXPECT_EQ(files.asked, (std::vector<std::string>{kFirstFile, kFirstKey}));

  // Where nothing was refused, but only took too long, another place takes as long.
  files.code = ErrorCode::kTimeout;
  files.asked.clear();
  EXPECT_FALSE(reader.fetch(reader.data_files().front(), found));
  EXPECT_EQ(files.asked, std::vector<std::string>{kFirstFile});
}

TEST_F(ExportReaderTest, TakesTheOtherNameOfAChecksumWhereTheFirstIsRefused) {
  ExportWriter guide(folder_.file("guide"), {.checksum_ending = ".checksum"});
  guide.finish();
  RefusingFiles files(guide.folder());
  files.refused = {"manifest-summary.md5", "manifest-files.md5"};
  EXPECT_TRUE(ExportReader::open(files, Checksums::kChecked));
  files.refused.insert("manifest-files.checksum");
  const auto reader = ExportReader::open(files, Checksums::kChecked);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().message, "manifest-files.md5: denied");
  guide.remove("manifest-files.checksum");
  files.refused.erase("manifest-files.checksum");
  EXPECT_EQ(ExportReader::open(files, Checksums::kChecked).error().message,
            "manifest-files.md5: denied");
}

}  // namespace
}  // namespace streamonce::handler::exports
