#include "bridge/transcode/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bridge {
namespace {

// The encoding by the definition, with no regard to what is forbidden.
std::string Encode(uint32_t point, int bytes) {
  if (bytes == 1) return std::string(1, static_cast<char>(point));
  std::string text;
  for (int i = 0; i < bytes - 1; ++i) {
    text.insert(text.begin(), static_cast<char>(0x80 | (point & 0x3F)));
    point >>= 6;
  }
  uint32_t lead = (0xFF00u >> bytes) & 0xFF;
  text.insert(text.begin(), static_cast<char>(lead | point));
  return text;
}

int ShortestLength(uint32_t point) {
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

bool IsSurrogate(uint32_t point) { return point >= 0xD800 && point <= 0xDFFF; }

TEST(Utf8Test, EveryCharacterOfUnicodeIsValidAndNothingBeyond) {
  for (uint32_t point = 0; point < 0x200000; ++point) {
    bool valid = point <= 0x10FFFF && !IsSurrogate(point);
    ASSERT_EQ(IsValidUtf8(Encode(point, ShortestLength(point))), valid)
        << std::hex << point;
  }
}

TEST(Utf8Test, AnOverlongFormIsNotValid) {
  for (uint32_t point = 0; point < 0x10000; ++point) {
    for (int bytes = ShortestLength(point) + 1; bytes <= 4; ++bytes) {
      ASSERT_FALSE(IsValidUtf8(Encode(point, bytes))) << std::hex << point;
    }
  }
}

TEST(Utf8Test, OnlyTheSixtyFourContinuationBytesFollow) {
  for (int byte = 0; byte < 256; ++byte) {
    bool valid = byte >= 0x80 && byte <= 0xBF;
    std::string last(1, static_cast<char>(byte));
    EXPECT_EQ(IsValidUtf8("\xC3" + last), valid) << byte;
    EXPECT_EQ(IsValidUtf8("\xE2\x82" + last), valid) << byte;
    EXPECT_EQ(IsValidUtf8("\xF0\x9F\x98" + last), valid) << byte;
  }
}

TEST(Utf8Test, ATextMayNotEndWithinACharacter) {
  for (const std::string& whole :
       {std::string("é"), std::string("€"), std::string("😀")}) {
    for (size_t cut = 1; cut < whole.size(); ++cut) {
      EXPECT_FALSE(IsValidUtf8(whole.substr(0, cut))) << whole << cut;
    }
    EXPECT_TRUE(IsValidUtf8(whole));
  }
}

TEST(Utf8Test, ATextMayContainZeroBytes) {
  EXPECT_TRUE(IsValidUtf8({"a\0b", 3}));
  EXPECT_TRUE(IsValidUtf8(""));
}

TEST(Utf8ValidatorTest, PiecesMaySplitACharacterAnywhere) {
  const std::string text = "né €uro 😀\xED\x9F\xBF\xEE\x80\x80.";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.Add(text.substr(0, cut)));
    bool between = cut == text.size() || (text[cut] & 0xC0) != 0x80;
    EXPECT_EQ(validator.complete(), between) << cut;
    EXPECT_TRUE(validator.Add(text.substr(cut)));
    EXPECT_TRUE(validator.complete());
  }
}

TEST(Utf8ValidatorTest, SaysFalseAtTheFirstByteThatCannotBe) {
  struct Case {
    std::string good;
    char bad;
  };
  const std::vector<Case> cases = {
      {"abc", '\x80'},      {"", '\xC0'},          {"", '\xC1'},
      {"", '\xF5'},         {"", '\xFF'},          {"\xE0", '\x9F'},
      {"\xED", '\xA0'},     {"\xF0", '\x8F'},      {"\xF4", '\x90'},
      {"\xE2\x82", 'a'},    {"\xF0\x9F\x98", 'a'}, {"\xC3", '\xC3'},
      {"\xE0\xA0", '\x7F'}, {"€", '\xBF'},
  };
  for (const Case& test : cases) {
    Utf8Validator validator;
    EXPECT_TRUE(validator.Add(test.good));
    EXPECT_FALSE(validator.Add({&test.bad, 1}))
        << ::testing::PrintToString(test.good) << " " << (test.bad & 0xFF);
  }
}

TEST(Utf8ValidatorTest, TheNarrowRangeOfASecondByteEndsWithIt) {
  // After E0 A0 and the like, any continuation byte may follow.
  EXPECT_TRUE(IsValidUtf8("\xE0\xA0\x80\xC3\x80"));
  EXPECT_TRUE(IsValidUtf8("\xED\x9F\xBF\xC3\xBF"));
  EXPECT_TRUE(IsValidUtf8("\xF0\x90\x80\x80\xC3\x80"));
  EXPECT_TRUE(IsValidUtf8("\xF4\x8F\xBF\xBF\xC3\xBF"));
}

}  // namespace
}  // namespace bridge
