#include "service/request/text.h"

#include <gtest/gtest.h>

#include <string>

namespace happiness {
namespace {

TEST(TextTest, CountsCharactersNotBytes) {
  EXPECT_EQ(ShapeOf("")->characters, 0u);
  EXPECT_EQ(ShapeOf("Oslo")->characters, 4u);
  EXPECT_EQ(ShapeOf("Zürich")->characters, 6u);
  EXPECT_EQ(ShapeOf("東京")->characters, 2u);
  EXPECT_EQ(ShapeOf("🙂")->characters, 1u);
}

TEST(TextTest, FindsControlCharactersOfC0AndC1) {
  for (const std::string& text :
       {std::string("\0", 1), std::string("\t"), std::string("\x1F"),
        std::string("\x7F"), std::string("\xC2\x80"), std::string("\xC2\x85"),
        std::string("\xC2\x9F")}) {
    ASSERT_TRUE(ShapeOf(text));
    EXPECT_TRUE(ShapeOf("a" + text + "b")->has_control) << text;
  }
}

TEST(TextTest, FindsNoControlCharactersBesideThem) {
  for (const char* text : {" ", "~", "\xC2\xA0", "é", "\xE2\x80\xA8", "東"}) {
    ASSERT_TRUE(ShapeOf(text));
    EXPECT_FALSE(ShapeOf(text)->has_control) << text;
  }
}

TEST(TextTest, AcceptsTheEdgesOfUtf8) {
  for (const char* text :
       {"\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsValidUtf8(text));
    EXPECT_EQ(ShapeOf(text)->characters, 1u);
  }
}

TEST(TextTest, RefusesWhatIsNotUtf8) {
  for (const char* text : {"\x80",              // a continuation byte alone
                           "\xC3",              // cut short
                           "\xE2\x82",          // cut short
                           "\xF0\x9F\x99",      // cut short
                           "\xC3(",             // no continuation byte
                           "\xC0\x80",          // overlong
                           "\xC1\xBF",          // overlong
                           "\xE0\x9F\xBF",      // overlong
                           "\xF0\x8F\xBF\xBF",  // overlong
                           "\xED\xA0\x80",      // a surrogate
                           "\xED\xBF\xBF",      // a surrogate
                           "\xF4\x90\x80\x80",  // above U+10FFFF
                           "\xF8\x88\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_FALSE(IsValidUtf8(text));
    EXPECT_FALSE(IsValidUtf8(std::string("Oslo") + text));
  }
}

}  // namespace
}  // namespace happiness
