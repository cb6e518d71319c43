// Tells when very many sockets can be read or written.

#ifndef BRIDGE_VIEWER_POLLER_H_
#define BRIDGE_VIEWER_POLLER_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace bridge {

// An epoll of a shard's own, below that of its io_context. Asio keeps half a
// kilobyte for each socket and each wait; this keeps nothing outside the
// kernel.
//
// Used on its shard's thread.
class Poller {
 public:
  class Member {
   public:
    virtual ~Member() = default;
    // Either may be without effect. May remove this member, and no other.
    virtual void OnReady(bool readable, bool writable) = 0;
  };

  explicit Poller(boost::asio::io_context& io);

  // Tells `member` whenever `socket` can be read or has ended, until the socket
  // is closed. False if the kernel has no room for it.
  bool Add(int socket, Member& member);

  // What to tell of it. One that is not to be read tells as readable that its
  // other end sends no more, or is gone.
  struct Interest {
    bool readable;
    bool writable;
  };
  void Watch(int socket, Member& member, Interest interest);

 private:
  void Wait();
  void Dispatch();

  boost::asio::posix::stream_descriptor epoll_;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_POLLER_H_
