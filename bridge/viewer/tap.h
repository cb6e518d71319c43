// A feed's place on one shard.

#ifndef BRIDGE_VIEWER_TAP_H_
#define BRIDGE_VIEWER_TAP_H_

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "bridge/feed/feed.h"
#include "bridge/feed/ring.h"
#include "bridge/feed/wire.h"
#include "bridge/viewer/send_batch.h"

namespace bridge {

// Someone who watches a tap: a cursor into its ring.
class Watcher
    : public boost::intrusive::list_base_hook<
          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  virtual ~Watcher() = default;
  // The tap has changed: has more frames, was accepted by the upstream, or has
  // ended. May leave the tap.
  virtual void OnTap() = 0;
};

// Holds the shard's own copy of the feed's ring (of pointers, the frames are
// shared), so that its viewers send without a lock. However many they are, the
// feed posts to the shard once.
//
// What comes within a moment is sent together: it waits for an eighth of the
// time that sending to all takes, a millisecond at the most, so that a burst
// costs a viewer one write; and in a flood, for 200 us after it was last told.
// A message for few viewers, with none right before it, waits for nothing.
//
// Used on its shard's thread alone, but for OnNews. Owned by its viewers, and
// by what is posted.
class Tap : public Feed::Subscriber, public std::enable_shared_from_this<Tap> {
 public:
  // Subscribes to `feed`, using up a reservation (see Hub::Open).
  // `on_unused` is called when the last watcher has left.
  static std::shared_ptr<Tap> Open(std::shared_ptr<Feed> feed, RingLimits ring,
                                   boost::asio::io_context& shard,
                                   SendBatch& batch,
                                   std::function<void()> on_unused);

  void Join(Watcher& watcher) { watchers_.push_back(watcher); }
  // `for_good`: it is not expected back.
  void Leave(Watcher& watcher, bool for_good = false);

  const Ring& ring() const { return ring_; }

  // The frames that came last, from this position on, in one piece: what most
  // viewers need, made once for all of them. Empty if it would be too long, or
  // one of them has no bytes for this wire.
  // Lives until the next news.
  uint64_t fresh() const { return fresh_; }
  std::string_view Fresh(Wire wire);

  const Feed& feed() const { return *feed_; }
  // The upstream has accepted the call, as far as anybody knows; has sent what
  // was there before.
  bool open() const { return phase_ >= Feed::Phase::kOpen; }
  bool settled() const { return phase_ >= Feed::Phase::kSettled; }
  // Why there will be no more frames; null while there may be.
  const Ending* ending() const {
    return phase_ == Feed::Phase::kEnded ? &ending_ : nullptr;
  }

  // A watcher has sent all before `position`.
  void Advance(uint64_t position);

 private:
  Tap(std::shared_ptr<Feed> feed, RingLimits ring,
      boost::asio::io_context& shard, SendBatch& batch,
      std::function<void()> on_unused)
      : feed_(std::move(feed)),
        shard_(shard),
        batch_(batch),
        on_unused_(std::move(on_unused)),
        limits_(ring),
        ring_(ring),
        more_timer_(shard) {}

  using Clock = std::chrono::steady_clock;

  void OnNews() override;
  void WaitForMore();
  void TellWatchers();
  void Add(Feed::News news);

  const std::shared_ptr<Feed> feed_;
  boost::asio::io_context& shard_;
  SendBatch& batch_;
  const std::function<void()> on_unused_;

  const RingLimits limits_;
  Ring ring_;
  uint64_t fresh_ = 0;
  // For each wire, once it is wanted.
  std::array<std::string, 2 * kFramings> fresh_bytes_;
  Feed::Phase phase_ = Feed::Phase::kOpening;
  Ending ending_;
  boost::intrusive::list<Watcher, boost::intrusive::constant_time_size<false>>
      watchers_;
  bool subscribed_ = true;

  // When all watchers were told the last time, and how long that took.
  Clock::time_point told_;
  Clock::duration pass_{};
  boost::asio::steady_timer more_timer_;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_TAP_H_
