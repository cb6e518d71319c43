#include "bridge/admission/address_limits.h"

#include <algorithm>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace bridge {
namespace {

// Names the limit of a refusal that is for a rate, not for how many there are.
constexpr char kRate[] = "bridge/rate";

// IPv4 addresses are as unlikely IPv6 networks as there are: those of ::/64.
uint64_t KeyOf(const boost::asio::ip::address& address) {
  if (address.is_v4()) return address.to_v4().to_uint();
  uint64_t network = 0;
  const auto bytes = address.to_v6().to_bytes();
  for (size_t i = 0; i < 8; ++i) network = network << 8 | bytes[i];
  return network;
}

absl::Status Refused(const std::string& what) {
  return absl::ResourceExhaustedError(
      absl::StrCat("your address has ", what, "; try again later"));
}

absl::Status TooFast(const char* limit, const std::string& what) {
  absl::Status status = Refused(absl::StrCat(what, " a second"));
  status.SetPayload(kRate, absl::Cord(limit));
  return status;
}

bool Take(waiting::Allowance* allowance, int64_t rate,
          AddressLimits::Clock::time_point now) {
  const auto second = static_cast<uint64_t>(rate);
  return allowance->Take(1, second, second, now);
}

}  // namespace

bool AddressLimits::IsSpared(const Address& address) const {
  return options_.spare_loopback && address.is_loopback();
}

absl::StatusOr<AddressLimits::Ticket> AddressLimits::Connect(
    const Address& from, Clock::time_point now) {
  if (IsSpared(from)) return Ticket();
  const uint64_t key = KeyOf(from);
  absl::MutexLock lock(&mutex_);
  Client* const client = Find(key, now);
  if (client == nullptr) {
    return absl::ResourceExhaustedError(
        "too many different addresses are connected; try again later");
  }
  if (options_.connections > 0 && client->connections >= options_.connections) {
    return Refused(absl::StrCat(options_.connections, " connections open"));
  }
  if (options_.connects > 0 &&
      !Take(&client->connects, options_.connects, now)) {
    return TooFast("connects_of_an_address",
                   absl::StrCat("made ", options_.connects, " connections"));
  }
  ++client->connections;
  return Ticket(this, key);
}

absl::StatusOr<AddressLimits::Ticket> AddressLimits::OpenStream(
    const Address& from, Clock::time_point now) {
  if (IsSpared(from)) return Ticket();
  const uint64_t key = KeyOf(from);
  absl::MutexLock lock(&mutex_);
  Client* const client = Find(key, now);
  if (client == nullptr ||
      (options_.opens > 0 && !Take(&client->opens, options_.opens, now))) {
    return TooFast("opens_of_an_address",
                   absl::StrCat("opened ", options_.opens, " streams"));
  }
  if (options_.connections > 0 && client->connections >= options_.connections) {
    return Refused(
        absl::StrCat(options_.connections, " connections and streams open"));
  }
  ++client->connections;
  return Ticket(this, key);
}

std::string AddressLimits::LimitOf(const absl::Status& refused) {
  const auto limit = refused.GetPayload(kRate);
  return limit.has_value() ? std::string(*limit) : "connections_of_an_address";
}

absl::StatusOr<AddressLimits::FeedTicket> AddressLimits::OpenFeed(
    const Address& from, Clock::time_point now) {
  if (options_.feeds <= 0 || IsSpared(from)) return FeedTicket();
  const uint64_t key = KeyOf(from);
  absl::MutexLock lock(&mutex_);
  Client* const client = Find(key, now);
  if (client == nullptr || client->feeds >= options_.feeds) {
    return Refused(absl::StrCat(options_.feeds, " different streams open"));
  }
  ++client->feeds;
  return TicketFor<Share::kFeed>(this, key);
}

absl::StatusOr<AddressLimits::FeedTicket> AddressLimits::CatchUp(
    const Address& from, bool scarce, Clock::time_point now) {
  if (options_.feeds <= 0 || IsSpared(from)) return FeedTicket();
  const uint64_t key = KeyOf(from);
  absl::MutexLock lock(&mutex_);
  Client* const client = Find(key, now);
  if (client == nullptr || (scarce && client->catch_ups >= options_.feeds)) {
    return Refused(
        absl::StrCat(options_.feeds, " streams that have not caught up"));
  }
  ++client->catch_ups;
  return TicketFor<Share::kCatchUp>(this, key);
}

absl::StatusOr<AddressLimits::ReadTicket> AddressLimits::Read(
    const Address& from, Clock::time_point now) {
  if (options_.reads <= 0 || IsSpared(from)) return ReadTicket();
  const uint64_t key = KeyOf(from);
  absl::MutexLock lock(&mutex_);
  Client* const client = Find(key, now);
  if (client == nullptr || client->reads >= options_.reads) {
    return Refused(
        absl::StrCat(options_.reads, " requests that wait for an answer"));
  }
  ++client->reads;
  return ReadTicket(this, key);
}

absl::Status AddressLimits::MayWrite(const Address& from,
                                     Clock::time_point now) {
  if (options_.writes <= 0 || IsSpared(from)) return absl::OkStatus();
  absl::MutexLock lock(&mutex_);
  Client* const client = Find(KeyOf(from), now);
  if (client != nullptr && Take(&client->writes, options_.writes, now)) {
    return absl::OkStatus();
  }
  return Refused(absl::StrCat("sent ", options_.writes,
                              " requests a second that change something"));
}

AddressLimits::Client* AddressLimits::Find(uint64_t key,
                                           Clock::time_point now) {
  const auto found = clients_.find(key);
  if (found != clients_.end()) return &found->second;
  if (clients_.size() >= sweep_at_) ForgetIdle(now);
  if (clients_.size() >= kMaxAddresses) return nullptr;
  return &clients_[key];
}

// Costs a look at each; the next time is when there are twice as many, or, at
// the most of them, each time.
void AddressLimits::ForgetIdle(Clock::time_point now) {
  absl::erase_if(clients_, [&](const auto& entry) {
    const Client& client = entry.second;
    return client.connections == 0 && client.feeds == 0 &&
           client.catch_ups == 0 && client.reads == 0 &&
           client.connects.IsFull(now) && client.writes.IsFull(now) &&
           client.opens.IsFull(now);
  });
  sweep_at_ = std::clamp<size_t>(2 * clients_.size(), 1'024, kMaxAddresses);
}

int64_t& AddressLimits::CountOf(Share share, Client& client) {
  switch (share) {
    case Share::kFeed:
      return client.feeds;
    case Share::kCatchUp:
      return client.catch_ups;
    case Share::kRead:
      return client.reads;
    case Share::kConnection:
      break;
  }
  return client.connections;
}

void AddressLimits::GiveBack(Share share, uint64_t key) {
  absl::MutexLock lock(&mutex_);
  const auto found = clients_.find(key);
  if (found == clients_.end()) return;
  --CountOf(share, found->second);
}

size_t AddressLimits::size() const {
  absl::MutexLock lock(&mutex_);
  return clients_.size();
}

}  // namespace bridge
