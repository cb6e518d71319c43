#include "service/jetstream/publisher.h"

#include <grpcpp/support/slice.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/jetstream/connection.h"
#include "service/jetstream/subjects.h"

namespace happiness {
namespace {

// For an acknowledgement, before the reading is sent again.
constexpr int64_t kAckMs = 1'000;
// More do not make the stream faster, and each retry would repeat them.
constexpr size_t kMaxInFlight = 4'096;
constexpr size_t kBatch = 64;
constexpr absl::Duration kFirstRetry = absl::Milliseconds(50);
constexpr absl::Duration kLongestRetry = absl::Milliseconds(500);
// How often it is looked who has waited too long.
constexpr std::chrono::milliseconds kLook(250);

absl::Status GivenUp(const std::string& problem) {
  return absl::UnavailableError(absl::StrCat(
      "the replicated log does not answer (", problem,
      "); the reading may be recorded nevertheless: send it again later, with "
      "the same reading_id"));
}

// Whether there was any of which `take` said so, as it has taken its value.
template <typename Map, typename Take>
bool EraseIf(Map* map, Take take) {
  const size_t size = map->size();
  for (auto it = map->begin(); it != map->end();) {
    it = take(it->second) ? map->erase(it) : std::next(it);
  }
  return map->size() < size;
}

bool HasId(const Entry& entry, const std::string& id) {
  grpc::Slice bytes;
  v1::Reading reading;
  return entry.encoded.TrySingleSlice(&bytes).ok() &&
         reading.ParseFromArray(bytes.begin(),
                                static_cast<int>(bytes.size())) &&
         reading.reading_id() == id;
}

std::string Why(const jsPubAckErr& error) {
  if (error.ErrText != nullptr) return error.ErrText;
  return natsStatus_GetText(error.Err);
}

}  // namespace

Publisher::Publisher(StoredLog* copy, const PublisherOptions& options)
    : copy_(copy),
      options_(options),
      problem_("not connected yet"),
      applied_(copy->applied()),
      looks_(kLook),
      thread_(&Publisher::Run, this) {}

Publisher::~Publisher() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  bell_.Ring();
  thread_.join();
  // Some may be looked up.
  const auto none = [this] {
    mutex_.AssertReaderHeld();
    return waiting_ == 0;
  };
  absl::MutexLock lock(&mutex_, absl::Condition(&none));
}

// ---- Any thread.

void Publisher::Publish(std::vector<v1::Reading> readings,
                        ReadingLog::AppendCallback done) {
  if (readings.empty()) return std::move(done)(std::vector<Appended>());
  auto call = std::make_shared<Call>();
  call->done = std::move(done);
  call->results.resize(readings.size());
  call->missing = readings.size();
  const int64_t before = copy_->applied();
  std::deque<OutgoingPtr> all;
  for (v1::Reading& reading : readings) {
    auto outgoing = std::make_unique<Outgoing>();
    outgoing->call = call;
    outgoing->index = all.size();
    outgoing->id = reading.reading_id();
    outgoing->place = reading.place();
    outgoing->source = reading.source();
    outgoing->before = before;
    reading.clear_sequence();
    outgoing->payload = reading.SerializeAsString();
    all.push_back(std::move(outgoing));
  }
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) {
      refused = GivenUp("shutting down");
    } else if (waiting_ + all.size() > options_.max_waiting) {
      refused = absl::ResourceExhaustedError(
          absl::StrCat("the limit of ", options_.max_waiting,
                       " readings that wait to be recorded is reached: send it "
                       "again later"));
    } else {
      call->deadline =
          call->start + absl::ToChronoNanoseconds(
                            healthy_ ? options_.patience : options_.impatience);
      waiting_ += all.size();
      std::move(all.begin(), all.end(), std::back_inserter(ready_));
    }
  }
  if (!refused.ok()) return std::move(call->done)(refused);
  bell_.Ring();
}

void Publisher::Use(jsCtx* js) {
  {
    absl::MutexLock lock(&mutex_);
    js_ = js;
    const auto idle = [this] {
      mutex_.AssertReaderHeld();
      return !in_use_;
    };
    mutex_.Await(absl::Condition(&idle));
    // Nobody says any more what became of them.
    for (auto& [message, outgoing] : in_flight_) {
      ready_.push_back(std::move(outgoing));
    }
    in_flight_.clear();
    if (js == nullptr) problem_ = "it can't be followed";
  }
  bell_.Ring();
}

