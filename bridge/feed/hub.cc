#include "bridge/feed/hub.h"

#include <utility>

namespace bridge {

absl::StatusOr<std::shared_ptr<Feed>> Hub::Open(Feed::Kind kind, Query query,
                                                boost::asio::io_context& home) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return absl::UnavailableError("the bridge is shutting down");
  if (kind == Feed::Kind::kShared) {
    auto found = shared_.find(query.Key());
    if (found != shared_.end() && found->second->Reserve()) {
      return found->second;
    }
  }
  if (shared_.size() + private_.size() >= max_feeds_) {
    return absl::ResourceExhaustedError(
        "too many different streams are open; try again later");
  }
  auto feed =
      std::make_shared<Feed>(kind, std::move(query), options_, this, home);
  feed->Reserve();
  if (kind == Feed::Kind::kShared) {
    shared_[feed->key_] = feed;
  } else {
    private_[feed.get()] = feed;
  }
  feed->Start();
  return feed;
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
