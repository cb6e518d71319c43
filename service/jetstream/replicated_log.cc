#include "service/jetstream/replicated_log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/request/validation.h"
#include "service/store/origin.h"

namespace happiness {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(500);
constexpr absl::Duration kLookSoon = absl::Milliseconds(250);
// A server that has just been elected may not yet know the last of what all
// were told before: so who asks for more is refused at the second look only.
constexpr int kLooksAhead = 2;
// So often in a row nothing has come, then the stream is followed anew.
constexpr int kMaxStuck = 3;
constexpr auto kSettle = std::chrono::seconds(1);
// For the stream to be found, when the service starts.
constexpr absl::Duration kStart = absl::Seconds(5);
// Messages on their way into the copy; the servers hold back what comes then.
constexpr int64_t kMaxApplying = 8'192;
// What was valid when it was sent is not to fail for a clock.
constexpr absl::Duration kClockMayBeWrong = absl::Hours(24);
// By then all replicas that are up have seen a late duplicate.
constexpr auto kBeforeDeleting = std::chrono::seconds(10);
constexpr size_t kMaxToDelete = 1'000'000;
constexpr int kDeletedAtATime = 256;

// Told when the service starts, for they do not pass by themselves.
bool IsMistake(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) ||
         absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status);
}

absl::Status AboutFolder(const absl::Status& status) {
  return absl::Status(
      status.code(),
      absl::StrCat("--data_dir: ", std::string(status.message())));
}

absl::StatusOr<v1::Reading> ToReading(const Follower::Message& message) {
  v1::Reading reading;
  if (!reading.ParseFromArray(message.data.data(),
                              static_cast<int>(message.data.size()))) {
    return absl::InvalidArgumentError("it is no happiness.v1.Reading");
  }
  if (reading.reading_id().empty() || !reading.has_observe_time()) {
    return absl::InvalidArgumentError("it has no id, or no time");
  }
  absl::Status valid =
      ValidateReading(reading, message.time + kClockMayBeWrong);
  if (!valid.ok()) return valid;
  reading.set_sequence(message.sequence);
  return reading;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ReplicatedLog>> ReplicatedLog::Open(
    const Store* store, StoredLog* copy, const ReplicatedLogOptions& options) {
  absl::StatusOr<Database> db = store->ConnectWriter();
  if (!db.ok()) return db.status();
  if (absl::Status fit = CheckIsCopy(*db); !fit.ok()) return AboutFolder(fit);
  std::unique_ptr<ReplicatedLog> log(new ReplicatedLog(store, copy, options));
  const auto decided = [&log] {
    log->mutex_.AssertReaderHeld();
    return log->checked_.has_value() &&
           (log->checked_->ok() || IsMistake(*log->checked_));
  };
  absl::MutexLock lock(&log->mutex_);
  log->mutex_.AwaitWithTimeout(absl::Condition(&decided), kStart);
  if (log->checked_.has_value() && IsMistake(*log->checked_)) {
    return *log->checked_;
  }
  return log;
}

ReplicatedLog::ReplicatedLog(const Store* store, StoredLog* copy,
                             const ReplicatedLogOptions& options)
    : store_(store),
      copy_(copy),
      options_(options),
      publisher_(copy, options.publisher),
      steward_(&ReplicatedLog::Run, this) {}

ReplicatedLog::~ReplicatedLog() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = draining_ = true;
  }
  bell_.Ring();
  steward_.join();
}

// ---- Any thread.

void ReplicatedLog::WhenReady(std::function<void()> heard) {
  absl::MutexLock lock(&ready_mutex_);
  when_ready_ = nullptr;
  bool ready;
  {
    absl::MutexLock state(&mutex_);
    ready = ready_;
  }
  if (ready && heard) return heard();
  when_ready_ = std::move(heard);
}

