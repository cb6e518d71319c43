// The service is killed at any instant, again and again, while clients record
// and read: nobody loses anything, and nobody sees anything twice.

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "tests/service/testing/program.h"

namespace happiness {
namespace {

using Stub = v1::HappinessService::Stub;

constexpr int kRounds = 100;
constexpr absl::Duration kLongestRound = absl::Milliseconds(300);
constexpr int kWriters = 4;
constexpr int kUpload = 100;  // readings

// No call takes as long, unless something hangs.
void SetDeadline(grpc::ClientContext* context) {
  context->set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
}

v1::Reading MakeReading(const std::string& id) {
  v1::Reading reading;
  reading.set_reading_id(id);
  reading.set_place("Oslo");
  reading.set_happiness(5);
  return reading;
}

// What the service has promised to keep. Thread-safe.
class Promises {
 public:
  static constexpr int64_t kAnySequence = 0;

  void Add(const std::string& id, int64_t sequence) {
    absl::MutexLock lock(&mutex_);
    promised_.emplace(id, sequence);
  }

  // `ids` of all readings there are, in the order of their sequence.
  void ExpectKept(const std::vector<std::string>& ids) {
    std::map<std::string, int64_t> kept;
    for (const std::string& id : ids) {
      const auto sequence = static_cast<int64_t>(kept.size()) + 1;
      EXPECT_TRUE(kept.emplace(id, sequence).second) << id << " twice";
    }
    absl::MutexLock lock(&mutex_);
    for (const auto& [id, sequence] : promised_) {
      const auto found = kept.find(id);
      ASSERT_TRUE(found != kept.end()) << id << " is lost";
      if (sequence != kAnySequence) {
        ASSERT_EQ(found->second, sequence) << id;
      }
    }
  }

  size_t size() {
    absl::MutexLock lock(&mutex_);
    return promised_.size();
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, int64_t> promised_ ABSL_GUARDED_BY(mutex_);
};

// Records one reading after another. What was not answered is sent again, with
// its id, after the next start.
class Writer {
 public:
  Writer(std::string name, Promises* promises)
      : name_(std::move(name)), promises_(promises) {}

  void RunUntilItIsKilled(Stub* stub) {
    for (;;) {
      grpc::ClientContext context;
      SetDeadline(&context);
      const std::string id = absl::StrCat(name_, "-", next_);
      v1::RecordReadingRequest request;
      *request.mutable_reading() = MakeReading(id);
      v1::Reading recorded;
      const grpc::Status status =
          stub->RecordReading(&context, request, &recorded);
      if (!status.ok()) {
        EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
            << status.error_message();
        return;
      }
      EXPECT_EQ(recorded.reading_id(), id);
      promises_->Add(id, recorded.sequence());
      ++next_;
    }
  }

 private:
  const std::string name_;
  Promises* const promises_;
  int next_ = 1;
};

// Does the same with one stream of readings after another.
class Uploader {
 public:
  explicit Uploader(Promises* promises) : promises_(promises) {}

  void RunUntilItIsKilled(Stub* stub) {
    while (Upload(stub)) {
      for (int i = 0; i < kUpload; ++i) {
        promises_->Add(IdOf(i), Promises::kAnySequence);
      }
      ++next_;
    }
  }

 private:
  std::string IdOf(int i) const {
    return absl::StrCat("upload-", next_, "-", i);
  }

  bool Upload(Stub* stub) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::RecordReadingsResponse response;
    const auto stream = stub->RecordReadings(&context, &response);
    for (int i = 0; i < kUpload; ++i) {
      v1::RecordReadingsRequest request;
      *request.mutable_reading() = MakeReading(IdOf(i));
      if (!stream->Write(request)) break;
    }
    stream->WritesDone();
    const grpc::Status status = stream->Finish();
    if (!status.ok()) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
          << status.error_message();
      return false;
    }
    EXPECT_EQ(response.recorded() + response.duplicates(), kUpload);
    return true;
  }

  Promises* const promises_;
  int next_ = 1;
};

// Reads on where it was, through any number of calls.
class Reader {
 public:
  static constexpr int64_t kUntilItIsKilled = -1;

