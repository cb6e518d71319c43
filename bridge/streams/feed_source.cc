#include "bridge/streams/feed_source.h"

namespace bridge {

void FeedSource::Update() {
  if (too_slow_.has_value()) return;
  place_.Update();
  if (latest_) place_.SkipToNewest();
  if (place_.fell_off()) {
    too_slow_ = Ending::Of(Reason::kTooSlow,
                           "too slow: newer messages have pushed out those "
                           "that come next; open it again and resume");
  }
}

}  // namespace bridge
