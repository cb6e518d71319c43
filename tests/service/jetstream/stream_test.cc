#include "service/jetstream/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/jetstream/subjects.h"
#include "tests/service/jetstream/replica.h"
#include "tests/service/testing/nats_cluster.h"

namespace happiness {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr StreamSettings kWanted = {.replicas = 1, .max_age = absl::Hours(720)};

struct Destroy {
  void operator()(jsStreamInfo* info) const { jsStreamInfo_Destroy(info); }
};
using Info = std::unique_ptr<jsStreamInfo, Destroy>;

class StreamTest : public ::testing::Test {
 protected:
  using Change = std::function<void(jsStreamConfig*)>;

  absl::StatusOr<StreamState> Open(const StreamSettings& settings = kWanted,
                                   bool may_make = true) {
    return OpenStream(raw_.js(), settings, may_make);
  }

  // Makes what Open would, but for `change`.
  void Make(const Change& change) {
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    const char* subjects[] = {kAllSubjects};
    config.Name = kStreamName;
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.MaxAge = absl::ToInt64Nanoseconds(kWanted.max_age);
    change(&config);
    EXPECT_EQ(js_AddStream(nullptr, raw_.js(), &config, nullptr, nullptr),
              NATS_OK);
  }

  Info Look() {
    jsStreamInfo* info = nullptr;
    EXPECT_EQ(js_GetStreamInfo(&info, raw_.js(), kStreamName, nullptr, nullptr),
              NATS_OK);
    return Info(info);
  }

  // What Open says of it, with those settings. It is to be left as it is.
  std::string Refusal(const StreamSettings& settings = kWanted) {
    const Info before = Look();
    const absl::Status refused = Open(settings).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    const Info after = Look();
    const jsStreamConfig& was = *before->Config;
    const jsStreamConfig& is = *after->Config;
    EXPECT_EQ(after->Created, before->Created);
    EXPECT_EQ(is.MaxAge, was.MaxAge);
    EXPECT_EQ(is.MaxMsgs, was.MaxMsgs);
    EXPECT_EQ(is.Replicas, was.Replicas);
    EXPECT_EQ(is.SubjectsLen, was.SubjectsLen);
    return std::string(refused.message());
  }

