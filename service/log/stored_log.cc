#include "service/log/stored_log.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/store/origin.h"
#include "service/store/read_error.h"

namespace happiness {
namespace {

// Readings of one group: more would make those who wait for it wait longer
// without making each cheaper.
constexpr size_t kMaxGroup = 1'024;

// Each stream has one read under way at most; those of streams that have ended
// are over as soon as it is their turn. So the number of streams bounds them.
constexpr size_t kMaxReads = 1'000'000;

// Old readings deleted between two groups: about as many as were written, so
// that it keeps up, and never so many that a group waits for long.
constexpr size_t kMinDeleted = 256;
constexpr size_t kMaxDeleted = 1'536;

// A commit need not be on the disk: what is lost is copied again. SQLite still
// keeps the order, so the store stays whole.
constexpr char kCopyPragma[] = "PRAGMA synchronous = NORMAL";

// Clocks of those who record what a copy copies, and its own.
constexpr absl::Duration kClocksDiffer = absl::Minutes(1);

// How long old readings of a copy may have to wait until they are looked for.
constexpr absl::Duration kBetweenLooks = absl::Seconds(1);

double SecondsSince(std::chrono::steady_clock::time_point start) {
  const std::chrono::duration<double> time =
      std::chrono::steady_clock::now() - start;
  return time.count();
}

// What a client hears of a store that can't be written; the log has it in full.
absl::Status ForClient(const absl::Status& status) {
  const std::string again = ": send it again later, with the same reading_id";
  if (absl::IsResourceExhausted(status)) {
    return absl::ResourceExhaustedError("the disk is full" + again);
  }
  if (absl::IsDataLoss(status)) {
    return absl::DataLossError("the readings that are kept are damaged");
  }
  return absl::UnavailableError("the readings can't be written just now" +
                                again);
}

// `read`, with an error that is for the client.
template <typename Result>
absl::StatusOr<Result> ForReader(absl::StatusOr<Result> read) {
  if (read.ok()) return read;
  return happiness::ForReader(read.status());
}

absl::Status NobodyWaits() {
  return absl::CancelledError("nobody waits for what is read");
}

// A callback that is called by a job of the pool's, or by whoever learns that
// there will be none.
template <typename Result>
class Reply {
 public:
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Result>) &&>;

  explicit Reply(Callback callback)
      : callback_(std::make_shared<Callback>(std::move(callback))) {}

  void operator()(absl::StatusOr<Result> result) const {
    Take()(std::move(result));
  }
  Callback Take() const { return std::move(*callback_); }

