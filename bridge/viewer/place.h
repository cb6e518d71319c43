// Where a viewer stands in its stream.

#ifndef BRIDGE_VIEWER_PLACE_H_
#define BRIDGE_VIEWER_PLACE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/admission/address_limits.h"
#include "bridge/endings.h"
#include "bridge/feed/wire.h"
#include "bridge/upstream/position.h"
#include "bridge/viewer/tap.h"

namespace bridge {

class Shard;

// A cursor into a tap's ring, and the way there.
//
// Most viewers start in the ring of the feed that all share. One that asks for
// a message which is no longer there gets a feed of its own, with an upstream
// call that starts where it wants to, and follows that until it has come to a
// message of the shared ring; there it changes over, and the call ends.
//
//   waiting ──the ring has what comes next──> in the shared ring
//      └────── it does not ──> behind it ──────────┘
//
// It waits only while the shared feed is so new that nobody can know.
//
// Lives on its shard's thread.
class Place {
 public:
  // `tap` is the shared feed's, or that of a private one, which is followed
  // from its beginning. `request` asks for `position` of the upstream, and a
  // feed that takes counts for `client`.
  // `watcher` hears of both feeds, until Leave.
  Place(Shard& shard, Watcher& watcher, std::shared_ptr<Tap> tap,
        Position position, std::string request,
        std::optional<AddressLimits::Address> client);
  ~Place();

  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  // Looks whether to change over. To be called before what is below is used,
  // when the watcher was told or a frame was begun.
  void Update() {
    if (way_ != nullptr) FindWay();
  }

  // What comes next stands in `ring`, from `next` on.
  const Ring& ring() const { return tap_->ring(); }
  uint64_t next() const { return next_; }

  // All that is left to send, in one piece; empty if it is not at hand so.
  std::string_view Fresh(Wire wire) {
    return way_ == nullptr && next_ == tap_->fresh() ? tap_->Fresh(wire) : "";
  }

  // The ring has moved past what comes next: there would be a hole.
  bool fell_off() const { return next_ < ring().first(); }

  // It has not come to where all are, and a feed may be there for it alone.
  bool catches_up() const { return way_ != nullptr; }

  // The stream has begun: the upstream has accepted, and it is known from
  // where.
  bool open() const;
  // Why nothing will come behind what is in the ring; null if something may.
  const Ending* ending() const;

  // Passes over all but the newest frame; not while it is on its way.
  void SkipToNewest();

  // The method's path, for the log.
  const std::string& method() const { return tap_->feed().method(); }

  // The next `count` frames are taken.
  void Advance(uint64_t count);
  // They are sent, too: what stands before `next` is no longer needed.
  void Sent() { tap_->Advance(next_); }

  // Watches no longer, and is not expected back if it is `for_good`. Nothing
  // else may be called then.
  void Leave(bool for_good);
  bool left() const { return tap_ == nullptr; }

 private:
  struct Way;
  enum class Reach { kHere, kUnknown, kBehind };

  void FindWay();
  Reach Locate(uint64_t* position) const;
  bool IsSafeToJoin(uint64_t position) const;
  void JoinShared(uint64_t position);
  void OpenOwn();
  void CloseOwn();
  bool OwnIsQuiet() const;

  Watcher& watcher_;
  std::shared_ptr<Tap> tap_;  // of the feed that it follows now
  uint64_t next_;
  std::unique_ptr<Way> way_;  // null once it is where it stays
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_PLACE_H_
