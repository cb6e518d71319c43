// HTTP/2 frame by frame, to send a gRPC server what no library would.
//
//   Http2Client client(port);
//   client.Send(Http2Call(1, "/happiness.v1.HappinessService/RecordReading"));
//   client.Send(Http2Frame(kHttp2RstStream, 0, 1, "\0\0\0\x8"s));

#ifndef TESTS_SERVICE_TESTING_HTTP2_H_
#define TESTS_SERVICE_TESTING_HTTP2_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace happiness {

// RFC 9113, section 6.
inline constexpr uint8_t kHttp2Data = 0;
inline constexpr uint8_t kHttp2Headers = 1;
inline constexpr uint8_t kHttp2RstStream = 3;
inline constexpr uint8_t kHttp2Settings = 4;
inline constexpr uint8_t kHttp2Ping = 6;
inline constexpr uint8_t kHttp2GoAway = 7;
inline constexpr uint8_t kHttp2Continuation = 9;

inline constexpr uint8_t kHttp2Ack = 1;  // of SETTINGS and PING
inline constexpr uint8_t kHttp2EndStream = 1;
inline constexpr uint8_t kHttp2EndHeaders = 4;

// A frame as it is sent.
std::string Http2Frame(uint8_t type, uint8_t flags, uint32_t stream,
                       std::string_view payload);
// A field of a header block (RFC 7541, section 6.2.2), of at most 126 bytes
// each.
std::string Http2Field(std::string_view name, std::string_view value);
// The header block of a gRPC call.
std::string Http2CallFields(std::string_view method);
// The HEADERS that open a gRPC call, which may be followed by DATA.
std::string Http2Call(uint32_t stream, std::string_view method);
// What gRPC sends before a message of `size` bytes.
std::string GrpcPrefix(uint32_t size);

// A connection to a port of loopback. What it waits for comes in half a minute,
// or does not come.
class Http2Client {
 public:
  struct Frame {
    uint8_t type;
    uint8_t flags;
    uint32_t stream;
    std::string payload;
  };

  // Connects, and sends the preface and SETTINGS.
  explicit Http2Client(int port);
  // Only connects.
  struct Silent {};
  Http2Client(int port, Silent);
  ~Http2Client();

  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  // False if the server has closed the connection, or takes no more.
  bool Send(std::string_view bytes);
  // Ends what waits in Send; from any thread.
  void Abandon();
  // The next frame; none at the end.
  std::optional<Frame> Read();
  // Pings, and waits for the answer: by then the server has read all that came
  // before. False if the connection has ended.
  bool AwaitPong();
  // True if the server closes the connection, cleanly or not.
  bool AwaitEnd();
  // The first of that type, if there is one.
  std::optional<Frame> ReadUntil(uint8_t type);

 private:
  bool Receive(size_t size);

  const int fd_;
  std::string received_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_TESTING_HTTP2_H_
