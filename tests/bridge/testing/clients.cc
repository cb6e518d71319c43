#include "tests/bridge/testing/clients.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/beast/core/buffers_to_string.hpp>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace bridge::testing {
namespace {

namespace net = boost::asio;
namespace websocket = boost::beast::websocket;

constexpr timeval kPatience = {10, 0};

void BoundWaits(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
}

std::string Unchunk(std::string_view chunks) {
  std::string body;
  while (!chunks.empty()) {
    size_t line = chunks.find("\r\n");
    if (line == chunks.npos) break;
    size_t size = std::strtoul(std::string(chunks).c_str(), nullptr, 16);
    body += chunks.substr(line + 2, size);
    chunks.remove_prefix(std::min(chunks.size(), line + 4 + size));
  }
  return body;
}

}  // namespace

RawClient::RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BoundWaits(fd_);
  // So that what is sent in pieces leaves in pieces, and at once.
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address),
            0);
}

RawClient::RawClient(Connected connected) : fd_(connected.fd) {
  BoundWaits(fd_);
}

RawClient::~RawClient() { close(fd_); }

void RawClient::Send(std::string_view bytes) {
  EXPECT_EQ(SendAll(bytes), bytes.size());
}

size_t RawClient::SendAll(std::string_view bytes) {
  size_t total = 0;
  while (total < bytes.size()) {
    ssize_t sent =
        send(fd_, bytes.data() + total, bytes.size() - total, MSG_NOSIGNAL);
    if (sent <= 0) break;
    total += static_cast<size_t>(sent);
  }
  return total;
}

void RawClient::Upgrade(std::string_view target) {
  Send(absl::StrCat("GET ", std::string(target),
                    " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
  // RFC 6455, section 1.3, gives this key and its answer.
  std::string answer = ReadUntil("\r\n\r\n");
  EXPECT_NE(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            answer.npos)
      << answer;
}

std::string TextFrame(std::string_view text) {
  std::string frame = "\x81";
  if (text.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | text.size()));
  } else {
    frame += {static_cast<char>(0xFE), static_cast<char>(text.size() >> 8),
              static_cast<char>(text.size())};
  }
  return frame.append(4, '\0').append(text);
}

std::string CloseBytes(uint16_t code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code)};
}

bool RawClient::ReadSome() {
  char room[16384];
  ssize_t size = recv(fd_, room, sizeof room, 0);
  if (size <= 0) return false;
  received_.append(room, static_cast<size_t>(size));
  return true;
}

std::string RawClient::ReadUntil(std::string_view text) {
  size_t found;
  while ((found = received_.find(text)) == received_.npos) {
    if (!ReadSome()) {
      ADD_FAILURE() << "no \"" << text << "\" in: " << received_;
      return std::exchange(received_, {});
    }
  }
  std::string before = received_.substr(0, found + text.size());
  received_.erase(0, before.size());
  return before;
}

std::string RawClient::ReadToEnd() {
  while (ReadSome()) {
  }
  return std::exchange(received_, {});
}

bool RawClient::AwaitEnd() {
  while (ReadSome()) {
  }
  return errno != EAGAIN;
}

void RawClient::ShutdownSend() { shutdown(fd_, SHUT_WR); }

void RawClient::Abort() {
  linger reset = {1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd_);
  fd_ = -1;
}

std::string HttpAnswer::Field(std::string_view name) const {
  std::string start = absl::StrCat("\r\n", std::string(name), ": ");
  size_t found = header.find(start);
  if (found == header.npos) return "";
  found += start.size();
  return header.substr(found, header.find("\r\n", found) - found);
}

HttpAnswer Fetch(int port, std::string_view method, std::string_view target,
                 std::vector<std::string> header_lines, std::string_view body) {
  RawClient client(port);
  std::string request = absl::StrCat(
      std::string(method), " ", std::string(target),
      " HTTP/1.1\r\nHost: 127.0.0.1:", port, "\r\nConnection: close\r\n");
  for (const std::string& line : header_lines) request += line + "\r\n";
  if (method == "POST") {
    absl::StrAppend(&request, "Content-Length: ", body.size(), "\r\n");
  }
  client.Send(request + "\r\n" + std::string(body));
  std::string text = client.ReadToEnd();
  size_t blank = text.find("\r\n\r\n");
  HttpAnswer answer;
  answer.header = text.substr(0, blank + 2);
  if (blank != text.npos) answer.body = text.substr(blank + 4);
  if (text.size() > 12) answer.status = std::atoi(text.c_str() + 9);
  if (answer.Field("Transfer-Encoding") == "chunked") {
    answer.body = Unchunk(answer.body);
  }
  return answer;
}

HttpAnswer Get(int port, std::string_view target,
               std::vector<std::string> header_lines) {
  return Fetch(port, "GET", target, std::move(header_lines));
}

HttpAnswer Post(int port, std::string_view target, std::string_view body) {
  return Fetch(port, "POST", target, {"Content-Type: application/json"}, body);
}

WebSocketClient::WebSocketClient(
    int port, const std::string& target,
    std::vector<std::pair<std::string, std::string>> fields, int receive_buffer)
    : stream_(io_) {
  auto& socket = stream_.next_layer();
  socket.open(net::ip::tcp::v4());
  if (receive_buffer > 0) {
    socket.set_option(net::socket_base::receive_buffer_size(receive_buffer));
  }
  BoundWaits(socket.native_handle());
  socket.connect(
      {net::ip::address_v4::loopback(), static_cast<uint16_t>(port)});
  stream_.set_option(websocket::stream_base::decorator(
      [fields = std::move(fields)](websocket::request_type& request) {
        for (const auto& [name, value] : fields) request.set(name, value);
      }));
  stream_.control_callback([this](websocket::frame_type kind, auto) {
    if (kind == websocket::frame_type::ping) ++pings_;
    if (kind == websocket::frame_type::pong) ++pongs_;
  });
  stream_.handshake(absl::StrCat("127.0.0.1:", port), target);
}

std::string WebSocketClient::Read() {
  buffer_.clear();
  boost::system::error_code error;
  stream_.read(buffer_, error);
  if (error == websocket::error::closed) {
    close_code_ = stream_.reason().code;
  } else if (error) {
    close_code_ = 1006;
  }
  return error ? "" : boost::beast::buffers_to_string(buffer_.data());
}

int WebSocketClient::AwaitClose() {
  while (close_code_ == 0) Read();
  return close_code_;
}

std::string WebSocketClient::close_reason() const {
  auto reason = stream_.reason().reason;
  return std::string(reason.data(), reason.size());
}

void WebSocketClient::Write(std::string_view text) {
  stream_.text(true);
  stream_.write(net::buffer(text));
}

void WebSocketClient::Ping(std::string_view payload) {
  stream_.ping(websocket::ping_data(payload.data(), payload.size()));
}

void WebSocketClient::Close(int code) {
  boost::system::error_code error;
  stream_.close(static_cast<websocket::close_code>(code), error);
}

bool Eventually(const std::function<bool()>& condition) {
  absl::Time deadline = absl::Now() + absl::Seconds(10);
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

int64_t Plateau(const std::function<int64_t()>& count) {
  constexpr int kQuiet = 60;  // looks at it that find no more
  int64_t last = -1;
  int quiet = 0;
  Eventually([&] {
    const int64_t now = count();
    quiet = now == last ? quiet + 1 : 0;
    last = now;
    return now > 0 && quiet == kQuiet;
  });
  return last;
}

size_t HeapInUse() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

}  // namespace bridge::testing
