// Who asks for streams on a socket, and of whom.

#ifndef BRIDGE_STREAMS_ASKER_H_
#define BRIDGE_STREAMS_ASKER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "bridge/admission/address_limits.h"
#include "bridge/feed/hub.h"
#include "bridge/upstream/metadata.h"
#include "bridge/upstream/upstream.h"

namespace bridge {

// What the sockets of a bridge share. All of it is thread-safe, and outlives
// them.
struct StreamsContext {
  Upstream* upstream;
  Hub* hub;
  AddressLimits* limits;
  size_t max_streams;            // of a socket
  absl::Duration unary_timeout;  // of a call
  int64_t max_buffered_bytes;    // of all requests and answers together
  int64_t max_connections;       // and streams, of all clients
  bool log_requests;
};

// What a socket's handshake said, for all its streams.
struct Asker {
  Metadata metadata;  // credentials, and forwarded headers
  Metadata trace;     // goes with calls besides
  std::string request_id;
  // Whom feeds and calls count for, if anybody.
  std::optional<AddressLimits::Address> client;
  std::string name;  // for the log: the client's address
};

}  // namespace bridge

#endif  // BRIDGE_STREAMS_ASKER_H_
