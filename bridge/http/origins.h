// Which pages may use the bridge: the same-origin policy and CORS.

#ifndef BRIDGE_HTTP_ORIGINS_H_
#define BRIDGE_HTTP_ORIGINS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace bridge {

// Programs send no Origin and may do everything; this is about browsers, which
// lend a page their user's address and network.
//
// - To read (GET), a page must have the bridge's own origin or an allowed one.
//   "*" allows all, as long as they bring no credentials.
// - To read with credentials, it must have the bridge's own origin or one that
//   is allowed by name: "*" does not count.
// - To change something (any other method), it must have the bridge's own
//   origin or one that is allowed by name, too.
//
// Its own origin is that of the request's Host. Whoever owns a domain can have
// its name lead a browser here (DNS rebinding): so the names can be told that
// the bridge has.
//
// Immutable, hence thread-safe.
class Origins {
 public:
  // Each "*" or an origin as browsers write it: "https://example.org:8443", or
  // "null" for a file's page. INVALID_ARGUMENT names one that is neither.
  static absl::Status Check(const std::vector<std::string>& allowed);
  // The same of the names that are the bridge's own.
  static absl::Status CheckHosts(const std::vector<std::string>& hosts);

  // `hosts` are the names and addresses that are the bridge's own, without a
  // port, IPv6 in brackets; any, if there are none.
  // REQUIRES: Check(allowed).ok()
  explicit Origins(std::vector<std::string> allowed,
                   std::vector<std::string> hosts = {});

  // `origin` is the request's Origin header, empty if there is none; `host` its
  // Host header; `credentials` says whether it brings any.
  bool Allows(std::string_view http_method, std::string_view origin,
              std::string_view host, bool credentials = false) const;

  // The Access-Control-Allow-Origin for a page that Allows lets through: "*",
  // the origin itself, or empty where none is needed.
  std::string AllowOriginHeader(std::string_view origin) const;

 private:
  bool Named(std::string_view origin) const;
  bool IsOwn(std::string_view origin, std::string_view host) const;

  const std::vector<std::string> hosts_;
  std::vector<std::string> named_;
  bool anyone_reads_ = false;
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_ORIGINS_H_
