// The program itself: its command line, what it prints, how it ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/service/testing/program.h"

namespace happiness {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// A run that must end by itself: with 1 and one line, which is returned.
std::string ErrorOf(std::vector<std::string> flags) {
  Program program(std::move(flags));
  const std::string errors = program.ReadErrors();
  EXPECT_EQ(program.ExitCode(), 1);
  EXPECT_EQ(program.ReadOutput(), "");
  EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
  return errors;
}

std::string PortOf(const std::string& line) {
  return line.substr(line.rfind(':') + 1);
}

TEST(MainTest, PrintsItsAddressesWhenItIsReadyAndDrainsOnSigterm) {
  Program program({"--grpc_port=0", "--http_port=0"});
  EXPECT_THAT(program.ReadLine(), MatchesRegex("gRPC       localhost:[0-9]+"));
  EXPECT_THAT(program.ReadLine(),
              MatchesRegex("dashboard  http://localhost:[0-9]+"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.ReadLine(), "");
  EXPECT_EQ(program.ExitCode(), 0);
}

TEST(MainTest, DrainsOnSigint) {
  Program program({"--grpc_port=0", "--http_port=0"});
  program.ReadLine();
  program.ReadLine();
  program.Signal(SIGINT);
  EXPECT_EQ(program.ExitCode(), 0);
}

TEST(MainTest, ServesGrpcAloneWithoutTheBridge) {
  Program program({"--grpc_port=0", "--nobridge"});
  EXPECT_THAT(program.ReadLine(), MatchesRegex("gRPC       localhost:[0-9]+"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.ReadLine(), "");
  EXPECT_EQ(program.ExitCode(), 0);
}

TEST(MainTest, SaysThatReadingsAreInMemoryAndSimulated) {
  Program program({"--grpc_port=0", "--nobridge", "--simulated_places=3"});
  program.ReadLine();
  program.Signal(SIGTERM);
  const std::string log = program.ReadErrors();
  EXPECT_THAT(log, HasSubstr("readings are kept in memory"));
  EXPECT_THAT(log, HasSubstr("3 places are simulated"));
  EXPECT_EQ(program.ExitCode(), 0);
}

TEST(MainTest, RefusesAPortInUse) {
  Program first({"--grpc_port=0", "--http_port=0"});
  const std::string grpc = PortOf(first.ReadLine());
  const std::string http = PortOf(first.ReadLine());
  EXPECT_EQ(ErrorOf({"--grpc_port=" + grpc, "--nobridge"}),
            "error: can't listen at localhost:" + grpc +
                ": Address already in use\n");
  EXPECT_EQ(ErrorOf({"--grpc_port=0", "--http_port=" + http}),
            "error: can't listen at localhost:" + http +
                ": Address already in use\n");
}

TEST(MainTest, RefusesBadFlagsInOneLine) {
  EXPECT_THAT(ErrorOf({"--no_such_flag"}), HasSubstr("no_such_flag"));
  EXPECT_THAT(ErrorOf({"--grpc_port=http"}), HasSubstr("grpc_port"));
  EXPECT_EQ(ErrorOf({"--grpc_port=65536"}),
            "error: --grpc_port=65536: must be from 0 to 65535\n");
  EXPECT_EQ(ErrorOf({"--grpc_port=-1"}),
            "error: --grpc_port=-1: must be from 0 to 65535\n");
  EXPECT_EQ(ErrorOf({"--simulated_places=33"}),
            "error: --simulated_places=33: must be from 0 to 32\n");
  EXPECT_EQ(ErrorOf({"--simulation_interval=0s"}),
            "error: --simulation_interval=0: must be at least 1ms, and "
            "finite\n");
  EXPECT_EQ(ErrorOf({"--max_streams=0"}),
            "error: --max_streams=0: must be from 1 to 1000000\n");
  EXPECT_THAT(ErrorOf({"--http_port=70000"}), HasSubstr("--http_port"));
  EXPECT_THAT(ErrorOf({"argument"}), HasSubstr("argument"));
}

TEST(MainTest, HelpShowsTheFlagsOfServiceAndBridge) {
  Program program({"--help"});
  const std::string help = program.ReadOutput();
  for (const char* flag :
       {"--grpc_port", "--http_port", "--address", "--bridge",
        "--simulated_places", "--simulation_interval", "--simulation_seed",
        "--max_streams", "--allowed_origins"}) {
    EXPECT_THAT(help, HasSubstr(flag));
  }
}

TEST(MainTest, TheSecondSignalEndsItAtOnce) {
  Program program({"--grpc_port=0", "--nobridge"});
  program.ReadLine();
  program.Stop();
  program.Signal(SIGTERM);
  program.Signal(SIGINT);
  program.Signal(SIGCONT);
  EXPECT_TRUE(WIFSIGNALED(program.Wait()));
}

}  // namespace
}  // namespace happiness
