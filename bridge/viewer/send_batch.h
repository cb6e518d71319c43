// Many small writes, done together.

#ifndef BRIDGE_VIEWER_SEND_BATCH_H_
#define BRIDGE_VIEWER_SEND_BATCH_H_

#include <sys/types.h>

#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace bridge {

// One write of some bytes to each of many sockets. Used by one thread.
class BatchSender {
 public:
  struct Order {
    int socket;
    std::string_view bytes;
    ssize_t result = 0;
  };

  static constexpr size_t kMaxOrders = 256;

  virtual ~BatchSender() = default;

  // Sends to each socket what it takes at once: sets `result` to the number of
  // bytes, or to the negative of errno. At most kMaxOrders.
  virtual void Send(std::span<Order> orders) = 0;

  // One system call for all of them; null if this kernel, or whoever confines
  // the process, does not let it use io_uring. To be made on its thread.
  static std::unique_ptr<BatchSender> Uring();
  // A system call each.
  static std::unique_ptr<BatchSender> Plain();
};

// Collects a write for each of many viewers. Used by one thread.
class SendBatch {
 public:
  // Who has something to send. Must live until OnSent.
  class Writer {
   public:
    virtual ~Writer() = default;
    // How the write went: see BatchSender.
    virtual void OnSent(ssize_t result) = 0;
  };

  // `io_uring` says to use it where it is there.
  explicit SendBatch(bool io_uring);

  // Sends `bytes`, which stay alive until then, at the next Flush or before.
  void Add(Writer& writer, int socket, std::string_view bytes);
  void Flush();

 private:
  const bool io_uring_;
  std::unique_ptr<BatchSender> sender_;
  // As many of the one as of the other; room is made once.
  std::vector<Writer*> writers_;
  std::vector<BatchSender::Order> orders_;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_SEND_BATCH_H_