  NatsCluster nats_;
  RawStream raw_{nats_};
};

TEST_F(StreamTest, IsMadeIfThereIsNone) {
  const auto state = Open();
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_THAT(state->origin,
              StartsWith("the stream HAPPINESS (happiness log "));
  EXPECT_EQ(state->first, 1);
  EXPECT_EQ(state->last, 0);
  const Info info = Look();
  const jsStreamConfig& config = *info->Config;
  ASSERT_EQ(config.SubjectsLen, 1);
  EXPECT_STREQ(config.Subjects[0], "readings.*");
  EXPECT_EQ(config.Replicas, 1);
  EXPECT_EQ(config.MaxAge, absl::ToInt64Nanoseconds(absl::Hours(720)));
  EXPECT_EQ(config.Duplicates, absl::ToInt64Nanoseconds(absl::Minutes(2)));
  EXPECT_EQ(config.Storage, js_FileStorage);
  EXPECT_EQ(config.Retention, js_LimitsPolicy);
}

TEST_F(StreamTest, MayKeepReadingsForASecondOnly) {
  const auto state = Open({.replicas = 1, .max_age = absl::Seconds(1)});
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(Look()->Config->Duplicates,
            absl::ToInt64Nanoseconds(absl::Seconds(1)));
}

TEST_F(StreamTest, IsNotMadeUnlessItMayBe) {
  EXPECT_EQ(Open(kWanted, /*may_make=*/false).status(),
            absl::NotFoundError("there is no stream HAPPINESS"));
  EXPECT_TRUE(absl::IsNotFound(LookAtStream(raw_.js()).status()));
}

TEST_F(StreamTest, IsTheSameWhenItIsOpenedAgain) {
  const auto made = Open();
  ASSERT_TRUE(made.ok()) << made.status();
  for (int i = 0; i < 5; ++i) raw_.Publish("");
  raw_.Purge(3);
  for (const auto& state :
       {Open(), Open(kWanted, /*may_make=*/false), LookAtStream(raw_.js())}) {
    ASSERT_TRUE(state.ok()) << state.status();
    EXPECT_EQ(state->origin, made->origin);
    EXPECT_EQ(state->first, 3);
    EXPECT_EQ(state->last, 5);
  }
  raw_.Purge(6);
  EXPECT_EQ(LookAtStream(raw_.js())->first, 6);
  EXPECT_EQ(LookAtStream(raw_.js())->last, 5);
}

TEST_F(StreamTest, IsAnotherWhenItIsMadeAnew) {
  const auto made = Open();
  ASSERT_TRUE(made.ok()) << made.status();
  raw_.Delete();
  EXPECT_NE(Open()->origin, made->origin);
}

TEST_F(StreamTest, ThatIsKeptOtherwiseIsRefusedAndLeftAsItIs) {
  const std::pair<Change, const char*> kCases[] = {
      {[](jsStreamConfig* c) {
         static const char* subjects[] = {"readings.>"};
         c->Subjects = subjects;
       },
       "its subjects are readings.>, not readings.*"},
      {[](jsStreamConfig* c) {
         static const char* subjects[] = {"readings.*", "feelings"};
         c->Subjects = subjects;
         c->SubjectsLen = 2;
       },
       "its subjects are readings.*, feelings, not readings.*"},
      {[](jsStreamConfig* c) {
         c->MaxAge = absl::ToInt64Nanoseconds(absl::Hours(1));
       },
       "it keeps messages for 1h, and --retain is 720h"},
      {[](jsStreamConfig* c) { c->MaxAge = 0; },
       "it keeps messages for ever, and --retain is 720h"},
      {[](jsStreamConfig* c) { c->Storage = js_MemoryStorage; },
       "it is kept in memory"},
      {[](jsStreamConfig* c) { c->MaxMsgs = 10; },
       "it limits how many messages, or bytes, it keeps"},
      {[](jsStreamConfig* c) { c->MaxBytes = 10'000; },
       "it limits how many messages, or bytes, it keeps"},
      {[](jsStreamConfig* c) { c->MaxMsgsPerSubject = 10; },
       "it limits how many messages, or bytes, it keeps"},
      {[](jsStreamConfig* c) { c->Retention = js_InterestPolicy; },
       "it does not keep messages that were received"},
      {[](jsStreamConfig* c) { c->Retention = js_WorkQueuePolicy; },
       "it does not keep messages that were received"},
      {[](jsStreamConfig* c) { c->NoAck = true; }, "it does not acknowledge"},
  };
  for (const auto& [change, difference] : kCases) {
    Make(change);
    EXPECT_EQ(Refusal(),
              std::string("the stream HAPPINESS has other settings: ") +
                  difference +
                  ". Give the flags that fit, or change the stream (nats "
                  "stream edit)");
    raw_.Delete();
  }
}

TEST_F(StreamTest, EachDifferenceIsNamed) {
  Make([](jsStreamConfig* c) {
    c->Storage = js_MemoryStorage;
    c->MaxMsgs = 10;
    c->MaxAge = absl::ToInt64Nanoseconds(absl::Minutes(90));
  });
  EXPECT_THAT(
      Refusal({.replicas = 3, .max_age = absl::Hours(2)}),
      AllOf(HasSubstr(": it has 1 replicas, and --log_replicas is 3; "),
            HasSubstr("; it keeps messages for 1h30m, and --retain is 2h; "),
            HasSubstr("; it limits how many messages, or bytes, it keeps; "),
            HasSubstr("; it is kept in memory. ")));
}

TEST_F(StreamTest, ThatIsSealedIsRefused) {
  Make([](jsStreamConfig*) {});
  const Info info = Look();
  info->Config->Sealed = true;
  ASSERT_EQ(js_UpdateStream(nullptr, raw_.js(), info->Config, nullptr, nullptr),
            NATS_OK);
  EXPECT_THAT(Refusal(), HasSubstr("it is sealed"));
}

TEST_F(StreamTest, ThatCopiesAnotherIsRefused) {
  Make([](jsStreamConfig* c) { c->Name = "OTHER"; });
  jsStreamSource other;
  jsStreamSource_Init(&other);
  other.Name = "OTHER";
  jsStreamSource* others[] = {&other};
  Make([&](jsStreamConfig* c) {
    c->Subjects = nullptr;
    c->SubjectsLen = 0;
    c->Sources = others;
    c->SourcesLen = 1;
  });
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("its subjects are "),
                               HasSubstr("it copies other streams")));
}

TEST_F(StreamTest, ASingleServerKeepsNothingThreeTimes) {
  const absl::Status refused =
      Open({.replicas = 3, .max_age = absl::Hours(720)}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("--log_replicas=3"),
                    HasSubstr("a single server takes --log_replicas=1")));
}

TEST_F(StreamTest, AMessageCanBeDeletedTwice) {
  ASSERT_TRUE(Open().ok());
  raw_.Publish("");
  raw_.Publish("");
  EXPECT_TRUE(DeleteMessage(raw_.js(), 1).ok());
  EXPECT_FALSE(raw_.Has(1));
  EXPECT_EQ(DeleteMessage(raw_.js(), 1), absl::OkStatus())
      << "another was faster";
  EXPECT_EQ(DeleteMessage(raw_.js(), 9), absl::OkStatus());
  EXPECT_TRUE(raw_.Has(2));
}

TEST_F(StreamTest, NobodyAnswersWhenNatsIsGone) {
  ASSERT_TRUE(Open().ok());
  nats_.Kill(0);
  for (const absl::Status& status :
       {Open().status(), LookAtStream(raw_.js()).status(),
        DeleteMessage(raw_.js(), 1)}) {
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  }
}

}  // namespace
}  // namespace happiness
