#include "bridge/feed/hub.h"

#include <algorithm>
#include <utility>

namespace bridge {

namespace {

// How many older messages a shared feed begins with, of at most `most`: the
// newest, so that its cursor is known; more if its first viewer wants older
// ones, for then the next will, too.
uint64_t BacklogFor(Position position, uint64_t most) {
  switch (position.kind) {
    case Position::Kind::kNewest:
      return 1;
    case Position::Kind::kBacklog:
      return std::min(static_cast<uint64_t>(position.value), most);
    case Position::Kind::kAfter:
    case Position::Kind::kOther:
      break;
  }
  return most;
}

}  // namespace

absl::StatusOr<std::shared_ptr<Feed>> Hub::OpenShared(
    Query query, Position position,
    std::optional<AddressLimits::Address> client, Metadata trace,
    boost::asio::io_context& home) {
  Opening opening = {query.request, 0, std::move(client)};
  opening.trace = std::move(trace);
  const PositionFields& fields = query.method->position;
  if (fields.resumable() && fields.backlog != nullptr) {
    // Half a ring: it is to have room for what comes meanwhile.
    uint64_t most = std::max<uint64_t>(1, options_.ring.frames / 2);
    opening.backlog = BacklogFor(position, most);
    opening.request = StartWithBacklog(fields, query.request,
                                       static_cast<int64_t>(opening.backlog));
  }
  return Open(Feed::Kind::kShared, std::move(query), std::move(opening), home);
}

absl::StatusOr<std::shared_ptr<Feed>> Hub::Open(Feed::Kind kind, Query query,
                                                Opening opening,
                                                boost::asio::io_context& home) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return absl::UnavailableError("the bridge is shutting down");
  if (kind == Feed::Kind::kShared) {
    auto found = shared_.find(query.Key());
    if (found != shared_.end() && found->second->Reserve()) {
      return found->second;
    }
  }
  auto ticket = Admit(opening);
  if (!ticket.ok()) return ticket.status();
  auto feed = std::make_shared<Feed>(kind, std::move(query), std::move(opening),
                                     *std::move(ticket), options_, this, home);
  feed->Reserve();
  if (kind == Feed::Kind::kShared) {
    shared_[feed->key_] = feed;
  } else {
    private_[feed.get()] = feed;
  }
  feed->Start();
  return feed;
}

absl::StatusOr<AddressLimits::FeedTicket> Hub::Admit(const Opening& opening) {
  if (shared_.size() + private_.size() >= limits_.feeds) {
    stats_->refusals.Add("feeds");
    return absl::ResourceExhaustedError(
        "too many different streams are open; try again later");
  }
  if (stats_->ring_bytes > limits_.ring_bytes) {
    stats_->refusals.Add("ring_bytes");
    return absl::ResourceExhaustedError(
        "the streams that are open hold too much; try again later");
  }
  if (!opening.client.has_value()) return AddressLimits::FeedTicket();
  // One who comes back after a restart of ours may bring many along, all from
  // one address.
  const bool scarce = private_.size() >= limits_.feeds / 4;
  auto ticket = opening.catches_up
                    ? per_address_->CatchUp(*opening.client, scarce)
                    : per_address_->OpenFeed(*opening.client);
  if (!ticket.ok()) stats_->refusals.Add("feeds_of_an_address");
  return ticket;
}

void Hub::Close(const Ending& ending) {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  for (const auto& [key, feed] : shared_) feed->Close(ending);
  for (const auto& [pointer, weak] : private_) {
    if (auto feed = weak.lock()) feed->Close(ending);
  }
}

bool Hub::Retire(Feed* feed) {
  absl::MutexLock lock(&mutex_);
  return feed->Retire();
}

void Hub::Forget(Feed* feed) {
  absl::MutexLock lock(&mutex_);
  private_.erase(feed);
  auto found = shared_.find(feed->key_);
  if (found != shared_.end() && found->second.get() == feed) {
    shared_.erase(found);
  }
}

}  // namespace bridge
