#include "bridge/feed/watch.h"

#include <utility>

namespace bridge {

absl::StatusOr<Watch> OpenWatch(Hub* hub, WatchRequest request,
                                boost::asio::io_context& home) {
  const PositionFields& fields = request.query.method->position;
  auto canonical = request.query.catalog->codec().Canonical(
      request.query.method->input(), request.query.request);
  if (!canonical.ok()) return canonical.status();
  Watch watch;
  watch.request = *std::move(canonical);
  auto [shared, position] = TakeApart(fields, watch.request);
  if (request.after.has_value()) {
    position = {Position::Kind::kAfter, *request.after};
    watch.request = StartAfter(fields, shared, position.value);
  }
  if (request.latest) position = {};  // whatever came before
  watch.position = position;
  request.query.request = std::move(shared);
  // Without cursors nobody knows where a stream meets that of the others.
  const bool shareable =
      fields.resumable() || position.kind == Position::Kind::kNewest;
  auto feed = shareable
                  ? hub->OpenShared(std::move(request.query), position,
                                    std::move(request.client),
                                    std::move(request.trace), home)
                  : hub->Open(Feed::Kind::kPrivate, std::move(request.query),
                              {watch.request, 0, std::move(request.client),
                               false, std::move(request.trace)},
                              home);
  if (!feed.ok()) return feed.status();
  watch.feed = *std::move(feed);
  return watch;
}

}  // namespace bridge
