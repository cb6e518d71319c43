#include "service/jetstream/follower.h"

#include <algorithm>
#include <utility>

#include "service/jetstream/connection.h"
#include "service/jetstream/registry.h"
#include "service/jetstream/subjects.h"

namespace happiness {
namespace {

constexpr absl::Duration kHeartbeat = absl::Seconds(1);
// More than what flow control lets servers send ahead.
constexpr int kMaxPendingBytes = 64 << 20;

}  // namespace

Follower::Follower(int64_t after, Callback callback, LostCallback on_lost)
    : id_(Registry<Follower>::Add(this)),
      received_(after),
      callback_(std::move(callback)),
      on_lost_(std::move(on_lost)) {}

absl::StatusOr<std::unique_ptr<Follower>> Follower::Start(
    jsCtx* js, int64_t after, Callback callback, LostCallback on_lost) {
  std::unique_ptr<Follower> follower(
      new Follower(after, std::move(callback), std::move(on_lost)));
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = kStreamName;
  options.Config.AckPolicy = js_AckNone;
  options.Config.MaxDeliver = 1;
  options.Config.FlowControl = true;
  options.Config.MemoryStorage = true;
  options.Config.Replicas = 1;
  options.Config.DeliverPolicy = js_DeliverByStartSequence;
  options.Config.OptStartSeq = static_cast<uint64_t>(after) + 1;
  options.Config.Heartbeat = absl::ToInt64Nanoseconds(kHeartbeat);
  jsErrCode error = {};
  const natsStatus s = js_Subscribe(&follower->subscription_, js, kAllSubjects,
                                    &Follower::OnMessage, follower->id_,
                                    nullptr, &options, &error);
  if (s != NATS_OK) {
    return FromNats(s, "following the stream", error);
  }
  natsSubscription_SetPendingLimits(follower->subscription_, -1,
                                    kMaxPendingBytes);
  return follower;
}

Follower::~Follower() {
  Registry<Follower>::Remove(id_);
  natsSubscription_Unsubscribe(subscription_);
  natsSubscription_Destroy(subscription_);
}

absl::StatusOr<Follower::Progress> Follower::AskProgress() {
  if (lost_)
    return absl::UnavailableError("a message of the stream is missing");
  jsConsumerInfo* info = nullptr;
  jsErrCode error = {};
  const natsStatus s =
      natsSubscription_GetConsumerInfo(&info, subscription_, nullptr, &error);
  if (s != NATS_OK) return FromNats(s, "asking for the consumer", error);
  const auto delivered = static_cast<int64_t>(info->Delivered.Stream);
  Progress progress = {.received = received_,
                       .behind = static_cast<int64_t>(info->NumPending)};
  // What is on its way is behind, too.
  progress.behind += std::max<int64_t>(0, delivered - progress.received);
  jsConsumerInfo_Destroy(info);
  return progress;
}

void Follower::OnMessage(natsConnection*, natsSubscription*, natsMsg* message,
                         void* id) {
  jsMsgMetaData* meta = nullptr;
  if (natsMsg_GetMetaData(&meta, message) == NATS_OK) {
    const Message taken = {
        .sequence = static_cast<int64_t>(meta->Sequence.Stream),
        .time = absl::FromUnixNanos(meta->Timestamp),
        .data = {natsMsg_GetData(message),
                 static_cast<size_t>(natsMsg_GetDataLength(message))}};
    Registry<Follower>::Tell(id, [&](Follower* self) {
      self->Take(taken, meta->Sequence.Consumer);
    });
    jsMsgMetaData_Destroy(meta);
  }
  natsMsg_Destroy(message);
}

void Follower::Take(const Message& message, uint64_t number) {
  if (lost_) return;
  if (number != last_number_ + 1) {
    lost_ = true;
    on_lost_();
    return;
  }
  last_number_ = number;
  // While servers are killed and come back some send what was sent before. The
  // copy takes no sequence twice.
  if (message.sequence <= received_) return;
  callback_(message);
  received_ = message.sequence;
}

}  // namespace happiness
