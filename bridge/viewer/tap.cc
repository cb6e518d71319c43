#include "bridge/viewer/tap.h"

#include <boost/asio/post.hpp>

namespace bridge {

std::shared_ptr<Tap> Tap::Open(std::shared_ptr<Feed> feed, RingLimits ring,
                               boost::asio::io_context& shard,
                               std::function<void()> on_unused) {
  std::shared_ptr<Tap> tap(
      new Tap(std::move(feed), ring, shard, std::move(on_unused)));
  tap->Add(tap->feed_->Subscribe(tap));
  return tap;
}

void Tap::Leave(Watcher& watcher) {
  watcher.unlink();
  if (!watchers_.empty() || !subscribed_) return;
  subscribed_ = false;
  feed_->Unsubscribe(this);
  on_unused_();
}

void Tap::Advance(uint64_t position) {
  if (!feed_->paced_by_viewer() || !subscribed_) return;
  ring_.DropBefore(position);
  feed_->Advance(this, position);
}

void Tap::OnNews() {
  boost::asio::post(shard_, [self = shared_from_this()] {
    if (!self->subscribed_) return;
    self->Add(self->feed_->Take(self.get()));
    auto& watchers = self->watchers_;
    for (auto next = watchers.begin(); next != watchers.end();) {
      // One that leaves unlinks itself, and itself only.
      Watcher& watcher = *next++;
      watcher.OnTap();
    }
  });
}

void Tap::Add(Feed::News news) {
  // Who stands before a gap has fallen off.
  if (news.position > ring_.end()) ring_ = Ring(limits_, news.position);
  for (FramePtr& frame : news.frames) ring_.Push(std::move(frame));
  phase_ = news.phase;
  ending_ = std::move(news.ending);
}

}  // namespace bridge
