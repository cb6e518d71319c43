#include "bridge/streams/streams_socket.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/streams/opening.h"
#include "bridge/transcode/json_text.h"

namespace bridge {
void StreamsSocket::Start(Shard& shard, Arrival arrival,
                          const StreamsContext& context, Asker asker) {
  std::string received = std::exchange(arrival.received, {});
  Begin(std::unique_ptr<StreamsSocket>(new StreamsSocket(
            shard, std::move(arrival), context, std::move(asker))),
        std::move(received));
}

StreamsSocket::StreamsSocket(Shard& shard, Arrival arrival,
                             const StreamsContext& context, Asker asker)
    : Client(shard, std::move(arrival), /*reads_frames=*/true),
      context_(context),
      asker_(std::move(asker)),
      self_(std::make_shared<StreamsSocket*>(this)),
      share_(&shard.stats().buffered_bytes, context.max_buffered_bytes) {}

// ---- What the client says.

void StreamsSocket::OnText(std::string_view piece) {
  if (!serving()) return;
  const size_t size = message_.size() + piece.size();
  if (!share_.Hold(static_cast<int64_t>(size))) {
    shard().stats().refusals.Add("buffered_bytes");
    return Finish(Ending::From(absl::UnavailableError(
        "what is being sent takes too much memory; try again")));
  }
  message_.append(piece);
}

void StreamsSocket::OnTextEnd() {
  if (!serving()) return;
  const std::string message = std::exchange(message_, {});
  share_.Hold(0);
  auto request = ParseStreamsRequest(message);
  if (request.ok()) {
    Handle(*request);
  } else if (const auto id = IdOfOpen(message); id.has_value()) {
    Refuse(*id, Ending::From(request.status()));
  } else {
    Finish(Ending::From(request.status()));
  }
  if (serving() && outbox().own_bytes() > kMaxUntold) PauseReading(true);
}

void StreamsSocket::Handle(const v1::StreamsRequest& request) {
  switch (request.request_case()) {
    case v1::StreamsRequest::kOpen:
      return Open(request.open());
    case v1::StreamsRequest::kGrant:
      return Grant(request.grant());
    case v1::StreamsRequest::kClose:
      return Close(request.close());
    case v1::StreamsRequest::REQUEST_NOT_SET:
      break;
  }
}

void StreamsSocket::Open(const v1::StreamsRequest::Open& open) {
  const absl::Status status = TryOpen(open);
  if (status.ok()) return LogOpen(open.method(), "watches");
  const Ending why = Ending::From(status);
  LogOpen(open.method(), absl::StrCat(why.close_code));
  Refuse(open.id(), why);
}

// What was not opened; with the id of one that was, ends that.
void StreamsSocket::Refuse(uint32_t id, const Ending& why) {
  if (const auto found = streams_.find(id); found != streams_.end()) {
    return End(*found->second, why);
  }
  shard().stats().closes.Add(absl::StrCat(why.close_code));
  TellError(id, why);
}

absl::Status StreamsSocket::TryOpen(const v1::StreamsRequest::Open& open) {
  if (streams_.contains(open.id())) {
    return absl::AlreadyExistsError(absl::StrCat(
        "open.id: ", open.id(), " is in use: it was opened twice"));
  }
  if (streams_.size() >= context_.max_streams) {
    shard().stats().refusals.Add("streams_of_a_socket");
    return absl::ResourceExhaustedError(
        absl::StrCat("this socket has ", context_.max_streams,
                     " streams open; close some, or open another socket"));
  }
  auto ticket = Admit();
  if (!ticket.ok()) return ticket.status();
  if (open.window() > Stream::kMaxGranted) {
    return absl::InvalidArgumentError(
        absl::StrCat("open.window: must be at most ", Stream::kMaxGranted));
  }
  auto delivery = DeliveryOf(open);
  if (!delivery.ok()) return delivery.status();
  auto stream = std::make_unique<Stream>(
      shard(), open.id(), open.window(), *delivery, *std::move(ticket),
      [this](Stream& changed) { OnChange(changed); });
  auto source = OpenSource(shard(), context_, asker_, open, *delivery, *stream);
  if (!source.ok()) return source.status();
  stream->SetSource(*std::move(source));
  MakeDue(*stream);
  streams_[open.id()] = std::move(stream);
  return absl::OkStatus();
}

absl::StatusOr<AddressLimits::Ticket> StreamsSocket::Admit() {
  Stats& stats = shard().stats();
  if (stats.sessions + stats.viewers + stats.streams >=
      context_.max_connections) {
    stats.refusals.Add("connections");
    return absl::ResourceExhaustedError("too many streams; try again later");
  }
  if (!asker_.client.has_value()) return AddressLimits::Ticket();
  auto ticket = context_.limits->OpenStream(*asker_.client);
  if (!ticket.ok()) stats.refusals.Add(AddressLimits::LimitOf(ticket.status()));
  return ticket;
}

void StreamsSocket::Grant(const v1::StreamsRequest::Grant& grant) {
  const auto found = streams_.find(grant.id());
  if (found == streams_.end()) return;  // it may just have ended
  const absl::Status status = found->second->Grant(grant.messages());
  if (!status.ok()) return End(*found->second, Ending::From(status));
  MakeDue(*found->second);
}

void StreamsSocket::Close(const v1::StreamsRequest::Close& close) {
  if (streams_.erase(close.id()) > 0) shard().stats().closes.Add(kLeft);
  Tell(close.id(), "\"closed\":{}");
}

uint64_t StreamsSocket::Counted(uint64_t frames) {
  const uint64_t earned = std::min(frames, earned_);
  earned_ -= earned;
  return frames - earned;
}

// ---- Ending.

void StreamsSocket::Tell(uint32_t id, std::string_view what) {
  outbox().Append(WebSocketFrame(
      Opcode::kText,
      absl::StrCat("{\"id\":", id, ",",
                   absl::string_view(what.data(), what.size()), "}")));
}

void StreamsSocket::TellError(uint32_t id, const Ending& why) {
  const std::string json = why.Json();  // {"error":{…}}
  Tell(id, std::string_view(json).substr(1, json.size() - 2));
}

void StreamsSocket::End(Stream& stream, const Ending& why) {
  shard().stats().closes.Add(absl::StrCat(why.close_code));
  if (why.ok()) {
    Tell(stream.id(), "\"ended\":{}");
  } else {
    spdlog::debug("{} stream {} of {}: ended with {}: {}", asker_.name,
                  stream.id(), stream.method(), why.close_code, why.message);
    TellError(stream.id(), why);
  }
  streams_.erase(stream.id());
}

// As for all requests: not what was asked, in which people put what is nobody's
// business.
void StreamsSocket::LogOpen(std::string_view method,
                            std::string_view outcome) const {
  if (!context_.log_requests) return;
  spdlog::info("request {} of {}: OPEN {} {}", asker_.request_id, asker_.name,
               Shortened(method), outcome);
}

void StreamsSocket::Leave(std::string_view close) {
  for (size_t i = 0; i < streams_.size(); ++i) {
    shard().stats().closes.Add(close);
  }
  plan_.clear();
  streams_.clear();
  message_ = {};
  share_.Hold(0);
}

}  // namespace bridge
