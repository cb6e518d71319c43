// Three NATS servers, of which some are killed, or hang: what is acknowledged
// is there, once, whatever happens to them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/jetstream/subjects.h"
#include "tests/service/jetstream/replica.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

constexpr int kNodes = 3;

ReplicatedLogOptions OnThree(const NatsCluster& nats, absl::Duration patience) {
  ReplicatedLogOptions options = LogOn(nats);
  options.stream.replicas = kNodes;
  options.publisher.patience = patience;
  options.publisher.impatience = absl::Milliseconds(200);
  return options;
}

// By id.
using Sequenced = std::map<std::string, int64_t>;

class QuorumTest : public ::testing::Test {
 protected:
  explicit QuorumTest(absl::Duration patience = kTestDeadline)
      : options_(OnThree(nats_, patience)) {}

  void SetUp() override {
    for (Replica* replica : replicas_) ASSERT_TRUE(replica->BecomesReady());
  }

  // Of the servers, the one that leads the stream, once there is one.
  int Leader() {
    int leader = -1;
    EXPECT_TRUE(Becomes([&] {
      jsStreamInfo* info = nullptr;
      if (js_GetStreamInfo(&info, stream_.js(), kStreamName, nullptr,
                           nullptr) != NATS_OK) {
        return false;
      }
      for (int node = 0; node < kNodes; ++node) {
        if (info->Cluster != nullptr && info->Cluster->Leader != nullptr &&
            info->Cluster->Leader == NatsCluster::Name(node)) {
          leader = node;
        }
      }
      jsStreamInfo_Destroy(info);
      return leader >= 0;
    }));
    return leader;
  }

  // Whether `replica` answers that reading with OK. Notes what it says.
  static bool Record(Replica& replica, const std::string& id,
                     Sequenced* acknowledged) {
    const auto appended = Append(&replica.log, {Complete("Oslo", id)});
    if (!appended.ok()) {
      EXPECT_TRUE(absl::IsUnavailable(appended.status())) << appended.status();
      return false;
    }
    const int64_t sequence = appended->front().entry->sequence;
    const auto [first, is_new] = acknowledged->emplace(id, sequence);
    EXPECT_EQ(first->second, sequence) << id << " is there twice";
    return true;
  }

  // Both replicas have `all`, each once and where it was said to be, and
  // nothing else.
  void ExpectEverywhere(const Sequenced& all) {
    for (Replica* replica : replicas_) {
      EXPECT_TRUE(Becomes(
          [&] { return ReadFrom(&replica->log, 0).size() >= all.size(); }));
      const auto readings = ReadFrom(&replica->log, 0);
      EXPECT_EQ(readings.size(), all.size());
      EXPECT_EQ(readings, ReadFrom(&a_.log, 0));
      const auto ids = Ids(readings);
      const auto sequences = Sequences(readings);
      Sequenced found;
      for (size_t i = 0; i < ids.size(); ++i) found[ids[i]] = sequences[i];
      EXPECT_EQ(found, all);
    }
  }

  NatsCluster nats_{kNodes};
  const ReplicatedLogOptions options_;
  Replica a_{FolderOf("a"), options_};
  Replica b_{FolderOf("b"), options_};
  const std::array<Replica*, 2> replicas_ = {&a_, &b_};
  RawStream stream_{nats_};
};

class ImpatientQuorumTest : public QuorumTest {
 protected:
  ImpatientQuorumTest() : QuorumTest(absl::Seconds(1)) {}
};

TEST_F(ImpatientQuorumTest, OneOfThreeServesThoseWhoReadAndRecordsNothing) {
  Sequenced acknowledged;
  for (int i = 0; i < 20; ++i) {
    // The first leader may still be busy with what it was elected for.
    ASSERT_TRUE(Becomes([&] {
      return Record(*replicas_[i % 2], absl::StrCat(i), &acknowledged);
    }));
  }
  ExpectEverywhere(acknowledged);
  const int leader = Leader();
  nats_.Kill(leader);
  nats_.Kill((leader + 1) % kNodes);
  Sequenced refused;
  for (int i = 0; i < 4; ++i) {
    const absl::Time start = absl::Now();
    EXPECT_FALSE(
        Record(*replicas_[i % 2], absl::StrCat("refused", i), &refused));
    EXPECT_LT(absl::Now() - start, PublisherOptions().patience);
  }
  ExpectEverywhere(acknowledged);

  nats_.Start(leader);
  nats_.Start((leader + 1) % kNodes);
  // As their clients do, and the other way round.
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(Becomes([&] {
      return Record(*replicas_[(i + 1) % 2], absl::StrCat("refused", i),
                    &acknowledged);
    }));
  }
  ExpectEverywhere(acknowledged);
}

TEST_F(ImpatientQuorumTest, AllThreeAreKilledAndLoseNothing) {
  Sequenced acknowledged;
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(Becomes([&] {
      return Record(*replicas_[i % 2], absl::StrCat(i), &acknowledged);
    }));
  }
  for (int node = 0; node < kNodes; ++node) nats_.Kill(node);
  EXPECT_FALSE(Record(a_, "refused", &acknowledged));
  for (int node = 0; node < kNodes; ++node) nats_.Start(node);
  for (Replica* replica : replicas_) {
    EXPECT_TRUE(
        Becomes([&] { return Record(*replica, "refused", &acknowledged); }));
  }
  ExpectEverywhere(acknowledged);
}

