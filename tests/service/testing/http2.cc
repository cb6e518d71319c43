#include "tests/service/testing/http2.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace happiness {
namespace {

constexpr timeval kPatience = {30, 0};
constexpr size_t kHeaderBytes = 9;

std::string BigEndian(uint32_t value, int bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes));
  return text;
}

uint32_t Number(std::string_view bytes) {
  uint32_t number = 0;
  for (char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

std::string Text(std::string_view text) {
  EXPECT_LT(text.size(), 127u);
  return std::string(1, static_cast<char>(text.size())).append(text);
}

}  // namespace

std::string Http2Frame(uint8_t type, uint8_t flags, uint32_t stream,
                       std::string_view payload) {
  std::string frame = BigEndian(static_cast<uint32_t>(payload.size()), 3);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  frame += BigEndian(stream, 4);
  return frame.append(payload);
}

std::string Http2Field(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + Text(name) + Text(value);
}

std::string Http2CallFields(std::string_view method) {
  // :method POST, :scheme http, and :path, from the static table.
  return "\x83\x86\x04" + Text(method) + Http2Field(":authority", "localhost") +
         Http2Field("content-type", "application/grpc") +
         Http2Field("te", "trailers");
}

std::string Http2Call(uint32_t stream, std::string_view method) {
  return Http2Frame(kHttp2Headers, kHttp2EndHeaders, stream,
                    Http2CallFields(method));
}

std::string GrpcPrefix(uint32_t size) {
  return std::string(1, '\0') + BigEndian(size, 4);
}

Http2Client::Http2Client(int port) : Http2Client(port, Silent()) {
  Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  Send(Http2Frame(kHttp2Settings, 0, 0, ""));
}

Http2Client::Http2Client(int port, Silent)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address),
            0);
}

Http2Client::~Http2Client() { close(fd_); }

bool Http2Client::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void Http2Client::Abandon() { shutdown(fd_, SHUT_RDWR); }

// Gives whether so many bytes are here.
bool Http2Client::Receive(size_t size) {
  std::array<char, 16'384> room;
  while (received_.size() < size) {
    errno = 0;
    const ssize_t got = recv(fd_, room.data(), room.size(), 0);
    if (got <= 0) return false;
    received_.append(room.data(), static_cast<size_t>(got));
  }
  return true;
}

std::optional<Http2Client::Frame> Http2Client::Read() {
  if (!Receive(kHeaderBytes)) return std::nullopt;
  const std::string_view header(received_.data(), kHeaderBytes);
  const size_t size = Number(header.substr(0, 3));
  Frame frame = {static_cast<uint8_t>(header[3]),
                 static_cast<uint8_t>(header[4]), Number(header.substr(5)), ""};
  if (!Receive(kHeaderBytes + size)) return std::nullopt;
  frame.payload = received_.substr(kHeaderBytes, size);
  received_.erase(0, kHeaderBytes + size);
  return frame;
}

bool Http2Client::AwaitPong() {
  Send(Http2Frame(kHttp2Ping, 0, 0, "12345678"));
  std::optional<Frame> frame;
  do {  // the server pings, too
    frame = ReadUntil(kHttp2Ping);
  } while (frame.has_value() && frame->flags != kHttp2Ack);
  return frame.has_value();
}

bool Http2Client::AwaitEnd() {
  while (Read().has_value()) {
  }
  return errno != EAGAIN;
}

std::optional<Http2Client::Frame> Http2Client::ReadUntil(uint8_t type) {
  std::optional<Frame> frame;
  do {
    frame = Read();
  } while (frame.has_value() && frame->type != type);
  return frame;
}

}  // namespace happiness
