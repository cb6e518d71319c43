// One HTTP connection, until it ends or becomes a viewer.

#ifndef BRIDGE_HTTP_SESSION_H_
#define BRIDGE_HTTP_SESSION_H_

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "bridge/admission/address_limits.h"
#include "bridge/admission/byte_share.h"
#include "bridge/admission/client_address.h"
#include "bridge/endings.h"
#include "bridge/feed/hub.h"
#include "bridge/framing/envelope.h"
#include "bridge/http/api_request.h"
#include "bridge/http/assets.h"
#include "bridge/http/body_reader.h"
#include "bridge/http/connection.h"
#include "bridge/http/dialect.h"
#include "bridge/http/forwarded_headers.h"
#include "bridge/http/metrics_page.h"
#include "bridge/http/origins.h"
#include "bridge/http/responses.h"
#include "bridge/http/rpc.h"
#include "bridge/http/trace.h"
#include "bridge/tls/tls_context.h"
#include "bridge/upstream/upstream.h"
#include "bridge/viewer/shard.h"
#include "bridge/viewer/viewer.h"

namespace bridge {

struct HttpOptions {
  uint32_t max_header_bytes = 8 << 10;
  size_t max_streams_per_socket = 100;  // at /streams
  // Of a JSON body, of a line of NDJSON, and of a message in gRPC-Web or
  // Connect, as it is sent and when it is inflated.
  size_t max_body_bytes = 1 << 20;
  // What the bodies and lines of all requests take, from their first byte until
  // the request is answered.
  int64_t max_buffered_bytes = 256 << 20;
  bool metrics = true;        // serve /metrics
  bool log_requests = false;  // a line for each in the log
  int64_t max_connections = 100'000;
  // So many more for this machine and trusted proxies: so that whoever probes
  // is answered.
  int64_t reserved_connections = 64;
  absl::Duration header_timeout = absl::Seconds(10);
  absl::Duration idle_timeout = absl::Seconds(60);  // between two requests
  // Between two reads; see BodyReader.
  absl::Duration body_timeout = absl::Seconds(30);
  absl::Duration write_timeout = absl::Seconds(30);  // of a whole response
  absl::Duration unary_timeout = absl::Seconds(30);  // of a call
  AddressLimitOptions per_address;
  TrustedProxies trusted_proxies;
  ForwardedHeaders forwarded;
  // What must be so besides for /readyz to say that it is ready. Thread-safe;
  // null: nothing.
  std::function<absl::Status()> also_ready;
};

// What all sessions of a bridge share. Everything in it is thread-safe.
struct HttpContext {
  const HttpOptions options;
  const Origins origins;
  const Assets assets;
  Upstream* const upstream;
  Hub* const hub;
  MetricsPage* const metrics;
  AddressLimits* const limits;
  const TlsContext* const tls;  // null: there is none
  // It is about to end: not ready, though it serves; serves no new request.
  std::atomic<bool> leaving = false;
  std::atomic<bool> draining = false;
};

// Answers the requests of one connection, one after another. Lives and dies on
// its shard's thread; owned by the coroutine that runs it.
class Session
    : public boost::intrusive::list_base_hook<
          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  // `peer` is the other end's address, and `ticket` goes with the connection.
  Session(HttpContext& context, Shard& shard, Connection connection,
          const boost::asio::ip::address& peer, AddressLimits::Ticket ticket);
  ~Session();

  // Serves until the connection ends, or has become a viewer's.
  boost::asio::awaitable<void> Run();

  // Ends the connection if it is between two requests; `also_busy`, in any
  // case.
  void Close(bool also_busy);

 private:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  // The connection.
  Awaitable<bool> ReadHeader(bool first);
  std::optional<Response> RefuseHeader(boost::system::error_code error) const;
  Awaitable<void> Send(Response response);
  Awaitable<void> Linger();

  // The requests.
  Awaitable<void> Handle();
  bool AsksForMetrics() const;
  Awaitable<Response> Metrics();
  std::optional<Response> AnswerLocally() const;
  Response Health() const;
  Response Ready() const;
  Response Preflight() const;
  Awaitable<void> HandleApi();
  std::optional<Ending> MayAsk() const;
  std::optional<Ending> UnderstandApi(ApiRequest* request) const;
  std::optional<Ending> AddForwarded(Metadata* metadata) const;
  std::optional<Ending> UnderstandPlain(std::shared_ptr<const Catalog> catalog,
                                        ApiRequest* request) const;
  absl::Status MayWrite() const;
  bool only_reads() const;
  // Whose request it is; none if it is a trusted proxy's own.
  std::optional<boost::asio::ip::address> Client() const;
  // For a stream that a proxy's client asks for: what its connection needs.
  absl::StatusOr<AddressLimits::Ticket> AdmitThroughProxy() const;