 private:
  std::shared_ptr<Callback> callback_;
};

// Looks for where a backlog starts. Others have their turn before it goes on.
void Seek(ReadPool* reader, std::shared_ptr<const ReadingLog::Search> search,
          BacklogSearch backlog, const Reply<int64_t>& answer) {
  const absl::Status status =
      reader->Run([reader, search = std::move(search), backlog,
                   answer](Database& db) mutable {
        if (search->abandoned) return answer(NobodyWaits());
        const auto over = SeekBack(db, search->places, &backlog);
        if (!over.ok()) {
          answer(happiness::ForReader(over.status()));
        } else if (*over) {
          answer(backlog.start);
        } else {
          Seek(reader, std::move(search), backlog, answer);
        }
      });
  if (!status.ok()) answer(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<StoredLog>> StoredLog::Open(
    const Store& store, const StoredLogOptions& options) {
  absl::StatusOr<Database> db = store.ConnectWriter();
  if (!db.ok()) return db.status();
  const absl::Status fit =
      options.is_copy ? db->Execute(kCopyPragma) : ClaimStore(*db, /*log=*/"");
  if (!fit.ok()) return fit;
  const absl::StatusOr<int64_t> horizon = ReadHorizon(*db);
  if (!horizon.ok()) return horizon.status();
  auto writer = ReadingWriter::Open(*std::move(db), options.max_places);
  if (!writer.ok()) return writer.status();
  auto reader = ReadPool::Start(store, 1, kMaxReads);
  if (!reader.ok()) return reader.status();
  std::unique_ptr<StoredLog> log(
      new StoredLog(options, *horizon, (*writer)->last_sequence()));
  log->writer_ = *std::move(writer);
  log->reader_ = *std::move(reader);
  if (!store.in_memory()) {
    absl::StatusOr<Database> own = store.ConnectWriter();
    if (!own.ok()) return own.status();
    log->checkpointer_ =
        std::make_unique<Checkpointer>(*std::move(own), log->writer_->db());
  }
  log->writer_thread_ = std::thread(&StoredLog::Write, log.get());
  return log;
}

StoredLog::StoredLog(const StoredLogOptions& options, int64_t horizon,
                     int64_t last)
    : options_(options),
      ring_(options.ring, last + 1),
      horizon_(horizon),
      applied_(last),
      adding_after_(last),
      retention_(options.retention) {}

StoredLog::~StoredLog() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (writer_thread_.joinable()) writer_thread_.join();
}

// ---- Any thread.

void StoredLog::Append(std::vector<v1::Reading> readings, AppendCallback done) {
  assert(readings.size() <= kMaxAppend);
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (waiting_readings_ + readings.size() <= options_.max_waiting) {
      waiting_readings_ += readings.size();
      Job& job = waiting_.emplace_back();
      job.readings = std::move(readings);
      job.done = std::move(done);
      return;
    }
    refused = absl::ResourceExhaustedError(
        absl::StrCat("the limit of ", options_.max_waiting,
                     " readings that wait to be recorded is reached: send it "
                     "again later"));
  }
  std::move(done)(refused);
}

void StoredLog::Apply(v1::Reading reading, absl::Time record_time,
                      int64_t after, AppendCallback done) {
  Job job;
  job.readings.push_back(std::move(reading));
  job.done = std::move(done);
  job.recorded = {record_time, after};
  absl::MutexLock lock(&mutex_);
  ++waiting_readings_;
  waiting_.push_back(std::move(job));
}

int64_t StoredLog::applied() const {
  absl::ReaderMutexLock lock(&mutex_);
  return applied_;
}

void StoredLog::KnowsAllUntil(absl::Time time) {
  absl::MutexLock lock(&mutex_);
  known_until_ = std::max(known_until_, time - kClocksDiffer);
}

bool StoredLog::LetGoTo(int64_t sequence) {
  absl::MutexLock lock(&mutex_);
  gone_ = std::max(gone_, sequence);
  const auto done = [this] {
    mutex_.AssertReaderHeld();
    return horizon_ >= gone_;
  };
  return mutex_.AwaitWithTimeout(absl::Condition(&done), absl::Seconds(3));
}

void StoredLog::Find(const std::string& reading_id, FindCallback done) {
  const Reply<EntryPtr> answer(std::move(done));
  absl::Status status = reader_->Run([reading_id, answer](Database& db) {
    answer(ForReader(FindById(db, reading_id)));
  });
  if (!status.ok()) answer(status);
}

LogExtent StoredLog::ExtentLocked() const {
  return {.first = horizon_ + 1,
          .last = ring_.next_sequence() - 1,
          .is_copy = options_.is_copy};
}

LogExtent StoredLog::Extent() const {
  absl::ReaderMutexLock lock(&mutex_);
  return ExtentLocked();
}

absl::StatusOr<std::vector<EntryPtr>> StoredLog::ReadAfter(int64_t sequence,
                                                           size_t limit) const {
  absl::ReaderMutexLock lock(&mutex_);
  if (absl::Status status = CheckPosition(sequence, ExtentLocked());
      !status.ok()) {
    return status;
  }
  if (sequence + 1 < ring_.first_sequence()) {
    return absl::FailedPreconditionError("the next reading is in storage");
  }
  return ring_.ReadAfter(sequence, limit);
}

void StoredLog::ReadStored(int64_t sequence,
                           std::shared_ptr<const Search> search, size_t limit,
                           StretchCallback done) {
  const Reply<Stretch> answer(std::move(done));
  absl::Status status =
      reader_->Run([this, sequence, search = std::move(search), limit,
                    answer](Database& db) {
        if (search->abandoned) return answer(NobodyWaits());
        const int64_t last = Extent().last;
        auto stretch =
            ForReader(ReadStretch(db, sequence, last, search->places, limit));
        if (stretch.ok() && stretch->start > sequence) {
          stretch = CheckPosition(sequence,
                                  {.first = stretch->start + 1, .last = last});
        }
        answer(std::move(stretch));
      });
  if (!status.ok()) answer(status);
}

void StoredLog::Locate(const Start& start, std::shared_ptr<const Search> search,
                       LocateCallback done) {
  const Reply<int64_t> answer(std::move(done));
  if (start.ahead.has_value()) {
    absl::Status status = CheckPosition(*start.ahead, Extent());
    if (status.ok()) return answer(*start.ahead);
    return answer(status);
  }
  if (!start.time.has_value()) {
    Seek(reader_.get(), std::move(search),
         {start.backlog, start.last, start.last}, answer);
    return;
  }
  absl::Status status = reader_->Run(
      [this, start, search = std::move(search), answer](Database& db) {
        if (search->abandoned) return answer(NobodyWaits());
        const auto position = LastBefore(db, absl::ToUnixMicros(*start.time));
        if (position.ok() && *position > Extent().last) {
          // That was committed this moment, and is about to be published.
          Locate(start, search, answer.Take());
        } else {
          answer(ForReader(position));
        }
      });
  if (!status.ok()) answer(status);
}

bool StoredLog::Wait(int64_t sequence, std::shared_ptr<Waiter> waiter) {
  absl::MutexLock lock(&mutex_);
  if (sequence + 1 < ring_.next_sequence()) return false;
  waker_.Add(std::move(waiter));
  return true;
}

void StoredLog::StopWaiting(const std::shared_ptr<Waiter>& waiter) {
  waker_.Remove(waiter);
}

void StoredLog::HelpToWake() { waker_.Help(); }

// ---- The writer's thread.

bool StoredLog::WriterHasWork() const { return stopping_ || !waiting_.empty(); }

void StoredLog::Write() {
  for (;;) {
    std::vector<Job> group = TakeGroup();
    size_t readings = 0;
    for (const Job& job : group) readings += job.readings.size();
    if (!group.empty()) {
      WriteGroup(std::move(group));
    } else {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return;
    }
    LetGo(readings);
  }
}

// What waits, as far as it makes one group; none if it is time for something
// else.
std::vector<StoredLog::Job> StoredLog::TakeGroup() {
  std::vector<Job> group;
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithDeadline(absl::Condition(this, &StoredLog::WriterHasWork),
                           NextLetGo());
  size_t readings = 0;
  while (!waiting_.empty()) {
    readings += waiting_.front().readings.size();
    if (!group.empty() && readings > kMaxGroup) break;
    waiting_readings_ -= waiting_.front().readings.size();
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return group;
}

void StoredLog::WriteGroup(std::vector<Job> group) {
  const absl::Status status = Commit(group);
  NoteHealth(status);
  if (status.ok()) {
    Publish(group);
  } else {
    writer_->Rollback();
    adding_after_ = applied();
    for (Job& job : group) job.result = ForClient(status);
  }
  for (Job& job : group) Answer(std::move(job));
  if (checkpointer_ != nullptr) checkpointer_->OnCommit();
}

void StoredLog::Answer(Job job) {
  const bool counts = !job.recorded.has_value();
  if (counts) stats_.append.Observe(SecondsSince(job.start));
  if (counts && job.result.ok()) {
    for (const Appended& one : *job.result) {
      ++(one.duplicate ? stats_.duplicates : stats_.recorded);
    }
  }
  std::move(job.done)(std::move(job.result));
}

absl::Status StoredLog::Commit(std::vector<Job>& group) {
  // A copy has the times of recording from elsewhere.
  const absl::Time now = options_.is_copy ? absl::UnixEpoch() : absl::Now();
  if (absl::Status status = writer_->Begin(now); !status.ok()) return status;
  for (Job& job : group) {
    absl::Status status =
        job.recorded.has_value() ? AddRecorded(job) : Add(job);
    if (!status.ok()) return status;
  }
  const Clock::time_point start = Clock::now();
  const absl::Status status = writer_->Commit();
  stats_.commit.Observe(SecondsSince(start));
  return status;
}

// An error is the whole group's, and not that of the job alone.
absl::Status StoredLog::Add(Job& job) {
  if (absl::Status status = writer_->CheckPlaces(job.readings); !status.ok()) {
    job.result = status;
    return absl::OkStatus();
  }
  job.result = writer_->Add(std::move(job.readings));
  return job.result.status();
}

absl::Status StoredLog::AddRecorded(Job& job) {
  if (job.recorded->after != adding_after_) {
    job.result = absl::FailedPreconditionError(
        "what comes before it has not been applied");
    return absl::OkStatus();
  }
  v1::Reading& reading = job.readings.front();
  const int64_t sequence = reading.sequence();
  const absl::Time time = job.recorded->time;
  absl::StatusOr<Appended> added =
      writer_->AddRecorded(std::move(reading), absl::ToUnixMicros(time),
                           absl::ToUnixMicros(time - options_.retention.age));
  if (!added.ok()) return added.status();
  job.result->push_back(*std::move(added));
  adding_after_ = sequence;
  return absl::OkStatus();
}

void StoredLog::Publish(const std::vector<Job>& group) {
  absl::MutexLock lock(&mutex_);
  applied_ = adding_after_;
  const int64_t next = ring_.next_sequence();
  for (const Job& job : group) {
    if (!job.result.ok()) continue;
    if (job.recorded.has_value()) {
      known_until_ = std::max(known_until_, job.recorded->time - kClocksDiffer);
    }
    for (const Appended& one : *job.result) {
      if (!one.duplicate) ring_.Push(one.entry);
    }
  }
  if (ring_.next_sequence() == next) return;
  waker_.WakeAll();
}

// One line when it begins and one when it is over, however many appends fail.
void StoredLog::NoteHealth(const absl::Status& status) {
  if (healthy_ && !status.ok()) {
    spdlog::error(
        "readings can't be written, and are refused until they can: "
        "{}",
        status.ToString());
  } else if (!healthy_ && status.ok()) {
    spdlog::info("readings can be written again");
  }
  healthy_ = status.ok();
}

absl::Time StoredLog::AgesAsOf() const {
  return options_.is_copy ? std::min(known_until_, absl::Now()) : absl::Now();
}

absl::Time StoredLog::NextLetGo() const {
  if (!options_.is_copy) return retention_.due();
  const bool now = lets_go_ && horizon_ < gone_;
  return now ? absl::InfinitePast() : absl::Now() + kBetweenLooks;
}

void StoredLog::LetGo(size_t written) {
  const LogExtent extent = Extent();
  const int64_t horizon = extent.first - 1;
  absl::Time now;
  {
    absl::ReaderMutexLock lock(&mutex_);
    now = AgesAsOf();
    retention_.LetGoTo(gone_);
  }
  if (!retention_.IsDue(now, horizon, extent.last)) return;
  const size_t limit =
      std::clamp(written + written / 2, kMinDeleted, kMaxDeleted);
  const absl::StatusOr<int64_t> end = retention_.Step(
      writer_->db(), now, horizon, extent.last, static_cast<int64_t>(limit));
  if (!end.ok()) {
    if (lets_go_) {
      spdlog::warn("old readings can't be deleted, for now: {}",
                   end.status().ToString());
    }
    lets_go_ = false;
    return;
  }
  lets_go_ = true;
  writer_->Forget(retention_.forgotten_places());
  MoveHorizon(*end);
  if (checkpointer_ != nullptr) checkpointer_->OnCommit();
}

void StoredLog::MoveHorizon(int64_t horizon) {
  absl::MutexLock lock(&mutex_);
  horizon_ = horizon;
  if (horizon < ring_.next_sequence()) return;
  ring_.Restart(horizon + 1);
  applied_ = adding_after_ = horizon;
}

}  // namespace happiness
