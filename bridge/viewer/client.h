// A client's connection that is no longer one of HTTP.

#ifndef BRIDGE_VIEWER_CLIENT_H_
#define BRIDGE_VIEWER_CLIENT_H_

#include <sys/uio.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "bridge/admission/address_limits.h"
#include "bridge/endings.h"
#include "bridge/tls/tls_channel.h"
#include "bridge/viewer/client_socket.h"
#include "bridge/viewer/outbox.h"
#include "bridge/viewer/poller.h"
#include "bridge/viewer/resident.h"
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

// What all clients have who stay: a socket that is written when it takes more
// and read when there is something, what keeps it alive, and how it ends. What
// there is to send is the affair of its kind: a Viewer's stream, a
// StreamsSocket's many, a Dialogue's answers. Before that goes its outbox: the
// rest of a frame, a pong, a ping, a close.
//
//   kServing ──ending──> kFlushing ──sent──> kWaiting ──peer closed──> gone
//
// It waits in the shard's poller, reads into the shard's room, and has a reader
// and an outbox only while there is something in them.
//
// Lives and dies on its shard's thread, and belongs to the shard.
class Client : public Resident,
               public TimerWheel::Member,
               private Poller::Member,
               protected WebSocketReader::Listener {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // A connection as HTTP leaves it.
  struct Arrival {
    Socket socket;
    // The connection's TLS, if it has any.
    std::unique_ptr<TlsChannel> tls;
    // What came after the request's header, if anything: decrypted.
    std::string received;
    // Goes with the connection.
    AddressLimits::Ticket ticket;
  };

  ~Client() override;

  void Dismiss(const Ending& ending) final;

 protected:
  using Clock = std::chrono::steady_clock;
  static constexpr Clock::time_point kNever = Clock::time_point::max();

  // One that `reads_frames` speaks WebSocket: of the others nothing is read.
  Client(Shard& shard, Arrival arrival, bool reads_frames);

  // Gives it to its shard, and begins with what was `received` already.
  static void Begin(std::unique_ptr<Client> client, std::string received);

  // ---- For its kind to say. The first five are asked only while it serves.

  // Decides what comes next: may Finish.
  virtual void Prepare() = 0;
  // Puts what comes next into `pieces`, and gives how many.
  virtual size_t Gather(std::span<iovec> pieces) = 0;
  // So many bytes of what Gather gave last are sent: keeps the rest of a frame
  // in the outbox. Gives how many frames were begun.
  virtual uint64_t Taken(size_t bytes) = 0;
  // Looked at every few seconds: how far behind it is.
  virtual void ObserveLag() {}
  // A write is over, however much of it was taken.
  virtual void Settle() {}
  // It serves no longer: nothing more is to be sent. Once. `close` is by what
  // Stats::closes counts that.
  virtual void Leave(std::string_view close) = 0;
  // The last bytes: the error, if it is one, and the end.
  virtual std::string Farewell(const Ending& ending);
  // What it is about, for the log.
  virtual std::string_view subject() const = 0;
  // How long it may hear nothing, and what it hears then.
  virtual std::chrono::milliseconds QuietLimit() const;
  virtual void KeepAlive(Clock::time_point now);
  // When it is told that its time is over.
  virtual Clock::time_point deadline() const { return kNever; }
  // How many of the frames that a read brought count against inbound_rate, and
  // how many more than others it may send at once.
  virtual uint64_t Counted(uint64_t frames) { return frames; }
  virtual uint64_t extra_burst() const { return 0; }
  // What a message of the client's may have.
  virtual uint64_t max_message_bytes() const {
    return options().inbound.message_bytes;
  }

  // ---- What its kind may use.

  Shard& shard() const { return shard_; }
  const ViewerOptions& options() const;
  bool is_open() const { return socket_.is_open(); }
  bool serving() const { return state_ == State::kServing; }
  bool blocked() const { return blocked_; }
  ClientSocket& socket() { return socket_; }
  Outbox& outbox() { return outbox_; }
  Clock::time_point last_sent() const { return last_sent_; }

  // Writes all that there is, as far as the socket takes it.
  void Pump();
  // So many bytes were sent, by Pump or otherwise.
  void Sent(size_t bytes);
  void WaitWritable();
  // While it is paused nothing is read, and nothing heard but that it left.
  void PauseReading(bool paused);
  bool paused() const { return paused_; }

  // Tells the client why, and closes. Once: what ends it later is ignored.
  void Finish(const Ending& ending);
  // Gone at once; what is left of it when the shard comes to it.
  void Disconnect(const char* why);

  // Where the client ends it, in Stats::closes.
  static constexpr std::string_view kLeft = "left";

 private:
  enum class State : uint8_t { kServing, kFlushing, kWaiting };

  // Reading.
  void OnReady(bool readable, bool writable) override;
  void OnReadable();
  bool HasLeft() const;
  // Gives how many frames ended with it.
  uint64_t Received(std::string_view bytes);
  // Counts what a read brought. One that sends too much is closed.
  void Count(uint64_t frames);
  void OnPing(std::string_view payload) final;
  void OnPong() final;
  void OnClose(uint16_t code) final;

  // Time.
  void OnDue() override;
  void Schedule(Clock::time_point now);

  // Ending.
  void Tell(const Ending& ending);
  void BeginFlushing(std::string_view last_bytes, std::string_view close,
                     const char* why);
  void Flushed();

  Shard& shard_;
  const AddressLimits::Ticket ticket_;
  ClientSocket socket_;
  State state_ = State::kServing;
  bool blocked_ = false;  // the socket takes no more for now
  bool paused_ = false;
  bool reads_frames_;  // over HTTP, or after a bad frame, nothing is read
  bool peer_closed_ = false;  // its close frame is here
  const char* ended_ = "";    // why, for the log

  Outbox outbox_;                            // goes before what its kind gives
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

#endif  // BRIDGE_VIEWER_CLIENT_H_