void Publisher::OnPublished(const natsMsg* message, const jsPubAck* ack,
                            const jsPubAckErr* error) {
  OutgoingPtr outgoing;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = in_flight_.find(message);
    if (found == in_flight_.end()) return;
    outgoing = std::move(found->second);
    in_flight_.erase(found);
    // The thread may wait for room.
    if (!ready_.empty()) bell_.Ring();
    if (ack == nullptr) return TryAgain(std::move(outgoing), Why(*error));
    if (!healthy_) spdlog::info("readings can be recorded again");
    healthy_ = true;
    // Of a later attempt it says no more than that an earlier one arrived.
    outgoing->known = ack->Duplicate && outgoing->attempts == 1;
    const auto sequence = static_cast<int64_t>(ack->Sequence);
    if (sequence > applied_) {
      acknowledged_.emplace(sequence, std::move(outgoing));
      return;
    }
  }
  LookUp(static_cast<int64_t>(ack->Sequence), std::move(outgoing));
}

void Publisher::OnApplied(int64_t sequence, const Appended& applied) {
  std::vector<OutgoingPtr> these;
  std::vector<std::pair<int64_t, OutgoingPtr>> earlier;
  {
    absl::MutexLock lock(&mutex_);
    applied_ = std::max(applied_, sequence);
    const auto end = acknowledged_.upper_bound(sequence);
    for (auto it = acknowledged_.begin(); it != end; ++it) {
      if (it->first == sequence) {
        these.push_back(std::move(it->second));
      } else {
        earlier.emplace_back(it->first, std::move(it->second));
      }
    }
    acknowledged_.erase(acknowledged_.begin(), end);
  }
  for (const OutgoingPtr& outgoing : these) {
    Answer(*outgoing,
           Appended{applied.entry, applied.duplicate ||
                                       IsDuplicate(*outgoing, *applied.entry)});
  }
  // Taken out of the stream before it came here.
  for (auto& [before, outgoing] : earlier) LookUp(before, std::move(outgoing));
}

// Whether the entry with its id is not of this call. When it was sent more than
// once the stream does not say: then one of the same source that the copy
// lacked before may be taken for the call's.
bool Publisher::IsDuplicate(const Outgoing& outgoing, const Entry& entry) {
  return outgoing.known || entry.sequence <= outgoing.before ||
         entry.source != outgoing.source;
}

void Publisher::LookUp(int64_t sequence, OutgoingPtr outgoing) {
  const auto found = [this, sequence](const Outgoing& outgoing,
                                      absl::StatusOr<EntryPtr> entry) {
    if (entry.ok() && *entry == nullptr) {
      entry = GivenUp("it is not in this replica's copy");
    }
    if (!entry.ok()) return Answer(outgoing, entry.status());
    const bool duplicate =
        (*entry)->sequence != sequence || IsDuplicate(outgoing, **entry);
    Answer(outgoing, Appended{*std::move(entry), duplicate});
  };
  const auto near = copy_->ReadAfter(sequence - 1, 1);
  if (near.ok() && !near->empty() && near->front()->sequence == sequence &&
      HasId(*near->front(), outgoing->id)) {
    return found(*outgoing, near->front());
  }
  const std::string id = outgoing->id;
  copy_->Find(id, [found, outgoing = std::move(outgoing)](
                      absl::StatusOr<EntryPtr> entry) {
    found(*outgoing, std::move(entry));
  });
}

void Publisher::Answer(const Outgoing& outgoing,
                       absl::StatusOr<Appended> result) {
  Call& call = *outgoing.call;
  {
    absl::MutexLock lock(&mutex_);
    --waiting_;
    if (result.ok()) {
      call.results[outgoing.index] = *std::move(result);
    } else if (call.error.ok()) {
      call.error = std::move(result).status();
    }
    if (--call.missing > 0) return;
  }
  // Nobody else has the call any more.
  LogStats& stats = copy_->stats();
  const std::chrono::duration<double> time = Clock::now() - call.start;
  stats.append.Observe(time.count());
  if (!call.error.ok()) return std::move(call.done)(std::move(call.error));
  for (const Appended& one : call.results) {
    ++(one.duplicate ? stats.duplicates : stats.recorded);
  }
  std::move(call.done)(std::move(call.results));
}

