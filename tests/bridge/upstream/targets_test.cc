#include "bridge/upstream/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace bridge {
namespace {

using ::testing::ElementsAre;

std::string ErrorOf(std::string_view list) {
  const auto targets = ParseTargets(list);
  EXPECT_FALSE(targets.ok()) << list;
  return std::string(targets.status().message());
}

TEST(TargetsTest, AreHostsWithPortsOrWhatGrpcResolves) {
  for (const char* target :
       {"localhost:50051", "a-b_c.example:1", "127.0.0.1:65535", "[::1]:50051",
        "[fe80::1%eth0]:1", "dns:a:1", "dns:///a.example:1", "dns:///[::1]:1",
        "dns://8.8.8.8/a:1", "unix:none", "unix:///run/a", "unix-abstract:a",
        "ipv4:127.0.0.1:1", "xds:///a"}) {
    const auto targets = ParseTargets(target);
    ASSERT_TRUE(targets.ok()) << targets.status();
    EXPECT_THAT(*targets, ElementsAre(target));
  }
}

TEST(TargetsTest, CommasSeparateThem) {
  const auto targets = ParseTargets("a:1,[::1]:2,dns:///b:3,unix:/c");
  ASSERT_TRUE(targets.ok()) << targets.status();
  EXPECT_THAT(*targets, ElementsAre("a:1", "[::1]:2", "dns:///b:3", "unix:/c"));
}

TEST(TargetsTest, GrpcsOwnListsAreOneTargetEach) {
  for (const char* list :
       {"ipv4:127.0.0.1:1,127.0.0.1:2", "ipv6:[::1]:1,[::1]:2"}) {
    const auto targets = ParseTargets(list);
    ASSERT_TRUE(targets.ok()) << targets.status();
    EXPECT_THAT(*targets, ElementsAre(list));
  }
}

TEST(TargetsTest, AnItemThatCantBeUsedIsNamed) {
  EXPECT_EQ(ErrorOf(""), ": must be host:port");
  EXPECT_EQ(ErrorOf("a"), "a: must be host:port");
  EXPECT_EQ(ErrorOf("a:1,b"), "b: must be host:port");
  EXPECT_EQ(ErrorOf("a:1,:2"), ":2: must be host:port");
  EXPECT_EQ(ErrorOf("a:1,[::1]"), "[::1]: must be host:port");
  EXPECT_EQ(ErrorOf("a:1,[::x]:1"), "[::x]:1: must be host:port");
  EXPECT_EQ(ErrorOf("a:1, b:2"), " b:2: must be host:port");
  EXPECT_EQ(ErrorOf("a:1;b:2"), "a:1;b:2: must be host:port");
  EXPECT_EQ(ErrorOf("http://a:1"), "http://a:1: must be host:port");
  EXPECT_EQ(ErrorOf("dns:///a"), "dns:///a: must be host:port");
  for (const char* item : {"::1:50051", "::1", "dns:///::1:1"}) {
    EXPECT_EQ(ErrorOf(item),
              absl::StrCat(item,
                           ": an IPv6 address must be in brackets: "
                           "[::1]:50051"));
  }
  for (const char* item : {"a:", "a:0", "a:65536", "a:-1", "a:http", "dns:"}) {
    EXPECT_EQ(ErrorOf(item),
              absl::StrCat(item,
                           ": must have a port from 1 to 65535 at "
                           "its end"));
  }
  EXPECT_EQ(ErrorOf("a:1,,b:2"), "a:1,,b:2: its item 2 is empty");
  EXPECT_EQ(ErrorOf("a:1,"), "a:1,: its item 2 is empty");
  EXPECT_EQ(ErrorOf("a:1,b:1,a:1"), "a:1: is there twice");
}

TEST(TargetsTest, AreAtMost64) {
  std::vector<std::string> items;
  for (size_t i = 1; i <= kMaxTargets; ++i)
    items.push_back(absl::StrCat("a:", i));
  const auto most = ParseTargets(absl::StrJoin(items, ","));
  ASSERT_TRUE(most.ok()) << most.status();
  EXPECT_EQ(most->size(), kMaxTargets);
  items.push_back("b:1");
  EXPECT_EQ(ErrorOf(absl::StrJoin(items, ",")),
            "a:1,...: must be at most 64 items, not 65");
}

}  // namespace
}  // namespace bridge
