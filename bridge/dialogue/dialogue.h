// A method to which clients stream, over a WebSocket.

#ifndef BRIDGE_DIALOGUE_DIALOGUE_H_
#define BRIDGE_DIALOGUE_DIALOGUE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bridge/admission/address_limits.h"
#include "bridge/admission/byte_share.h"
#include "bridge/dialogue/talk.h"
#include "bridge/upstream/call.h"
#include "bridge/upstream/catalog.h"
#include "bridge/viewer/client.h"

namespace bridge {

// Each text frame is a message, either way; an empty one from the client says
// that there are no more of it, after which the rest of the upstream's come,
// and the end. A close from the client ends the call at once. It is nobody
// else's: its call is its own.
//
// Nobody is ahead of the other: while the upstream takes a message and another
// is here, the socket is not read; while the client takes one, the upstream is
// not.
//
// Lives and dies on its shard's thread, and belongs to the shard.
class Dialogue final : public Client, private Talk::Listener {
 public:
  struct Hello {
    std::shared_ptr<const Catalog> catalog;  // keeps `route` alive
    Route route;
    std::string message;  // what the path says of each message, serialised
    Metadata metadata;
    AddressLimits::FeedTicket ticket;
    uint64_t max_message_bytes;
    int64_t max_buffered_bytes;  // of all clients' messages together
  };

  static void Start(Shard& shard, Arrival arrival, Caller* caller, Hello hello);

  ~Dialogue() override { talk_->Leave(); }

 private:
  // Frames of less than that, which are no whole message, count.
  static constexpr uint64_t kTinyPieceBytes = 1024;

  Dialogue(Shard& shard, Arrival arrival, Caller* caller, Hello hello);

  // What the client says.
  void OnText(std::string_view piece) override;
  void OnTextEnd() override;
  void SendOn();
  // Accounts for what is held. False if that is too much.
  bool Hold();
  absl::StatusOr<std::string> MessageOf(std::string_view json) const;
  uint64_t Counted(uint64_t frames) override;
  uint64_t max_message_bytes() const override {
    return hello_.max_message_bytes;
  }

  // What the upstream says.
  void OnWritten(bool ok) override;
  void OnFrame(FramePtr frame) override;
  void OnEnd(const Ending& ending) override;

  // What the client is told.
  void Prepare() override;
  size_t Gather(std::span<iovec> pieces) override;
  uint64_t Taken(size_t bytes) override;
  void Settle() override;
  void Leave(std::string_view close) override;
  std::string_view subject() const override {
    return hello_.route.method->path;
  }

  const Hello hello_;
  ByteShare share_;       // what is below holds
  std::string incoming_;  // of the client's message that is not whole yet
  std::deque<std::string> waiting_;  // its messages, as JSON
  size_t waiting_bytes_ = 0;
  size_t writing_bytes_ = 0;   // of the one that the upstream takes
  bool writing_ = false;       // it takes one
  bool no_more_ = false;       // the client has said so
  bool told_no_more_ = false;  // and so the upstream
  bool deaf_ = false;          // the upstream takes no more
  int64_t taken_ = 0;          // messages, for errors
  uint64_t heard_ = 0;         // messages that the last read brought
  uint64_t heard_bytes_ = 0;   // that it brought of messages

  FramePtr outgoing_;
  size_t outgoing_bytes_ = 0;  // of it, also while its rest is in the outbox
  bool reading_ = true;        // the upstream was asked for a message
  std::optional<Ending> ending_;
  std::shared_ptr<Talk> talk_;
};

}  // namespace bridge

#endif  // BRIDGE_DIALOGUE_DIALOGUE_H_
