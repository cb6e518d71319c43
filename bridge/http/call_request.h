// What a request in gRPC-Web or Connect asks of the upstream.

#ifndef BRIDGE_HTTP_CALL_REQUEST_H_
#define BRIDGE_HTTP_CALL_REQUEST_H_

#include <cstddef>
#include <memory>
#include <optional>

#include "bridge/endings.h"
#include "bridge/http/api_request.h"
#include "bridge/http/dialect.h"

namespace bridge {

// Understands the header of such a request, and all of one by GET, whose
// message may have so many bytes when it is inflated. Gives why it can't be
// served, if so: what it says names the header or parameter that is wrong.
// REQUIRES: dialect.is_call()
std::optional<Ending> UnderstandCall(const RequestHeader& header,
                                     const Dialect& dialect,
                                     std::shared_ptr<const Catalog> catalog,
                                     size_t max_message_bytes,
                                     ApiRequest* request);

// The message of a unary or server-streaming call's body, serialised.
absl::StatusOr<std::string> MessageOfCall(const ApiRequest& request,
                                          std::string body,
                                          size_t max_message_bytes);

// The message of a JSON or serialised one, serialised.
absl::StatusOr<std::string> Serialized(const ApiRequest& request,
                                       std::string message);

}  // namespace bridge

#endif  // BRIDGE_HTTP_CALL_REQUEST_H_