  void Read(Stub* stub, int64_t until) {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::StreamReadingsRequest request;
    request.set_after_sequence(position());
    const auto stream = stub->StreamReadings(&context, request);
    v1::Reading reading;
    while (position() != until && stream->Read(&reading)) {
      ASSERT_EQ(reading.sequence(), position() + 1);
      ids_.push_back(reading.reading_id());
    }
    if (position() == until) context.TryCancel();
    const grpc::Status status = stream->Finish();
    if (until == kUntilItIsKilled) {
      EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
          << status.error_message();
    } else {
      EXPECT_EQ(position(), until) << status.error_message();
    }
  }

  int64_t position() const { return static_cast<int64_t>(ids_.size()); }

  // In the order of their sequence.
  const std::vector<std::string>& ids() const { return ids_; }

 private:
  std::vector<std::string> ids_;
};

// All clients of one service, which outlive it.
class Clients {
 public:
  Clients() {
    for (int i = 0; i < kWriters; ++i) {
      writers_.emplace_back(absl::StrCat("writer-", i), &promises_);
    }
  }

  // Each has a connection of its own. Returns when all have lost theirs.
  void RunUntilItIsKilled(Program* program, absl::Time kill_time) {
    std::vector<std::thread> threads;
    const auto start = [&](auto run) {
      threads.emplace_back([run, channel = program->Connect()] {
        run(v1::HappinessService::NewStub(channel).get());
      });
    };
    for (Writer& writer : writers_) {
      start([&writer](Stub* stub) { writer.RunUntilItIsKilled(stub); });
    }
    start([this](Stub* stub) { uploader_.RunUntilItIsKilled(stub); });
    start(
        [this](Stub* stub) { follower_.Read(stub, Reader::kUntilItIsKilled); });
    absl::SleepFor(kill_time - absl::Now());
    program->Signal(SIGKILL);
    program->Wait();
    for (std::thread& thread : threads) thread.join();
  }

  // What is there after a start is what the clients were told.
  void ExpectAllIsThere(Program* program, int round) {
    const auto stub = v1::HappinessService::NewStub(program->Connect());
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::RecordReadingRequest request;
    *request.mutable_reading() = MakeReading(absl::StrCat("round-", round));
    v1::Reading last;
    const grpc::Status status = stub->RecordReading(&context, request, &last);
    ASSERT_TRUE(status.ok()) << status.error_message();
    promises_.Add(last.reading_id(), last.sequence());
    ASSERT_GE(last.sequence(), follower_.position());
    checker_.Read(stub.get(), last.sequence());
    promises_.ExpectKept(checker_.ids());
    for (size_t i = 0; i < follower_.ids().size(); ++i) {
      ASSERT_EQ(follower_.ids()[i], checker_.ids()[i]) << "sequence " << i + 1;
    }
    if (round < kRounds) return;
    Reader all;
    all.Read(stub.get(), last.sequence());
    EXPECT_EQ(all.ids(), checker_.ids());
  }

  size_t promises() { return promises_.size(); }
  int64_t followed() const { return follower_.position(); }

 private:
  Promises promises_;
  std::vector<Writer> writers_;
  Uploader uploader_{&promises_};
  Reader follower_;  // from round to round
  Reader checker_;   // reads between the rounds
};

std::vector<std::string> Flags() {
  return {"--nobridge", "--grpc_port=0",
          "--data_dir=" + testing::TempDir() + "/kill"};
}

TEST(KillTest, LosesNothingThatWasAcknowledgedAndDoublesNothing) {
  std::mt19937 random(std::random_device{}());
  const auto up_to = [&random](absl::Duration longest) {
    return longest * std::uniform_real_distribution<>(0, 1)(random);
  };
  Clients clients;
  for (int round = 0; !testing::Test::HasFailure(); ++round) {
    if (round % 4 == 0) {  // while it opens its store
      Program program(Flags());
      absl::SleepFor(up_to(kLongestRound / 4));
    }
    Program program(Flags());
    clients.ExpectAllIsThere(&program, round);
    if (round == kRounds) break;
    clients.RunUntilItIsKilled(&program, absl::Now() + up_to(kLongestRound));
  }
  EXPECT_GT(clients.promises(), size_t{10 * kRounds});
  EXPECT_GT(clients.followed(), 10 * kRounds);
  RecordProperty("acknowledged", static_cast<int>(clients.promises()));
}

}  // namespace
}  // namespace happiness
