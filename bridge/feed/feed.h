// One upstream stream, for all who asked the same.

#ifndef BRIDGE_FEED_FEED_H_
#define BRIDGE_FEED_FEED_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bridge/admission/address_limits.h"
#include "bridge/endings.h"
#include "bridge/feed/feed_frames.h"
#include "bridge/feed/ring.h"
#include "bridge/feed/turns.h"
#include "bridge/stats.h"
#include "bridge/upstream/call.h"
#include "bridge/upstream/catalog.h"

namespace bridge {

class Hub;

// What a feed asks of the upstream. Those with the same key may share a feed.
struct Query {
  std::shared_ptr<const Catalog> catalog;  // keeps `method` alive
  const Method* method;
  std::string request;  // serialised; without a position, if it can be shared
  Metadata metadata;    // the viewer's credentials, and forwarded headers

  std::string Key() const;
};

// How a feed begins: with a call of this request.
struct Opening {
  std::string request;  // the query's, and a position
  // How many messages it asks for that were there before.
  uint64_t backlog = 0;
  // Whom it counts for: see AddressLimits. For nobody if there is none.
  std::optional<AddressLimits::Address> client = std::nullopt;
  // For one who joins a shared feed then: it counts apart.
  bool catches_up = false;
  // What else goes with its calls: it does not distinguish them from others.
  Metadata trace = {};
};

struct FeedOptions {
  RingLimits ring;
  // How long a feed goes on with nobody watching.
  absl::Duration linger = absl::Seconds(5);
  // How long viewers wait for an upstream which is gone.
  absl::Duration patience = absl::Seconds(30);
  // An upstream that neither answers nor refuses for this long is taken to have
  // accepted: many send nothing before their first message. One that sends no
  // message for this long after that, to have none.
  absl::Duration accept_grace = absl::Seconds(1);
};

// Runs the upstream call, makes each message a frame, and keeps the
// newest ones in a ring, from which the taps (one a shard) take them. Opens
// the call again, with back-off, when the upstream goes away: behind the last
// message, if the method says how; from that on no message comes twice.
//
// A *shared* feed goes at the upstream's pace: a viewer that is too slow falls
// off. A *private* one, which has one viewer, goes at that viewer's pace, and
// holds the upstream back; it reads in turns with the others. Unless it can go
// on behind its last message, it is never opened again once it has given one.
//
// Threads: the public methods may be called from any thread. The call's events
// come on gRPC's threads; the life of the feed (opening, waiting, ending) goes
// on on its home shard alone. Owned by its taps, its running call and, while it
// may be shared, the hub.
class Feed : public Call::Handler,
             public Turns::Taker,
             public std::enable_shared_from_this<Feed> {
 public:
  enum class Kind { kShared, kPrivate };
  enum class Phase {
    kOpening,  // not accepted by the upstream yet
    kOpen,
    kSettled,  // what was there at the opening has come, as far as one can know
    kEnded,
  };

  // A shard's side of the feed.
  class Subscriber {
   public:
    virtual ~Subscriber() = default;
    // There is something to Take. Told once until then, under the feed's lock:
    // must only post to the shard.
    virtual void OnNews() = 0;
  };

  // What a subscriber has not seen yet.
  struct News {
    uint64_t position = 0;  // of the first frame
    uint64_t kept = 0;      // what stands before this the feed has let go of
    std::vector<FramePtr> frames;
    Phase phase = Phase::kOpening;
    Ending ending;  // if kEnded
  };

  // Use Hub::Open.
  Feed(Kind kind, Query query, Opening opening,
       AddressLimits::FeedTicket ticket, const FeedOptions& options, Hub* hub,
       boost::asio::io_context& home);
  ~Feed() override;

  bool paced_by_viewer() const { return kind_ == Kind::kPrivate; }
  const std::string& method() const { return query_.method->path; }
  // How many older messages it asked for when it began.
  uint64_t backlog() const { return opening_.backlog; }

  // A private feed of the same query that starts where `request` says, on
  // behalf of `client`. As Hub::Open, which also says how it can fail.
  absl::StatusOr<std::shared_ptr<Feed>> OpenCatchUp(
      std::string request, std::optional<AddressLimits::Address> client,
      boost::asio::io_context& home) const;

  // Adds a subscriber, and gives it all that is in the ring. Uses up the
  // reservation that Hub::Open made.
  News Subscribe(std::shared_ptr<Subscriber> subscriber);
  // `for_good`: whoever leaves is not expected back. If nobody is left then,
  // the feed waits for kShortLinger at the most.
  static constexpr absl::Duration kShortLinger = absl::Milliseconds(500);
  void Unsubscribe(Subscriber* subscriber, bool for_good);

  // Gives a reservation back that is not needed.
  void Unreserve();

  // What is new since the last time. If it begins beyond what was taken before,
  // frames were pushed out that were never taken.
  News Take(Subscriber* subscriber);

  // For private feeds: the viewer has sent all before `position`.
  void Advance(Subscriber* subscriber, uint64_t position);

 private:
  friend class Hub;

  using Clock = std::chrono::steady_clock;

  struct Link {
    std::shared_ptr<Subscriber> subscriber;
    uint64_t taken;   // all before this position
    uint64_t passed;  // all before this position are no longer needed
    bool told;        // OnNews was called, and Take not yet
  };

  // For the hub. Reserve keeps the feed from being retired until Subscribe;
  // false if it has ended. Retire ends a feed which nobody uses.
  bool Reserve();
  bool Retire();
  void Start();
  void Close(Ending ending);

  // On gRPC's threads.
  void OnAccepted() override;
  bool OnMessage(grpc::ByteBuffer message) override;
  void OnMessagesEnd() override;
  void OnDone(const grpc::Status& status) override;

  bool IsNew(int64_t cursor);
  absl::Status NoCursor() const;
  bool Refuse(std::string_view kind, const absl::Status& why);
  bool Publish(FramePtr frame);
  void CountBytes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveWay() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Reach(Phase phase) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LingerIfUnused(bool for_good = false)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadOnIfPaused() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnTurn() override;
  News TakeFor(Link& link) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Link& LinkOf(Subscriber* subscriber) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // On the home shard.
  void OpenCall();
  void BeginTurn();
  void ReachAfter(absl::Duration delay, Phase phase, int waits);
  bool ReachUnlessMoreCame(Phase phase, uint64_t end);
  void ReleaseCall();
  void HandleDone(const grpc::Status& status);
  bool MayRetry();
  void RetryLater();
  void End(Ending ending);
  void WaitForViewers(bool for_good);
  void StopWaiting();

  const Kind kind_;
  const Query query_;
  const Opening opening_;
  const AddressLimits::FeedTicket ticket_;
  const FeedOptions options_;
  const std::string key_;
  Hub* const hub_;
  Stats* const stats_;
  const std::shared_ptr<const FeedFrames> frames_;
  boost::asio::io_context& home_;

  absl::Mutex mutex_;
  Ring ring_ ABSL_GUARDED_BY(mutex_);
  int64_t counted_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // in Stats::ring_bytes
  std::vector<Link> links_ ABSL_GUARDED_BY(mutex_);
  int reserved_ ABSL_GUARDED_BY(mutex_) = 0;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kOpening;
  Ending ending_ ABSL_GUARDED_BY(mutex_);
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;  // no read is pending
  // How many messages are left of a private feed's turn; it waits for one.
  int turn_ ABSL_GUARDED_BY(mutex_) = 0;
  bool awaits_turn_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the last message, if the method has cursors.
  std::optional<int64_t> cursor_ ABSL_GUARDED_BY(mutex_);
  // Of the running call: the upstream has accepted it; has given a message.
  bool accepted_ ABSL_GUARDED_BY(mutex_) = false;
  bool delivered_ ABSL_GUARDED_BY(mutex_) = false;

  // The home shard's.
  Call* call_ = nullptr;
  boost::asio::steady_timer retry_timer_;
  boost::asio::steady_timer linger_timer_;
  boost::asio::steady_timer grace_timer_;
  boost::asio::steady_timer turn_timer_;
  Clock::time_point opened_;  // the running call, or the last
  std::optional<Clock::time_point> outage_since_;
  int retries_ = 0;
  bool unused_ = false;  // the hub counts it as such
  absl::BitGen random_;
};

}  // namespace bridge

#endif  // BRIDGE_FEED_FEED_H_
