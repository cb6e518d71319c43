#include "bridge/http/forwarded_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string ErrorOf(std::vector<std::string> names) {
  return std::string(
      ForwardedHeaders::Parse(std::move(names)).status().message());
}

TEST(ForwardedHeadersTest, NamesAreInLowerCaseInOneOrderAndOnce) {
  const auto headers =
      *ForwardedHeaders::Parse({"X-Tenant", "accept-language", "x-tenant"});
  EXPECT_THAT(headers.names(), ElementsAre("accept-language", "x-tenant"));
}

TEST(ForwardedHeadersTest, RefusesWhatIsNoName) {
  for (const std::string& name :
       {std::string(), std::string("x tenant"), std::string("x:tenant"),
        std::string("x\ttenant"), std::string("größe"), std::string(65, 'x')}) {
    EXPECT_THAT(ErrorOf({"x-tenant", name}), HasSubstr("a header's name"))
        << name;
  }
  EXPECT_EQ(ErrorOf({std::string(64, 'x')}), "");
}

TEST(ForwardedHeadersTest, RefusesWhatIsNotForTheUpstream) {
  for (const char* name :
       {"Connection", "Keep-Alive", "Proxy-Authorization", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Host", "Content-Length",
        "Content-Type", "Authorization", "Cookie", "User-Agent",
        "Sec-WebSocket-Key", "X-Forwarded-For", "X-Request-Id", "traceparent",
        "grpc-timeout", "x-trace-bin"}) {
    EXPECT_THAT(ErrorOf({name}), HasSubstr("not for the upstream")) << name;
  }
}

TEST(ForwardedHeadersTest, BoundsTheNames) {
  std::vector<std::string> names;
  for (size_t i = 0; i < ForwardedHeaders::kMaxNames; ++i) {
    names.push_back("x-" + std::to_string(i));
  }
  EXPECT_EQ(ErrorOf(names), "");
  names.push_back("x-more");
  EXPECT_EQ(ErrorOf(names), "must be at most 16 names");
}

TEST(ForwardedHeadersTest, TakesTheNamedOnesOfARequest) {
  const auto headers = *ForwardedHeaders::Parse({"x-tenant", "x-other"});
  RequestHeader header;
  EXPECT_THAT(*headers.Of(header), IsEmpty());
  header.insert("X-Tenant", "a");
  header.insert("x-tenant", "b");
  header.insert("X-Secret", "s");
  EXPECT_THAT(*headers.Of(header), ElementsAre(Pair("x-tenant", "a,b")));
}

TEST(ForwardedHeadersTest, RefusesValuesThatGrpcCantCarryOrThatAreLong) {
  const auto headers = *ForwardedHeaders::Parse({"x-tenant"});
  const auto of = [&](const std::string& value) {
    RequestHeader header;
    header.insert("X-Tenant", value);
    return headers.Of(header).status();
  };
  EXPECT_TRUE(of(std::string(ForwardedHeaders::kMaxValueBytes, 'x')).ok());
  for (const std::string& value :
       {std::string(ForwardedHeaders::kMaxValueBytes + 1, 'x'),
        std::string("größe"), std::string("a\tb")}) {
    EXPECT_EQ(of(value).message(),
              "header x-tenant: must be printable ASCII of at most 1024 bytes");
  }
}

}  // namespace
}  // namespace bridge
