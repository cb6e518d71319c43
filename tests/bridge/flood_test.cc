// Attacks on the real program, each bounded: a client that means well misses
// nothing meanwhile, and the process's memory stays within a bound.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bridge/testing/clients.h"
#include "tests/bridge/testing/ticker_server.h"
#include "tests/service/testing/program.h"

namespace bridge::testing {
namespace {

using ::testing::HasSubstr;

// What the process may grow by, whatever is done to it.
constexpr int64_t kMostKiB = 64 << 10;

class FloodTest : public ::testing::Test {
 protected:
  using Clients = std::vector<std::unique_ptr<RawClient>>;

  void SetUp() override {
    rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }

  // Starts the bridge, and a client that watches what is published from now on.
  void Start(std::vector<std::string> flags, std::string text = "x") {
    flags.insert(flags.end(), {"--http_port=0", "--drain=0", "--shards=2",
                               "--upstream=" + server_.target()});
    bridge_ =
        std::make_unique<happiness::Program>(std::move(flags), "bridge/bridge");
    const std::string address = bridge_->ReadLine();
    port_ = std::atoi(address.substr(address.rfind(':') + 1).c_str());
    ASSERT_TRUE(
        Eventually([&] { return Get(port_, "/readyz").status == 200; }));
    good_ = std::make_unique<WebSocketClient>(port_, "/ticks");
    ASSERT_TRUE(server_.AwaitWatches(1));
    before_ = bridge_->ResidentKiB();
    publisher_ = std::thread([this, text = std::move(text)] {
      while (!done_) {
        server_.Publish(text);
        absl::SleepFor(absl::Milliseconds(5));
      }
    });
    reader_ = std::thread([this] { ReadAll(); });
  }

  void TearDown() override {
    done_ = true;
    if (publisher_.joinable()) publisher_.join();
    last_ = server_.published() + 1;
    server_.Publish("end");  // wakes the reader
    if (reader_.joinable()) reader_.join();
    EXPECT_EQ(seen_, server_.published()) << "the good client has missed some";
    EXPECT_LT(most_ - before_, kMostKiB);
    EXPECT_EQ(Get(port_, "/readyz").status, 200);
  }

  // Goes on with the attack until /metrics has this line, at most a minute.
  template <typename Attack>
  bool Until(const std::string& line, Attack attack) {
    const absl::Time limit = absl::Now() + absl::Minutes(1);
    std::string metrics;
    do {
      attack();
      most_ = std::max(most_, bridge_->ResidentKiB());
      metrics = Get(port_, "/metrics").body;
      if (metrics.find(line + "\n") != std::string::npos) return true;
      absl::SleepFor(absl::Milliseconds(20));
    } while (absl::Now() < limit);
    ADD_FAILURE() << "no " << line << " in " << metrics;
    return false;
  }
  bool Until(const std::string& line) {
    return Until(line, [] {});
  }
  static std::string Refused(const std::string& limit, int count) {
    return absl::StrCat("bridge_refusals_total{limit=\"", limit, "\"} ", count);
  }

  // So many clients that have sent this.
  Clients Connect(int count, const std::string& bytes) const {
    Clients clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<RawClient>(port_));
      clients.back()->SendAll(bytes);
    }
    return clients;
  }
  Clients Upgraded(int count) const {
    Clients clients = Connect(count, "");
    for (const auto& client : clients) client->Upgrade("/ticks");
    return clients;
  }
  static void SendToAll(const Clients& clients, const std::string& bytes) {
    for (const auto& client : clients) client->SendAll(bytes);
  }

  int port_ = 0;
  TickerServer server_;

 private:
  // All that is published, each once and in order.
  void ReadAll() {
    while (last_ == 0 || seen_ < last_) {
      const std::string number =
          absl::StrCat("{\"number\":\"", seen_ + 1, "\"");
      const std::string message = good_->Read();
      ASSERT_THAT(message.substr(0, 40), HasSubstr(number));
      ++seen_;
    }
  }

  std::unique_ptr<happiness::Program> bridge_;
  std::unique_ptr<WebSocketClient> good_;
  std::atomic<bool> done_ = false;
  std::atomic<int64_t> last_ = 0;  // the last number, once it is known
  int64_t seen_ = 0;               // the reader's, while it runs
  int64_t before_ = 0;
  int64_t most_ = 0;
  std::thread publisher_;
  std::thread reader_;
};

TEST_F(FloodTest, HeadersThatComeByteByByte) {
  Start({"--header_timeout=1s"});
  const Clients clients = Connect(300, "GET / HTTP/1.1\r\nX: ");
  EXPECT_TRUE(
      Until(Refused("header_timeout", 300), [&] { SendToAll(clients, "x"); }));
}

TEST_F(FloodTest, BodiesThatComeByteByByte) {
  Start({"--body_timeout=300ms"});
  const Clients bodies = Connect(
      150, "POST /ticks HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n\r\n");
  const Clients uploads = Connect(150,
                                  "POST /ticks:sum HTTP/1.1\r\nHost: h\r\n"
                                  "Content-Length: 9999\r\n\r\n");
  EXPECT_TRUE(Until(Refused("body_timeout", 300), [&] {
    SendToAll(bodies, " ");
    SendToAll(uploads, " ");
  }));
}

