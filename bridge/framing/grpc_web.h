// gRPC-Web's own bytes:
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md

#ifndef BRIDGE_FRAMING_GRPC_WEB_H_
#define BRIDGE_FRAMING_GRPC_WEB_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/endings.h"

namespace bridge {

// A serialised message, in base64 if `text`: application/grpc-web-text.
std::string GrpcWebMessage(std::string_view message, bool text);

// The frame of trailers that ends a body.
std::string GrpcWebTrailers(const Ending& ending, bool text);

// How a call ended, as trailers, or as headers of an answer without a body: in
// lower case, "grpc-status" first.
std::vector<std::pair<std::string, std::string>> GrpcStatus(
    const Ending& ending);

}  // namespace bridge

#endif  // BRIDGE_FRAMING_GRPC_WEB_H_
