#include "bridge/http/origins.h"

#include <gtest/gtest.h>

#include <string>

namespace bridge {
namespace {

constexpr char kHost[] = "localhost:8080";
constexpr char kOwn[] = "http://localhost:8080";
constexpr char kOther[] = "https://example.org";

TEST(OriginsTest, ProgramsMayDoEverything) {
  for (const Origins& origins :
       {Origins({}), Origins({"*"}), Origins({kOther})}) {
    for (const char* method : {"GET", "POST", "DELETE"}) {
      EXPECT_TRUE(origins.Allows(method, "", kHost)) << method;
      EXPECT_TRUE(origins.Allows(method, "", "")) << method;
    }
  }
}

TEST(OriginsTest, ThePageOfTheBridgeMayDoEverything) {
  for (const Origins& origins :
       {Origins({}), Origins({"*"}), Origins({kOther})}) {
    EXPECT_TRUE(origins.Allows("GET", kOwn, kHost));
    EXPECT_TRUE(origins.Allows("POST", kOwn, kHost));
    EXPECT_TRUE(origins.Allows("POST", "https://localhost:8080", kHost))
        << "a proxy may speak TLS for us";
  }
}

TEST(OriginsTest, WithoutAnAllowanceOtherPagesMayDoNothing) {
  Origins origins({});
  EXPECT_FALSE(origins.Allows("GET", kOther, kHost));
  EXPECT_FALSE(origins.Allows("POST", kOther, kHost));
}

TEST(OriginsTest, AStarLetsEveryPageReadAndNoneChange) {
  Origins origins({"*"});
  EXPECT_TRUE(origins.Allows("GET", kOther, kHost));
  EXPECT_TRUE(origins.Allows("GET", "null", kHost)) << "a file's page";
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "get", ""}) {
    EXPECT_FALSE(origins.Allows(method, kOther, kHost)) << method;
    EXPECT_FALSE(origins.Allows(method, "null", kHost)) << method;
  }
}

TEST(OriginsTest, AStarLetsNoPageBringCredentials) {
  const Origins origins({"*", "https://friend.example"});
  EXPECT_FALSE(origins.Allows("GET", kOther, kHost, true));
  EXPECT_FALSE(origins.Allows("GET", "null", kHost, true));
  EXPECT_TRUE(origins.Allows("GET", "https://friend.example", kHost, true));
  EXPECT_TRUE(origins.Allows("GET", kOwn, kHost, true));
  EXPECT_TRUE(origins.Allows("GET", "", kHost, true)) << "a program";
}

TEST(OriginsTest, AnOriginThatIsNamedMayDoEverything) {
  for (const Origins& origins :
       {Origins({kOther}), Origins({"*", kOther}), Origins({kOther, "*"}),
        Origins({"https://a.example", kOther})}) {
    EXPECT_TRUE(origins.Allows("GET", kOther, kHost));
    EXPECT_TRUE(origins.Allows("POST", kOther, kHost));
  }
}

TEST(OriginsTest, OnlyTheWholeOriginIsTheSame) {
  Origins origins({kOther});
  for (const char* origin :
       {"http://example.org", "https://example.org:8443",
        "https://example.org.evil.test",
        "https://evil.test/https://example.org", "https://sub.example.org",
        "https://example.orgs", "example.org", "null", "https://", "://"}) {
    EXPECT_FALSE(origins.Allows("GET", origin, kHost)) << origin;
  }
}

TEST(OriginsTest, OnlyTheWholeHostIsTheBridgesOwn) {
  Origins origins({});
  for (const char* origin :
       {"http://localhost", "http://localhost:80", "http://localhost:80801",
        "http://evil.test/localhost:8080", "http://evil.localhost:8080",
        "http://localhost:8080.evil.test", "http://user@localhost:8080",
        "localhost:8080", "null"}) {
    EXPECT_FALSE(origins.Allows("GET", origin, kHost)) << origin;
  }
}

TEST(OriginsTest, AnEmptyHostIsNobodysOwn) {
  EXPECT_FALSE(Origins({}).Allows("POST", "http://", ""));
  EXPECT_FALSE(Origins({}).Allows("POST", "null", ""));
}

TEST(OriginsTest, AllowsAnyoneWhereAStarDoes) {
  EXPECT_EQ(Origins({"*"}).AllowOriginHeader(kOther), "*");
  EXPECT_EQ(Origins({"*"}).AllowOriginHeader(""), "*");
  EXPECT_EQ(Origins({"*"}).AllowOriginHeader("null"), "*");
}

TEST(OriginsTest, AllowsANamedOriginByItsName) {
  EXPECT_EQ(Origins({kOther}).AllowOriginHeader(kOther), kOther);
  EXPECT_EQ(Origins({"*", kOther}).AllowOriginHeader(kOther), kOther);
}

TEST(OriginsTest, SaysNothingToOthers) {
  EXPECT_EQ(Origins({kOther}).AllowOriginHeader("https://evil.test"), "");
  EXPECT_EQ(Origins({kOther}).AllowOriginHeader(""), "");
  EXPECT_EQ(Origins({}).AllowOriginHeader(kOwn), "");
}

TEST(OriginsTest, WhatBrowsersWouldNotWriteIsRefused) {
  for (const char* origin : {"*", "null", kOther, kOwn, "http://[::1]:8080"}) {
    EXPECT_TRUE(Origins::Check({origin}).ok()) << origin;
  }
  for (const char* origin :
       {"", "example.org", "https://example.org/", "://x", "https://",
        "https://Example.org", "https://a b"}) {
    EXPECT_FALSE(Origins::Check({kOther, origin}).ok()) << origin;
  }
}

TEST(OriginsTest, AForeignNameThatLeadsHereIsNotOurs) {
  const Origins origins({"*"}, {"localhost", "[::1]", "happiness.example"});
  const auto may_record = [&](const std::string& host) {
    return origins.Allows("POST", "http://" + host, host);
  };
  for (const char* own : {"localhost", "localhost:8080", "[::1]", "[::1]:8080",
                          "happiness.example", "Happiness.Example:443"}) {
    EXPECT_TRUE(may_record(own)) << own;
  }
  for (const char* foreign :
       {"evil.example", "evil.example:8080", "localhost.evil.example",
        "[::2]:8080", "[::1", "", ":8080", "127.0.0.1:8080"}) {
    EXPECT_FALSE(may_record(foreign)) << foreign;
    EXPECT_TRUE(
        origins.Allows("GET", std::string("http://") + foreign, foreign));
  }
  EXPECT_TRUE(origins.Allows("POST", "", "evil.example")) << "a program";
}

}  // namespace
}  // namespace bridge