// Those who record one reading after another, at either replica, and each
// reading again at the other.
class Writers {
 public:
  explicit Writers(const std::array<Replica*, 2>& replicas) {
    for (size_t i = 0; i < threads_.size(); ++i) {
      threads_[i] = std::thread([this, i, replicas] {
        Write(i, *replicas[i % 2], *replicas[(i + 1) % 2]);
      });
    }
  }

  // So many readings more are acknowledged by then.
  void AwaitMore(int count) {
    const int enough = recorded_ + count;
    EXPECT_TRUE(Becomes([&] { return recorded_ >= enough; }));
  }

  // What was acknowledged, once they have ended.
  Sequenced End() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    Sequenced all;
    for (const Sequenced& one : acknowledged_)
      all.insert(one.begin(), one.end());
    return all;
  }

 private:
  void Write(size_t index, Replica& replica, Replica& other) {
    int64_t last = 0;
    for (int i = 0; !stop_; ++i) {
      const auto reading = Complete("Oslo", absl::StrCat(index, "-", i));
      const auto appended = Append(&replica.log, {reading});
      const auto again = AppendAgain(other, reading, appended);
      EXPECT_TRUE(appended.ok()) << appended.status();
      EXPECT_TRUE(again.ok()) << again.status();
      if (!appended.ok() || !again.ok()) continue;
      const int64_t sequence = appended->front().entry->sequence;
      EXPECT_GT(sequence, last);
      EXPECT_FALSE(appended->front().duplicate);
      EXPECT_TRUE(again->front().duplicate);
      EXPECT_EQ(again->front().entry->sequence, sequence);
      last = acknowledged_[index][reading.reading_id()] = sequence;
      ++recorded_;
    }
  }

  // Which must be seen to be another's, or to be there already, however often
  // it has to be sent.
  static absl::StatusOr<std::vector<Appended>> AppendAgain(
      Replica& replica, v1::Reading reading,
      const absl::StatusOr<std::vector<Appended>>& first) {
    if (!first.ok()) return first.status();
    const int64_t sequence = first->front().entry->sequence;
    if (sequence % 2 == 0) {
      reading.set_source("somebody else");
    } else {
      EXPECT_TRUE(Becomes([&] { return replica.copy.applied() >= sequence; }));
    }
    return Append(&replica.log, {reading});
  }

  std::atomic<bool> stop_ = false;
  std::atomic<int> recorded_ = 0;
  std::array<Sequenced, 4> acknowledged_;  // a thread's each
  std::array<std::thread, 4> threads_;
};

TEST_F(QuorumTest, TheLeaderIsKilledWhileReadingsAreRecorded) {
  Writers writers(replicas_);
  for (int i = 0; i < 2; ++i) {
    writers.AwaitMore(50);
    const int leader = Leader();
    nats_.Kill(leader);
    writers.AwaitMore(50);
    nats_.Start(leader);
  }
  writers.AwaitMore(50);
  ExpectEverywhere(writers.End());
}

TEST_F(QuorumTest, TheLeaderHangsWhileReadingsAreRecorded) {
  Writers writers(replicas_);
  writers.AwaitMore(50);
  const int leader = Leader();
  nats_.Stop(leader);
  writers.AwaitMore(50);
  // It still takes itself for the leader.
  nats_.Continue(leader);
  writers.AwaitMore(50);
  ExpectEverywhere(writers.End());
}

// Each asks for the stream to be made, and the servers do it for each.
TEST(ManyReplicasTest, ThatStartAtOnceCopyTheSameStream) {
  NatsCluster nats(kNodes);
  std::vector<std::future<std::unique_ptr<Replica>>> starting;
  for (int i = 0; i < 6; ++i) {
    starting.push_back(std::async(std::launch::async, [&nats, i] {
      return std::make_unique<Replica>(FolderOf(absl::StrCat("r", i)),
                                       OnThree(nats, kTestDeadline));
    }));
  }
  std::vector<std::unique_ptr<Replica>> replicas;
  for (auto& replica : starting) replicas.push_back(replica.get());
  std::vector<std::string> ids;
  const auto record = [&](Replica& replica) {
    ids.push_back(absl::StrCat("id ", ids.size()));
    const auto appended = Append(&replica.log, {Complete("Oslo", ids.back())});
    EXPECT_TRUE(appended.ok()) << appended.status();
  };
  for (const auto& replica : replicas) {
    ASSERT_TRUE(replica->BecomesReady());
    record(*replica);
  }
  // Others of the servers may have other ideas of the stream.
  for (int node = 0; node < kNodes; ++node) {
    nats.Kill(node);
    for (const auto& replica : replicas) record(*replica);
    nats.Start(node);
  }
  for (const auto& replica : replicas) {
    EXPECT_TRUE(
        Becomes([&] { return Ids(ReadFrom(&replica->log, 0)) == ids; }));
  }
}

}  // namespace
}  // namespace happiness
