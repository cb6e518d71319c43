// Connect's own bytes: https://connectrpc.com/docs/protocol

#ifndef BRIDGE_FRAMING_CONNECT_H_
#define BRIDGE_FRAMING_CONNECT_H_

#include <string>
#include <string_view>

#include "bridge/endings.h"

namespace bridge {

// A message of a stream, in JSON or serialised. With `gzip` it is compressed if
// that makes it smaller.
std::string ConnectMessage(std::string_view message, bool gzip);

// The message that ends a stream.
std::string ConnectEnd(const Ending& ending);

// {"code":"not_found","message":…,"details":[{"type":…,"value":BASE64,
// "debug":…}]}: what a unary call gives instead of an answer. `debug` is there
// if the detail can be told in JSON.
std::string ConnectError(const Ending& ending);

}  // namespace bridge

#endif  // BRIDGE_FRAMING_CONNECT_H_
