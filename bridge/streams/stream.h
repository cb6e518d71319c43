// One of the streams of a socket.

#ifndef BRIDGE_STREAMS_STREAM_H_
#define BRIDGE_STREAMS_STREAM_H_

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/admission/address_limits.h"
#include "bridge/endings.h"
#include "bridge/feed/frame.h"
#include "bridge/streams/source.h"
#include "bridge/viewer/delivery.h"
#include "bridge/viewer/pace.h"
#include "bridge/viewer/shard.h"

namespace bridge {

// What a frame of a stream has before the message's JSON: the WebSocket's
// header, id and cursor. Behind it comes kTail.
class StreamPrefix {
 public:
  static constexpr std::string_view kTail = "}";

  StreamPrefix(uint32_t id, const Frame& frame);
  std::string_view text() const { return {text_, size_}; }

 private:
  void Append(std::string_view text);

  char text_[88];
  size_t size_ = 0;
};

// A source, and what its client lets it send: a window, a pace. Belongs to its
// socket, and is used on its shard's thread. While it has something to send or
// to tell it is in the socket's list of those.
class Stream final
    : public Source::Listener,
      public boost::intrusive::list_base_hook<
          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  // Messages that are granted, and not sent yet, at the most.
  static constexpr uint64_t kMaxGranted = 1'000'000'000;

  // `on_change` is called when there may be something new. Must not use the
  // stream at once.
  Stream(Shard& shard, uint32_t id, uint32_t window, const Delivery& delivery,
         AddressLimits::Ticket ticket, std::function<void(Stream&)> on_change);
  ~Stream() override;

  // Once, and before what is below is used.
  void SetSource(std::unique_ptr<Source> source) {
    source_ = std::move(source);
  }

  uint32_t id() const { return id_; }
  std::string_view method() const { return source_->method(); }

  // So many more messages may be sent. INVALID_ARGUMENT says the rule.
  absl::Status Grant(uint32_t messages);

  // Looks how things are. To be called before what is below is used.
  void Update();
  // That it has begun is to be told now. Once.
  bool TakeOpened();
  // How many messages may be sent now; and the `index`th.
  uint64_t sendable() const { return sendable_; }
  const FramePtr& at(uint64_t index) const { return source_->at(index); }
  // Why nothing more will be sent; null if something may.
  const Ending* ending() const;
  // The next message is sent, or on its way.
  void Sent();
  // Whether its client has granted nothing for so long, while an upstream call
  // waits for that. To be asked now and then.
  bool HeldUpFor(std::chrono::milliseconds limit,
                 std::chrono::steady_clock::time_point now);
  // How many messages it is behind.
  uint64_t lag() const { return source_->ready(); }

  // For the socket: messages of it that are in the write at hand.
  uint64_t gathered = 0;

 private:
  void OnChange() override { on_change_(*this); }

  Shard& shard_;
  const AddressLimits::Ticket ticket_;
  const uint32_t id_;
  std::optional<uint64_t> granted_;  // none: any number
  // Since when it was seen to be held up, and nothing was granted.
  std::optional<std::chrono::steady_clock::time_point> held_up_since_;
  const std::function<void(Stream&)> on_change_;
  std::shared_ptr<Pace> pace_;  // null: as quick as may be
  bool told_opened_ = false;
  uint64_t sendable_ = 0;
  std::unique_ptr<Source> source_;
};

}  // namespace bridge

#endif  // BRIDGE_STREAMS_STREAM_H_
