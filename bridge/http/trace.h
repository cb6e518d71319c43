// What ties together what is said of one request, here and at the upstream.

#ifndef BRIDGE_HTTP_TRACE_H_
#define BRIDGE_HTTP_TRACE_H_

#include <string>

#include "bridge/http/api_request.h"
#include "bridge/upstream/metadata.h"

namespace bridge {

// Viewers who share a stream share the call of the first of them: it carries
// that one's.
struct Trace {
  // X-Request-Id, if the client or a proxy gave a good one: see IsRequestId.
  // Otherwise a new one, 32 hexadecimal digits.
  std::string request_id;
  // traceparent and tracestate, of W3C's Trace Context, as they came. What is
  // malformed is left out, as the standard wants it.
  Metadata context;

  static Trace Of(const RequestHeader& header);

  // All of it, as it goes to the upstream.
  Metadata ToMetadata() const;
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_TRACE_H_
