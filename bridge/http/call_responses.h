// The HTTP responses to calls in gRPC-Web and Connect, before they are written.

#ifndef BRIDGE_HTTP_CALL_RESPONSES_H_
#define BRIDGE_HTTP_CALL_RESPONSES_H_

#include <functional>
#include <string>

#include "bridge/endings.h"
#include "bridge/feed/wire.h"
#include "bridge/http/dialect.h"
#include "bridge/http/responses.h"

namespace bridge {

// What browsers may send besides, and read, for these protocols.
inline constexpr const char* kCallRequestHeaders[] = {
    "connect-accept-encoding",
    "connect-content-encoding",
    "connect-protocol-version",
    "connect-timeout-ms",
    "grpc-accept-encoding",
    "grpc-encoding",
    "grpc-timeout",
    "x-grpc-web",
    "x-user-agent",
};

// The one answer of a call: JSON, or serialised.
Response MakeCallAnswer(const ResponseBase& base, const Dialect& dialect,
                        std::string message);

// A call's end without an answer; in gRPC-Web one of trailers only.
Response MakeCallError(const ResponseBase& base, const Dialect& dialect,
                       const Ending& ending);

// The header of a stream, as it is sent.
std::string CallStreamHeader(const ResponseBase& base, const Dialect& dialect,
                             bool chunked);

}  // namespace bridge

#endif  // BRIDGE_HTTP_CALL_RESPONSES_H_
