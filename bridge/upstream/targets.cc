#include "bridge/upstream/targets.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace bridge {
namespace {

constexpr char kHostAndPort[] = "must be host:port";

absl::Status Refuse(std::string_view item, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(item), ": ", std::string(why)));
}

bool HasScheme(std::string_view item, std::string_view scheme) {
  return item.starts_with(scheme) && item.size() > scheme.size();
}

// Takes what stands before a DNS target's host: dns:[//server/]host:port.
std::string_view WithoutDns(std::string_view item) {
  item.remove_prefix(std::string_view("dns:").size());
  if (item.starts_with("//")) {
    item.remove_prefix(2);
    item.remove_prefix(std::min(item.find('/'), item.size()));
  }
  if (item.starts_with("/")) item.remove_prefix(1);
  return item;
}

bool IsName(std::string_view host) {
  return !host.empty() &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
         });
}

// Maybe with a zone: fe80::1%eth0.
bool IsIpV6(std::string_view text) {
  in6_addr address;
  const std::string digits(text.substr(0, text.find('%')));
  return inet_pton(AF_INET6, digits.c_str(), &address) == 1;
}

bool IsIpV6InBrackets(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') &&
         IsIpV6(host.substr(1, host.size() - 2));
}

absl::Status CheckHostAndPort(std::string_view item, std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Refuse(item, kHostAndPort);
  const std::string_view host = text.substr(0, colon);
  if (IsIpV6(host) || IsIpV6(text)) {
    return Refuse(item, "an IPv6 address must be in brackets: [::1]:50051");
  }
  if (!IsName(host) && !IsIpV6InBrackets(host)) {
    return Refuse(item, kHostAndPort);
  }
  int port;
  if (!absl::SimpleAtoi(std::string(text.substr(colon + 1)), &port) ||
      port < 1 || port > 65535) {
    return Refuse(item, "must have a port from 1 to 65535 at its end");
  }
  return absl::OkStatus();
}

absl::Status Check(std::string_view item) {
  if (HasScheme(item, "dns:")) {
    // gRPC takes 443 where there is no port.
    return CheckHostAndPort(item, WithoutDns(item));
  }
  for (const char* scheme :
       {"unix:", "unix-abstract:", "ipv4:", "ipv6:", "xds:"}) {
    if (HasScheme(item, scheme)) return absl::OkStatus();
  }
  return CheckHostAndPort(item, item);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseTargets(std::string_view list) {
  if (HasScheme(list, "ipv4:") || HasScheme(list, "ipv6:")) {
    return std::vector<std::string>{std::string(list)};
  }
  std::vector<std::string> targets = absl::StrSplit(std::string(list), ',');
  if (targets.size() > kMaxTargets) {
    return Refuse(absl::StrCat(targets.front(), ",..."),
                  absl::StrCat("must be at most ", kMaxTargets, " items, not ",
                               targets.size()));
  }
  for (auto item = targets.begin(); item != targets.end(); ++item) {
    if (item->empty() && targets.size() > 1) {
      return Refuse(list, absl::StrCat("its item ", item - targets.begin() + 1,
                                       " is empty"));
    }
    if (absl::Status status = Check(*item); !status.ok()) return status;
    if (std::find(targets.begin(), item, *item) != item) {
      return Refuse(*item, "is there twice");
    }
  }
  return targets;
}

}  // namespace bridge
