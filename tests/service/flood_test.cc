// What hostile clients of the gRPC port may cost, at the program itself. Its
// flags are the defaults, unless a test says so.

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "tests/service/testing/http2.h"
#include "tests/service/testing/program.h"

namespace happiness {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

constexpr char kRecord[] = "/happiness.v1.HappinessService/RecordReading";
constexpr char kStream[] = "/happiness.v1.HappinessService/StreamReadings";
constexpr int64_t kMiB = 1'024;  // KiB

class FloodTest : public ::testing::Test {
 protected:
  static std::vector<std::string> Flags(std::vector<std::string> more = {}) {
    more.insert(more.end(),
                {"--grpc_port=0", "--nobridge", "--simulated_places=0"});
    return more;
  }

  // How a good client fares, on a connection of its own.
  static grpc::Status Record(Program* program) {
    const auto stub = v1::HappinessService::NewStub(program->Connect());
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    v1::RecordReadingRequest request;
    request.mutable_reading()->set_place("Oslo");
    request.mutable_reading()->set_happiness(5);
    v1::Reading recorded;
    return stub->RecordReading(&context, request, &recorded);
  }
};

// The most memory that a program has while this lives.
class Peak {
 public:
  explicit Peak(const Program& program)
      : thread_([this, &program] {
          while (!done_) {
            most_ = std::max(most_, program.ResidentKiB());
            absl::SleepFor(absl::Milliseconds(2));
          }
        }) {}
  ~Peak() {
    if (thread_.joinable()) End();
  }

  int64_t End() {
    done_ = true;
    thread_.join();
    return most_;
  }

 private:
  std::atomic<bool> done_ = false;
  int64_t most_ = 0;
  std::thread thread_;
};

// A call whose message is `size` zeros, compressed by gRPC's own client.
grpc::Status CallWithZeros(Program* program, size_t size) {
  static const std::string* const kZeros = new std::string(1 << 20, '\0');
  std::vector<grpc::Slice> slices;
  for (; size > 0; size -= kZeros->size()) {
    slices.emplace_back(kZeros->data(), kZeros->size(),
                        grpc::Slice::STATIC_SLICE);
  }
  grpc::ByteBuffer request(slices.data(), slices.size());
  grpc::GenericStub stub(program->Connect());
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, kRecord, {}, &request, &response,
                 [&](grpc::Status ended) {
                   status = std::move(ended);
                   done.Notify();
                 });
  done.WaitForNotification();
  return status;
}

