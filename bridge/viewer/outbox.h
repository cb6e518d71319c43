// What a client is sent besides whole frames.

#ifndef BRIDGE_VIEWER_OUTBOX_H_
#define BRIDGE_VIEWER_OUTBOX_H_

#include <sys/uio.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "bridge/feed/frame.h"

namespace bridge {

// The rest of a frame that was sent in part, then bytes of the client's own,
// then the answer to the latest ping: in this order, before any other frame.
// Takes memory only while there is something in it.
class Outbox {
 public:
  bool empty() const { return parts_ == nullptr; }

  // `rest` of `frame` is still to be sent; before it `head`, and behind it
  // `tail`, which lives for ever.
  void KeepRest(FramePtr frame, std::string_view rest, std::string head = {},
                std::string_view tail = {});
  void Append(std::string_view bytes);
  // Instead of the answer that has not gone out yet, if there is one.
  void SetPong(std::string frame);
  void DropPong();

  // Puts what is to be sent next into the first of `pieces`, which must be
  // four at least, and gives how many.
  size_t Gather(std::span<iovec> pieces);

  // So many bytes were sent. Gives how many of them were not the outbox's.
  size_t Sent(size_t bytes);

  // Of the client's own, how many wait.
  size_t own_bytes() const;

 private:
  struct Parts {
    std::string head;
    size_t head_sent = 0;
    FramePtr frame;
    std::string_view rest;
    std::string_view tail;
    std::string own;
    size_t own_sent = 0;
    std::string pong;
  };

  Parts& parts();
  void FreeIfEmpty();

  std::unique_ptr<Parts> parts_;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_OUTBOX_H_
