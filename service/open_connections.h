// How many connections gRPC may have, in all and of one address.

#ifndef SERVICE_OPEN_CONNECTIONS_H_
#define SERVICE_OPEN_CONNECTIONS_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "metrics/label_counts.h"

namespace happiness {

struct ConnectionLimits {
  size_t all = 10'000;
  size_t of_address = 1'000;  // 0: any number
};

// Knows the connections that gRPC was given, which does not say when one is
// over: then its descriptor is closed, or that of another socket, which has
// another inode. Looks at all of them now and then.
//
// Used by one thread; size() and refused() by any.
class OpenConnections {
 public:
  using Clock = std::chrono::steady_clock;

  explicit OpenConnections(const ConnectionLimits& limits) : limits_(limits) {}

  // Whether there may be one more, of a client at `address` (see AddressKey).
  // If so, it counts until `descriptor` is closed.
  bool Admit(int descriptor, std::optional<uint64_t> address,
             Clock::time_point now = Clock::now());

  // Forgets those that are over.
  void Sweep();

  // How many there were when it last looked, and those that came since then.
  size_t size() const { return size_.load(std::memory_order_relaxed); }
  // By the limit: "all", "address".
  const metrics::LabelCounts& refused() const { return refused_; }

 private:
  struct Connection {
    ino_t inode;
    std::optional<uint64_t> address;
  };
  using ByDescriptor = absl::flat_hash_map<int, Connection>;

  static std::optional<ino_t> InodeOf(int descriptor);
  // The limit that another one would break; null if none.
  const char* Broken(std::optional<uint64_t> address) const;
  void GiveBack(const Connection& connection);

  const ConnectionLimits limits_;
  ByDescriptor connections_;
  absl::flat_hash_map<uint64_t, size_t> of_address_;
  Clock::time_point swept_;
  std::atomic<size_t> size_ = 0;
  metrics::LabelCounts refused_;
};

// What is one client's: an IPv4 address, or the first 64 bits of an IPv6 one.
// None for this machine's own, which may have any number.
std::optional<uint64_t> AddressKey(const sockaddr_storage& address);

}  // namespace happiness

#endif  // SERVICE_OPEN_CONNECTIONS_H_
