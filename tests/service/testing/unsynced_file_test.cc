#include "tests/service/testing/unsynced_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <set>
#include <string>

namespace happiness {
namespace {

using ::testing::Contains;

constexpr int kSeeds = 200;
constexpr int64_t kSector = UnsyncedFile::kSectorSize;

// A real file, and what may be lost of it.
class UnsyncedFileTest : public ::testing::Test {
 protected:
  const std::string path_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();

  void SetUp() override { Rewrite(""); }

  void Rewrite(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
  }

  std::string Content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  UnsyncedFile::Reader reader() { return read_; }

  // What becomes of a file that is now `present`, over all seeds.
  std::set<std::string> AfterPowerLoss(const UnsyncedFile& file,
                                       const std::string& present) {
    std::set<std::string> contents;
    for (int seed = 0; seed < kSeeds; ++seed) {
      Rewrite(present);
      std::mt19937_64 random(static_cast<uint64_t>(seed));
      file.LosePower(path_, &random);
      contents.insert(std::filesystem::exists(path_) ? Content() : "gone");
    }
    return contents;
  }

 private:
  const std::function<UnsyncedFile::Sector(int64_t)> read_ =
      [this](int64_t offset) {
        UnsyncedFile::Sector sector{};
        std::ifstream file(path_, std::ios::binary);
        file.seekg(offset).read(sector.data(), kSector);
        return sector;
      };
};

std::string Sectors(const std::string& letters) {
  std::string content;
  for (const char letter : letters) content.append(kSector, letter);
  return content;
}

TEST_F(UnsyncedFileTest, KeepsWhatWasSynced) {
  UnsyncedFile file;
  file.Write(0, Sectors("abc"), reader());
  file.Sync();
  EXPECT_EQ(AfterPowerLoss(file, Sectors("abc")),
            std::set<std::string>{Sectors("abc")});
}

TEST_F(UnsyncedFileTest, TearsAWriteAtAnySector) {
  Rewrite(Sectors("aa"));
  UnsyncedFile file(2 * kSector);
  file.Write(0, Sectors("bb"), reader());
  EXPECT_EQ(AfterPowerLoss(file, Sectors("bb")),
            (std::set<std::string>{Sectors("aa"), Sectors("ab"), Sectors("ba"),
                                   Sectors("bb")}));
}

TEST_F(UnsyncedFileTest, MayKeepAnyOfSeveralWrites) {
  Rewrite(Sectors("a"));
  UnsyncedFile file(kSector);
  file.Write(0, Sectors("b"), reader());
  file.Write(0, Sectors("c"), reader());
  EXPECT_EQ(AfterPowerLoss(file, Sectors("c")),
            (std::set<std::string>{Sectors("a"), Sectors("b"), Sectors("c")}));
}

TEST_F(UnsyncedFileTest, LeavesWhatIsBesideAWriteAsItWas) {
  Rewrite("aaaa");
  UnsyncedFile file(4);
  file.Write(1, "bb", reader());
  EXPECT_EQ(AfterPowerLoss(file, "abba"),
            (std::set<std::string>{"aaaa", "abba"}));
}

TEST_F(UnsyncedFileTest, MayGrowWithoutWhatWasWritten) {
  Rewrite("");
  UnsyncedFile file(0);
  file.Write(0, "bb", reader());
  EXPECT_EQ(AfterPowerLoss(file, "bb"),
            (std::set<std::string>{"", "bb", std::string(2, '\0')}));
}

TEST_F(UnsyncedFileTest, MayUndoATruncation) {
  Rewrite(Sectors("ab"));
  UnsyncedFile file(2 * kSector);
  file.Truncate(kSector, reader());
  EXPECT_THAT(AfterPowerLoss(file, Sectors("a")), Contains(Sectors("ab")));
  EXPECT_THAT(AfterPowerLoss(file, Sectors("a")), Contains(Sectors("a")));
}

TEST_F(UnsyncedFileTest, MayLoseAFileThatWasNeverSynced) {
  UnsyncedFile file;
  file.Write(0, "b", reader());
  EXPECT_THAT(AfterPowerLoss(file, "b"), Contains("gone"));
  file.Sync();
  EXPECT_EQ(AfterPowerLoss(file, "b"), std::set<std::string>{"b"});
}

TEST_F(UnsyncedFileTest, MayBringBackAFileThatWasRemoved) {
  Rewrite("a");
  UnsyncedFile file(1);
  file.Remove(reader());
  EXPECT_THAT(AfterPowerLoss(file, ""), Contains("a"));
  EXPECT_THAT(AfterPowerLoss(file, ""), Contains("gone"));
  file.SyncEntry();
  EXPECT_EQ(AfterPowerLoss(file, ""), std::set<std::string>{"gone"});
}

}  // namespace
}  // namespace happiness
