// A request's id is in the log of the bridge and in that of the service.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "absl/strings/numbers.h"
#include "tests/bridge/testing/clients.h"
#include "tests/service/testing/program.h"

namespace happiness {
namespace {

using ::bridge::testing::RawClient;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(RequestIdTest, IsInTheLogOfBoth) {
  Program program({"--grpc_port=0", "--http_port=0", "--simulated_places=0",
                   "--drain=0", "--log_requests"});
  program.ReadLine();
  const std::string dashboard = program.ReadLine();
  int port = 0;
  ASSERT_TRUE(
      absl::SimpleAtoi(dashboard.substr(dashboard.rfind(':') + 1), &port));
  ASSERT_TRUE(bridge::testing::Eventually(
      [&] { return bridge::testing::Get(port, "/readyz").status == 200; }));
  RawClient stream(port);
  stream.Send(
      "GET /happiness?places=Oslo HTTP/1.1\r\nHost: h\r\n"
      "X-Request-Id: watching-1\r\n\r\n");
  stream.ReadUntil("\r\n\r\n");
  EXPECT_EQ(bridge::testing::Get(port, "/happiness/readings?page_size=1",
                                 {"X-Request-Id: listing-1"})
                .status,
            200);
  stream.Abort();
  program.Signal(SIGTERM);
  EXPECT_EQ(program.ExitCode(), 0);
  const std::string log = program.ReadErrors();
  EXPECT_THAT(
      log,
      AllOf(ContainsRegex("request watching-1 of 127.0.0.1: GET /happiness "
                          "watches after [0-9]+ ms\n"),
            ContainsRegex("StreamReadings opened by .* .request watching-1."),
            ContainsRegex("request listing-1 of 127.0.0.1: GET "
                          "/happiness/readings 200 after [0-9]+ ms\n")));
  EXPECT_THAT(log, Not(HasSubstr("page_size")));
}

}  // namespace
}  // namespace happiness
