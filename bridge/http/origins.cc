#include "bridge/http/origins.h"

#include <algorithm>
#include <utility>

namespace bridge {

Origins::Origins(std::vector<std::string> allowed) {
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
                     std::string_view host) const {
  if (origin.empty() || Named(origin)) return true;
  size_t scheme_end = origin.find("://");
  bool same = !host.empty() && scheme_end != origin.npos &&
              origin.substr(scheme_end + 3) == host;
  return same || (anyone_reads_ && http_method == "GET");
}

std::string Origins::AllowOriginHeader(std::string_view origin) const {
  if (origin.empty()) return anyone_reads_ ? "*" : "";
  if (Named(origin)) return std::string(origin);
  return anyone_reads_ ? "*" : "";
}

}  // namespace bridge
