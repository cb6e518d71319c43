// A stream that is shared with whoever asks the same.

#ifndef BRIDGE_STREAMS_FEED_SOURCE_H_
#define BRIDGE_STREAMS_FEED_SOURCE_H_

#include <memory>
#include <optional>

#include "bridge/admission/address_limits.h"
#include "bridge/feed/watch.h"
#include "bridge/streams/source.h"
#include "bridge/viewer/place.h"
#include "bridge/viewer/shard.h"

namespace bridge {

// A place in a stream, as a Viewer has one.
class FeedSource final : public Source, private Watcher {
 public:
  // Uses up the reservation in `watch`. One of the `latest` passes over old
  // messages. Catching up counts for `client`.
  FeedSource(Shard& shard, Listener& listener, Watch watch, bool latest,
             std::optional<AddressLimits::Address> client)
      : listener_(listener),
        latest_(latest),
        place_(shard, *this, shard.TapOn(watch.feed), watch.position,
               std::move(watch.request), std::move(client)) {}

  void Update() override;
  bool open() const override { return place_.open(); }
  uint64_t ready() const override {
    return too_slow_.has_value() ? 0 : place_.ring().end() - place_.next();
  }
  const FramePtr& at(uint64_t index) const override {
    return place_.ring().at(place_.next() + index);
  }
  const Ending* ending() const override {
    return too_slow_.has_value() ? &*too_slow_ : place_.ending();
  }
  void Advance(uint64_t count) override {
    place_.Advance(count);
    place_.Sent();
  }
  bool holds_call() const override { return place_.catches_up(); }
  std::string_view method() const override { return place_.method(); }

 private:
  void OnTap() override { listener_.OnChange(); }

  Listener& listener_;
  const bool latest_;
  Place place_;
  std::optional<Ending> too_slow_;
};

}  // namespace bridge

#endif  // BRIDGE_STREAMS_FEED_SOURCE_H_
