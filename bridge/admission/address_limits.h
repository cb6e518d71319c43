// What one address may take of a bridge, so that something is left for others.

#ifndef BRIDGE_ADMISSION_ADDRESS_LIMITS_H_
#define BRIDGE_ADMISSION_ADDRESS_LIMITS_H_

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "waiting/allowance.h"

namespace bridge {

struct AddressLimitOptions {
  // Open at a time, with the streams on sockets that carry many; 0: any number.
  int64_t connections = 1'000;
  int64_t connects = 100;  // new ones a second; 0: any number
  int64_t writes = 50;     // requests a second that change something; 0: any
  int64_t feeds = 100;     // opened by it and still there; 0: any number
  // And so many with which its viewers catch up, when they are scarce.
  int64_t reads = 10;  // calls that read, at a time; 0: any number
  // Streams a second, on sockets that carry many; 0: any number.
  int64_t opens = 1'000;
  // A proxy on this machine speaks for many.
  bool spare_loopback = true;
};

// Counts by IPv4 address, and by the first 64 bits of an IPv6 one, for those
// are one customer's. Rates may be exceeded for a moment, by as much as a
// second's worth. Thread-safe.
class AddressLimits {
 public:
  using Clock = waiting::Allowance::Clock;
  using Address = boost::asio::ip::address;

  // So many addresses are known at a time; when there are more, new ones are
  // refused. Who has no connection and takes nothing is soon forgotten.
  static constexpr size_t kMaxAddresses = 200'000;

  // What an address may have some of at a time.
  enum class Share { kConnection, kFeed, kCatchUp, kRead };

  // One of those, that counts while the ticket lives. May count nowhere.
  template <Share share>
  class TicketFor {
   public:
    TicketFor() = default;
    TicketFor(TicketFor&& other) noexcept { *this = std::move(other); }
    TicketFor& operator=(TicketFor&& other) noexcept {
      std::swap(limits_, other.limits_);
      std::swap(key_, other.key_);
      return *this;
    }
    ~TicketFor() {
      if (limits_ != nullptr) limits_->GiveBack(share, key_);
    }

   private:
    friend class AddressLimits;
    TicketFor(AddressLimits* limits, uint64_t key)
        : limits_(limits), key_(key) {}

    AddressLimits* limits_ = nullptr;
    uint64_t key_ = 0;
  };
  using Ticket = TicketFor<Share::kConnection>;
  using ReadTicket = TicketFor<Share::kRead>;
  using FeedTicket =
      std::variant<TicketFor<Share::kFeed>, TicketFor<Share::kCatchUp>>;

  explicit AddressLimits(const AddressLimitOptions& options)
      : options_(options) {}

  // For a new connection. RESOURCE_EXHAUSTED says which limit is reached.
  absl::StatusOr<Ticket> Connect(const Address& from,
                                 Clock::time_point now = Clock::now());

  // For a stream on a socket that carries many: it counts as a connection does,
  // whichever way streams come. RESOURCE_EXHAUSTED as above.
  absl::StatusOr<Ticket> OpenStream(const Address& from,
                                    Clock::time_point now = Clock::now());

  // By what name Stats::refusals counts that one of those refused with this.
  static std::string LimitOf(const absl::Status& refused);

  // For a feed that is opened because of it. RESOURCE_EXHAUSTED as above.
  absl::StatusOr<FeedTicket> OpenFeed(const Address& from,
                                      Clock::time_point now = Clock::now());

  // For a feed with which one of its viewers catches up. It may have any number
  // unless they are `scarce`. RESOURCE_EXHAUSTED as above.
  absl::StatusOr<FeedTicket> CatchUp(const Address& from, bool scarce,
                                     Clock::time_point now = Clock::now());

  // For a call that changes nothing, until the upstream has answered: whoever
  // asks for what takes long has others wait no longer than for so many.
  // RESOURCE_EXHAUSTED as above.
  absl::StatusOr<ReadTicket> Read(const Address& from,
                                  Clock::time_point now = Clock::now());

  // For a request that changes something. RESOURCE_EXHAUSTED as above.
  absl::Status MayWrite(const Address& from,
                        Clock::time_point now = Clock::now());

  // How many addresses are known.
  size_t size() const;

 private:
  struct Client {
    int64_t connections = 0;
    int64_t feeds = 0;
    int64_t catch_ups = 0;
    int64_t reads = 0;
    waiting::Allowance connects;
    waiting::Allowance writes;
    waiting::Allowance opens;
  };

  bool IsSpared(const Address& address) const;
  // Null if there are too many.
  Client* Find(uint64_t key, Clock::time_point now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetIdle(Clock::time_point now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static int64_t& CountOf(Share share, Client& client);
  void GiveBack(Share share, uint64_t key);

  const AddressLimitOptions options_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<uint64_t, Client> clients_ ABSL_GUARDED_BY(mutex_);
  size_t sweep_at_ ABSL_GUARDED_BY(mutex_) = 1'024;
};

}  // namespace bridge

#endif  // BRIDGE_ADMISSION_ADDRESS_LIMITS_H_