TEST_F(FloodTest, FramesThatComeByteByByte) {
  Start({"--max_frames_per_viewer=2"});
  const Clients clients = Upgraded(200);
  SendToAll(clients, std::string("\x81\xFE\x0F\xFF", 4));  // 4,095 bytes follow
  EXPECT_TRUE(Until(Refused("viewer_frames", 200),
                    [&] { SendToAll(clients, "\x01"); }));
}

TEST_F(FloodTest, AThousandReadersThatNeverRead) {
  Start({"--write_timeout=2s", "--ring_frames=512"}, std::string(5'000, 'x'));
  std::vector<std::unique_ptr<WebSocketClient>> readers;
  for (int i = 0; i < 1'000; ++i) {
    readers.push_back(std::make_unique<WebSocketClient>(
        port_, "/ticks", std::vector<std::pair<std::string, std::string>>{},
        2048));
  }
  // By us, or by the kernel, whose time is the same.
  EXPECT_TRUE(Until("bridge_viewers 1"));
}

TEST_F(FloodTest, DistinctQueriesWithoutEnd) {
  Start({"--trusted_proxies=127.0.0.1,::1", "--max_feeds=50",
         "--max_feeds_per_address=20", "--max_connects_per_address=0"});
  Clients clients;
  int refused = 0;
  const auto ask = [&](const std::string& address, int query) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->Send(absl::StrCat(
        "GET /ticks?topics=", address, query,
        " HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ", address, "\r\n\r\n"));
    if (clients.back()->ReadUntil("\r\n\r\n").find(" 429 ") ==
        std::string::npos) {
      return;
    }
    clients.pop_back();
    ++refused;
  };
  for (int i = 0; i < 200; ++i) ask("192.0.2.1", i);
  EXPECT_EQ(refused, 180);
  EXPECT_TRUE(Until(Refused("feeds_of_an_address", 180)));
  for (int i = 0; i < 200; ++i) ask(absl::StrCat("198.51.100.", i), i);
  // The good client's feed is one.
  EXPECT_EQ(clients.size(), 49u);
  EXPECT_TRUE(Until(Refused("feeds", 171)));
}

TEST_F(FloodTest, HugePingsAndPingsWithoutEnd) {
  Start({});
  const Clients clients = Upgraded(50);
  // A header that announces 2^62 bytes, and text of 1 GB.
  const Clients huge = Upgraded(50);
  SendToAll(huge, std::string("\x89\xFF\x40\0\0\0\0\0\0\0\1\2\3\4", 14));
  const Clients large = Upgraded(50);
  SendToAll(large, std::string("\x81\xFF\0\0\0\0\x40\0\0\0\1\2\3\4", 14));
  EXPECT_TRUE(Until("bridge_closes_total{code=\"1002\"} 50"));
  EXPECT_TRUE(Until("bridge_closes_total{code=\"1009\"} 50"));
  std::string pings;
  for (int i = 0; i < 100; ++i) {
    pings.append("\x89\xFD\0\0\0\0", 6).append(125, 'x');
  }
  EXPECT_TRUE(
      Until(Refused("viewer_frames", 50), [&] { SendToAll(clients, pings); }));
}

TEST_F(FloodTest, CompressionBombs) {
  Start({});
  const std::string bomb = "\x1F\x8B\x08" + std::string(200'000, '\0');
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(
        Fetch(port_, "POST", "/ticks", {"Content-Encoding: gzip"}, bomb).status,
        415);
    WebSocketClient offers(
        port_, "/ticks", {{"Sec-WebSocket-Extensions", "permessage-deflate"}});
    offers.Close(1000);
  }
  EXPECT_TRUE(Until(Refused("content_encoding", 50)));
}

TEST_F(FloodTest, BodiesThatFillTheMemory) {
  Start({"--max_buffered_bytes=8000000", "--max_body_bytes=1000000"});
  const Clients clients = Connect(
      100, "POST /ticks HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n" +
               std::string(899'000, ' '));
  EXPECT_TRUE(Eventually([&] {
    return Get(port_, "/metrics").body.find("limit=\"buffered_bytes\"") !=
           std::string::npos;
  }));
  // Who needs little is answered still.
  EXPECT_EQ(Get(port_, "/ticks/1").status, 200);
  EXPECT_EQ(Post(port_, "/ticks", "{}").status, 200);
  // What was refused is closed; what was not ends with its clients.
  EXPECT_TRUE(Until("bridge_http_connections 1", [&] {
    for (const auto& client : clients) client->ShutdownSend();
  }));
}

TEST_F(FloodTest, AnswersThatNobodyTakes) {
  Start({"--max_buffered_bytes=8000000", "--write_timeout=2s"});
  Clients clients;
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->Send(
        "GET /ticks/1?size=3000000 HTTP/1.1\r\nHost: h\r\n\r\n");
    const std::string header = clients.back()->ReadUntil("\r\n\r\n");
    if (header.find(" 503 ") != std::string::npos) ++refused;
  }
  EXPECT_EQ(refused, 38);
  EXPECT_TRUE(Until(Refused("buffered_bytes", refused)));
  // They are given up, and what they held is free.
  EXPECT_TRUE(Until("bridge_buffered_bytes 0"));
  EXPECT_EQ(Get(port_, "/ticks/1?size=3000000").status, 200);
}

}  // namespace
}  // namespace bridge::testing
