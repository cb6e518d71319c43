#include "service/access/open_access.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/service/access/jwt_signer.h"

namespace happiness {
namespace {

std::string FileOf(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(::testing::TempDir()) / name;
  std::ofstream(path) << text;
  return path.string();
}

std::string TokensFile() {
  return FileOf("tokens",
                "sensor "
                "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a2"
                "5b\n");
}

std::string KeysFile() {
  return FileOf("keys", "{\"keys\":[" + JwtSigner::Ec().Jwk() + "]}");
}

TEST(OpenAccessTest, WithoutFilesEverybodyMay) {
  const auto access = OpenAccess({});
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_TRUE((*access)->everybody_records());
  EXPECT_TRUE((*access)->everybody_reads());
}

TEST(OpenAccessTest, EachFileIsForItsPurpose) {
  struct Case {
    AccessOptions options;
    bool everybody_records;
    bool everybody_reads;
  };
  const std::string tokens = TokensFile();
  const std::string keys = KeysFile();
  for (const Case& c : {
           Case{{.record_tokens = tokens}, false, true},
           Case{{.read_tokens = tokens}, true, false},
           Case{{.jwt_keys = keys, .jwt_audience = "a", .jwt_records = true},
                false,
                true},
           Case{{.jwt_keys = keys, .jwt_audience = "a", .jwt_reads = true},
                true,
                false},
       }) {
    const auto access = OpenAccess(c.options);
    ASSERT_TRUE(access.ok()) << access.status();
    EXPECT_EQ((*access)->everybody_records(), c.everybody_records);
    EXPECT_EQ((*access)->everybody_reads(), c.everybody_reads);
  }
}

TEST(OpenAccessTest, AnErrorNamesTheFlagAndTheFile) {
  constexpr char kMissing[] =
      "=/none: can't be read: No such file or directory";
  const auto error_of = [](const AccessOptions& options) {
    const absl::Status status = OpenAccess(options).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    return std::string(status.message());
  };
  EXPECT_EQ(error_of({.record_tokens = "/none"}),
            std::string("--record_tokens") + kMissing);
  EXPECT_EQ(error_of({.read_tokens = "/none"}),
            std::string("--read_tokens") + kMissing);
  EXPECT_EQ(error_of({.jwt_keys = "/none", .jwt_audience = "a"}),
            std::string("--jwt_keys") + kMissing);
}

}  // namespace
}  // namespace happiness
