// The baseline: what the kernel takes. One thread, epoll, and for each message
// a loop that sends the same frame to each client, by one send() each.
//
// Prints its port when it listens. Sends by itself, from its start on, to
// whoever is there. Reads nothing but the handshake. Ends on SIGTERM.

#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/bench/broadcast/load_client.h"
#include "tests/bench/measure.h"

ABSL_FLAG(double, rate, 50, "Messages a second.");
ABSL_FLAG(int, burst, 1, "Messages at a time.");
ABSL_FLAG(bool, uring, false, "Send through io_uring, a batch at a time.");
ABSL_FLAG(bool, coalesce, false, "Send the messages of a burst together.");

namespace {

// RFC 6455, section 1.3, for the key that LoadClient gives.
constexpr char kAnswer[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

void Send(int fd, const std::string& bytes) {
  if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
      static_cast<ssize_t>(bytes.size())) {
    return;
  }
  if (errno != EPIPE && errno != ECONNRESET) bench::Fail("a send was short");
}

std::string NextFrame() {
  static int number = 0;
  std::string json = absl::StrCat("{\"number\":\"", ++number, "\",\"text\":\"",
                                  bench::TickText(absl::Now()), "\"}");
  return absl::StrCat("\x81", std::string(1, static_cast<char>(json.size())),
                      json);
}

class Server {
 public:
  Server() : epoll_(epoll_create1(0)) {
    io_uring_params params = {};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    if (io_uring_queue_init_params(kBatch, &ring_, &params) != 0 ||
        io_uring_register_files_sparse(&ring_, kMaxFiles) != 0) {
      bench::Fail("no io_uring here");
    }
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (bind(listener_, any, size) != 0 || listen(listener_, 4096) != 0) {
      bench::Fail("can't listen");
    }
    getsockname(listener_, any, &size);
    Watch(listener_);
    std::printf("%d\n", ntohs(address.sin_port));
  }

  void Poll(absl::Duration wait) {
    std::array<epoll_event, 256> events;
    int count = epoll_wait(epoll_, events.data(), events.size(),
                           static_cast<int>(absl::ToInt64Milliseconds(wait)));
    for (int i = 0; i < count; ++i) {
      int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == listener_) {
        Accept();
      } else {
        Read(fd);
      }
    }
  }

  void SendBatches(const std::string& bytes) {
    for (size_t begin = 0; begin < clients_.size();) {
      size_t end = std::min(begin + kBatch, clients_.size());
      for (size_t i = begin; i < end; ++i) {
        io_uring_sqe* entry = io_uring_get_sqe(&ring_);
        io_uring_prep_send(entry, clients_[i], bytes.data(), bytes.size(),
                           MSG_NOSIGNAL | MSG_DONTWAIT);
        entry->flags |= IOSQE_FIXED_FILE;
      }
      io_uring_submit(&ring_);
      io_uring_cqe* result;
      unsigned head;
      unsigned count = 0;
      io_uring_for_each_cqe(&ring_, head, result) {
        ++count;
        if (result->res != static_cast<int>(bytes.size())) {
          if (result->res == -EPIPE || result->res == -ECONNRESET) continue;
          bench::Fail("a send was short");
        }
      }
      io_uring_cq_advance(&ring_, count);
      begin = end;
    }
  }

  void SendToAll(const std::vector<std::string>& writes) {
    if (absl::GetFlag(FLAGS_uring)) {
      for (const std::string& bytes : writes) SendBatches(bytes);
      return;
    }
    for (int fd : clients_) {
      for (const std::string& bytes : writes) Send(fd, bytes);
    }
  }

 private:
  void Watch(int fd) {
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void Accept() {
    int fd;
    while ((fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      Watch(fd);
      io_uring_register_files_update(&ring_, static_cast<unsigned>(fd), &fd, 1);
    }
  }

  // The request comes in one piece, over loopback.
  void Read(int fd) {
    std::array<char, 1024> room;
    if (recv(fd, room.data(), room.size(), 0) <= 0) {
      std::erase(clients_, fd);
      close(fd);
      return;
    }
    Send(fd, kAnswer);
    clients_.push_back(fd);
  }

  static constexpr unsigned kBatch = 256;
  // Fewer than a process may hold here.
  static constexpr unsigned kMaxFiles = 19'000;
  io_uring ring_;
  const int epoll_;
  int listener_;
  std::vector<int> clients_;
};

}  // namespace

int main(int argc, char** argv) {
  bench::Start(argc, argv);
  bench::RaiseDescriptorLimit();
  const int burst = absl::GetFlag(FLAGS_burst);
  const absl::Duration interval =
      absl::Seconds(1) * burst / absl::GetFlag(FLAGS_rate);
  Server server;
  for (absl::Time next = absl::Now();;) {
    absl::Duration wait = next - absl::Now();
    if (wait > absl::ZeroDuration()) {
      server.Poll(wait);
      continue;
    }
    next += interval;
    std::vector<std::string> writes;
    for (int i = 0; i < burst; ++i) {
      if (absl::GetFlag(FLAGS_coalesce) && i > 0) {
        writes.back() += NextFrame();
      } else {
        writes.push_back(NextFrame());
      }
    }
    server.SendToAll(writes);
    server.Poll(absl::ZeroDuration());
  }
}
