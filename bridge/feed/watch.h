// From what one who watches asks for to a feed and a position in it.

#ifndef BRIDGE_FEED_WATCH_H_
#define BRIDGE_FEED_WATCH_H_

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "bridge/admission/address_limits.h"
#include "bridge/feed/hub.h"
#include "bridge/upstream/position.h"

namespace bridge {

struct WatchRequest {
  Query query;  // its request with a position, if there is one
  // The last message that the client has seen, if it says so: wins over the
  // request's position. Only for methods that are resumable.
  std::optional<int64_t> after;
  bool latest = false;  // wants whatever is the newest, wherever that stands
  // Whom a feed counts for, and what else goes with its call.
  std::optional<AddressLimits::Address> client;
  Metadata trace;
};

struct Watch {
  std::shared_ptr<Feed> feed;  // reserved, as Hub::Open does
  Position position;           // where it starts there
  std::string request;         // which asks the upstream for that
};

// The feed that it shares with others; one of its own where nobody could know
// where its stream meets that of the others. Fails as Hub::Open does.
absl::StatusOr<Watch> OpenWatch(Hub* hub, WatchRequest request,
                                boost::asio::io_context& home);

}  // namespace bridge

#endif  // BRIDGE_FEED_WATCH_H_
