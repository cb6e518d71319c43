#include "bridge/viewer/poller.h"

#include <spdlog/spdlog.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace bridge {
namespace {

// How many sockets are told before others of the shard have their turn.
constexpr int kMaxEvents = 64;

int MakeEpoll() {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }
  return epoll;
}

epoll_event EventOf(Poller::Member& member, Poller::Interest interest) {
  epoll_event event = {};
  event.events = interest.readable ? EPOLLIN : EPOLLRDHUP;
  if (interest.writable) event.events |= EPOLLOUT;
  event.data.ptr = &member;
  return event;
}

}  // namespace

Poller::Poller(boost::asio::io_context& io) : epoll_(io, MakeEpoll()) {
  Wait();
}

bool Poller::Add(int socket, Member& member) {
  epoll_event event = EventOf(member, {true, false});
  return epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, socket, &event) == 0;
}

void Poller::Watch(int socket, Member& member, Interest interest) {
  epoll_event event = EventOf(member, interest);
  epoll_ctl(epoll_.native_handle(), EPOLL_CTL_MOD, socket, &event);
}

void Poller::Wait() {
  epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this](auto error) {
                      if (error) return;
                      Wait();  // first, for a member may throw
                      Dispatch();
                    });
}

void Poller::Dispatch() {
  std::array<epoll_event, kMaxEvents> events;
  int count = epoll_wait(epoll_.native_handle(), events.data(), kMaxEvents, 0);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    // An end is read as such.
    constexpr uint32_t kReadable = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    static_cast<Member*>(event.data.ptr)
        ->OnReady((event.events & kReadable) != 0,
                  (event.events & EPOLLOUT) != 0);
  }
}

}  // namespace bridge
