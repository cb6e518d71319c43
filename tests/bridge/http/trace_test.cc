#include "bridge/http/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Pair;

// The standard's own example.
constexpr char kParent[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

Trace TraceOf(std::string_view name, std::string_view value) {
  RequestHeader header;
  header.set(boost::beast::string_view(name.data(), name.size()),
             boost::beast::string_view(value.data(), value.size()));
  return Trace::Of(header);
}

TEST(TraceTest, TakesAGoodRequestIdAndMakesOneOtherwise) {
  for (const std::string good : {"a", "A-1_b.c", "01234567-89ab-cdef"}) {
    EXPECT_EQ(TraceOf("X-Request-Id", good).request_id, good);
  }
  EXPECT_EQ(TraceOf("X-Request-Id", std::string(64, 'x')).request_id,
            std::string(64, 'x'));
  for (const std::string& bad :
       {std::string(), std::string(65, 'x'), std::string("a b"),
        std::string("a\"b"), std::string("caf\xC3\xA9"), std::string("a,b")}) {
    EXPECT_THAT(TraceOf("X-Request-Id", bad).request_id,
                MatchesRegex("[0-9a-f]{32}"))
        << bad;
  }
  EXPECT_NE(Trace::Of({}).request_id, Trace::Of({}).request_id);
}

TEST(TraceTest, PassesAGoodTraceparentOn) {
  const std::string parent = kParent;
  for (const std::string& good :
       {parent, "cc" + parent.substr(2), "cc" + parent.substr(2) + "-more"}) {
    EXPECT_THAT(TraceOf("Traceparent", good).context,
                ElementsAre(Pair("traceparent", good)));
  }
  const std::string trace = parent.substr(3, 32);
  for (const std::string& bad : std::initializer_list<std::string>{
           "", "00", parent + "-more", "ff" + parent.substr(2),
           parent.substr(0, 54), "0g" + parent.substr(2),
           "00_" + parent.substr(3), parent + "," + parent,
           "cc" + parent.substr(2) + "-\x80", "cc" + parent.substr(2) + "-a\tb",
           "00-" + std::string(32, '0') + parent.substr(35),
           "00-" + trace + "-" + std::string(16, '0') + "-01",
           "00-" + std::string(32, 'A') + parent.substr(35)}) {
    EXPECT_THAT(TraceOf("traceparent", bad).context, IsEmpty()) << bad;
  }
}

TEST(TraceTest, PassesTracestateOnWithATraceparent) {
  RequestHeader header;
  header.insert("tracestate", "a=1");
  header.insert("tracestate", "b=2");
  EXPECT_THAT(Trace::Of(header).context, IsEmpty());
  header.set("traceparent", kParent);
  EXPECT_THAT(
      Trace::Of(header).context,
      ElementsAre(Pair("traceparent", kParent), Pair("tracestate", "a=1,b=2")));
  header.set("tracestate", std::string(513, 'x'));
  EXPECT_THAT(Trace::Of(header).context,
              ElementsAre(Pair("traceparent", kParent)));
}

TEST(TraceTest, BecomesMetadata) {
  const Trace trace = TraceOf("x-request-id", "abc");
  EXPECT_THAT(trace.ToMetadata(), ElementsAre(Pair("x-request-id", "abc")));
}

}  // namespace
}  // namespace bridge
