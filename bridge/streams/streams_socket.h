// Many streams on one WebSocket: bridge/v1/streams.proto says what is said.

#ifndef BRIDGE_STREAMS_STREAMS_SOCKET_H_
#define BRIDGE_STREAMS_STREAMS_SOCKET_H_

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "bridge/admission/byte_share.h"
#include "bridge/streams/asker.h"
#include "bridge/streams/request.h"
#include "bridge/streams/stream.h"
#include "bridge/viewer/client.h"

namespace bridge {

inline constexpr std::string_view kStreamsPath = "/streams";

// A client that opens and closes streams. Those that have something to send are
// in a list, and take turns: a stream that waits for its client, its pace or
// its upstream is not in it, and holds up nobody. A message's JSON is that of
// the feed's frame, for all who get it; what a stream puts around it goes
// before and behind it in the same gather write.
//
// What streams tell comes in a turn of the shard's own: they are told of news
// where no other watcher may be touched.
//
// Lives and dies on its shard's thread, and belongs to the shard.
class StreamsSocket final : public Client {
 public:
  static void Start(Shard& shard, Arrival arrival,
                    const StreamsContext& context, Asker asker);

 private:
  // What it is told and does not take: with more it is not read on, for each of
  // its frames could ask for another answer.
  static constexpr size_t kMaxUntold = 64 << 10;
  // What a client may say at once, were it less elsewhere: as long a request as
  // fits into a URL, and some more.
  static constexpr uint64_t kMaxRequestBytes = 16 << 10;
  // Frames that a client may have earned, at the most.
  static constexpr uint64_t kMaxEarned = 10'000;

  // What Gather has put together, until Taken.
  struct Planned {
    Stream* stream;
    FramePtr frame;
    StreamPrefix prefix;
  };

  StreamsSocket(Shard& shard, Arrival arrival, const StreamsContext& context,
                Asker asker);

  // What the client says.
  void OnText(std::string_view piece) override;
  void OnTextEnd() override;
  void Handle(const v1::StreamsRequest& request);
  void Open(const v1::StreamsRequest::Open& open);
  void Refuse(uint32_t id, const Ending& why);
  absl::Status TryOpen(const v1::StreamsRequest::Open& open);
  absl::StatusOr<AddressLimits::Ticket> Admit();
  void Grant(const v1::StreamsRequest::Grant& grant);
  void Close(const v1::StreamsRequest::Close& close);
  uint64_t Counted(uint64_t frames) override;
  uint64_t extra_burst() const override { return 2 * context_.max_streams; }
  uint64_t max_message_bytes() const override {
    return std::max(kMaxRequestBytes, options().inbound.message_bytes);
  }

  // What it is told.
  void OnChange(Stream& stream);
  void MakeDue(Stream& stream);
  void Run();
  void Prepare() override;
  void Look(Stream& stream);
  size_t Gather(std::span<iovec> pieces) override;
  bool GatherTurn(Stream& stream, std::span<iovec> pieces);
  uint64_t Taken(size_t bytes) override;
  void Settle() override;
  void ObserveLag() override;

  // Ending.
  void Tell(uint32_t id, std::string_view what);
  void TellError(uint32_t id, const Ending& why);
  void End(Stream& stream, const Ending& why);
  void LogOpen(std::string_view method, std::string_view outcome) const;
  void Leave(std::string_view close) override;
  std::string_view subject() const override { return kStreamsPath; }

  const StreamsContext context_;
  const Asker asker_;
  // By which what is posted finds it while it is there.
  const std::shared_ptr<StreamsSocket*> self_;
  bool woken_ = false;  // a turn of its own is on its way
  bool held_ = false;   // no messages now: some stream was not looked at

  std::string message_;  // of the client's, as far as it is here
  ByteShare share_;      // what that holds
  uint64_t earned_ = 0;  // frames that do not count: one for each message sent

  absl::flat_hash_map<uint32_t, std::unique_ptr<Stream>> streams_;
  // Those that may have something to send, the next first.
  boost::intrusive::list<Stream, boost::intrusive::constant_time_size<false>>
      due_;
  std::vector<Planned> plan_;
};

}  // namespace bridge

#endif  // BRIDGE_STREAMS_STREAMS_SOCKET_H_
