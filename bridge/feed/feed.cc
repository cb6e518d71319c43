#include "bridge/feed/feed.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cassert>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/feed/hub.h"

namespace bridge {
namespace {

namespace net = boost::asio;

void AppendPart(std::string_view part, std::string* key) {
  absl::StrAppend(key, part.size(), ":");
  key->append(part);
}

}  // namespace

std::string Query::Key() const {
  // Lengths before the parts: no two queries run together to the same key.
  std::string key =
      absl::StrCat(absl::Hex(reinterpret_cast<uintptr_t>(catalog.get())), "/");
  AppendPart(method->path, &key);
  AppendPart(request, &key);
  for (const auto& [name, value] : metadata) {
    AppendPart(name, &key);
    AppendPart(value, &key);
  }
  return key;
}

Feed::Feed(Kind kind, Query query, Opening opening,
           AddressLimits::FeedTicket ticket, const FeedOptions& options,
           Hub* hub, net::io_context& home)
    : kind_(kind),
      query_(std::move(query)),
      opening_(std::move(opening)),
      ticket_(std::move(ticket)),
      options_(options),
      key_(query_.Key()),
      hub_(hub),
      stats_(hub->stats()),
      frames_(
          std::make_shared<FeedFrames>(query_.catalog, *query_.method, stats_)),
      home_(home),
      ring_(options.ring),
      retry_timer_(home),
      linger_timer_(home),
      grace_timer_(home),
      turn_timer_(home) {
  stats_->feeds.fetch_add(1);
}

Feed::~Feed() {
  ring_.DropBefore(ring_.end());
  stats_->ring_bytes.fetch_sub(counted_bytes_);
  stats_->feeds.fetch_sub(1);
}

absl::StatusOr<std::shared_ptr<Feed>> Feed::OpenCatchUp(
    std::string request, std::optional<AddressLimits::Address> client,
    net::io_context& home) const {
  Opening opening = {std::move(request), 0, std::move(client)};
  opening.catches_up = true;
  return hub_->Open(Kind::kPrivate, query_, std::move(opening), home);
}

Feed::News Feed::Subscribe(std::shared_ptr<Subscriber> subscriber) {
  absl::MutexLock lock(&mutex_);
  --reserved_;
  uint64_t position = ring_.first();
  links_.push_back({std::move(subscriber), position, position, false});
  return TakeFor(links_.back());
}

void Feed::Unsubscribe(Subscriber* subscriber, bool for_good) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(links_, [&](const Link& link) {
    return link.subscriber.get() == subscriber;
  });
  ReadOnIfPaused();
  LingerIfUnused(for_good);
}

void Feed::Unreserve() {
  absl::MutexLock lock(&mutex_);
  --reserved_;
  LingerIfUnused();
}

void Feed::LingerIfUnused(bool for_good) {
  if (!links_.empty() || reserved_ > 0 || phase_ == Phase::kEnded) return;
  net::post(home_, [self = shared_from_this(), for_good] {
    self->WaitForViewers(for_good);
  });
}

Feed::News Feed::Take(Subscriber* subscriber) {
  absl::MutexLock lock(&mutex_);
  return TakeFor(LinkOf(subscriber));
}

Feed::News Feed::TakeFor(Link& link) {
  link.told = false;
  link.taken = std::max(link.taken, ring_.first());
  News news;
  news.position = link.taken;
  news.phase = phase_;
  news.ending = ending_;
  for (; link.taken < ring_.end(); ++link.taken) {
    news.frames.push_back(ring_.at(link.taken));
  }
  if (kind_ == Kind::kShared) {
    link.passed = link.taken;
    GiveWay();
    ReadOnIfPaused();
  }
  news.kept = std::min(ring_.first(), news.position);
  return news;
}

void Feed::Advance(Subscriber* subscriber, uint64_t position) {
  absl::MutexLock lock(&mutex_);
  LinkOf(subscriber).passed = position;
  ring_.DropBefore(position);  // its only reader has it
  CountBytes();
  ReadOnIfPaused();
}