void Publisher::TryAgain(OutgoingPtr outgoing, std::string why) {
  problem_ = std::move(why);
  const absl::Duration pause = std::min(
      kLongestRetry, kFirstRetry * (1 << std::min(outgoing->attempts, 10)));
  later_.emplace(Clock::now() + absl::ToChronoNanoseconds(pause),
                 std::move(outgoing));
  bell_.Ring();
}

// ---- The publisher's thread.

void Publisher::Run() {
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) break;
    }
    if (looks_.IsDue()) FailOverdue();
    jsCtx* js = nullptr;
    std::vector<OutgoingPtr> batch = TakeReady(&js);
    if (batch.empty()) {
      bell_.WaitFor(UntilNextRetry());
      continue;
    }
    for (OutgoingPtr& outgoing : batch) Send(js, std::move(outgoing));
    absl::MutexLock lock(&mutex_);
    in_use_ = false;
  }
  FailOverdue();
}

std::vector<Publisher::OutgoingPtr> Publisher::TakeReady(jsCtx** js) {
  std::vector<OutgoingPtr> batch;
  absl::MutexLock lock(&mutex_);
  const auto now = Clock::now();
  while (!later_.empty() && later_.begin()->first <= now) {
    ready_.push_back(std::move(later_.begin()->second));
    later_.erase(later_.begin());
  }
  if (js_ == nullptr || in_flight_.size() >= kMaxInFlight) return batch;
  while (!ready_.empty() && batch.size() < kBatch) {
    batch.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  in_use_ = !batch.empty();
  *js = js_;
  return batch;
}

void Publisher::Send(jsCtx* js, OutgoingPtr outgoing) {
  natsMsg* message = nullptr;
  natsStatus s = natsMsg_Create(&message, SubjectOf(outgoing->place).c_str(),
                                nullptr, outgoing->payload.data(),
                                static_cast<int>(outgoing->payload.size()));
  const natsMsg* const key = message;
  const std::string id = outgoing->id;
  {
    absl::MutexLock lock(&mutex_);
    ++outgoing->attempts;
    if (s != NATS_OK) {
      return TryAgain(std::move(outgoing), natsStatus_GetText(s));
    }
    // Its acknowledgement may come before the call returns.
    in_flight_[key] = std::move(outgoing);
  }
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MsgId = id.c_str();
  options.MaxWait = kAckMs;
  options.ExpectStream = kStreamName;
  s = js_PublishMsgAsync(js, &message, &options);
  if (s == NATS_OK) return;
  natsMsg_Destroy(message);
  absl::MutexLock lock(&mutex_);
  const auto found = in_flight_.find(key);
  if (found == in_flight_.end()) return;
  OutgoingPtr again = std::move(found->second);
  in_flight_.erase(found);
  TryAgain(std::move(again), natsStatus_GetText(s));
}

void Publisher::FailOverdue() {
  std::vector<OutgoingPtr> overdue;
  std::string problem;
  {
    absl::MutexLock lock(&mutex_);
    const auto now = Clock::now();
    const bool all = stopping_;
    const auto take = [&](OutgoingPtr& outgoing) {
      if (!all && outgoing->call->deadline > now) return false;
      overdue.push_back(std::move(outgoing));
      return true;
    };
    std::erase_if(ready_, take);
    EraseIf(&later_, take);
    if (EraseIf(&acknowledged_, take)) {
      problem_ = "this replica's copy is behind the stream";
    }
    if (stopping_) {
      for (auto& [message, outgoing] : in_flight_) {
        overdue.push_back(std::move(outgoing));
      }
      in_flight_.clear();
      problem_ = "shutting down";
    }
    if (overdue.empty()) return;
    if (healthy_ && !stopping_) {
      spdlog::error(
          "readings can't be recorded, and are refused until they can: {}",
          problem_);
    }
    healthy_ = false;
    problem = problem_;
  }
  for (const OutgoingPtr& outgoing : overdue) {
    Answer(*outgoing, GivenUp(problem));
  }
}

absl::Duration Publisher::UntilNextRetry() {
  absl::MutexLock lock(&mutex_);
  const absl::Duration most = absl::FromChrono(kLook);
  if (later_.empty()) return most;
  return std::clamp(absl::FromChrono(later_.begin()->first - Clock::now()),
                    absl::ZeroDuration(), most);
}

}  // namespace happiness
