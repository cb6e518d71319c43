// The program itself: its command line, what it prints, how it ends.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "tests/service/testing/program.h"

namespace happiness {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

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
  Program program({"--grpc_port=0", "--http_port=0", "--drain=0"});
  EXPECT_THAT(program.ReadLine(), MatchesRegex("gRPC       localhost:[0-9]+"));
  EXPECT_THAT(program.ReadLine(),
              MatchesRegex("dashboard  http://localhost:[0-9]+"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.ReadLine(), "");
  EXPECT_EQ(program.ExitCode(), 0);
}

TEST(MainTest, DrainsOnSigint) {
  Program program({"--grpc_port=0", "--http_port=0", "--drain=0"});
  program.ReadLine();
  program.ReadLine();
  program.Signal(SIGINT);
  EXPECT_EQ(program.ExitCode(), 0);
}

TEST(MainTest, ServesGrpcWhereItIsToldTo) {
  Program program({"--grpc_port=0", "--http_port=0", "--address=localhost",
                   "--grpc_address=127.0.0.1"});
  EXPECT_THAT(program.ReadLine(), MatchesRegex("gRPC       127.0.0.1:[0-9]+"));
  EXPECT_THAT(program.ReadLine(),
              MatchesRegex("dashboard  http://localhost:[0-9]+"));
}

TEST(MainTest, ServesGrpcAloneWithoutTheBridge) {
  Program program({"--grpc_port=0", "--nobridge"});
  EXPECT_THAT(program.ReadLine(), MatchesRegex("gRPC       localhost:[0-9]+"));
  program.Signal(SIGTERM);
  EXPECT_EQ(program.ReadLine(), "");
  EXPECT_EQ(program.ExitCode(), 0);
}

// A connection to a port of gRPC's.
class GrpcConnection {
 public:
  explicit GrpcConnection(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    EXPECT_EQ(
        connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
    // A server begins with its SETTINGS.
    char byte;
    served_ = recv(fd_, &byte, 1, 0) == 1;
  }
  ~GrpcConnection() { close(fd_); }

  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  bool served() const { return served_; }

 private:
  const int fd_;
  bool served_;
};

TEST(MainTest, TakesNoMoreGrpcConnectionsThanItIsToldTo) {
  Program program({"--grpc_port=0", "--nobridge", "--max_grpc_connections=2"});
  const int port = program.port();
  auto first = std::make_unique<GrpcConnection>(port);
  const GrpcConnection second(port);
  EXPECT_TRUE(first->served());
  EXPECT_TRUE(second.served());
  EXPECT_FALSE(GrpcConnection(port).served());
  EXPECT_FALSE(GrpcConnection(port).served());
  first = nullptr;
  // As soon as gRPC has noticed.
  bool served = false;
  for (int i = 0; i < 1'000 && !served; ++i) {
    served = GrpcConnection(port).served();
    if (!served) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(served);
  program.Signal(SIGTERM);
  EXPECT_EQ(program.ExitCode(), 0);
  EXPECT_THAT(program.ReadErrors(), HasSubstr("--max_grpc_connections"));
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

class DataDirTest : public ::testing::Test {
 protected:
  // The flags of a service that keeps its readings.
  std::vector<std::string> Flags(std::vector<std::string> more = {}) const {
    more.insert(more.begin(),
                {"--grpc_port=0", "--nobridge", "--data_dir=" + folder_});
    return more;
  }

  // Of one that has recorded `readings` and ended well: what it said.
  std::string Record(const std::vector<std::string>& flags, int readings) {
    Program program(flags);
    const auto stub = v1::HappinessService::NewStub(program.Connect());
    for (; readings > 0; --readings) {
      grpc::ClientContext context;
      v1::RecordReadingRequest request;
      request.mutable_reading()->set_place("Oslo");
      request.mutable_reading()->set_happiness(5);
      v1::Reading recorded;
      EXPECT_TRUE(stub->RecordReading(&context, request, &recorded).ok());
    }
    program.Signal(SIGTERM);
    const std::string said = program.ReadErrors();
    EXPECT_EQ(program.ExitCode(), 0);
    return said;
  }

  const std::string folder_ =
      testing::TempDir() +
      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(DataDirTest, KeepsReadingsOverARestartAndSaysWhere) {
  EXPECT_THAT(Record(Flags(), 3),
              HasSubstr("readings are kept in " + folder_ + ": none so far\n"));
  EXPECT_THAT(Record(Flags(), 1), HasSubstr("readings are kept in " + folder_ +
                                            ": 1 to 3 so far\n"));
  EXPECT_THAT(Record(Flags({"--retain_readings=2"}), 0),
              HasSubstr(" to 4 so far\n"));
  EXPECT_THAT(Record(Flags(), 0), HasSubstr(": 3 to 4 so far\n"));
}

TEST_F(DataDirTest, IsWhereTheUserOfBazelRunIs) {
  std::filesystem::create_directory(folder_);
  ASSERT_EQ(setenv("BUILD_WORKING_DIRECTORY", folder_.c_str(), 1), 0);
  EXPECT_THAT(Record({"--grpc_port=0", "--nobridge", "--data_dir=kept"}, 0),
              HasSubstr("readings are kept in " + folder_ + "/kept: none"));
  unsetenv("BUILD_WORKING_DIRECTORY");
}

TEST_F(DataDirTest, SimulatesNothingUnlessItIsAskedTo) {
  EXPECT_THAT(Record(Flags(), 0), Not(HasSubstr("simulated")));
  EXPECT_THAT(Record(Flags({"--simulated_places=3"}), 0),
              HasSubstr("3 places are simulated"));
}

TEST_F(DataDirTest, RefusesAFolderInUse) {
  Program first(Flags());
  first.ReadLine();
  EXPECT_EQ(ErrorOf(Flags()), "error: --data_dir=" + folder_ +
                                  ": is in use by another process (process " +
                                  std::to_string(first.pid()) + ")\n");
}

TEST_F(DataDirTest, RefusesAFolderThatCannotBeMade) {
  std::ofstream(folder_) << "a file";
  EXPECT_EQ(ErrorOf({"--grpc_port=0", "--data_dir=" + folder_ + "/below"}),
            "error: --data_dir=" + folder_ +
                "/below: can't be made: Not a "
                "directory\n");
}

TEST_F(DataDirTest, RefusesWhatIsNotAStoreAndLeavesItAsItIs) {
  const std::string path = folder_ + "/readings.sqlite3";
  std::filesystem::create_directories(folder_);
  std::ofstream(path) << std::string(10'000, 'x');
  EXPECT_EQ(ErrorOf(Flags()),
            "error: --data_dir=" + folder_ + ": " + path +
                " is damaged, or not a database; it is left as it is: file is "
                "not a database\n");
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
            std::string(10'000, 'x'));
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
  EXPECT_EQ(ErrorOf({"--max_streams_per_connection=0"}),
            "error: --max_streams_per_connection=0: must be from 1 to "
            "1000000\n");
  EXPECT_EQ(ErrorOf({"--max_grpc_bytes=1"}),
            "error: --max_grpc_bytes=1: must be at least 67108864\n");
  EXPECT_EQ(ErrorOf({"--grpc_keepalive=999ms"}),
            "error: --grpc_keepalive=999ms: must be from 1s to 1h\n");
  EXPECT_EQ(ErrorOf({"--grpc_keepalive=61m"}),
            "error: --grpc_keepalive=1h1m: must be from 1s to 1h\n");
  EXPECT_EQ(ErrorOf({"--max_writes_per_token=-1"}),
            "error: --max_writes_per_token=-1: must be from 0 to 1000000\n");
  EXPECT_EQ(ErrorOf({"--retain=0.5s"}),
            "error: --retain=500ms: must be at least 1s, and finite\n");
  EXPECT_EQ(ErrorOf({"--retain=inf"}),
            "error: --retain=inf: must be at least 1s, and finite\n");
  for (const char* value : {"5", "forever", "", "5 m", "m"}) {
    EXPECT_EQ(ErrorOf({std::string("--retain=") + value}),
              std::string("ERROR: Illegal value '") + value +
                  "' specified for flag 'retain'; must be a number with a "
                  "unit, such as 300ms, 10s, 5m or 24h\n");
  }
  EXPECT_EQ(ErrorOf({"--retain_readings=-1"}),
            "error: --retain_readings=-1: must be at least 0\n");
  EXPECT_EQ(ErrorOf({"--retain_history=59m"}),
            "error: --retain_history=59m: must be at least 1h, and finite\n");
  EXPECT_EQ(ErrorOf({"--max_places=0"}),
            "error: --max_places=0: must be from 1 to 1000000\n");
  EXPECT_EQ(ErrorOf({"--min_group=21"}),
            "error: --min_group=21: must be from 1 to 20\n");
  EXPECT_EQ(ErrorOf({"--nobridge", "--http_port=80"}),
            "error: --http_port=80: --nobridge excludes it\n");
  EXPECT_EQ(ErrorOf({"--nobridge", "--max_body_bytes=2048"}),
            "error: --max_body_bytes=2048: --nobridge excludes it\n");
  EXPECT_EQ(ErrorOf({"--record_tokens=/none"}),
            "error: --record_tokens=/none: can't be read: No such file or "
            "directory\n");
  EXPECT_EQ(ErrorOf({"--jwt_keys=/none"}),
            "error: --jwt_keys, --jwt_audience: must be given together\n");
  EXPECT_EQ(ErrorOf({"--jwt_audience=a"}),
            "error: --jwt_keys, --jwt_audience: must be given together\n");
  EXPECT_EQ(ErrorOf({"--jwt_for=read"}),
            "error: --jwt_for: --jwt_keys must be given with it\n");
  EXPECT_EQ(ErrorOf({"--jwt_keys=/none", "--jwt_audience=a", "--jwt_for=all"}),
            "error: --jwt_for=all: must be record, read or both\n");
  EXPECT_EQ(ErrorOf({"--jwt_keys=/none", "--jwt_audience=a"}),
            "error: --jwt_keys=/none: can't be read: No such file or "
            "directory\n");
  EXPECT_EQ(ErrorOf({"--tls_cert=cert.pem"}),
            "error: --tls_cert: --tls_key must be given with it\n");
  EXPECT_EQ(ErrorOf({"--nobridge", "--tls_key=key.pem"}),
            "error: --tls_key: --tls_cert must be given with it\n");
  EXPECT_EQ(ErrorOf({"--tls_client_ca=ca.pem"}),
            "error: --tls_client_ca: --tls_cert must be given with it\n");
  EXPECT_EQ(ErrorOf({"--nobridge", "--grpc_port=0", "--tls_cert=/none",
                     "--tls_key=/none"}),
            "error: /none: can't be read: No such file or directory\n");
  EXPECT_THAT(ErrorOf({"--http_port=70000"}), HasSubstr("--http_port"));
  for (const char* host :
       {"https://a.example", "a.example:8080", "a/b", "::1"}) {
    EXPECT_THAT(ErrorOf({absl::StrCat("--hosts=b.example,", host)}),
                StartsWith(absl::StrCat("error: --hosts=", host,
                                        ": must be a name or an address ")));
  }
  EXPECT_EQ(ErrorOf({"--allowed_origins=*,example.org"}),
            "error: --allowed_origins=example.org: must be * or an origin as "
            "browsers write it, such as https://example.org:8443\n");
  EXPECT_THAT(ErrorOf({"argument"}), HasSubstr("argument"));
}

TEST(MainTest, RefusesFlagsThatContradictEachOther) {
  const std::string nobody =
      "--max_writes_per_token: --record_tokens, or --jwt_keys of those who may "
      "record, must be given with it";
  const struct {
    std::vector<std::string> flags;
    std::string error;
  } kCases[] = {
      {{"--max_grpc_connections=9", "--max_grpc_connections_per_address=10"},
       "--max_grpc_connections_per_address=10: must not be more than "
       "--max_grpc_connections=9"},
      {{"--max_writes_per_token=5"}, nobody},
      {{"--max_writes_per_token=5", "--read_tokens=/none"}, nobody},
      {{"--max_writes_per_token=5", "--jwt_keys=/none", "--jwt_audience=a",
        "--jwt_for=read"},
       nobody},
      {{"--simulated_places=0", "--simulation_seed=1"},
       "--simulation_seed: needs --simulated_places, of at least 1"},
      {{"--data_dir=/none", "--simulation_interval=1s"},
       "--simulation_interval: needs --simulated_places, of at least 1"},
      {{"--ring_bytes=2000", "--max_ring_bytes=1999"},
       "--ring_bytes=2000: must not be more than --max_ring_bytes=1999"},
  };
  for (const auto& [flags, error] : kCases) {
    EXPECT_EQ(ErrorOf(flags), "error: " + error + "\n");
  }
}

TEST(MainTest, RefusesAReplicatedLogThatCannotBe) {
  const std::string log = "--log=nats://127.0.0.1:1";
  const std::string tls = "--log=tls://127.0.0.1:1";
  const std::string folder = "--data_dir=" + testing::TempDir() + "copy";
  const std::string pair =
      "--log_cert: --log_key must be given with it, and it with --log_key";
  const struct {
    std::vector<std::string> flags;
    std::string error;
  } kCases[] = {
      {{"--log_replicas=1"}, "--log_replicas: needs --log"},
      {{"--log_credentials=a"}, "--log_credentials: needs --log"},
      {{"--log_ca=a"}, "--log_ca: needs --log"},
      {{"--log_cert=a", "--log_key=b"}, "--log_cert: needs --log"},
      {{"--log_key=b"}, "--log_key: needs --log"},
      {{"--ready_lag=5"}, "--ready_lag: needs --log"},
      {{"--log=127.0.0.1:1", folder},
       "--log: must be nats://host:4222, or tls://host:4222, or several of "
       "them with commas between"},
      {{"--log=nats://me:secret@a", folder},
       "--log: \"a\" must be a host, a colon and a port"},
      {{log},
       "--log: --data_dir must be given with it, for this replica's copy"},
      {{log, folder, "--retain_readings=5"},
       "--retain_readings: --log excludes it: all replicas keep the same, by "
       "--retain"},
      {{log, folder, "--log_replicas=0"},
       "--log_replicas=0: must be from 1 to 5"},
      {{log, folder, "--log_replicas=6"},
       "--log_replicas=6: must be from 1 to 5"},
      {{log, folder, "--ready_lag=-1"}, "--ready_lag=-1: must be at least 0"},
      {{tls, folder, "--log_cert=a"}, pair},
      {{tls, folder, "--log_key=a"}, pair},
      {{log, folder, "--log_ca=a"}, "--log_ca: needs --log=tls://..."},
      {{log, folder, "--log_cert=a", "--log_key=b"},
       "--log_cert: needs --log=tls://..."},
      {{log, folder, "--log_credentials=/none"},
       "--log_credentials=/none: can't be read: No such file or directory"},
      {{tls, folder, "--log_ca=/none"},
       "--log_ca=/none: can't be read: No such file or directory"},
  };
  for (const auto& [flags, error] : kCases) {
    EXPECT_EQ(ErrorOf(flags), "error: " + error + "\n");
  }
}

// That it has every flag: tests/docs.
TEST(MainTest, AnswersHelpAndVersion) {
  Program help({"--help"});
  EXPECT_THAT(help.ReadOutput(), HasSubstr("\n  --grpc_port=50051\n"));
  EXPECT_EQ(help.ExitCode(), 0);
  Program version({"--version"});
  EXPECT_THAT(version.ReadOutput(), MatchesRegex("service [0-9.]+\n"));
  EXPECT_EQ(version.ExitCode(), 0);
}

TEST(MainTest, LogsJsonLinesIfItIsToldTo) {
  Program program({"--grpc_port=0", "--nobridge", "--log_format=json"});
  program.ReadLine();
  program.Signal(SIGTERM);
  EXPECT_THAT(
      program.ReadErrors(),
      HasSubstr("Z\",\"level\":\"info\",\"logger\":\"service\",\"message\":"
                "\"readings are kept in memory and end with this process\"}\n"
                "{\"time\":\"20"));
  EXPECT_EQ(ErrorOf({"--log_format=xml"}),
            "error: --log_format=xml: must be text or json\n");
  EXPECT_THAT(ErrorOf({"--log_format=json", "--max_places=0"}),
              HasSubstr("Z\",\"level\":\"critical\",\"logger\":\"service\","
                        "\"message\":\"--max_places=0: must be "));
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
