// The headers of a request that its upstream gets to see, besides its
// credentials.

#ifndef BRIDGE_HTTP_FORWARDED_HEADERS_H_
#define BRIDGE_HTTP_FORWARDED_HEADERS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/http/api_request.h"
#include "bridge/upstream/metadata.h"

namespace bridge {

// A list of names. What they say becomes metadata of the call, so viewers for
// whom they differ share no feed. Immutable, hence thread-safe.
class ForwardedHeaders {
 public:
  static constexpr size_t kMaxNames = 16;
  static constexpr size_t kMaxValueBytes = 1'024;

  ForwardedHeaders() = default;

  // INVALID_ARGUMENT names one that can't be forwarded: that is no header's
  // name, is about the connection or the body alone, is a browser's own, or has
  // a meaning of its own here or in gRPC.
  static absl::StatusOr<ForwardedHeaders> Parse(std::vector<std::string> names);

  // In lower case.
  const std::vector<std::string>& names() const { return names_; }

  // What the request says of them; lines of the same name as one list.
  // INVALID_ARGUMENT names one with a value that can't be forwarded.
  absl::StatusOr<Metadata> Of(const RequestHeader& header) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_FORWARDED_HEADERS_H_
