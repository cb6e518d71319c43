#include "bridge/transcode/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(PercentDecodeTest, ResolvesEveryByte) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (int byte = 0; byte < 256; ++byte) {
    std::string text = {'%', kDigits[byte / 16], kDigits[byte % 16]};
    auto decoded = PercentDecode(text);
    ASSERT_TRUE(decoded.ok()) << text;
    EXPECT_EQ(*decoded, std::string(1, static_cast<char>(byte)));
  }
}

TEST(PercentDecodeTest, TakesUpperAndLowerCaseDigits) {
  EXPECT_EQ(*PercentDecode("S%C3%a3o"), "São");
}

TEST(PercentDecodeTest, DecodesOnceOnly) {
  EXPECT_EQ(*PercentDecode("%2541"), "%41");
}

TEST(PercentDecodeTest, APlusIsASpaceInAQueryOnly) {
  EXPECT_EQ(*PercentDecode("a+b%2B", /*plus_is_space=*/true), "a b+");
  EXPECT_EQ(*PercentDecode("a+b"), "a+b");
}

TEST(PercentDecodeTest, OtherBytesStay) {
  EXPECT_EQ(*PercentDecode("é\xFF&=?"), "é\xFF&=?");
  EXPECT_EQ(*PercentDecode(""), "");
}

TEST(PercentDecodeTest, APercentSignWithoutTwoHexDigitsIsRefused) {
  for (const char* text : {"%", "%4", "a%", "a%4", "%%41", "%g1", "%1g", "%-1",
                           "% 1", "%4 1", "%+1"}) {
    EXPECT_EQ(PercentDecode(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(ParseQueryTest, GivesParametersInTheirOrder) {
  EXPECT_THAT(*ParseQuery("b=2&a=1&b=3"),
              ElementsAre(Pair("b", "2"), Pair("a", "1"), Pair("b", "3")));
}

TEST(ParseQueryTest, BoundsTheParameters) {
  std::string query;
  for (size_t i = 0; i < kMaxParameters; ++i) query += "a=1&";
  EXPECT_EQ(ParseQuery(query)->size(), kMaxParameters);
  EXPECT_EQ(ParseQuery(query + "a=1").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ParseQueryTest, DecodesNamesAndValues) {
  EXPECT_THAT(*ParseQuery("%61+b=S%C3%A3o+Tom%C3%A9%26%3D"),
              ElementsAre(Pair("a b", "São Tomé&=")));
}

TEST(ParseQueryTest, ANameWithoutEqualsHasAnEmptyValue) {
  EXPECT_THAT(*ParseQuery("a&b="), ElementsAre(Pair("a", ""), Pair("b", "")));
}

TEST(ParseQueryTest, AValueMayContainEquals) {
  EXPECT_THAT(*ParseQuery("key=YQ=="), ElementsAre(Pair("key", "YQ==")));
}

TEST(ParseQueryTest, EmptyPartsAreSkipped) {
  EXPECT_THAT(*ParseQuery(""), IsEmpty());
  EXPECT_THAT(*ParseQuery("&&a=1&"), ElementsAre(Pair("a", "1")));
}

TEST(ParseQueryTest, TextThatIsNotUtf8IsRefusedByName) {
  for (const char* query :
       {"place=%FF", "x=1&place=%C3", "place=a%C3%28", "place=\xE2\x82"}) {
    auto parsed = ParseQuery(query);
    ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument)
        << query;
    EXPECT_THAT(std::string(parsed.status().message()),
                HasSubstr("query parameter \"place\": must be valid UTF-8"));
  }
  EXPECT_FALSE(ParseQuery("%FF=1").ok());
}

TEST(ParseQueryTest, ABrokenEscapeIsRefusedByName) {
  auto parsed = ParseQuery("a=1&place=5%");
  ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("\"place\""));
  EXPECT_FALSE(ParseQuery("pl%zzce=5").ok());
}

TEST(SplitTargetTest, TakesThePathAndTheQueryApart) {
  EXPECT_THAT(SplitTarget("/a/b?c=d"), Pair("/a/b", "c=d"));
  EXPECT_THAT(SplitTarget("/a"), Pair("/a", ""));
  EXPECT_THAT(SplitTarget("/a?"), Pair("/a", ""));
  EXPECT_THAT(SplitTarget("/a?b?c"), Pair("/a", "b?c"));
  EXPECT_THAT(SplitTarget(""), Pair("", ""));
  EXPECT_THAT(SplitTarget("/a?b=http://c/d"), Pair("/a", "b=http://c/d"));
}

TEST(SplitTargetTest, TakesTheAbsoluteForm) {
  EXPECT_THAT(SplitTarget("http://h:80/a?b"), Pair("/a", "b"));
  EXPECT_THAT(SplitTarget("http://h"), Pair("/", ""));
}

}  // namespace
}  // namespace bridge