  // The calls: what remains of HandleApi when the request is understood.
  absl::Status TakeReadTicket();
  Awaitable<void> Unary(ApiRequest request);
  Awaitable<void> Upload(ApiRequest request);
  Awaitable<std::optional<Ending>> SendLines(const ApiRequest& request,
                                             Rpc& rpc);
  bool Hold(size_t bytes);
  bool HoldLine(size_t bytes);
  static Ending AnswerTooMuch();
  absl::StatusOr<grpc::ByteBuffer> MessageOfLine(const ApiRequest& request,
                                                 std::string_view line) const;
  Awaitable<void> Stream(ApiRequest request);
  std::optional<Ending> StartViewer(const ApiRequest& request);
  bool AsksForStreams() const;
  Awaitable<void> Streams();
  std::optional<Ending> StartStreams();
  Awaitable<void> Converse(ApiRequest request);
  std::optional<Ending> StartDialogue(const ApiRequest& request);
  std::optional<Ending> MayStay(AddressLimits::Ticket* proxied) const;
  bridge::Client::Arrival LeaveHttp(AddressLimits::Ticket proxied);
  void Welcome(const ApiRequest& request, Viewer::Hello* hello) const;
  Awaitable<std::optional<Ending>> ReadMessage(ApiRequest* request);
  void CountRefusedBody(const Ending& why);
  Awaitable<void> Answer(const ApiRequest& request, Rpc& rpc,
                         std::optional<Ending> failure);
  Awaitable<void> SendAnswer(const ApiRequest& request, std::string answer);

  // The same in gRPC-Web and Connect.
  struct Attendance;
  Awaitable<std::optional<Ending>> ReadCallMessage(ApiRequest* request);
  Awaitable<std::optional<Ending>> SendMessages(const ApiRequest& request,
                                                Rpc& rpc);
  absl::StatusOr<std::optional<std::string>> NextMessage(
      const ApiRequest& request, EnvelopeReader& messages) const;
  Awaitable<void> WatchClient(Rpc& rpc, std::shared_ptr<Attendance> attendance);
  Awaitable<grpc::Status> FinishAttended(Rpc& rpc);
  // What is left of the time that the client gives its call, and until when
  // that is.
  absl::Duration TimeLeft(const ApiRequest& request) const;
  std::chrono::steady_clock::time_point DeadlineOf(
      const ApiRequest& request) const;
  // An error in the protocol of the request at hand.
  Response ErrorResponse(const Ending& ending) const;

  // A WebSocket client is told everything by frames: a page can't see the
  // status of a handshake that was refused.
  Awaitable<bool> Handshake();
  Awaitable<void> Refuse(Ending ending);
  Awaitable<void> SendWebSocketEnd(std::string message, Ending ending,
                                   Opcode opcode = Opcode::kText);

  void LogRequest(std::string_view outcome) const;

  const RequestHeader& header() const { return header_; }
  std::string_view path() const;
  bool is_websocket() const;
  bool came_by_proxy() const;
  bool origin_allowed() const;
  bool origin_allowed(std::string_view method) const;
  ResponseBase base() const;
  // The credentials, and the trace.
  Metadata MetadataOf(const ApiRequest& request) const;

  HttpContext& context_;
  Shard& shard_;
  const boost::asio::ip::address peer_;
  AddressLimits::Ticket ticket_;
  AddressLimits::ReadTicket read_ticket_;  // of the call at hand
  Connection stream_;
  ByteShare share_;  // what the request at hand, or its answer, holds
  boost::beast::flat_buffer buffer_;
  std::optional<BodyReader::Parser> parser_;  // of the request at hand
  // Its own header: the parser adds what stands behind a chunked body, by which
  // a client could say who it is, or ask for a WebSocket, after the fact.
  RequestHeader header_;
  Dialect dialect_;  // its
  Trace trace_;      // its
  std::chrono::steady_clock::time_point begun_;
  Rpc* rpc_ = nullptr;     // the call at hand
  bool busy_ = false;      // within a request
  bool done_ = false;      // there will be no other
  bool upgraded_ = false;  // to a WebSocket
};

}  // namespace bridge

#endif  // BRIDGE_HTTP_SESSION_H_