bool Feed::Reserve() {
  absl::MutexLock lock(&mutex_);
  if (phase_ == Phase::kEnded) return false;
  ++reserved_;
  return true;
}

bool Feed::Retire() {
  absl::MutexLock lock(&mutex_);
  if (!links_.empty() || reserved_ > 0) return false;
  phase_ = Phase::kEnded;
  return true;
}

void Feed::Start() {
  net::post(home_, [self = shared_from_this()] { self->OpenCall(); });
}

void Feed::Close(Ending ending) {
  net::post(home_, [self = shared_from_this(), ending = std::move(ending)] {
    self->End(ending);
  });
}

Feed::Link& Feed::LinkOf(Subscriber* subscriber) {
  auto link = std::find_if(links_.begin(), links_.end(), [&](const Link& link) {
    return link.subscriber.get() == subscriber;
  });
  assert(link != links_.end());
  return *link;
}

void Feed::Tell() {
  for (Link& link : links_) {
    if (!std::exchange(link.told, true)) link.subscriber->OnNews();
  }
}

// Phases are passed in their order.
void Feed::Reach(Phase phase) {
  if (phase_ >= phase) return;
  phase_ = phase;
  Tell();
}

bool Feed::IsNew(int64_t cursor) {
  absl::MutexLock lock(&mutex_);
  if (cursor_.has_value() && cursor <= *cursor_) return false;
  cursor_ = cursor;
  return true;
}

bool Feed::Publish(FramePtr frame) {
  absl::MutexLock lock(&mutex_);
  if (phase_ == Phase::kEnded) return true;  // until the cancel is noticed
  delivered_ = true;
  ring_.Push(std::move(frame));
  CountBytes();
  GiveWay();
  phase_ = std::max(
      phase_, ring_.end() < opening_.backlog ? Phase::kOpen : Phase::kSettled);
  Tell();
  CountTurn();
  paused_ = !MayRead() || (kind_ == Kind::kPrivate && turn_ == 0);
  if (paused_) {
    EndTurn();
    ReadOnIfPaused();  // in its next turn
  }
  return !paused_;
}

// While all rings together hold too much, keeps no more than every shard needs:
// for who is slow, or comes back, another call has it.
void Feed::GiveWay() {
  if (kind_ == Kind::kPrivate || stats_->ring_bytes <= hub_->max_ring_bytes()) {
    return;
  }
  uint64_t needed = ring_.end() - 1;
  for (const Link& link : links_) needed = std::min(needed, link.passed);
  ring_.DropBefore(needed);
  CountBytes();
}

// Of the rings on the shards nothing is counted: they share these frames.
void Feed::CountBytes() {
  const auto bytes = static_cast<int64_t>(ring_.bytes());
  stats_->ring_bytes.fetch_add(bytes - std::exchange(counted_bytes_, bytes),
                               std::memory_order_relaxed);
}

void Feed::End(Ending ending) {
  retry_timer_.cancel();
  linger_timer_.cancel();
  StopWaiting();
  grace_timer_.cancel();
  turn_timer_.cancel();
  if (call_ != nullptr) call_->Cancel();
  ReleaseCall();
  hub_->Forget(this);
  absl::MutexLock lock(&mutex_);
  EndTurn();
  if (phase_ == Phase::kEnded) return;
  phase_ = Phase::kEnded;
  ending_ = std::move(ending);
  Tell();
}

void Feed::WaitForViewers(bool for_good) {
  // A private feed is of no use to anybody else.
  if (kind_ == Kind::kShared && !unused_) unused_ = hub_->AddUnused();
  absl::Duration linger = unused_ ? options_.linger : absl::ZeroDuration();
  if (for_good) linger = std::min(linger, kShortLinger);
  linger_timer_.expires_after(absl::ToChronoMilliseconds(linger));
  linger_timer_.async_wait([self = shared_from_this()](auto error) {
    if (error) return;
    self->StopWaiting();
    if (self->hub_->Retire(self.get())) {
      self->End(Ending::Of(Reason::kFinished));
    }
  });
}

void Feed::StopWaiting() {
  if (std::exchange(unused_, false)) hub_->RemoveUnused();
}

}  // namespace bridge
