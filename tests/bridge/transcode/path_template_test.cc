#include "bridge/transcode/path_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

PathTemplate Parse(std::string_view text) {
  auto parsed = PathTemplate::Parse(text);
  if (!parsed.ok()) {
    ADD_FAILURE() << parsed.status().ToString();
    return {};
  }
  return *std::move(parsed);
}

std::optional<std::vector<Parameter>> Match(std::string_view text,
                                            std::string_view path) {
  return Parse(text).Match(path);
}

bool Matches(std::string_view text, std::string_view path) {
  return Match(text, path).has_value();
}

TEST(PathTemplateTest, ALiteralMatchesItselfOnly) {
  EXPECT_THAT(Match("/v1/rooms", "/v1/rooms"), Optional(IsEmpty()));
  for (const char* path :
       {"", "/", "v1/rooms", "/v1", "/v1/", "/v1/room", "/v1/roomss",
        "/v1/rooms/", "//v1/rooms", "/v1//rooms", "/V1/rooms", "/v1/rooms:x"}) {
    EXPECT_FALSE(Matches("/v1/rooms", path)) << path;
  }
}

TEST(PathTemplateTest, ALiteralMatchesItsPercentEncodedForm) {
  EXPECT_TRUE(Matches("/v1/rooms", "/v1/%72ooms"));
}

TEST(PathTemplateTest, TheRootIsATemplateToo) {
  EXPECT_TRUE(Matches("/", "/"));
  EXPECT_FALSE(Matches("/", "//"));
  EXPECT_FALSE(Matches("/", "/a"));
}

TEST(PathTemplateTest, AStarMatchesOneSegmentThatIsNotEmpty) {
  EXPECT_THAT(Match("/a/*/c", "/a/b/c"), Optional(IsEmpty()));
  for (const char* path : {"/a/c", "/a//c", "/a/b/b/c", "/a/b", "/a/b/"}) {
    EXPECT_FALSE(Matches("/a/*/c", path)) << path;
  }
}

TEST(PathTemplateTest, TwoStarsMatchTheRestEvenIfItIsEmpty) {
  for (const char* path : {"/a", "/a/", "/a/b", "/a/b/c", "/a/b/c/"}) {
    EXPECT_TRUE(Matches("/a/**", path)) << path;
  }
  EXPECT_FALSE(Matches("/a/**", "/ab"));
  EXPECT_FALSE(Matches("/a/*/**", "/a"));
}

TEST(PathTemplateTest, AVariableBindsItsSegmentDecoded) {
  EXPECT_THAT(Match("/v1/{name}", "/v1/S%C3%A3o%20Tom%C3%A9"),
              Optional(ElementsAre(Pair("name", "São Tomé"))));
  EXPECT_THAT(Match("/v1/{name}", "/v1/a+b"),
              Optional(ElementsAre(Pair("name", "a+b"))));
  EXPECT_THAT(Match("/v1/{name}", "/v1/a%2Fb"),
              Optional(ElementsAre(Pair("name", "a/b"))));
  EXPECT_FALSE(Matches("/v1/{name}", "/v1/"));
}

TEST(PathTemplateTest, AVariableBindsAllTheSegmentsOfItsPattern) {
  EXPECT_THAT(Match("/v1/{name=rooms/*}/seats", "/v1/rooms/7/seats"),
              Optional(ElementsAre(Pair("name", "rooms/7"))));
  EXPECT_FALSE(Matches("/v1/{name=rooms/*}/seats", "/v1/halls/7/seats"));
}

TEST(PathTemplateTest, AnOpenEndedVariableBindsTheRest) {
  EXPECT_THAT(Match("/v1/{path=files/**}", "/v1/files/a/b.txt"),
              Optional(ElementsAre(Pair("path", "files/a/b.txt"))));
  EXPECT_THAT(Match("/v1/{path=files/**}", "/v1/files"),
              Optional(ElementsAre(Pair("path", "files"))));
  EXPECT_THAT(Match("/v1/{path=**}", "/v1"),
              Optional(ElementsAre(Pair("path", ""))));
}

TEST(PathTemplateTest, AVariableBeforeAnOpenEndBindsItsOwnSegmentsOnly) {
  EXPECT_THAT(Match("/v1/{name=rooms/*}/**", "/v1/rooms/7/a/b"),
              Optional(ElementsAre(Pair("name", "rooms/7"))));
}

TEST(PathTemplateTest, SeveralVariablesAreBoundInTheirOrder) {
  EXPECT_THAT(Match("/{a}/x/{b.c=**}", "/1/x/2/3"),
              Optional(ElementsAre(Pair("a", "1"), Pair("b.c", "2/3"))));
  EXPECT_THAT(Parse("/{a}/x/{b.c=**}").variables(), ElementsAre("a", "b.c"));
}

