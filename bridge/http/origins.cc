#include "bridge/http/origins.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

// Whether browsers would write it so: scheme://host or scheme://host:port.
bool IsOrigin(absl::string_view text) {
  const size_t scheme = text.find("://");
  if (scheme == text.npos || scheme == 0) return false;
  const absl::string_view rest = text.substr(scheme + 3);
  return !rest.empty() && rest.find_first_of("/?#@ ") == rest.npos &&
         std::none_of(text.begin(), text.end(), absl::ascii_isupper);
}

// "localhost" of "localhost:8080".
absl::string_view WithoutPort(absl::string_view host) {
  const size_t address_end = host.find(']');
  return host.substr(
      0, address_end != host.npos ? address_end + 1 : host.find(':'));
}

}  // namespace

absl::Status Origins::Check(const std::vector<std::string>& allowed) {
  for (const std::string& origin : allowed) {
    if (origin == "*" || origin == "null" || IsOrigin(origin)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(origin,
                     ": must be * or an origin as browsers write it, such as "
                     "https://example.org:8443"));
  }
  return absl::OkStatus();
}

absl::Status Origins::CheckHosts(const std::vector<std::string>& hosts) {
  for (const std::string& host : hosts) {
    if (!host.empty() && !absl::StrContains(host, '/') &&
        WithoutPort(host) == host) {
      continue;
    }
    return absl::InvalidArgumentError(
        absl::StrCat(host,
                     ": must be a name or an address without scheme and port, "
                     "such as happiness.example or [::1]"));
  }
  return absl::OkStatus();
}

Origins::Origins(std::vector<std::string> allowed,
                 std::vector<std::string> hosts)
    : hosts_(std::move(hosts)) {
  for (std::string& origin : allowed) {
    if (origin == "*") {
      anyone_reads_ = true;
    } else {
      named_.push_back(std::move(origin));
    }
  }
}

bool Origins::Named(std::string_view origin) const {
  return std::find(named_.begin(), named_.end(), origin) != named_.end();
}

bool Origins::Allows(std::string_view http_method, std::string_view origin,
                     std::string_view host, bool credentials) const {
  return origin.empty() || Named(origin) || IsOwn(origin, host) ||
         (anyone_reads_ && http_method == "GET" && !credentials);
}

// A proxy may speak TLS for us: the scheme does not tell.
bool Origins::IsOwn(std::string_view origin, std::string_view host) const {
  const size_t scheme_end = origin.find("://");
  if (host.empty() || scheme_end == origin.npos ||
      origin.substr(scheme_end + 3) != host) {
    return false;
  }
  const absl::string_view name = WithoutPort({host.data(), host.size()});
  return hosts_.empty() ||
         std::any_of(hosts_.begin(), hosts_.end(),
                     [name](const std::string& own) {
                       return absl::EqualsIgnoreCase(own, name);
                     });
}

std::string Origins::AllowOriginHeader(std::string_view origin) const {
  if (origin.empty()) return anyone_reads_ ? "*" : "";
  if (Named(origin)) return std::string(origin);
  return anyone_reads_ ? "*" : "";
}

}  // namespace bridge
