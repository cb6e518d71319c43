// What an HTTP request asks of the upstream.

#ifndef BRIDGE_HTTP_API_REQUEST_H_
#define BRIDGE_HTTP_API_REQUEST_H_

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "bridge/feed/wire.h"
#include "bridge/upstream/catalog.h"
#include "bridge/upstream/metadata.h"
#include "bridge/viewer/delivery.h"

namespace bridge {

using RequestHeader = boost::beast::http::request_header<>;

// A header's value; empty if there is none.
std::string_view FieldOf(const RequestHeader& header,
                         boost::beast::http::field name);
std::string_view FieldOf(const RequestHeader& header, std::string_view name);

// The values of all lines of a header that is a list, as one list (RFC 9110,
// section 5.3).
std::string AllOf(const RequestHeader& header, std::string_view name);

// A request for one of the upstream's methods, but for its body.
struct ApiRequest {
  std::shared_ptr<const Catalog> catalog;  // keeps `route` alive
  Route route;
  std::string message;  // what path and query say of the request, serialised
  Metadata metadata;    // the client's credentials, and forwarded headers
  Wire wire;            // how a stream is to be sent
  // The last message that an EventSource has seen, when it comes back; only if
  // the method's stream can be resumed. It wins over what the query says.
  std::optional<int64_t> last_event_id;
  Delivery delivery;  // of a stream

  const Method& method() const { return *route.method; }
};

// The WebSocket subprotocol by which a page gives its token: it offers this and
// then the token, as two subprotocols, and gets this.
inline constexpr char kBearer[] = "bearer";
bool OffersBearer(const RequestHeader& header);

// Whether it says who asks, in either way.
bool HasCredentials(const RequestHeader& header, bool websocket);

// Understands a request's header. `websocket` says that it asks for one.
//
// NOT_FOUND and UNIMPLEMENTED as Catalog::Find; INVALID_ARGUMENT names the
// parameter or header that is wrong.
absl::StatusOr<ApiRequest> Understand(const RequestHeader& header,
                                      bool websocket,
                                      std::shared_ptr<const Catalog> catalog);

}  // namespace bridge

#endif  // BRIDGE_HTTP_API_REQUEST_H_
