#include "bridge/viewer/place.h"

#include <algorithm>
#include <utility>

#include "bridge/viewer/shard.h"

namespace bridge {

// What is needed only until the place is in the shared ring.
struct Place::Way : Watcher {
  Way(Shard& shard, Watcher& watcher, std::shared_ptr<Tap> shared,
      Position position, std::string request,
      std::optional<AddressLimits::Address> client)
      : shard(shard),
        watcher(watcher),
        shared(std::move(shared)),
        position(position),
        resumes(position.kind == Position::Kind::kAfter),
        request(std::move(request)),
        client(std::move(client)) {}

  void OnTap() override { watcher.OnTap(); }

  // Counts how it came back, once.
  void Resumed(std::string_view outcome) {
    if (std::exchange(resumes, false)) shard.stats().resumes.Add(outcome);
  }

  Shard& shard;
  Watcher& watcher;
  const std::shared_ptr<Tap> shared;  // watched by this while `own`
  Position position;
  bool resumes;  // and how is not counted yet
  std::string request;
  std::optional<AddressLimits::Address> client;
  bool own = false;  // the place follows a feed of its own
  // A feed of its own was accepted, and nothing came.
  bool found_nothing = false;
  std::optional<Ending> failure;  // it could not be opened
};

Place::Place(Shard& shard, Watcher& watcher, std::shared_ptr<Tap> tap,
             Position position, std::string request,
             std::optional<AddressLimits::Address> client)
    : watcher_(watcher), tap_(std::move(tap)), next_(ring().first()) {
  tap_->Join(watcher_);
  if (tap_->feed().paced_by_viewer()) return;
  way_ = std::make_unique<Way>(shard, watcher, tap_, position,
                               std::move(request), std::move(client));
  FindWay();
}

Place::~Place() {
  if (!left()) Leave(/*for_good=*/false);
}

bool Place::open() const {
  if (way_ != nullptr && !way_->own) return way_->found_nothing;
  return tap_->open();
}

const Ending* Place::ending() const {
  if (way_ != nullptr && way_->failure.has_value()) return &*way_->failure;
  return tap_->ending();
}

void Place::Advance(uint64_t count) {
  next_ += count;
  if (way_ == nullptr || count == 0) return;
  way_->position = {Position::Kind::kAfter,
                    ring().at(next_ - 1)->cursor().value_or(0)};
}

void Place::SkipToNewest() {
  if (way_ == nullptr && !ring().empty()) {
    next_ = std::max(next_, ring().end() - 1);
  }
}

void Place::Leave(bool for_good) {
  if (way_ != nullptr && ending() != nullptr &&
      ending()->code == grpc::StatusCode::OUT_OF_RANGE) {
    way_->Resumed("refused");
  }
  std::exchange(tap_, nullptr)->Leave(watcher_, for_good);
  if (way_ != nullptr && way_->own) way_->shared->Leave(*way_, for_good);
  way_ = nullptr;
}

void Place::FindWay() {
  if (way_->failure.has_value()) return;
  uint64_t position = 0;
  Reach reach = Locate(&position);
  if (reach == Reach::kHere && way_->own && !IsSafeToJoin(position)) return;
  if (reach == Reach::kHere) return JoinShared(position);
  if (way_->own) {
    if (!OwnIsQuiet()) return;
    CloseOwn();
    return FindWay();
  }
  const Ending* ending = tap_->ending();
  bool refused = ending != nullptr && !ending->ok();
  if (reach == Reach::kBehind && !refused) OpenOwn();
  if (!way_->own) next_ = ring().end();  // nothing, for now
}

// Where in the shared ring one starts who wants what `way_` says.
Place::Reach Place::Locate(uint64_t* position) const {
  const Tap& shared = *way_->shared;
  const Ring& ring = shared.ring();
  const uint64_t size = ring.end() - ring.first();
  const auto wanted = static_cast<uint64_t>(way_->position.value);
  // What the feed asked for at its opening has come; and is all still there.
  const uint64_t backlog = shared.feed().backlog();
  const bool filled = shared.settled() || backlog == 0;
  const bool whole = ring.first() == 0;
  switch (way_->position.kind) {
    case Position::Kind::kNewest:
      *position = ring.end() - std::min<uint64_t>(size, 1);
      return Reach::kHere;
    case Position::Kind::kAfter:
      if (auto after = ring.After(way_->position.value)) {
        *position = *after;
        return Reach::kHere;
      }
      if (ring.Misses(way_->position.value)) return Reach::kBehind;
      if (ring.empty() && way_->found_nothing) return Reach::kUnknown;
      return filled ? Reach::kBehind : Reach::kUnknown;
    case Position::Kind::kBacklog:
      // From here on its own messages tell where it stands.
      if (way_->own) return Reach::kUnknown;
      *position = ring.end() - std::min(size, wanted);
      // All who ask for as many as the feed did get what it got.
      if (whole && wanted == backlog) return Reach::kHere;
      // What comes just now may be old or new: nobody can count it.
      if (!filled) return Reach::kBehind;
      // Having got fewer than it asked for, it has all that there are.
      if (whole && (wanted < backlog || size < backlog)) return Reach::kHere;
      return wanted <= size ? Reach::kHere : Reach::kBehind;
    case Position::Kind::kOther:
      return Reach::kBehind;
  }
  return Reach::kUnknown;
}

// One that changes over to the oldest frames would soon fall off, though it may
// be quicker than the stream: its own call waits for it, the shared one does
// not.
bool Place::IsSafeToJoin(uint64_t position) const {
  const Ring& ring = way_->shared->ring();
  return ring.end() - position <= 1 + (ring.end() - ring.first()) / 2;
}

// At each moment one of the two watches the shared tap, which so stays in use.
void Place::JoinShared(uint64_t position) {
  way_->Resumed(way_->own ? "call" : "ring");
  if (way_->own) CloseOwn();
  next_ = position;
  way_ = nullptr;
}

void Place::OpenOwn() {
  auto feed =
      tap_->feed().OpenCatchUp(way_->request, way_->client, way_->shard.io());
  if (!feed.ok()) {
    way_->failure = Ending::From(feed.status());
    return;
  }
  way_->shared->Join(*way_);
  way_->shared->Leave(watcher_);
  way_->own = true;
  tap_ = way_->shard.TapOn(*feed);
  tap_->Join(watcher_);
  next_ = ring().first();
}

void Place::CloseOwn() {
  way_->own = false;
  way_->found_nothing = true;
  tap_->Leave(watcher_);
  tap_ = way_->shared;
  tap_->Join(watcher_);
  way_->shared->Leave(*way_);
  next_ = ring().end();
}

// The upstream has nothing from there on, and neither has the shared feed,
// which asks for older messages each time that it is opened: so the next
// message will come to that. Should the upstream only have been slow, then that
// message tells, and there will be another call.
bool Place::OwnIsQuiet() const {
  return tap_->settled() && tap_->ending() == nullptr && ring().end() == 0 &&
         way_->shared->ring().empty() && way_->shared->feed().backlog() > 0 &&
         way_->position.kind != Position::Kind::kOther;
}

}  // namespace bridge
