#include "service/access/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace happiness {
namespace {

using ::testing::HasSubstr;

constexpr char kSecret[] =
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

// What is logged while it lives.
class Complaints {
 public:
  Complaints() { spdlog::default_logger()->sinks().push_back(sink_); }
  ~Complaints() { spdlog::default_logger()->sinks().pop_back(); }

  bool Await(const std::string& text) {
    absl::MutexLock lock(&sink_->mutex);
    const auto said = [&] {
      sink_->mutex.AssertHeld();
      return absl::StrContains(sink_->text, text);
    };
    return sink_->mutex.AwaitWithTimeout(absl::Condition(&said),
                                         absl::Seconds(20));
  }

 private:
  struct Sink final : spdlog::sinks::sink {
    void log(const spdlog::details::log_msg& message) override {
      absl::MutexLock lock(&mutex);
      absl::StrAppend(&text, absl::string_view(message.payload.data(),
                                               message.payload.size()));
    }
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

    absl::Mutex mutex;
    std::string text ABSL_GUARDED_BY(mutex);
  };

  const std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
};

class TokenFileTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_) << text; }

  // As who edits it does: another file takes its place.
  void Replace(const std::string& text) {
    std::ofstream(path_ + ".new") << text;
    ASSERT_EQ(std::rename((path_ + ".new").c_str(), path_.c_str()), 0);
  }

  static bool AwaitNameOf(const TokenFile& file,
                          const std::optional<std::string>& name) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (file.table()->NameOf("secret") != name) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(20));
    }
    return true;
  }

  const std::string path_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(TokenFileTest, IsReadAgainWhenItChanges) {
  Write(absl::StrCat("a ", kSecret, "\n"));
  const auto file = TokenFile::Open(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->table()->NameOf("secret"), "a");
  Write(absl::StrCat("b ", kSecret, "\n"));
  EXPECT_TRUE(AwaitNameOf(**file, "b"));
  Replace("# nobody\n");
  EXPECT_TRUE(AwaitNameOf(**file, std::nullopt));
}

TEST_F(TokenFileTest, KeepsWhatItSaidWhileItIsAtFaultOrGone) {
  Complaints complaints;
  Write(absl::StrCat("a ", kSecret, "\n"));
  const auto file = TokenFile::Open(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  Replace("a slip of the pen\n");
  EXPECT_TRUE(complaints.Await("line 1: must be a name"));
  EXPECT_EQ((*file)->table()->NameOf("secret"), "a");
  std::filesystem::remove(path_);
  EXPECT_TRUE(complaints.Await("can't be read"));
  EXPECT_EQ((*file)->table()->NameOf("secret"), "a");
  Write(absl::StrCat("b ", kSecret, "\n"));
  EXPECT_TRUE(AwaitNameOf(**file, "b"));
}

TEST_F(TokenFileTest, KeepsWhatItSaidWhileItIsEmpty) {
  Complaints complaints;
  Write(absl::StrCat("a ", kSecret, "\n"));
  const auto file = TokenFile::Open(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  Write("");
  EXPECT_TRUE(complaints.Await("is empty"));
  EXPECT_EQ((*file)->table()->NameOf("secret"), "a");
  Write("\n\n");
  EXPECT_TRUE(complaints.Await("; what it said before stays"));
  EXPECT_EQ((*file)->table()->NameOf("secret"), "a");
  Write("# nobody\n");
  EXPECT_TRUE(AwaitNameOf(**file, std::nullopt));
}

TEST_F(TokenFileTest, MayBeEmptyAtFirst) {
  Write("");
  const auto file = TokenFile::Open(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  Write(absl::StrCat("a ", kSecret, "\n"));
  EXPECT_TRUE(AwaitNameOf(**file, "a"));
}

TEST_F(TokenFileTest, SaysWhyItCannotBeRead) {
  EXPECT_EQ(TokenFile::Open(path_).status().message(),
            path_ + ": can't be read: No such file or directory");
  Write("what?");
  EXPECT_THAT(std::string(TokenFile::Open(path_).status().message()),
              HasSubstr(path_ + ": line 1: must be a name"));
  Write(std::string(TokenFile::kMaxBytes + 1, '\n'));
  EXPECT_THAT(std::string(TokenFile::Open(path_).status().message()),
              HasSubstr("at most 16 MiB"));
  EXPECT_THAT(
      std::string(TokenFile::Open(testing::TempDir()).status().message()),
      HasSubstr("must be a file"));
}

}  // namespace
}  // namespace happiness
