// One browser or program that watches a stream.

#ifndef BRIDGE_VIEWER_VIEWER_H_
#define BRIDGE_VIEWER_VIEWER_H_

#include <sys/uio.h>

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "bridge/endings.h"
#include "bridge/feed/wire.h"
#include "bridge/viewer/delivery.h"
#include "bridge/viewer/pace.h"
#include "bridge/viewer/place.h"
#include "bridge/viewer/send_batch.h"
#include "bridge/viewer/tap.h"
#include "bridge/viewer/timer_wheel.h"
#include "bridge/viewer/websocket_reader.h"

namespace bridge {

class Shard;

struct ViewerOptions {
  // A WebSocket viewer is pinged this often, and must answer within pong_wait.
  absl::Duration ping_interval = absl::Seconds(20);
  absl::Duration pong_wait = absl::Seconds(10);
  // An event stream with nothing to say says a comment, to keep proxies calm.
  absl::Duration comment_interval = absl::Seconds(15);
  // A viewer that takes no byte for this long, while there are some for it, is
  // closed.
  absl::Duration stall_limit = absl::Seconds(30);
  // How long a viewer may take to take its last frames, and to close.
  absl::Duration close_wait = absl::Seconds(10);
  WebSocketReader::Limits inbound;
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
// Lives and dies on its shard's thread. Kept alive by the wait for readability
// that is always pending until the socket is closed.
class Viewer final : public Watcher,
                     public TimerWheel::Member,
                     private SendBatch::Writer,
                     private WebSocketReader::Listener,
                     public std::enable_shared_from_this<Viewer> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // How a viewer is welcomed.
  struct Hello {
    Wire wire;
    // For HTTP framings. The response's header is sent when the upstream has
    // accepted; if it refuses instead, the whole response that `refuse` makes.
    std::string header;
    std::function<std::string(const Ending&)> refuse;
    // What came after the request's header, if anything.
    std::string received;
    std::string name;  // for the log: who, and what
    // Where it starts, and the upstream's request for that: see Place.
    Position position;
    std::string request;
    Delivery delivery;
  };

  static void Start(Shard& shard, Socket socket, std::shared_ptr<Tap> tap,
                    Hello hello);

  ~Viewer() override;

 private:
  enum class State : uint8_t { kServing, kFlushing, kWaiting };

  Viewer(Shard& shard, Socket socket, std::shared_ptr<Tap> tap, Hello hello);

  bool is_websocket() const { return wire_.framing == Framing::kWebSocket; }

  // Writing.
  void OnTap() override;
  bool JoinBatch();
  void OnSent(ssize_t result) override;
  void Pump();
  void SkipOldFrames();
  void Prepare();
  size_t Gather(std::span<iovec> vector) const;
  void Sent(size_t bytes);
  void WaitWritable();

  // Reading.
  void WaitReadable();
  void OnReadable();
  void Received(std::string_view bytes);
  void OnPing(std::string_view payload) override;
  void OnPong() override;
  void OnClose(uint16_t code) override;

  // Time.
  void OnDue() override;
  void KeepAlive(absl::Time now);
  void Schedule(absl::Time now);

  // Ending.
  // Tells the viewer why, and closes. Once: what ends it later is ignored.
  void Finish(const Ending& ending);
  std::string Farewell(const Ending& ending);
  void BeginFlushing(std::string last_bytes, std::string why);
  void Flushed();
  void Disconnect(std::string_view why);

  Shard& shard_;
  const Wire wire_;
  const bool latest_;  // old frames are skipped
  const std::string name_;
  const absl::Time connected_;

  Socket socket_;
  State state_ = State::kServing;
  std::string ended_;  // why, for the log
  Place place_;        // left once it is no longer serving
  std::unique_ptr<Hello>
      hello_;  // null once the header is sent, or none is due

  std::shared_ptr<Pace> pace_;  // null: as quick as may be
  bool held_ = false;           // by it, for now

  // What is to be sent, in this order.
  FramePtr partial_;  // a frame sent in part, and the rest of it
  std::string_view partial_rest_;
  std::string control_;  // bytes of our own, from control_sent_ on
  size_t control_sent_ = 0;
  std::string pong_;      // the answer to the latest ping, when control_ is out
  bool blocked_ = false;  // the socket takes no more for now
  bool in_batch_ = false;
  uint64_t frames_sent_ = 0;

  std::optional<WebSocketReader> reader_;  // none once it refused a frame
  bool peer_closed_ = false;               // its close frame is here

  absl::Time last_sent_;
  absl::Time next_ping_ = absl::InfiniteFuture();
  absl::Time pong_due_ = absl::InfiniteFuture();
  absl::Time stalls_at_ = absl::InfiniteFuture();
  absl::Time gives_up_ = absl::InfiniteFuture();  // on flushing and waiting
};

}  // namespace bridge

#endif  // BRIDGE_VIEWER_VIEWER_H_