absl::Status ReplicatedLog::Ready() const {
  absl::MutexLock lock(&mutex_);
  if (ready_) return absl::OkStatus();
  if (!stats_.connected) {
    return absl::UnavailableError("the replicated log can't be followed yet");
  }
  return absl::UnavailableError(
      absl::StrCat("this replica's copy of the log is not complete yet: ",
                   stats_.behind + applying_, " messages are missing"));
}

void ReplicatedLog::Append(std::vector<v1::Reading> readings,
                           AppendCallback done) {
  absl::Status refused = copy_->CheckPlaces(readings);
  if (refused.ok()) refused = Ready();
  if (!refused.ok()) return std::move(done)(refused);
  publisher_.Publish(std::move(readings), std::move(done));
}

void ReplicatedLog::Locate(const Start& start,
                           std::shared_ptr<const Search> search,
                           LocateCallback done) {
  if (!start.ahead.has_value() || *start.ahead <= copy_->applied()) {
    return copy_->Locate(start, std::move(search), std::move(done));
  }
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) {
      refused = absl::UnavailableError("shutting down");
    } else if (*start.ahead > head_) {
      ahead_.push_back({.sequence = *start.ahead, .done = std::move(done)});
      bell_.Ring();
      return;
    }
  }
  if (!refused.ok()) return std::move(done)(refused);
  std::move(done)(*start.ahead);
}

ReplicatedLog::Stats ReplicatedLog::stats() const {
  absl::MutexLock lock(&mutex_);
  Stats stats = stats_;
  stats.behind += applying_;
  return stats;
}

// ---- The steward's thread.

void ReplicatedLog::Run() {
  for (;;) {
    Work();
    absl::Duration pause = kLook;
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) break;
      if (!ready_ || !stats_.connected) pause = kLookSoon;
    }
    bell_.WaitFor(pause);
  }
  Disconnect();
  AnswerAhead({}, absl::UnavailableError("shutting down"));
  absl::MutexLock lock(&mutex_);
  const auto idle = [this] {
    mutex_.AssertReaderHeld();
    return applying_ == 0;
  };
  mutex_.Await(absl::Condition(&idle));
}

void ReplicatedLog::Work() {
  std::vector<Ahead> waiting;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    waiting.swap(ahead_);
  }
  const absl::Time looked = absl::Now();
  absl::StatusOr<StreamState> state = Look();
  absl::Status status = state.status();
  AnswerAhead(std::move(waiting), state);
  if (state.ok()) {
    absl::StatusOr<int64_t> behind = Follow(*state);
    status = behind.status();
    if (behind.ok()) NoteProgress(looked, *behind);
    DeleteLateDuplicates();
  }
  NoteProblem(status);
}

absl::Status ReplicatedLog::Connect() {
  if (connection_ != nullptr && !connection_->closed()) return absl::OkStatus();
  Disconnect();
  Connection::Events events;
  events.changed = [this] { bell_.Ring(); };
  events.published = [this](const natsMsg* message, const jsPubAck* ack,
                            const jsPubAckErr* error) {
    publisher_.OnPublished(message, ack, error);
  };
  auto connection = Connection::Open(options_.target, std::move(events));
  if (!connection.ok()) return connection.status();
  connection_ = *std::move(connection);
  return absl::OkStatus();
}

absl::StatusOr<StreamState> ReplicatedLog::Look() {
  if (absl::Status status = Connect(); !status.ok()) return status;
  jsCtx* const js = connection_->js();
  absl::StatusOr<StreamState> state =
      opened_ ? LookAtStream(js)
              : OpenStream(js, options_.stream,
                           /*may_make=*/copy_->applied() == 0);
  if (absl::IsNotFound(state.status())) LeaveStream();
  if (!state.ok() || state->origin == origin_) return state;
  LeaveStream();
  if (absl::Status settled = CheckSettled(*state); !settled.ok()) {
    return settled;
  }
  absl::StatusOr<Database> writer = store_->ConnectWriter();
  if (!writer.ok()) return writer.status();
  if (absl::Status fit = ClaimStore(*writer, state->origin); !fit.ok()) {
    return AboutFolder(fit);
  }
  origin_ = state->origin;
  opened_ = true;
  publisher_.Use(js);
  return state;
}

