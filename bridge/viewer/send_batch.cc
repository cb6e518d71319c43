#include "bridge/viewer/send_batch.h"

#include <liburing.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"

namespace bridge {
namespace {

constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;

class PlainSender : public BatchSender {
 public:
  void Send(std::span<Order> orders) override {
    for (Order& order : orders) {
      do {
        order.result = ::send(order.socket, order.bytes.data(),
                              order.bytes.size(), kFlags);
      } while (order.result < 0 && errno == EINTR);
      if (order.result < 0) order.result = -errno;
    }
  }
};

class UringSender : public BatchSender {
 public:
  UringSender() {
    io_uring_params params = {};
    // We alone use it, and fetch results right after submitting.
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    ready_ = io_uring_queue_init_params(kMaxOrders, &ring_, &params) == 0;
  }
  ~UringSender() override { Close(); }

  bool ready() const { return ready_; }

  void Send(std::span<Order> orders) override {
    if (!ready_) return plain_.Send(orders);
    for (size_t i = 0; i < orders.size(); ++i) {
      io_uring_sqe* entry = io_uring_get_sqe(&ring_);
      io_uring_prep_send(entry, orders[i].socket, orders[i].bytes.data(),
                         orders[i].bytes.size(), kFlags);
      io_uring_sqe_set_data64(entry, i);
      orders[i].result = -EAGAIN;  // unless we hear otherwise
    }
    // A send that may not wait ends while it is submitted, so one turn does.
    constexpr int kMaxTurnsInVain = 3;
    int in_vain = 0;
    for (size_t heard = 0; heard < orders.size();) {
      io_uring_submit_and_wait(&ring_, 1);
      const size_t now = TakeResults(orders);
      heard += now;
      in_vain = now > 0 ? 0 : in_vain + 1;
      // What the kernel does not take it will not send either, once the ring is
      // closed: its viewers try again by themselves.
      if (in_vain == kMaxTurnsInVain) return Close();
    }
  }

 private:
  size_t TakeResults(std::span<Order> orders) {
    io_uring_cqe* result;
    unsigned head;
    unsigned count = 0;
    io_uring_for_each_cqe(&ring_, head, result) {
      orders[io_uring_cqe_get_data64(result)].result = result->res;
      ++count;
    }
    io_uring_cq_advance(&ring_, count);
    return count;
  }

  void Close() {
    if (std::exchange(ready_, false)) io_uring_queue_exit(&ring_);
  }

  io_uring ring_;
  bool ready_;
  PlainSender plain_;  // should the ring fail us
};

}  // namespace

std::unique_ptr<BatchSender> BatchSender::Plain() {
  return std::make_unique<PlainSender>();
}

std::unique_ptr<BatchSender> BatchSender::Uring() {
  auto sender = std::make_unique<UringSender>();
  return sender->ready() ? std::move(sender) : nullptr;
}

SendBatch::SendBatch(bool io_uring) : io_uring_(io_uring) {
  orders_.reserve(BatchSender::kMaxOrders);
  writers_.reserve(BatchSender::kMaxOrders);
}

void SendBatch::Add(Writer& writer, int socket, std::string_view bytes) {
  orders_.push_back({socket, bytes});
  writers_.push_back(&writer);
  if (orders_.size() == BatchSender::kMaxOrders) Flush();
}

void SendBatch::Flush() {
  if (orders_.empty()) return;
  if (sender_ == nullptr && io_uring_) sender_ = BatchSender::Uring();
  if (sender_ == nullptr) sender_ = BatchSender::Plain();
  sender_->Send(orders_);
  // Should one throw, no order is sent again.
  absl::Cleanup clear = [this] {
    orders_.clear();
    writers_.clear();
  };
  for (size_t i = 0; i < orders_.size(); ++i) {
    writers_[i]->OnSent(orders_[i].result);
  }
}

}  // namespace bridge
