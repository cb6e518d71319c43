// One browser or program that watches a stream.

#ifndef BRIDGE_VIEWER_VIEWER_H_
#define BRIDGE_VIEWER_VIEWER_H_

#include <sys/uio.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "bridge/admission/address_limits.h"
#include "bridge/endings.h"
#include "bridge/feed/wire.h"
#include "bridge/tls/tls_channel.h"
#include "bridge/viewer/client_socket.h"
#include "bridge/viewer/delivery.h"
#include "bridge/viewer/outbox.h"
#include "bridge/viewer/pace.h"
#include "bridge/viewer/place.h"
#include "bridge/viewer/poller.h"
#include "bridge/viewer/resident.h"
#include "bridge/viewer/send_batch.h"
#include "bridge/viewer/tap.h"
#include "bridge/viewer/timer_wheel.h"
#include "bridge/viewer/websocket_reader.h"
#include "waiting/allowance.h"

namespace bridge {

class Shard;

struct ViewerOptions {
  // A WebSocket viewer that has heard nothing for this long is pinged, and must
  // answer within pong_wait.
  absl::Duration ping_interval = absl::Seconds(20);
  absl::Duration pong_wait = absl::Seconds(10);
  // An event stream with nothing to say says a comment, to keep proxies calm.
  absl::Duration comment_interval = absl::Seconds(15);
  // A viewer that takes no byte for this long, while there are some for it, is
  // closed; so is one whose machine acknowledges none.
  absl::Duration stall_limit = absl::Seconds(30);
  // How long a viewer may take to take its last frames, and to close.
  absl::Duration close_wait = absl::Seconds(10);
  WebSocketReader::Limits inbound;
  // Frames a second that a viewer may send, five seconds' worth of them at
  // once; 0 for any number. A piece of one, or of anything over HTTP, that
  // comes alone counts as one. A browser sends a pong now and then.
  uint32_t inbound_rate = 20;
  // Whether to have the kernel do many writes by one system call, if it can.
  bool io_uring = true;
};

// A place in a stream, and a socket. Whenever the socket takes more, it writes
// all that stands between the place and the ring's end in one gather
// write: no queue, no copy, no lock. Between frames it may slip in a few bytes
// of its own: a pong, a ping, a close.
//
//   kServing ──ending──> kFlushing ──sent──> kWaiting ──peer closed──> gone
//
// One that only listens takes some 300 bytes: it waits in the shard's poller,
// reads into the shard's room, and has a reader and an outbox only while there
// is something in them.
//
// Lives and dies on its shard's thread, and belongs to the shard.
class Viewer final : public Resident,
                     public Watcher,
                     public TimerWheel::Member,
                     private SendBatch::Writer,
                     private Poller::Member,
                     private WebSocketReader::Listener {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // How a viewer is welcomed.
  struct Hello {
    Wire wire;
    // For HTTP framings. The response's header is sent when the upstream has
    // accepted; if it refuses instead, the whole response that `refuse` makes.
    std::string header;
    std::function<std::string(const Ending&)> refuse;
    // The connection's TLS, if it has any.
    std::unique_ptr<TlsChannel> tls;
    // What came after the request's header, if anything: decrypted.
    std::string received;
    // Where it starts, and the upstream's request for that: see Place.
    Position position;
    std::string request;
    // Whom its catching up counts for, if anybody.
    std::optional<AddressLimits::Address> client;
    Delivery delivery;
    // Goes with the connection.
    AddressLimits::Ticket ticket;
  };

  static void Start(Shard& shard, Socket socket, std::shared_ptr<Tap> tap,
                    Hello hello);

  ~Viewer() override;

  void Dismiss(const Ending& ending) override;

 private:
  enum class State : uint8_t { kServing, kFlushing, kWaiting };
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::time_point kNever = Clock::time_point::max();

  Viewer(Shard& shard, int descriptor, std::shared_ptr<Tap> tap, Hello hello);

  bool is_websocket() const { return wire_.framing == Framing::kWebSocket; }
  bool is_open() const { return socket_.is_open(); }
  const ViewerOptions& options() const;

  // Writing.
  void OnTap() override;
  bool JoinBatch();
  void OnSent(ssize_t result) override;
  void Pump();
  void SkipOldFrames();
  void Prepare();
  size_t Gather(std::span<iovec> vector);
  void Sent(size_t bytes);
  void WaitWritable();

  // Reading.
  void OnReady(bool readable, bool writable) override;
  void OnReadable();
  // Gives how many frames ended with it.
  uint64_t Received(std::string_view bytes);
  // Counts what a read brought. One that sends too much is closed.
  void Count(uint64_t pieces);
  void OnPing(std::string_view payload) override;
  void OnPong() override;
  void OnClose(uint16_t code) override;

  // Time.
  void OnDue() override;
  std::chrono::milliseconds QuietLimit() const;
  void KeepAlive(Clock::time_point now);
  void Schedule(Clock::time_point now);

  // Ending.
  // Tells the viewer why, and closes. Once: what ends it later is ignored.
  void Finish(const Ending& ending);
  void Tell(const Ending& ending);
  std::string Farewell(const Ending& ending);
  void BeginFlushing(std::string_view last_bytes, const char* why);
  void Flushed();
  // Gone at once; what is left of it when the shard comes to it.
  void Disconnect(const char* why);

  Shard& shard_;
  const AddressLimits::Ticket ticket_;
  ClientSocket socket_;
  const Wire wire_;
  const bool latest_;  // old frames are skipped
  State state_ = State::kServing;
  bool blocked_ = false;  // the socket takes no more for now
  bool in_batch_ = false;
  bool held_ = false;  // by its pace, for now
  bool reads_frames_;  // over HTTP, or after a bad frame, nothing is read
  bool peer_closed_ = false;  // its close frame is here
  const char* ended_ = "";    // why, for the log

  Place place_;                   // left once it is no longer serving
  std::unique_ptr<Hello> hello_;  // until the header is sent, if one is due
  std::shared_ptr<Pace> pace_;    // null: as quick as may be
  Outbox outbox_;                 // goes before the next frame
  std::unique_ptr<WebSocketReader> reader_;  // null between two messages
  waiting::Allowance allowance_;
  uint64_t frames_sent_ = 0;

  const Clock::time_point connected_;
  Clock::time_point last_sent_;
  Clock::time_point pong_due_ = kNever;
  Clock::time_point stalls_at_ = kNever;
  Clock::time_point gives_up_ = kNever;  // on flushing and waiting
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_VIEWER_H_
