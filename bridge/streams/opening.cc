#include "bridge/streams/opening.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/feed/watch.h"
#include "bridge/streams/answer_source.h"
#include "bridge/streams/feed_source.h"
#include "bridge/transcode/json_text.h"

namespace bridge {
namespace {

using Open = v1::StreamsRequest::Open;

absl::Status Wrong(const char* field, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("open.", field, ": ", rule));
}

absl::StatusOr<const Method*> MethodOf(const Catalog& catalog,
                                       const Open& open) {
  const Method* const method = catalog.FindMethod(open.method());
  if (method == nullptr) {
    return absl::NotFoundError(absl::StrCat("open.method: no method is called ",
                                            Shortened(open.method())));
  }
  if (method->descriptor->client_streaming()) {
    return absl::UnimplementedError(absl::StrCat(
        "open.method: to ", method->path,
        " clients stream; open a WebSocket at its own path for that"));
  }
  if (!method->safe) {
    return absl::UnimplementedError(absl::StrCat(
        "open.method: ", method->path,
        " may change something, and who is cut off would ask for it again: "
        "POST it"));
  }
  return method;
}

absl::Status CheckAfter(const Method& method, const Open& open) {
  if (!open.has_after()) return absl::OkStatus();
  if (!method.position.resumable()) {
    return Wrong("after", "the messages of this method have no cursor");
  }
  if (!IsPossible(method.position, open.after())) {
    return Wrong("after", "must be a cursor, as this stream gave it");
  }
  return absl::OkStatus();
}

absl::Status CheckIsOne(const Open& open, const Delivery& delivery) {
  constexpr char kOne[] = "is for streams, and this method gives one answer";
  if (open.has_after()) return Wrong("after", kOne);
  if (open.has_max_rate()) return Wrong("maxRate", kOne);
  return delivery.latest ? Wrong("latest", kOne) : absl::OkStatus();
}

absl::StatusOr<AddressLimits::ReadTicket> TakeReadTicket(
    Shard& shard, const StreamsContext& context, const Asker& asker) {
  if (!asker.client.has_value()) return AddressLimits::ReadTicket();
  auto ticket = context.limits->Read(*asker.client);
  if (!ticket.ok()) shard.stats().refusals.Add("reads_of_an_address");
  return ticket;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> OpenSource(
    Shard& shard, const StreamsContext& context, const Asker& asker,
    const Open& open, const Delivery& delivery, Source::Listener& listener) {
  std::shared_ptr<const Catalog> catalog = context.upstream->catalog();
  if (catalog == nullptr) {
    return absl::UnavailableError("the upstream is not known yet; try again");
  }
  auto method = MethodOf(*catalog, open);
  if (!method.ok()) return method.status();
  auto json = RequestJson(open);
  if (!json.ok()) return json.status();
  auto message = catalog->codec().FromJson((*method)->input(), *json);
  if (!message.ok()) return Wrong("request", message.status().message());

  if (!(*method)->descriptor->server_streaming()) {
    if (auto status = CheckIsOne(open, delivery); !status.ok()) return status;
    auto ticket = TakeReadTicket(shard, context, asker);
    if (!ticket.ok()) return ticket.status();
    return std::make_unique<AnswerSource>(
        shard, listener, context, asker,
        AnswerSource::Question{std::move(catalog), *method, *std::move(message),
                               *std::move(ticket)});
  }
  if (auto status = CheckAfter(**method, open); !status.ok()) return status;
  WatchRequest wish;
  wish.query = {std::move(catalog), *method, *std::move(message),
                asker.metadata};
  if (open.has_after()) wish.after = open.after();
  wish.latest = delivery.latest;
  wish.client = asker.client;
  wish.trace = asker.trace;
  auto watch = OpenWatch(context.hub, std::move(wish), shard.io());
  if (!watch.ok()) return watch.status();
  return std::make_unique<FeedSource>(shard, listener, *std::move(watch),
                                      delivery.latest, asker.client);
}

}  // namespace bridge