TEST_F(FloodTest, AMessageThatWouldInflateIsRefusedAndNotInflated) {
  Program program(Flags());
  ASSERT_TRUE(Record(&program).ok());
  const int64_t before = program.ResidentKiB();
  Peak peak(program);
  // 60 KB on the wire, which is within the limit, stand for 60 MiB.
  EXPECT_EQ(CallWithZeros(&program, 60 << 20).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_LT(peak.End(), before + 20 * kMiB);
  EXPECT_TRUE(Record(&program).ok());
}

TEST_F(FloodTest, OneConnectionHasSoManyCallsAndNoMore) {
  Program program(Flags({"--max_streams_per_connection=10"}));
  Http2Client client(program.port());
  const auto settings = client.ReadUntil(kHttp2Settings);
  ASSERT_TRUE(settings.has_value());
  EXPECT_THAT(settings->payload, HasSubstr("\0\3\0\0\0\x0A"s));
  client.Send(Http2Frame(kHttp2Settings, kHttp2Ack, 0, ""));
  for (uint32_t i = 0; i < 11; ++i) {
    if (!client.Send(Http2Call(2 * i + 1, kRecord))) break;
  }
  EXPECT_TRUE(client.AwaitEnd());
  EXPECT_TRUE(Record(&program).ok());
}

TEST_F(FloodTest, PingsThatComeTooOftenEndTheConnection) {
  Program program(Flags());
  Http2Client client(program.port());
  for (int i = 0; i < 100; ++i) {
    if (!client.Send(Http2Frame(kHttp2Ping, 0, 0, "12345678"))) break;
  }
  const auto end = client.ReadUntil(kHttp2GoAway);
  ASSERT_TRUE(end.has_value());
  EXPECT_THAT(end->payload, HasSubstr("too_many_pings"));
  EXPECT_TRUE(Record(&program).ok());
}

TEST_F(FloodTest, SettingsWhoseAnswersNobodyReadsCostNothing) {
  Program program(Flags());
  ASSERT_TRUE(Record(&program).ok());
  const int64_t before = program.ResidentKiB();
  Http2Client client(program.port());
  std::string many;
  for (int i = 0; i < 1'000; ++i) {
    many += Http2Frame(kHttp2Settings, 0, 0, "\0\4\0\1\0\0"s);
  }
  constexpr int kEnough = 300;
  std::atomic<int> sent = 0;
  std::thread flood([&] {
    while (client.Send(many)) ++sent;
  });
  do {
    ASSERT_TRUE(Record(&program).ok());
  } while (sent < kEnough);
  EXPECT_LT(program.ResidentKiB(), before + 64 * kMiB);
  client.Abandon();
  flood.join();
}

TEST_F(FloodTest, AConnectionThatSaysNothingIsClosed) {
  Program program(Flags());
  EXPECT_TRUE(Http2Client(program.port(), Http2Client::Silent()).AwaitEnd());
  EXPECT_TRUE(Record(&program).ok());
}

// gRPC looks at a message's size when all of it is here.
TEST_F(FloodTest, MessagesWithoutAnEndCostNoMoreThanGrpcMayHave) {
  Program program(Flags({"--max_grpc_bytes=67108864"}));
  ASSERT_TRUE(Record(&program).ok());
  const int64_t before = program.ResidentKiB();
  Peak peak(program);
  {
    // Within the windows of a connection and of each stream; 200 MB in all.
    constexpr int kConnections = 56;
    constexpr uint32_t kCalls = 60;
    const std::string most(15'000, 'x');
    std::list<Http2Client> clients;
    for (int i = 0; i < kConnections; ++i) {
      Http2Client& client = clients.emplace_back(program.port());
      for (uint32_t stream = 1; stream < 2 * kCalls; stream += 2) {
        const std::string data = Http2Frame(kHttp2Data, 0, stream, most);
        client.Send(Http2Call(stream, kRecord) +
                    Http2Frame(kHttp2Data, 0, stream, GrpcPrefix(100'000)) +
                    data + data + data + data);
      }
    }
    // By then each has been read, or ended.
    for (Http2Client& client : clients) client.AwaitPong();
  }
  EXPECT_TRUE(Record(&program).ok());
  EXPECT_LT(peak.End(), before + 110 * kMiB);
}

std::string OpenAndReset(uint32_t stream) {
  return Http2Call(stream, kStream) +
         Http2Frame(kHttp2Data, kHttp2EndStream, stream, GrpcPrefix(0)) +
         Http2Frame(kHttp2RstStream, 0, stream, "\0\0\0\x8"s);
}

// gRPC 1.51 holds some 20 KB of each call until it comes to it. That is not
// mended here: but all of them end, and their memory is given back.
TEST_F(FloodTest, CallsThatAreResetAtOnceLeaveNothingBehind) {
  Program program(Flags());
  ASSERT_TRUE(Record(&program).ok());
  const int64_t before = program.ResidentKiB();
  {
    std::string calls;
    for (uint32_t stream = 1; stream < 2'000; stream += 2) {
      calls += OpenAndReset(stream);
    }
    std::list<Http2Client> clients;
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(clients.emplace_back(program.port()).Send(calls));
    }
    for (Http2Client& client : clients) EXPECT_TRUE(client.AwaitPong());
    EXPECT_TRUE(Record(&program).ok());
  }
  const absl::Time limit = absl::Now() + absl::Minutes(1);
  while (program.ResidentKiB() > before + 64 * kMiB && absl::Now() < limit) {
    absl::SleepFor(absl::Milliseconds(50));
  }
  EXPECT_LT(program.ResidentKiB(), before + 64 * kMiB);
}

}  // namespace
}  // namespace happiness
