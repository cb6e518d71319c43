#include "bridge/transcode/json_text.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>

#include "bridge/transcode/utf8.h"

namespace bridge {
namespace {

// What a JSON parser that we did not write reads.
std::string Parsed(const std::string& json) {
  google::protobuf::Value value;
  auto status = google::protobuf::util::JsonStringToMessage(json, &value);
  EXPECT_TRUE(status.ok()) << json << ": " << status.ToString();
  return value.string_value();
}

TEST(JsonTextTest, PlainTextIsQuoted) {
  EXPECT_EQ(JsonString(""), "\"\"");
  EXPECT_EQ(JsonString("São Tomé 😀"), "\"São Tomé 😀\"");
}

TEST(JsonTextTest, QuotesAndBackslashesAreEscaped) {
  EXPECT_EQ(JsonString(R"(say "a\b")"), R"("say \"a\\b\"")");
}

TEST(JsonTextTest, ControlCharactersAreEscaped) {
  EXPECT_EQ(JsonString({"\0\n\x1f\x7f", 4}), R"("\u0000\u000a\u001f\u007f")");
}

TEST(JsonTextTest, EveryByteGivesJsonThatParsesBackToIt) {
  for (int byte = 0; byte < 128; ++byte) {
    std::string text = {'a', static_cast<char>(byte), 'b'};
    EXPECT_EQ(Parsed(JsonString(text)), text) << byte;
  }
}

TEST(JsonTextTest, EachByteThatIsNotUtf8BecomesAReplacementCharacter) {
  EXPECT_EQ(JsonString("a\xFFz"), "\"a\uFFFDz\"");
  EXPECT_EQ(JsonString("\xE2\x82"), "\"\uFFFD\uFFFD\"");
  EXPECT_EQ(JsonString("\xED\xA0\x80é"), "\"\uFFFD\uFFFD\uFFFDé\"");
  EXPECT_EQ(JsonString("\xC3\""), "\"\uFFFD\\\"\"");
}

TEST(JsonDepthTest, CountsWhatIsWithinEachOther) {
  EXPECT_EQ(JsonDepth(""), 0u);
  EXPECT_EQ(JsonDepth("1"), 0u);
  EXPECT_EQ(JsonDepth("{}"), 1u);
  EXPECT_EQ(JsonDepth(R"([{"a":[1]},{"b":2}])"), 3u);
  EXPECT_EQ(JsonDepth(R"({"a{[\"{[":"[[[[\\"})"), 1u);
  EXPECT_EQ(JsonDepth(R"({'it\'s [[':[]})"), 2u);
  EXPECT_EQ(JsonDepth("]]}}[["), 2u);
  EXPECT_EQ(JsonDepth("\"\\"), 0u);
  EXPECT_EQ(JsonDepth("[[[[", 3), 3u);
}

TEST(ShortenedTest, CutsBetweenCharacters) {
  EXPECT_EQ(Shortened("abc", 3), "abc");
  EXPECT_EQ(Shortened("abcd", 3), "abc…");
  EXPECT_EQ(Shortened("aé", 2), "a…");
  EXPECT_EQ(Shortened("aé!", 3), "aé…");
  EXPECT_EQ(Shortened("😀!", 4), "😀…");
  EXPECT_EQ(Shortened("😀", 3), "…");
  EXPECT_EQ(Shortened("", 0), "");
  EXPECT_EQ(Shortened(std::string(200, 'x')), std::string(100, 'x') + "…");
}

TEST(JsonTextTest, AnyTwoBytesGiveValidJson) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      std::string json = JsonString(
          std::string{static_cast<char>(first), static_cast<char>(second)});
      ASSERT_TRUE(IsValidUtf8(json)) << first << " " << second;
      ASSERT_EQ(json.find_first_of('\n'), json.npos);
    }
  }
}

}  // namespace
}  // namespace bridge
