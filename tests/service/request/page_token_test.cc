#include "service/request/page_token.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace happiness {
namespace {

TEST(PageTokenTest, ComesBackAsItWas) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  for (const ListPosition& after : {ListPosition{0, 0},
                                    {kMin, kMax},
                                    {-1, 1},
                                    {1'700'000'000'000'000, 7}}) {
    const PageToken token = {0xFEDCBA9876543210, after};
    const auto back = PageToken::FromString(token.ToString());
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->request, token.request);
    EXPECT_EQ(back->after, after);
  }
}

TEST(PageTokenTest, NeedsNoEncodingInAUrl) {
  const std::string text = PageToken{~uint64_t{0}, {-1, -1}}.ToString();
  EXPECT_EQ(text.find_first_of("+/=%&?"), std::string::npos);
}

TEST(PageTokenTest, IsNothingElse) {
  const std::string text = PageToken{1, {2, 3}}.ToString();
  for (const std::string& other :
       {std::string(), std::string("x"), std::string("not a token"), text + "A",
        text.substr(1), text + "=", " " + text, "B" + text.substr(1),
        text.substr(0, text.size() - 1) + "_"}) {
    EXPECT_FALSE(PageToken::FromString(other).has_value()) << other;
  }
}

TEST(FingerprintTest, IsTheSameForEver) {
  EXPECT_EQ(FingerprintOf(""), 0xCBF29CE484222325);
  EXPECT_EQ(FingerprintOf("foobar"), 0x85944171F73967E8);
}

}  // namespace
}  // namespace happiness
