// One browser or program that watches a stream.

#ifndef BRIDGE_VIEWER_VIEWER_H_
#define BRIDGE_VIEWER_VIEWER_H_

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bridge/admission/address_limits.h"
#include "bridge/endings.h"
#include "bridge/feed/wire.h"
#include "bridge/viewer/client.h"
#include "bridge/viewer/delivery.h"
#include "bridge/viewer/pace.h"
#include "bridge/viewer/place.h"
#include "bridge/viewer/send_batch.h"
#include "bridge/viewer/tap.h"

namespace bridge {

// A client with one place in one stream. Whenever the socket takes more, it
// writes all that stands between the place and the ring's end in one gather
// write: no queue, no copy, no lock. Takes some 300 bytes while it only
// listens.
//
// Lives and dies on its shard's thread, and belongs to the shard.
class Viewer final : public Client, public Watcher, private SendBatch::Writer {
 public:
  using Clock = std::chrono::steady_clock;

  // How a viewer is welcomed.
  struct Hello {
    Wire wire;
    // For HTTP framings. The response's header is sent when the upstream has
    // accepted; if it refuses instead, the whole response that `refuse` makes.
    // Where that is null a refusal is an end like any other.
    std::string header;
    std::function<std::string(const Ending&)> refuse;
    // Where it starts, and the upstream's request for that: see Place.
    Position position;
    std::string request;
    // Whom its catching up counts for, if anybody.
    std::optional<AddressLimits::Address> client;
    Delivery delivery;
    // When it is told that its time is over.
    Clock::time_point deadline = Clock::time_point::max();
  };

  static void Start(Shard& shard, Arrival arrival, std::shared_ptr<Tap> tap,
                    Hello hello);

 private:
  Viewer(Shard& shard, Arrival arrival, std::shared_ptr<Tap> tap, Hello hello);

  bool is_websocket() const { return IsWebSocket(wire_.framing); }

  void OnTap() override;
  bool JoinBatch();
  void OnSent(ssize_t result) override;
  void SkipOldFrames();

  void Prepare() override;
  size_t Gather(std::span<iovec> pieces) override;
  uint64_t Taken(size_t bytes) override;
  void Settle() override { place_.Sent(); }
  void ObserveLag() override;
  void Leave(std::string_view close) override;
  std::string Farewell(const Ending& ending) override;
  std::string_view subject() const override { return place_.method(); }
  std::chrono::milliseconds QuietLimit() const override;
  void KeepAlive(Clock::time_point now) override;
  Clock::time_point deadline() const override { return deadline_; }

  const Wire wire_;
  const bool latest_;  // old frames are skipped
  bool in_batch_ = false;
  bool held_ = false;  // by its pace, for now

  Place place_;                   // left once it is no longer serving
  std::unique_ptr<Hello> hello_;  // until the header is sent, if one is due
  std::shared_ptr<Pace> pace_;    // null: as quick as may be
  const Clock::time_point deadline_;
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_VIEWER_H_