TEST(PathTemplateTest, AVariableOfManySegmentsKeepsASlashThatIsEncoded) {
  // google/api/http.proto: otherwise rooms/a%2Fb could not be told from
  // rooms/a/b.
  EXPECT_THAT(Match("/v1/{name=rooms/*}", "/v1/rooms/a%2Fb%20c"),
              Optional(ElementsAre(Pair("name", "rooms/a%2Fb c"))));
  EXPECT_THAT(Match("/v1/{name=**}", "/v1/rooms/a%2fb"),
              Optional(ElementsAre(Pair("name", "rooms/a%2fb"))));
}

TEST(PathTemplateTest, AVerbMustStandAtTheEnd) {
  EXPECT_THAT(Match("/v1/{name=rooms/*}:close", "/v1/rooms/7:close"),
              Optional(ElementsAre(Pair("name", "rooms/7"))));
  EXPECT_TRUE(Matches("/happiness:record", "/happiness:record"));
  for (const char* path :
       {"/v1/rooms/7", "/v1/rooms/7:", "/v1/rooms/7:closed", "/v1/rooms/7close",
        "/v1/rooms/:close", "/v1/rooms/7:close/"}) {
    EXPECT_FALSE(Matches("/v1/{name=rooms/*}:close", path)) << path;
  }
}

TEST(PathTemplateTest, AVariableMayContainColons) {
  EXPECT_THAT(Match("/v1/{name}:close", "/v1/a:b:close"),
              Optional(ElementsAre(Pair("name", "a:b"))));
}

TEST(PathTemplateTest, APathWithABrokenEscapeMatchesNothing) {
  EXPECT_FALSE(Matches("/v1/{name}", "/v1/%"));
  EXPECT_FALSE(Matches("/v1/**", "/v1/%zz"));
}

TEST(PathTemplateTest, WhatIsNotInTheGrammarIsRefused) {
  for (const char* text :
       {"",         "a",          "//",          "/a//b",  "/a/",    "/{",
        "/{}",      "/{a",        "/{a=}",       "/{=a}",  "/{a=b",  "/{a=b/}",
        "/{a={b}}", "/{a=*/{b}}", "/a}",         "/a*",    "/*a",    "/***",
        "/**/a",    "/{a=**}/b",  "/{a=**}/{b}", "/a:",    "/a:b:c", "/a:b/c",
        "/:a",      "/{a}b",      "/a{b}",       "/a:{b}", "/a:*"}) {
    auto parsed = PathTemplate::Parse(text);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument)
        << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(text));
  }
}

// ---- The order in which templates are tried.

void ExpectOrder(std::string_view first, std::string_view second) {
  EXPECT_TRUE(Parse(first).MoreSpecificThan(Parse(second)))
      << first << " before " << second;
  EXPECT_FALSE(Parse(second).MoreSpecificThan(Parse(first)))
      << second << " not before " << first;
}

TEST(PathTemplateOrderTest, ALiteralGoesBeforeAWildcard) {
  ExpectOrder("/v1/rooms", "/v1/*");
  ExpectOrder("/v1/rooms/largest", "/v1/{name=rooms/*}");
  ExpectOrder("/a/{b}", "/{a}/b");
}

TEST(PathTemplateOrderTest, OneSegmentGoesBeforeMany) {
  ExpectOrder("/v1/*", "/v1/**");
  ExpectOrder("/v1/{a}/b", "/v1/**");
  ExpectOrder("/v1", "/v1/**");
}

TEST(PathTemplateOrderTest, AVerbGoesBeforeNone) {
  ExpectOrder("/v1/*:close", "/v1/*");
  // "/v1/a:close" matches all of these, and only one asks for the verb.
  ExpectOrder("/v1/**:close", "/v1/*");
  ExpectOrder("/**:close", "/v1/{name}");
}

TEST(PathTemplateTest, KnowsWhatMatchesTheSamePaths) {
  auto same = [](std::string_view a, std::string_view b) {
    return Parse(a).MatchesSameAs(Parse(b));
  };
  EXPECT_TRUE(same("/v1/{name=rooms/*}:x", "/v1/rooms/{id}:x"));
  EXPECT_TRUE(same("/v1/**", "/v1/{rest=**}"));
  EXPECT_FALSE(same("/v1/*", "/v1/**"));
  EXPECT_FALSE(same("/v1/a", "/v1/b"));
  EXPECT_FALSE(same("/v1/*", "/v1/*:x"));
  EXPECT_FALSE(same("/v1/*", "/v1/*/*"));
}

TEST(PathTemplateOrderTest, IsStrict) {
  for (const char* text : {"/", "/a", "/*", "/**", "/a:b", "/{a=b/*}/c"}) {
    EXPECT_FALSE(Parse(text).MoreSpecificThan(Parse(text))) << text;
  }
  EXPECT_FALSE(Parse("/a").MoreSpecificThan(Parse("/b")));
  EXPECT_FALSE(Parse("/b").MoreSpecificThan(Parse("/a")));
}

}  // namespace
}  // namespace bridge
