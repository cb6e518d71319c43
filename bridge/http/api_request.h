// What an HTTP request asks of the upstream.

#ifndef BRIDGE_HTTP_API_REQUEST_H_
#define BRIDGE_HTTP_API_REQUEST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bridge/feed/wire.h"
#include "bridge/http/dialect.h"
#include "bridge/http/request_header.h"
#include "bridge/upstream/catalog.h"
#include "bridge/upstream/metadata.h"
#include "bridge/viewer/delivery.h"

namespace bridge {

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
  Dialect dialect = {};
  // Of a call in gRPC-Web or Connect (see UnderstandCall): how long its client
  // waits for it, from its header on; whether its messages may be compressed.
  std::optional<absl::Duration> timeout = std::nullopt;
  bool gzip = false;

  const Method& method() const { return *route.method; }
};

// The WebSocket subprotocol by which a page gives its token: it offers this and
// then the token, as two subprotocols, and gets this. Before or behind them it
// may offer kProto; then it gets that.
inline constexpr char kBearer[] = "bearer";
bool OffersBearer(const RequestHeader& header);

// Whether it says who asks, in either way.
bool HasCredentials(const RequestHeader& header, bool websocket);

// What goes to the upstream to say who asks; none if it does not say.
// INVALID_ARGUMENT names the header that is wrong.
absl::StatusOr<Metadata> CredentialsOf(const RequestHeader& header,
                                       bool websocket);

// Understands a request's header. `websocket` says that it asks for one, which
// is always by GET, and leads to methods to which clients stream by their POST
// routes, too.
//
// NOT_FOUND and UNIMPLEMENTED as Catalog::Find; INVALID_ARGUMENT names the
// parameter or header that is wrong.
absl::StatusOr<ApiRequest> Understand(const RequestHeader& header,
                                      bool websocket,
                                      std::shared_ptr<const Catalog> catalog);

}  // namespace bridge

#endif  // BRIDGE_HTTP_API_REQUEST_H_
