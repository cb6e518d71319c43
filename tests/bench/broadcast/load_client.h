// Very many WebSocket clients that watch one stream, in one thread.

#ifndef TESTS_BENCH_BROADCAST_LOAD_CLIENT_H_
#define TESTS_BENCH_BROADCAST_LOAD_CLIENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/time/time.h"

namespace bench {

// What is sent to all: {"number":"17","text":"12345678"}, the numbers one after
// the other, the text the microsecond at which it was made, modulo 100 s.
std::string TickText(absl::Time now);

// Connects over loopback, by as many source addresses of 127/8 as it takes, and
// checks every frame: its form, and that its number is the next. Whatever is
// wrong ends the program.
//
// A connection costs it 128 bytes, beside the kernel's. Used by one thread.
class LoadClient {
 public:
  // Of the frames that came while it measured.
  struct Report {
    int64_t frames = 0;
    std::vector<double> latencies_ms;  // from the message's making, sampled
    std::vector<double> spreads_ms;    // of each message, the first to the last
  };

  LoadClient(int port, std::string_view target);
  ~LoadClient();

  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  // Opens so many connections, and gives how long that took.
  absl::Duration Connect(int count);
  // Reads what comes.
  void Read(absl::Duration duration);
  // Reads until that message has come to the last connection.
  void ReadUntil(uint32_t number);
  // Reads what comes, and reports it.
  Report Measure(absl::Duration duration);

 private:
  struct Connection {
    int fd = -1;
    uint32_t last = 0;  // the number of its last message
    bool upgraded = false;
    uint8_t kept = 0;  // bytes of a frame that is not whole yet
    char rest[112];
  };
  struct Message {
    absl::Time first;
    absl::Time last;
    int count = 0;
  };

  void Open(Connection& connection);
  void Poll(int timeout_ms);
  void OnReadable(Connection& connection);
  // Takes the handshake's answer, or whole frames; gives the bytes taken.
  size_t TakeAnswer(Connection& connection, std::string_view bytes);
  size_t TakeFrame(Connection& connection, std::string_view bytes);

  const int port_;
  const std::string request_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::vector<char> room_;
  int upgraded_ = 0;
  bool measuring_ = false;
  absl::Time now_;
  Report report_;
  std::unordered_map<uint32_t, Message> messages_;
};

}  // namespace bench

#endif  // TESTS_BENCH_BROADCAST_LOAD_CLIENT_H_
