// Blocking clients for the bridge's tests. Everything they wait for is bounded:
// what does not come in ten seconds fails the test.

#ifndef TESTS_BRIDGE_TESTING_CLIENTS_H_
#define TESTS_BRIDGE_TESTING_CLIENTS_H_

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::testing {

// A TCP connection, byte by byte.
class RawClient {
 public:
  explicit RawClient(int port);
  // Takes a connection that is there already.
  static RawClient Of(int connected) { return RawClient(Connected{connected}); }
  ~RawClient();

  void Send(std::string_view bytes);
  // Sends until the bridge takes no more; returns the bytes sent.
  size_t SendAll(std::string_view bytes);
  // Asks for a WebSocket, and reads the answer.
  void Upgrade(std::string_view target);
  // What comes until the text is there (with what came before it), or until the
  // end.
  std::string ReadUntil(std::string_view text);
  std::string ReadToEnd();
  // True if the bridge has closed the connection, cleanly or not.
  bool AwaitEnd();
  void ShutdownSend();
  // Closes with a reset.
  void Abort();

 private:
  struct Connected {
    int fd;
  };
  explicit RawClient(Connected connected);

  bool ReadSome();

  int fd_;
  std::string received_;
};

// A text frame as a client sends it, with a mask of zeros.
std::string TextFrame(std::string_view text);

// The first bytes of a close frame's payload.
std::string CloseBytes(uint16_t code);

struct HttpAnswer {
  int status = 0;
  std::string header;  // with the status line
  std::string body;    // unchunked

  // A header's value, by its name as sent.
  std::string Field(std::string_view name) const;
};

// One request, on a connection of its own.
HttpAnswer Fetch(int port, std::string_view method, std::string_view target,
                 std::vector<std::string> header_lines = {},
                 std::string_view body = "");
HttpAnswer Get(int port, std::string_view target,
               std::vector<std::string> header_lines = {});
HttpAnswer Post(int port, std::string_view target, std::string_view body);

// Beast's WebSocket client.
class WebSocketClient {
 public:
  // Connects and shakes hands.
  WebSocketClient(int port, const std::string& target,
                  std::vector<std::pair<std::string, std::string>> fields = {},
                  int receive_buffer = 0);

  // The next message; empty when the connection has ended.
  std::string Read();
  // Reads to the end, and gives the close code: 1006 if there was none.
  int AwaitClose();
  std::string close_reason() const;

  void Write(std::string_view text);
  // Closes, if the bridge has not done so.
  void Close(int code);
  void Ping(std::string_view payload);
  int pings() const { return pings_; }
  int pongs() const { return pongs_; }

 private:
  using Stream =
      boost::beast::websocket::stream<boost::asio::ip::tcp::socket, false>;

  boost::asio::io_context io_;
  Stream stream_;
  boost::beast::flat_buffer buffer_;
  int close_code_ = 0;
  std::atomic<int> pings_ = 0;
  std::atomic<int> pongs_ = 0;
};

// Waits until it is true, at most ten seconds; gives whether it came to be.
bool Eventually(const std::function<bool()>& condition);

// Waits until `count`, once it is over 0, no longer grows; gives it.
int64_t Plateau(const std::function<int64_t()>& count);

// The bytes of this process's heap that are in use.
size_t HeapInUse();

}  // namespace bridge::testing

#endif  // TESTS_BRIDGE_TESTING_CLIENTS_H_
