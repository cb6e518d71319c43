#ifndef SERVICE_PORT_CHECK_H_
#define SERVICE_PORT_CHECK_H_

#include <string>

#include "absl/status/status.h"

namespace happiness {

// Whether a server could listen at `port` (0: any) of every address that the
// host name or IP address `address` stands for. Addresses that this machine
// doesn't have ("localhost" is often an IPv6 one, too) don't count, as long as
// there is one that it has.
//
// gRPC itself is content with one address out of many, so that it would share
// "localhost" with another server, and it says only that it failed, not why.
absl::Status CheckPort(const std::string& address, int port);

// "host:port", with brackets around an IPv6 address.
std::string HostPort(const std::string& address, int port);

}  // namespace happiness

#endif  // SERVICE_PORT_CHECK_H_
