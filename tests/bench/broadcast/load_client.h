// Very many clients that watch streams, in one thread.

#ifndef TESTS_BENCH_BROADCAST_LOAD_CLIENT_H_
#define TESTS_BENCH_BROADCAST_LOAD_CLIENT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace bench {

// What is sent to all: {"number":"17","text":"12345678"}, the numbers one after
// the other, the text the microsecond at which it was made, modulo 100 s.
std::string TickText(absl::Time now);

// How clients watch.
struct Watching {
  std::string name;  // "websocket"
  // The request for the ticks of this topic.
  std::string (*request)(int topic);
  bool websocket;  // its frames; else HTTP's chunks
  bool proto;      // messages as they came; else in JSON
};

// Asks for a WebSocket.
std::string WebSocketRequest(const std::string& target, const char* more = "");

// All ways that the bridge has; the first is a WebSocket with JSON.
const std::vector<Watching>& WaysToWatch();

// Connects over loopback, by as many source addresses of 127/8 as it takes, and
// checks every frame: its form, and that its number is the next. Whatever is
// wrong ends the program.
//
// A connection costs it 128 bytes, beside the kernel's. Used by one thread.
class LoadClient {
 public:
  // When a message came to the first viewer, and to the last.
  struct Message {
    absl::Time first;
    absl::Time last;
    int count = 0;
  };

  // Of the frames that came while it measured.
  struct Report {
    int64_t frames = 0;
    std::vector<double> latencies_ms;      // from the message's making; samples
    std::map<uint32_t, Message> messages;  // that came to all
  };

  // The connections come from 127.`network`.0.0/16, and send one of the
  // requests each, in turn.
  LoadClient(int port, std::vector<std::string> requests, int network = 0,
             const Watching& watching = WaysToWatch().front());
  ~LoadClient();

  LoadClient(const LoadClient&) = delete;
  LoadClient& operator=(const LoadClient&) = delete;

  // Opens so many connections, and gives how long that took.
  absl::Duration Connect(int count);
  // Reads what comes until there is something on stdin.
  void ReadUntilAsked();
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
  void Read(absl::Duration duration);
  void Open(Connection& connection);
  void Poll(int timeout_ms);
  void OnReadable(Connection& connection);
  // Takes the handshake's answer, or whole frames; gives the bytes taken.
  size_t TakeAnswer(Connection& connection, std::string_view bytes);
  size_t TakeFrame(Connection& connection, std::string_view bytes);
  void TakeMessage(Connection& connection, std::string_view message);

  const Watching watching_;
  const int port_;
  const uint32_t first_address_;
  const std::vector<std::string> requests_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::vector<char> room_;
  int upgraded_ = 0;
  bool measuring_ = false;
  absl::Time now_;
  Report report_;
};

}  // namespace bench

#endif  // TESTS_BENCH_BROADCAST_LOAD_CLIENT_H_
