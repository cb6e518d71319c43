#include "service/access/token_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace happiness {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// printf %s secret | sha256sum; printf %s "another one" | sha256sum
constexpr char kSecret[] =
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
constexpr char kAnother[] =
    "08518B71617EB0B46C053F3766069649F664E9A3FBACA168D6A861FBEC870082";

TEST(TokenTableTest, KnowsWhoseTokenItIs) {
  const auto table = TokenTable::Parse(
      absl::StrCat("# who may record\n\ndoor-sensor ", kSecret, "\r\n",
                   "\tMaría   ", kAnother, "   # at the front desk"));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->size(), 2u);
  EXPECT_EQ(table->NameOf("secret"), "door-sensor");
  EXPECT_EQ(table->NameOf("another one"), "María");
}

TEST(TokenTableTest, KnowsNoOther) {
  const auto table = TokenTable::Parse(absl::StrCat("a ", kSecret));
  ASSERT_TRUE(table.ok()) << table.status();
  for (const std::string& token :
       {std::string(), std::string("Secret"), std::string("secret "),
        std::string("secret\0", 7), std::string(kSecret),
        std::string(100'000, 'x')}) {
    EXPECT_EQ(table->NameOf(token), std::nullopt) << token.substr(0, 100);
  }
  EXPECT_EQ(TokenTable::Parse("")->NameOf(""), std::nullopt);
}

TEST(TokenTableTest, ANameMayHaveSeveralTokensAndATokenOneName) {
  EXPECT_EQ(TokenTable::Parse(absl::StrCat("a ", kSecret, "\na ", kAnother))
                ->NameOf("another one"),
            "a");
  EXPECT_EQ(TokenTable::Parse(absl::StrCat("a ", kSecret, "\nb ", kSecret))
                .status()
                .message(),
            "line 2: the token is there already");
}

TEST(TokenTableTest, SaysWhichLineBreaksWhichRule) {
  const std::string digest = kSecret;
  struct Case {
    std::string line;
    const char* rule;
  };
  for (const Case& c : {
           Case{"a", "must be a name and the SHA-256"},
           Case{"a b " + digest, "must be a name and the SHA-256"},
           Case{"a secret", "64 hexadecimal digits"},
           Case{"a " + digest + "0", "64 hexadecimal digits"},
           Case{"a g" + digest.substr(1), "64 hexadecimal digits"},
           Case{std::string(65, 'a') + " " + digest, "64 characters"},
           Case{"K\xfc"
                "che " +
                    digest,
                "valid UTF-8"},
           Case{"a\x07 " + digest, "without control characters"},
       }) {
    const absl::Status status =
        TokenTable::Parse(absl::StrCat("# one\n", c.line, "\n")).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << c.line;
    EXPECT_THAT(std::string(status.message()), StartsWith("line 2: "));
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.rule));
  }
}

TEST(TokenTableTest, HoldsSoManyAndNoMore) {
  std::string text;
  for (size_t i = 0; i < TokenTable::kMaxTokens; ++i) {
    absl::StrAppend(&text, "a ", absl::Hex(i, absl::kZeroPad16),
                    std::string(48, '0'), "\n");
  }
  EXPECT_EQ(TokenTable::Parse(text)->size(), TokenTable::kMaxTokens);
  EXPECT_THAT(
      std::string(TokenTable::Parse(text + "a " + kSecret).status().message()),
      HasSubstr("100000 tokens at most"));
}

}  // namespace
}  // namespace happiness
