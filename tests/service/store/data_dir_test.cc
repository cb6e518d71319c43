#include "service/store/data_dir.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

unsigned ModeOf(const std::string& path) {
  struct stat about = {};
  EXPECT_EQ(stat(path.c_str(), &about), 0) << path;
  return about.st_mode & 07777;
}

class DataDirTest : public ::testing::Test {
 protected:
  const std::string path_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(DataDirTest, MakesTheFolderAndThoseAboveIt) {
  const auto dir = DataDir::Open(path_ + "/a/b/c");
  ASSERT_TRUE(dir.ok()) << dir.status();
  EXPECT_EQ(dir->DatabasePath(), path_ + "/a/b/c/readings.sqlite3");
  EXPECT_TRUE(std::filesystem::is_directory(path_ + "/a/b/c"));
}

TEST_F(DataDirTest, TakesAFolderThatIsThereHoweverItIsSaid) {
  EXPECT_TRUE(DataDir::Open(path_ + "/").ok());
  EXPECT_TRUE(DataDir::Open(path_).ok());
  EXPECT_TRUE(DataDir::Open(path_ + "/../" +
                            std::filesystem::path(path_).filename().string())
                  .ok());
}

// Whatever the process's umask is.
TEST_F(DataDirTest, IsForItsOwnerAlone) {
  const mode_t before = umask(0);
  const auto dir = DataDir::Open(path_ + "/a/b");
  umask(before);
  ASSERT_TRUE(dir.ok()) << dir.status();
  EXPECT_EQ(ModeOf(path_ + "/a/b"), 0700u);
  EXPECT_EQ(ModeOf(path_ + "/a/b/lock"), 0600u);
  EXPECT_EQ(ModeOf(dir->DatabasePath()), 0600u);
}

TEST_F(DataDirTest, LeavesAFolderThatIsThereAsItIs) {
  ASSERT_EQ(mkdir(path_.c_str(), 0755), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0755), 0);
  const auto dir = DataDir::Open(path_);
  ASSERT_TRUE(dir.ok()) << dir.status();
  EXPECT_EQ(ModeOf(path_), 0755u);
  EXPECT_EQ(ModeOf(dir->DatabasePath()), 0600u);
}

TEST_F(DataDirTest, IsHeldByOneUntilThatEnds) {
  std::optional<DataDir> first(*DataDir::Open(path_));
  const std::string in_use =
      absl::StrCat("is in use by another process (process ", getpid(), ")");
  for (int i = 0; i < 2; ++i) {  // Who is refused takes nothing away.
    const absl::Status refused = DataDir::Open(path_).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(refused.message(), in_use);
  }
  {
    const DataDir moved = *std::move(first);
    first.reset();
    EXPECT_FALSE(DataDir::Open(path_).ok());
  }
  EXPECT_TRUE(DataDir::Open(path_).ok());
}

TEST_F(DataDirTest, SaysWhyAFolderCannotBeMade) {
  std::ofstream(path_) << "a file";
  const absl::Status below = DataDir::Open(path_ + "/below/it").status();
  EXPECT_EQ(below.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(below.message(), "can't be made: Not a directory");
  const absl::Status at = DataDir::Open(path_).status();
  EXPECT_EQ(at.message(), "can't be made: Not a directory");
}

TEST_F(DataDirTest, SaysWhyAFolderCannotBeWritten) {
  std::filesystem::create_directories(path_ + "/lock");
  const absl::Status status = DataDir::Open(path_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "can't be written: Is a directory");
}

}  // namespace
}  // namespace happiness
