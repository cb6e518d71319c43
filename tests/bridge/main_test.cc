// The program itself: its command line, what it prints, how it ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "tests/bridge/testing/clients.h"
#include "tests/service/testing/program.h"

namespace bridge {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

happiness::Program Start(std::vector<std::string> flags) {
  return happiness::Program(std::move(flags), "bridge/bridge");
}

TEST(MainTest, PrintsItsAddressAtOnceAndDrainsOnSigterm) {
  happiness::Program program =
      Start({"--http_port=0", "--upstream=unix:none", "--drain=0"});
  EXPECT_THAT(program.ReadLine(),
              MatchesRegex("HTTP       http://localhost:[0-9]+"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.ReadLine(), "");
  EXPECT_EQ(program.ExitCode(), 0);
}

int PortOf(happiness::Program& program) {
  const std::string address = program.ReadLine();
  return std::atoi(address.substr(address.rfind(':') + 1).c_str());
}

TEST(MainTest, AForeignNameThatLeadsToThisMachineIsNotItsOwn) {
  const auto post = [](int port, const std::string& host) {
    testing::RawClient client(port);
    client.Send("POST /ticks HTTP/1.1\r\nHost: " + host +
                "\r\nOrigin: http://" + host +
                "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return std::atoi(client.ReadToEnd().substr(9, 3).c_str());
  };
  const std::vector<std::string> flags = {"--http_port=0",
                                          "--upstream=unix:none", "--drain=0"};
  const auto with = [&](const std::string& flag) {
    std::vector<std::string> more = flags;
    more.push_back(flag);
    return more;
  };
  // 503: it would be served if there were an upstream.
  happiness::Program alone = Start(flags);
  const int port = PortOf(alone);
  EXPECT_EQ(post(port, "localhost:8080"), 503);
  EXPECT_EQ(post(port, "evil.example:8080"), 403);
  happiness::Program named = Start(with("--hosts=happiness.example"));
  const int named_port = PortOf(named);
  EXPECT_EQ(post(named_port, "happiness.example"), 503);
  EXPECT_EQ(post(named_port, "localhost:8080"), 403);
  // The proxy knows by what name it is reached.
  happiness::Program proxied = Start(with("--trusted_proxies=127.0.0.1"));
  EXPECT_EQ(post(PortOf(proxied), "happiness.example"), 503);
}

TEST(MainTest, TheLogSaysWhyTheUpstreamCantBeReached) {
  happiness::Program program =
      Start({"--http_port=0", "--upstream=unix:none", "--drain=0"});
  const int port = PortOf(program);
  EXPECT_TRUE(testing::Eventually([&] {
    return testing::Get(port, "/readyz").body ==
           "not ready: the upstream can't be reached; trying again\n";
  }));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.ExitCode(), 0);
  EXPECT_THAT(program.ReadErrors(),
              HasSubstr("the upstream can't be reached; trying again "
                        "(unix:none): connections to all backends failing; "
                        "last error: UNKNOWN: unix:none: No such file or "
                        "directory\n"));
}

TEST(MainTest, TheSecondSignalEndsADrainAtOnce) {
  happiness::Program program =
      Start({"--http_port=0", "--upstream=unix:none", "--drain=10m"});
  const int port = PortOf(program);
  program.Signal(SIGTERM);
  EXPECT_TRUE(testing::Eventually([&] {
    return testing::Get(port, "/readyz").body == "not ready: shutting down\n";
  }));
  program.Signal(SIGTERM);
  EXPECT_TRUE(WIFSIGNALED(program.Wait()));
}

std::string ErrorOf(std::vector<std::string> flags) {
  happiness::Program program = Start(std::move(flags));
  EXPECT_EQ(program.ExitCode(), 1);
  return program.ReadErrors();
}

TEST(MainTest, RefusesFlagsThatContradictEachOther) {
  const struct {
    std::vector<std::string> flags;
    std::string error;
  } kCases[] = {
      {{"--noupstream_tls", "--upstream_ca=ca.pem"},
       "--noupstream_tls: --upstream_ca excludes it"},
      {{"--upstream_cert=c.pem", "--upstream_key=k.pem",
        "--upstream_tls=false"},
       "--noupstream_tls: --upstream_cert excludes it"},
      {{"--ring_bytes=2000", "--max_ring_bytes=1999"},
       "--ring_bytes=2000: must not be more than --max_ring_bytes=1999"},
      {{"--max_ring_bytes=1999"},
       "--ring_bytes=16777216: must not be more than --max_ring_bytes=1999"},
      {{"--max_connections=9", "--max_connections_per_address=10"},
       "--max_connections_per_address=10: must not be more than "
       "--max_connections=9"},
      {{"--max_feeds_per_address=10001"},
       "--max_feeds_per_address=10001: must not be more than "
       "--max_feeds=10000"},
  };
  for (const auto& [flags, error] : kCases) {
    EXPECT_EQ(ErrorOf(flags), "error: " + error + "\n");
  }
}

TEST(MainTest, WhoLowersABoundOfAllNeedNotCareAboutThatOfAnAddress) {
  happiness::Program program =
      Start({"--http_port=0", "--upstream=unix:none", "--drain=0",
             "--noupstream_tls", "--max_connections=9", "--max_feeds=9"});
  EXPECT_THAT(program.ReadLine(), HasSubstr("http://localhost:"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.ExitCode(), 0);
}

TEST(MainTest, RefusesBadFlagsInOneLine) {
  const auto error_of = [](const char* flag) { return ErrorOf({flag}); };
  EXPECT_EQ(error_of("--upstream="), "error: --upstream=: must be host:port\n");
  EXPECT_EQ(error_of("--upstream=localhost"),
            "error: --upstream=localhost: must be host:port\n");
  EXPECT_EQ(error_of("--upstream=a:1,b"),
            "error: --upstream=b: must be host:port\n");
  EXPECT_EQ(error_of("--upstream=a:1,,b:2"),
            "error: --upstream=a:1,,b:2: its item 2 is empty\n");
  EXPECT_EQ(error_of("--upstream_keepalive=999ms"),
            "error: --upstream_keepalive: must be from 1s to 1h\n");
  EXPECT_EQ(error_of("--drain=11m"),
            "error: --drain: must be from 0s to 10m\n");
  EXPECT_THAT(error_of("--drain=5"),
              HasSubstr("'drain'; must be a number with a unit, such as "));
  EXPECT_EQ(error_of("--ring_frames=0"),
            "error: --ring_frames: must be greater than 0\n");
  EXPECT_EQ(error_of("--max_ring_bytes=0"),
            "error: --max_ring_bytes: must be greater than 0\n");
  EXPECT_EQ(error_of("--max_feeds_per_address=-1"),
            "error: --max_feeds_per_address: must not be negative\n");
  EXPECT_EQ(error_of("--max_reads_per_address=-1"),
            "error: --max_reads_per_address: must not be negative\n");
  EXPECT_EQ(error_of("--forward_headers=x-tenant,Cookie"),
            "error: --forward_headers=cookie: is not for the upstream, or not "
            "as a header\n");
  for (const char* timeout : {"header", "idle", "body", "write", "call"}) {
    const std::string flag = std::string("--") + timeout + "_timeout";
    for (const char* value : {"=99ms", "=61m", "=-1s", "=inf"}) {
      EXPECT_EQ(error_of((flag + value).c_str()),
                "error: " + flag + ": must be from 100ms to 1h\n");
    }
  }
  EXPECT_EQ(error_of("--max_header_bytes=65537"),
            "error: --max_header_bytes: must be from 1024 to 65536\n");
  EXPECT_EQ(error_of("--max_body_bytes=1023"),
            "error: --max_body_bytes: must be from 1024 to 67108864\n");
  EXPECT_EQ(error_of("--max_buffered_bytes=4000000"),
            "error: --max_buffered_bytes: must be at least five times "
            "--max_body_bytes\n");
  EXPECT_EQ(error_of("--max_frames_per_viewer=1000001"),
            "error: --max_frames_per_viewer: must be from 0 to 1000000\n");
  for (const char* streams : {"0", "10001"}) {
    const std::string flag = std::string("--max_streams_per_socket=") + streams;
    EXPECT_EQ(error_of(flag.c_str()),
              "error: --max_streams_per_socket: must be from 1 to 10000\n");
  }
  EXPECT_EQ(error_of("--max_message_bytes=1048577"),
            "error: --max_message_bytes: must be from 0 to 1048576\n");
  EXPECT_THAT(error_of("--nosuch"), HasSubstr("nosuch"));
}

TEST(MainTest, HelpSaysWhatItIsFor) {
  happiness::Program program = Start({"--help"});
  EXPECT_THAT(program.ReadOutput(),
              HasSubstr("\n  --upstream=localhost:50051\n"));
  EXPECT_EQ(program.ExitCode(), 0);
}

}  // namespace
}  // namespace bridge
