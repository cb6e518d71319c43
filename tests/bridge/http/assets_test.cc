#include "bridge/http/assets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace bridge {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class AssetsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) / "assets" / test->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  void TearDown() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& content) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  Assets Load() { return LoadFrom(folder_.string()); }

  static Assets LoadFrom(const std::string& folder) {
    auto assets = Assets::Load(folder);
    EXPECT_TRUE(assets.ok()) << assets.status().ToString();
    return assets.ok() ? *std::move(assets) : Assets();
  }

  fs::path folder_;
};

TEST_F(AssetsTest, FindsFilesByTheirPaths) {
  Write("app.js", "let a;");
  Write("styles/now.css", "p {}");
  Assets assets = Load();
  ASSERT_NE(assets.Find("/app.js"), nullptr);
  EXPECT_EQ(assets.Find("/app.js")->body, "let a;");
  ASSERT_NE(assets.Find("/styles/now.css"), nullptr);
  EXPECT_EQ(assets.Find("/styles/now.css")->body, "p {}");
}

TEST_F(AssetsTest, TheIndexIsAtTheRoot) {
  Write("index.html", "<p>");
  Write("sub/index.html", "<q>");
  Assets assets = Load();
  ASSERT_NE(assets.Find("/"), nullptr);
  EXPECT_EQ(assets.Find("/")->body, "<p>");
  EXPECT_EQ(assets.Find("/index.html"), assets.Find("/"));
  ASSERT_NE(assets.Find("/sub/index.html"), nullptr);
  EXPECT_EQ(assets.Find("/sub/index.html")->body, "<q>");
}

TEST_F(AssetsTest, NothingElseIsFound) {
  Write("app.js", "x");
  fs::create_directories(folder_ / "sub");
  std::ofstream(folder_.parent_path() / "secret") << "x";
  Assets assets = Load();
  for (const char* path :
       {"/", "", "app.js", "/app", "/app.js/", "//app.js", "/sub", "/sub/",
        "/../secret", "/sub/../app.js", "/.", "/index.html"}) {
    EXPECT_EQ(assets.Find(path), nullptr) << path;
  }
  EXPECT_EQ(Assets().Find("/"), nullptr);
}

TEST_F(AssetsTest, KnowsTheTypesOfAPagesFiles) {
  const std::pair<std::string, std::string> kTypes[] = {
      {"a.html", "text/html; charset=utf-8"},
      {"a.css", "text/css; charset=utf-8"},
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.min.js", "text/javascript; charset=utf-8"},
      {"a.js.map", "application/json"},
      {"a.json", "application/json"},
      {"a.svg", "image/svg+xml"},
      {"a.png", "image/png"},
      {"a.ico", "image/x-icon"},
      {"a.txt", "text/plain; charset=utf-8"},
      {"a.woff2", "font/woff2"},
      {"a.webmanifest", "application/manifest+json"},
      {"a.unknown", "application/octet-stream"},
      {"noextension", "application/octet-stream"},
  };
  for (const auto& [name, type] : kTypes) Write(name, "x");
  Assets assets = Load();
  for (const auto& [name, type] : kTypes) {
    ASSERT_NE(assets.Find("/" + name), nullptr) << name;
    EXPECT_EQ(assets.Find("/" + name)->content_type, type) << name;
  }
}

TEST_F(AssetsTest, ContentIsKeptByteForByte) {
  std::string content;
  for (int i = 0; i < 1024; ++i) content.push_back(static_cast<char>(i));
  Write("a.png", content);
  Write("empty.txt", "");
  Assets assets = Load();
  EXPECT_EQ(assets.Find("/a.png")->body, content);
  EXPECT_EQ(assets.Find("/empty.txt")->body, "");
}

TEST_F(AssetsTest, AnEtagIsThatOfTheContentAndInQuotes) {
  Write("a.js", "one");
  Write("b.js", "one");
  Write("c.js", "two");
  Assets assets = Load();
  EXPECT_THAT(assets.Find("/a.js")->etag, MatchesRegex("\"[0-9a-f]{16}\""));
  EXPECT_EQ(assets.Find("/a.js")->etag, assets.Find("/b.js")->etag);
  EXPECT_NE(assets.Find("/a.js")->etag, assets.Find("/c.js")->etag);
  std::string before = assets.Find("/a.js")->etag;
  EXPECT_EQ(Load().Find("/a.js")->etag, before) << "the next start";
}

TEST_F(AssetsTest, AFolderMayBeWrittenInAnyWay) {
  Write("sub/a.js", "x");
  for (const std::string& folder :
       {folder_.string() + "/", folder_.string() + "/.",
        folder_.string() + "/sub/.."}) {
    EXPECT_NE(LoadFrom(folder).Find("/sub/a.js"), nullptr) << folder;
  }
}

TEST_F(AssetsTest, LinksToFilesAreFollowedAsRunfilesNeed) {
  Write("elsewhere/real.js", "x");
  fs::create_directories(folder_ / "site");
  fs::create_symlink(folder_ / "elsewhere/real.js", folder_ / "site/app.js");
  Assets assets = LoadFrom((folder_ / "site").string());
  ASSERT_NE(assets.Find("/app.js"), nullptr);
  EXPECT_EQ(assets.Find("/app.js")->body, "x");
}

TEST_F(AssetsTest, WhatIsNoFileIsPassedOver) {
  Write("a.js", "x");
  fs::create_symlink("nowhere", folder_ / "dangling.js");
  fs::create_symlink("loop.js", folder_ / "loop.js");
  fs::create_symlink(folder_, folder_ / "up");
  Assets assets = Load();
  EXPECT_NE(assets.Find("/a.js"), nullptr);
  EXPECT_EQ(assets.Find("/dangling.js"), nullptr);
  EXPECT_EQ(assets.Find("/loop.js"), nullptr);
}

TEST_F(AssetsTest, AFolderThatIsNotThereIsNotFound) {
  Write("file", "x");
  for (const std::string& folder :
       {(folder_ / "nowhere").string(), (folder_ / "file").string(),
        std::string()}) {
    auto assets = Assets::Load(folder);
    ASSERT_EQ(assets.status().code(), absl::StatusCode::kNotFound) << folder;
    EXPECT_THAT(std::string(assets.status().message()), HasSubstr(folder));
  }
}

TEST_F(AssetsTest, MoreThanTheLimitIsRefusedWithoutReadingIt) {
  Write("small.js", "x");
  Write("huge.bin", "");
  // Takes no room on the disk; would take all of the memory.
  fs::resize_file(folder_ / "huge.bin", uint64_t{1} << 40);
  EXPECT_EQ(Assets::Load(folder_.string()).status().code(),
            absl::StatusCode::kResourceExhausted);
  fs::resize_file(folder_ / "huge.bin", Assets::kMaxBytes);
  EXPECT_EQ(Assets::Load(folder_.string()).status().code(),
            absl::StatusCode::kResourceExhausted);
  fs::resize_file(folder_ / "huge.bin", Assets::kMaxBytes - 1);
  EXPECT_TRUE(Assets::Load(folder_.string()).ok());
}

}  // namespace
}  // namespace bridge
