#include "service/open_connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include <cstring>

namespace happiness {
namespace {

// While a limit is reached, how often it is looked for connections that are
// over.
constexpr std::chrono::milliseconds kBetweenSweeps(100);

std::optional<uint64_t> KeyOfIpv4(uint32_t in_network_order) {
  const uint32_t address = ntohl(in_network_order);
  if (address >> 24 == IN_LOOPBACKNET) return std::nullopt;
  return address;
}

}  // namespace

bool OpenConnections::Admit(int descriptor, std::optional<uint64_t> address,
                            Clock::time_point now) {
  const auto inode = InodeOf(descriptor);
  if (!inode.has_value()) return false;
  // Its number was that of one that is over.
  if (const auto old = connections_.find(descriptor);
      old != connections_.end()) {
    GiveBack(old->second);
    connections_.erase(old);
  }
  if (Broken(address) != nullptr && now - swept_ >= kBetweenSweeps) {
    swept_ = now;
    Sweep();
  }
  const char* const broken = Broken(address);
  if (broken != nullptr) {
    refused_.Add(broken);
  } else {
    connections_[descriptor] = {*inode, address};
    if (address.has_value()) ++of_address_[*address];
  }
  size_ = connections_.size();
  return broken == nullptr;
}

void OpenConnections::Sweep() {
  absl::erase_if(connections_, [this](const auto& entry) {
    if (InodeOf(entry.first) == entry.second.inode) return false;
    GiveBack(entry.second);
    return true;
  });
  size_ = connections_.size();
}

std::optional<ino_t> OpenConnections::InodeOf(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return std::nullopt;
  return status.st_ino;
}

const char* OpenConnections::Broken(std::optional<uint64_t> address) const {
  if (connections_.size() >= limits_.all) return "all";
  if (limits_.of_address == 0 || !address.has_value()) return nullptr;
  const auto found = of_address_.find(*address);
  return found != of_address_.end() && found->second >= limits_.of_address
             ? "address"
             : nullptr;
}

void OpenConnections::GiveBack(const Connection& connection) {
  if (!connection.address.has_value()) return;
  const auto found = of_address_.find(*connection.address);
  if (--found->second == 0) of_address_.erase(found);
}

std::optional<uint64_t> AddressKey(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return KeyOfIpv4(
        reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr);
  }
  if (address.ss_family != AF_INET6) return std::nullopt;
  const in6_addr& ip = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (IN6_IS_ADDR_LOOPBACK(&ip)) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&ip)) {
    uint32_t ipv4;
    std::memcpy(&ipv4, &ip.s6_addr[12], sizeof(ipv4));
    return KeyOfIpv4(ipv4);
  }
  uint64_t network = 0;
  for (int i = 0; i < 8; ++i) network = network << 8 | ip.s6_addr[i];
  return network;
}

}  // namespace happiness