// Where several replicas make the stream in the same moment, the servers tell
// each that it was the one; a moment later they agree on the last.
absl::Status ReplicatedLog::CheckSettled(const StreamState& state) {
  if (state.last > 0) return absl::OkStatus();
  const auto now = Clock::now();
  if (state.origin != new_origin_) {
    new_origin_ = state.origin;
    new_since_ = now;
  }
  if (now - new_since_ >= kSettle) return absl::OkStatus();
  return absl::UnavailableError(
      "the stream is new: waiting for other replicas that may be making it");
}

// Sees to it that the stream is followed. Returns how many messages are yet to
// come.
absl::StatusOr<int64_t> ReplicatedLog::Follow(const StreamState& state) {
  if (follower_ != nullptr) {
    const auto progress = follower_->AskProgress();
    bool restart;
    {
      absl::MutexLock lock(&mutex_);
      restart = must_restart_ || !progress.ok();
    }
    if (progress.ok()) {
      // There is more, and nothing came since the last look.
      const bool stuck =
          progress->behind > 0 && progress->received == followed_to_;
      stuck_ = stuck ? stuck_ + 1 : 0;
      restart |= stuck_ >= kMaxStuck;
      followed_to_ = progress->received;
    }
    if (!restart) return progress->behind;
    StopFollowing();
  }
  int64_t after = copy_->applied();
  if (after < state.first - 1) {
    if (copy_->Extent().last > 0) {
      spdlog::warn(
          "the stream begins with {}, and the copy ended with {}: what is "
          "older is let go of",
          state.first, after);
    }
    if (!copy_->LetGoTo(state.first - 1)) {
      return absl::UnavailableError("old readings have to be deleted first");
    }
    after = copy_->applied();
  }
  last_passed_ = after;
  followed_to_ = 0;
  stuck_ = 0;
  auto follower = Follower::Start(
      connection_->js(), after,
      [this](const Follower::Message& message) { OnMessage(message); },
      [this] { bell_.Ring(); });
  if (!follower.ok()) return follower.status();
  follower_ = *std::move(follower);
  const auto progress = follower_->AskProgress();
  if (!progress.ok()) return progress.status();
  return progress->behind;
}

void ReplicatedLog::StopFollowing() {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  follower_.reset();
  absl::MutexLock lock(&mutex_);
  const auto idle = [this] {
    mutex_.AssertReaderHeld();
    return applying_ == 0;
  };
  mutex_.Await(absl::Condition(&idle));
  draining_ = stopping_;
  must_restart_ = false;
}

// One that is made anew has the same name, and the library would go on with it.
void ReplicatedLog::LeaveStream() {
  StopFollowing();
  publisher_.Use(nullptr);
  opened_ = false;
  origin_.clear();
}

void ReplicatedLog::Disconnect() {
  LeaveStream();
  connection_.reset();
}

void ReplicatedLog::NoteProgress(absl::Time looked, int64_t behind) {
  bool all = false;
  bool ready = false;
  {
    absl::MutexLock lock(&mutex_);
    stats_.behind = behind;
    all = behind == 0 && applying_ == 0;
    ready = !ready_ && behind + applying_ <= options_.ready_lag;
    ready_ |= ready;
  }
  if (all) copy_->KnowsAllUntil(looked);
  if (!ready) return;
  spdlog::info("this replica's copy of the log is complete: {} messages behind",
               behind);
  absl::MutexLock lock(&ready_mutex_);
  if (when_ready_) when_ready_();
}

