#include "bridge/viewer/tap.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "absl/cleanup/cleanup.h"

namespace bridge {

std::shared_ptr<Tap> Tap::Open(std::shared_ptr<Feed> feed, RingLimits ring,
                               boost::asio::io_context& shard, SendBatch& batch,
                               std::function<void()> on_unused) {
  std::shared_ptr<Tap> tap(
      new Tap(std::move(feed), ring, shard, batch, std::move(on_unused)));
  tap->Add(tap->feed_->Subscribe(tap));
  return tap;
}

void Tap::Leave(Watcher& watcher, bool for_good) {
  watcher.unlink();
  if (!watchers_.empty() || !subscribed_) return;
  subscribed_ = false;
  feed_->Unsubscribe(this, for_good);
  on_unused_();
}

void Tap::Advance(uint64_t position) {
  if (!feed_->paced_by_viewer() || !subscribed_) return;
  ring_.DropBefore(position);
  feed_->Advance(this, position);
}

void Tap::OnNews() {
  boost::asio::post(shard_,
                    [self = shared_from_this()] { self->WaitForMore(); });
}

void Tap::WaitForMore() {
  constexpr Clock::duration kWorthWaiting = std::chrono::microseconds(50);
  constexpr Clock::duration kFlow = std::chrono::microseconds(200);
  constexpr Clock::duration kMost = std::chrono::microseconds(1000);
  const auto wait =
      std::max(std::min(pass_ / 8, kMost), told_ + kFlow - Clock::now());
  if (wait < kWorthWaiting) return TellWatchers();
  more_timer_.expires_after(wait);
  more_timer_.async_wait([self = shared_from_this()](auto error) {
    if (!error) self->TellWatchers();
  });
}

void Tap::TellWatchers() {
  if (!subscribed_) return;
  const auto start = Clock::now();
  Add(feed_->Take(this));
  // Even if one throws: no order may be left over when what it sends is gone.
  absl::Cleanup flush = [this] { batch_.Flush(); };
  for (auto next = watchers_.begin(); next != watchers_.end();) {
    // One that leaves unlinks itself, and itself only, here or in the batch.
    Watcher& watcher = *next++;
    watcher.OnTap();
  }
  std::move(flush).Invoke();
  told_ = Clock::now();
  pass_ = told_ - start;
}

std::string_view Tap::Fresh(Wire wire) {
  constexpr uint64_t kMaxBytes = 16 << 10;
  if (fresh_ + 1 == ring_.end()) return ring_.at(fresh_)->For(wire);
  if (fresh_ == ring_.end() || ring_.BytesFrom(fresh_) > kMaxBytes) return "";
  std::string& bytes =
      fresh_bytes_[2 * static_cast<size_t>(wire.framing) + wire.chunked];
  if (bytes.empty()) {
    for (uint64_t next = fresh_; next < ring_.end(); ++next) {
      const std::string_view frame = ring_.at(next)->For(wire);
      if (frame.empty()) {
        bytes.clear();
        return bytes;
      }
      bytes += frame;
    }
  }
  return bytes;
}

void Tap::Add(Feed::News news) {
  // Who stands before a gap has fallen off.
  if (news.position > ring_.end()) ring_ = Ring(limits_, news.position);
  for (FramePtr& frame : news.frames) ring_.Push(std::move(frame));
  ring_.DropBefore(news.kept);
  fresh_ = std::max(news.position, ring_.first());
  for (std::string& bytes : fresh_bytes_) bytes.clear();
  phase_ = news.phase;
  ending_ = std::move(news.ending);
}

}  // namespace bridge
