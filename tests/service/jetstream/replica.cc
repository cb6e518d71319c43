#include "tests/service/jetstream/replica.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "service/jetstream/stream.h"
#include "service/jetstream/subjects.h"
#include "service/log/log_cursor.h"
#include "service/request/intake.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

std::unique_ptr<Storage> OpenStorage(const std::string& folder,
                                     const ReplicatedLogOptions& options) {
  auto storage = Storage::Open(folder, {}, options);
  EXPECT_TRUE(storage.ok()) << storage.status();
  return *std::move(storage);
}

std::unique_ptr<Connection> OpenConnection(const NatsCluster& nats) {
  auto connection = Connection::Open(
      nats.Target(),
      {[] {}, [](const natsMsg*, const jsPubAck*, const jsPubAckErr*) {}});
  EXPECT_TRUE(connection.ok()) << connection.status();
  return *std::move(connection);
}

void Fetch(LogCursor* cursor) {
  LogCursor::Fetched fetched;
  absl::Notification done;
  cursor->StartFetch()([&](LogCursor::Fetched result) {
    fetched = std::move(result);
    done.Notify();
  });
  done.WaitForNotification();
  const absl::Status taken = cursor->Take(std::move(fetched));
  EXPECT_TRUE(taken.ok()) << taken;
}

}  // namespace

ReplicatedLogOptions LogOn(const NatsCluster& nats) {
  ReplicatedLogOptions options;
  options.target = nats.Target();
  options.stream.replicas = 1;
  options.ready_lag = 0;
  return options;
}

std::string FolderOf(const std::string& name) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat(testing::TempDir(), test->name(), "-", name);
}

Replica::Replica(const std::string& folder, const ReplicatedLogOptions& options)
    : storage(OpenStorage(folder, options)) {}

bool Replica::BecomesReady() {
  absl::Notification ready;
  log.WhenReady([&ready] { ready.Notify(); });
  const bool became = ready.WaitForNotificationWithTimeout(kTestDeadline);
  log.WhenReady(nullptr);
  return became && log.Ready().ok();
}

bool Becomes(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + kTestDeadline;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return true;
}

v1::Reading Complete(const std::string& place, const std::string& id,
                     double happiness) {
  v1::Reading reading = MakeReading(place, happiness, id);
  Complete(absl::Now(), &reading);
  return reading;
}

std::vector<std::string> ReadFrom(ReadingLog* log, int64_t sequence) {
  std::vector<std::string> readings;
  auto cursor = LogCursor::Open(log, After(sequence));
  EXPECT_TRUE(cursor.ok()) << cursor.status();
  while (cursor.ok()) {
    const auto outcome = cursor->Next();
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok() || *outcome == LogCursor::Outcome::kCaughtUp) break;
    if (*outcome == LogCursor::Outcome::kStored) Fetch(&*cursor);
    if (*outcome != LogCursor::Outcome::kFound) continue;
    std::vector<grpc::Slice> slices;
    EXPECT_TRUE(cursor->reading().Dump(&slices).ok());
    std::string& bytes = readings.emplace_back();
    for (const grpc::Slice& slice : slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  return readings;
}

std::vector<int64_t> Sequences(const std::vector<std::string>& readings) {
  std::vector<int64_t> sequences;
  v1::Reading reading;
  for (const std::string& bytes : readings) {
    EXPECT_TRUE(reading.ParseFromString(bytes));
    sequences.push_back(reading.sequence());
  }
  return sequences;
}

std::vector<std::string> Ids(const std::vector<std::string>& readings) {
  std::vector<std::string> ids;
  v1::Reading reading;
  for (const std::string& bytes : readings) {
    EXPECT_TRUE(reading.ParseFromString(bytes));
    ids.push_back(reading.reading_id());
  }
  return ids;
}

RawStream::RawStream(const NatsCluster& nats)
    : connection_(OpenConnection(nats)) {}

void RawStream::Make(absl::Duration duplicate_window) {
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  const char* subjects[] = {kAllSubjects};
  config.Name = kStreamName;
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.MaxAge = absl::ToInt64Nanoseconds(StreamSettings().max_age);
  config.Duplicates = absl::ToInt64Nanoseconds(duplicate_window);
  EXPECT_EQ(js_AddStream(nullptr, js(), &config, nullptr, nullptr), NATS_OK);
}

void RawStream::Delete() {
  EXPECT_EQ(js_DeleteStream(js(), kStreamName, nullptr, nullptr), NATS_OK);
}

int64_t RawStream::Publish(const std::string& data,
                           const std::string& subject) {
  jsPubAck* ack = nullptr;
  const natsStatus s =
      js_Publish(&ack, js(), subject.c_str(), data.data(),
                 static_cast<int>(data.size()), nullptr, nullptr);
  EXPECT_EQ(s, NATS_OK) << natsStatus_GetText(s);
  const int64_t sequence =
      ack == nullptr ? 0 : static_cast<int64_t>(ack->Sequence);
  jsPubAck_Destroy(ack);
  return sequence;
}

void RawStream::Purge(int64_t first) {
  jsOptions options;
  jsOptions_Init(&options);
  options.Stream.Purge.Sequence = static_cast<uint64_t>(first);
  EXPECT_EQ(js_PurgeStream(js(), kStreamName, &options, nullptr), NATS_OK);
}

bool RawStream::Has(int64_t sequence) {
  natsMsg* message = nullptr;
  const natsStatus s =
      js_GetMsg(&message, js(), kStreamName, static_cast<uint64_t>(sequence),
                nullptr, nullptr);
  EXPECT_TRUE(s == NATS_OK || s == NATS_NOT_FOUND) << natsStatus_GetText(s);
  natsMsg_Destroy(message);
  return s == NATS_OK;
}

int64_t RawStream::Last() {
  const auto state = LookAtStream(js());
  EXPECT_TRUE(state.ok()) << state.status();
  return state->last;
}

}  // namespace happiness