void ReplicatedLog::NoteProblem(const absl::Status& status) {
  const std::string problem(status.message());
  bool told_by_open = IsMistake(status);
  {
    absl::MutexLock lock(&mutex_);
    told_by_open &= !checked_.has_value();
  }
  if (problem != problem_) {
    if (status.ok()) {
      spdlog::info("following the stream at {}", options_.target.Describe());
    } else if (!told_by_open) {
      spdlog::warn("the stream can't be followed: {}", problem);
    }
    problem_ = problem;
  }
  absl::MutexLock lock(&mutex_);
  stats_.connected = status.ok();
  checked_ = status;
}

void ReplicatedLog::AnswerAhead(std::vector<Ahead> waiting,
                                const absl::StatusOr<StreamState>& state) {
  int64_t head = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (state.ok()) head_ = std::max(head_, state->last);
    head = head_;
    if (stopping_) {
      // Nobody looks again.
      std::move(ahead_.begin(), ahead_.end(), std::back_inserter(waiting));
      ahead_.clear();
    }
  }
  for (Ahead& one : waiting) {
    if (one.sequence > head && state.ok() && ++one.looks < kLooksAhead) {
      absl::MutexLock lock(&mutex_);
      ahead_.push_back(std::move(one));
      continue;
    }
    absl::StatusOr<int64_t> answer = one.sequence;
    if (one.sequence > head) {
      answer =
          state.ok()
              ? CheckPosition(one.sequence,
                              {.first = copy_->Extent().first, .last = head})
              : absl::UnavailableError(absl::StrCat(
                    "this replica has not got as far as sequence ",
                    one.sequence, ", and can't ask whether the log has"));
    }
    std::move(one.done)(std::move(answer));
  }
}

// A replica that begins when the first with the id is gone would take the
// second for new.
void ReplicatedLog::DeleteLateDuplicates() {
  for (int i = 0; i < kDeletedAtATime; ++i) {
    int64_t sequence = 0;
    {
      absl::MutexLock lock(&mutex_);
      if (late_.empty() || late_.front().first > Clock::now()) return;
      if (stopping_) return;
      sequence = late_.front().second;
    }
    const absl::Status status = DeleteMessage(connection_->js(), sequence);
    if (!status.ok()) {
      // It is tried again.
      if (says_deleted_.IsDue()) {
        spdlog::warn("{}: {}", sequence, std::string(status.message()));
      }
      return;
    }
    absl::MutexLock lock(&mutex_);
    late_.pop_front();
  }
}

// ---- The follower's thread.

void ReplicatedLog::OnMessage(const Follower::Message& message) {
  absl::StatusOr<v1::Reading> reading = ToReading(message);
  const bool valid = reading.ok();
  {
    absl::MutexLock lock(&mutex_);
    const auto has_room = [this] {
      mutex_.AssertReaderHeld();
      return draining_ || applying_ < kMaxApplying;
    };
    mutex_.Await(absl::Condition(&has_room));
    if (draining_) return;
    ++(valid ? applying_ : stats_.skipped);
  }
  if (!valid) {
    if (says_skipped_.IsDue()) {
      spdlog::warn("message {} of the stream is left out: {}", message.sequence,
                   std::string(reading.status().message()));
    }
    return;
  }
  copy_->Apply(*std::move(reading), message.time, last_passed_,
               [this, sequence = message.sequence](auto applied) {
                 OnApplied(sequence, std::move(applied));
               });
  last_passed_ = message.sequence;
}

// ---- The copy's writer's thread.

void ReplicatedLog::OnApplied(int64_t sequence,
                              absl::StatusOr<std::vector<Appended>> applied) {
  const bool ok = applied.ok();
  if (ok) publisher_.OnApplied(sequence, applied->front());
  const bool late = ok && applied->front().duplicate;
  absl::MutexLock lock(&mutex_);
  if (ok) head_ = std::max(head_, sequence);
  if (!ok) must_restart_ = true;
  if (late) {
    ++stats_.late_duplicates;
    if (late_.size() < kMaxToDelete) {
      late_.emplace_back(Clock::now() + kBeforeDeleting, sequence);
    }
  }
  --applying_;
}

}  // namespace happiness
