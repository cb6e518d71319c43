#include "bridge/http/line_splitter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bridge {
namespace {

using Lines = std::vector<std::pair<int64_t, std::string>>;

struct Split {
  Lines lines;  // with their numbers
  std::optional<int64_t> blank_line;
  bool too_long = false;

  bool operator==(const Split&) const = default;
};

Split SplitInPieces(std::string_view text, size_t piece, size_t max) {
  LineSplitter splitter(max);
  Split split;
  while (!text.empty() && !splitter.too_long()) {
    splitter.Add(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    while (auto line = splitter.Next()) {
      split.lines.emplace_back(splitter.line_number(), *line);
    }
  }
  if (!splitter.too_long()) {
    if (auto line = splitter.Last()) {
      split.lines.emplace_back(splitter.line_number(), *line);
    }
  }
  split.blank_line = splitter.blank_line();
  split.too_long = splitter.too_long();
  return split;
}

// The same must come of pieces of any size.
Split SplitAll(std::string_view text, size_t max = 100) {
  Split whole = SplitInPieces(text, text.size() + 1, max);
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    EXPECT_EQ(SplitInPieces(text, piece, max), whole) << piece;
  }
  return whole;
}

TEST(LineSplitterTest, GivesLinesWithoutTheirEnds) {
  EXPECT_EQ(SplitAll("a\nbc\n").lines, (Lines{{1, "a"}, {2, "bc"}}));
  EXPECT_EQ(SplitAll("a\r\nbc\r\n").lines, (Lines{{1, "a"}, {2, "bc"}}));
}

TEST(LineSplitterTest, TheLastLineNeedsNoEnd) {
  EXPECT_EQ(SplitAll("a\nbc").lines, (Lines{{1, "a"}, {2, "bc"}}));
  EXPECT_EQ(SplitAll("bc\r").lines, (Lines{{1, "bc"}}));
  EXPECT_EQ(SplitAll("bc").lines, (Lines{{1, "bc"}}));
}

TEST(LineSplitterTest, NothingGivesNothing) {
  EXPECT_EQ(SplitAll("").lines, Lines{});
  EXPECT_EQ(SplitAll("\n").lines, Lines{});
}

TEST(LineSplitterTest, BlankLinesAreLeftOutButCounted) {
  EXPECT_EQ(SplitAll("\n\r\na\n \t \n\nb\n\n").lines,
            (Lines{{3, "a"}, {6, "b"}}));
}

TEST(LineSplitterTest, TheFirstBlankLineIsTold) {
  EXPECT_EQ(SplitAll("a\nb\n\n \nc\n").blank_line, 3);
  EXPECT_EQ(SplitAll("\na\n\n").blank_line, 1);
  EXPECT_EQ(SplitAll("a\n ").blank_line, 2);
  EXPECT_EQ(SplitAll("a\n").blank_line, std::nullopt);
  EXPECT_EQ(SplitAll("a\n\nbbbb", 3).blank_line, 2) << "before one too long";
}

TEST(LineSplitterTest, WhiteSpaceWithinALineStays) {
  EXPECT_EQ(SplitAll(" a\tb \r x\n").lines, (Lines{{1, " a\tb \r x"}}));
}

TEST(LineSplitterTest, ALineMayContainEveryByteButItsEnd) {
  std::string line;
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '\n') line.push_back(static_cast<char>(byte));
  }
  line += std::string(1, '\0');
  EXPECT_EQ(SplitAll(line + "\n", 1000).lines, (Lines{{1, line}}));
}

TEST(LineSplitterTest, ALineOfExactlyTheLimitIsGiven) {
  std::string line(100, 'x');
  Split split = SplitAll(line + "\n" + line);
  EXPECT_EQ(split.lines, (Lines{{1, line}, {2, line}}));
  EXPECT_FALSE(split.too_long);
}

TEST(LineSplitterTest, ALineOverTheLimitIsTooLong) {
  std::string line(101, 'x');
  for (const std::string& text : {line, line + "\n", line + "\nnext\n"}) {
    Split split = SplitAll("ok\n" + text);
    EXPECT_TRUE(split.too_long);
    EXPECT_EQ(split.lines, (Lines{{1, "ok"}}));
  }
}

TEST(LineSplitterTest, ABlankLineOverTheLimitIsTooLongToo) {
  EXPECT_TRUE(SplitAll(std::string(101, ' ') + "\n").too_long);
}

TEST(LineSplitterTest, ATooLongLineIsKnownBeforeItsEnd) {
  LineSplitter splitter(4);
  splitter.Add("a\n12345");
  EXPECT_EQ(splitter.Next(), "a");
  EXPECT_EQ(splitter.Next(), std::nullopt);
  EXPECT_TRUE(splitter.too_long());
  EXPECT_EQ(splitter.line_number(), 1) << "the next one is too long";
  EXPECT_EQ(splitter.Next(), std::nullopt) << "and stays so";
  EXPECT_TRUE(splitter.too_long());
}

TEST(LineSplitterTest, TheLimitIsForEachLineAlone) {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "123\n";
  EXPECT_EQ(SplitAll(text, 4).lines.size(), 50u);
}

}  // namespace
}  // namespace bridge
