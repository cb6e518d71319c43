#include "service/jetstream/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tests/service/support.h"
#include "tests/service/testing/nats_cluster.h"

namespace happiness {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Connection::Events NoEvents() {
  return {[] {}, [](const natsMsg*, const jsPubAck*, const jsPubAckErr*) {}};
}

absl::Status Try(const NatsTarget& target) {
  return Connection::Open(target, NoEvents()).status();
}

std::string ErrorOf(const std::string& servers) {
  const auto parsed = ParseServers(servers);
  EXPECT_TRUE(absl::IsInvalidArgument(parsed.status())) << servers;
  return std::string(parsed.status().message());
}

TEST(ParseServersTest, TheFirstSaysTheSchemeOfAll) {
  EXPECT_THAT(*ParseServers("nats://a:1"), ElementsAre("nats://a:1"));
  EXPECT_THAT(*ParseServers("nats://a:1,b:65535"),
              ElementsAre("nats://a:1", "nats://b:65535"));
  EXPECT_THAT(*ParseServers("nats://a:1,nats://b:2"),
              ElementsAre("nats://a:1", "nats://b:2"));
  EXPECT_THAT(*ParseServers("tls://a:1,b:2"),
              ElementsAre("tls://a:1", "tls://b:2"));
  EXPECT_THAT(*ParseServers("nats://me:word@a:1,[::1]:2"),
              ElementsAre("nats://me:word@a:1", "nats://[::1]:2"));
}

TEST(ParseServersTest, RefusesWhatIsNoServer) {
  for (const char* servers : {"", "a:1", "http://a:1", "NATS://a:1", ","}) {
    EXPECT_THAT(ErrorOf(servers), HasSubstr("must be nats://host:4222"));
  }
  for (const char* server : {"", "a", "a:", ":1", "a:0", "a:-1", "a:65536",
                             "a:b", "a:1/", "a b:1", "ws://a:1"}) {
    const std::string error =
        absl::StrCat("\"", server, "\" must be a host, a colon and a port");
    EXPECT_EQ(ErrorOf(absl::StrCat("nats://", server)), error);
    EXPECT_EQ(ErrorOf(absl::StrCat("tls://a:1,", server)), error);
  }
}

TEST(ParseServersTest, AllMustHaveTheSameScheme) {
  EXPECT_THAT(ErrorOf("nats://a:1,tls://b:2"), HasSubstr("\"tls://b:2\""));
  EXPECT_THAT(ErrorOf("tls://a:1,nats://b:2"), HasSubstr("\"nats://b:2\""));
}

TEST(ParseServersTest, TakesSoManyAndNoMore) {
  std::string servers = "nats://a:1";
  for (int i = 1; i < 64; ++i) absl::StrAppend(&servers, ",a:1");
  EXPECT_EQ(ParseServers(servers)->size(), 64u);
  EXPECT_EQ(ErrorOf(servers + ",a:1"), "must have at most 64 servers");
}

TEST(ParseServersTest, TellsNoPassword) {
  EXPECT_THAT(ErrorOf("nats://me:secret@a"), Not(HasSubstr("secret")));
  EXPECT_THAT(ErrorOf("nats://a:1,me:secret@a"), Not(HasSubstr("secret")));
}

TEST(NatsTargetTest, DescribesServersWithoutPasswords) {
  NatsTarget target;
  target.servers = {"nats://me:secret@a:1", "tls://b:2", "tls://me@c:3"};
  EXPECT_EQ(target.Describe(), "a:1, b:2, c:3");
}

TEST(ConnectionTest, NobodyThereIsUnavailable) {
  NatsCluster nats;
  nats.Kill(0);
  NatsTarget target = nats.Target("me:secret");
  const absl::Status status = Try(target);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(target.Describe()));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
}

TEST(ConnectionTest, TakesTheServerThatIsThere) {
  NatsCluster gone;
  gone.Kill(0);
  NatsCluster nats;
  NatsTarget target = gone.Target();
  target.servers.push_back(nats.Target().servers.front());
  EXPECT_TRUE(Try(target).ok()) << Try(target);
}

TEST(ConnectionTest, WhoIsNotLetInIsDenied) {
  NatsCluster nats(1, "authorization { user: me, password: right }");
  EXPECT_TRUE(Try(nats.Target("me:right")).ok());
  for (const char* user : {"", "me:wrong", "you:right"}) {
    const absl::Status status = Try(nats.Target(user));
    EXPECT_TRUE(absl::IsPermissionDenied(status)) << user << ": " << status;
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("wrong")));
  }
}

TEST(ConnectionTest, NamesTheFlagOfAFileThatCannotBeRead) {
  const std::pair<const char*, std::string NatsTarget::*> files[] = {
      {"--log_credentials", &NatsTarget::credentials},
      {"--log_ca", &NatsTarget::ca},
      {"--log_cert", &NatsTarget::cert},
      {"--log_key", &NatsTarget::key}};
  for (const auto& [flag, file] : files) {
    NatsTarget target;
    target.servers = {"tls://127.0.0.1:1"};
    target.*file = "/none";
    EXPECT_EQ(Try(target),
              absl::InvalidArgumentError(absl::StrCat(
                  flag, "=/none: can't be read: No such file or directory")));
  }
}

TEST(ConnectionTest, NamesTheFlagOfAFileThatHoldsSomethingElse) {
  const std::string file = testing::TempDir() + "letter";
  std::ofstream(file) << "Dear server, let me in.";
  NatsTarget target;
  target.servers = {"tls://127.0.0.1:1"};
  target.ca = file;
  absl::Status status = Try(target);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), StartsWith("--log_ca=" + file));
  target.ca = "";
  target.cert = target.key = file;
  status = Try(target);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), StartsWith("--log_cert=" + file));
}

TEST(ConnectionTest, TellsOfALossAndConnectsAgain) {
  NatsCluster nats;
  absl::Mutex mutex;
  int changes = 0;
  Connection::Events events = NoEvents();
  events.changed = [&] {
    absl::MutexLock lock(&mutex);
    ++changes;
  };
  const auto changed = [&](int times) {
    const auto enough = [&] { return changes >= times; };
    absl::MutexLock lock(&mutex);
    return mutex.AwaitWithTimeout(absl::Condition(&enough), kTestDeadline);
  };
  auto connection = Connection::Open(nats.Target(), std::move(events));
  ASSERT_TRUE(connection.ok()) << connection.status();
  nats.Kill(0);
  EXPECT_TRUE(changed(1));
  nats.Start(0);
  EXPECT_TRUE(changed(2));
  EXPECT_FALSE((*connection)->closed());
}

TEST(FromNatsTest, TellsARefusalFromATrouble) {
  EXPECT_TRUE(FromNats(NATS_OK, "it").ok());
  EXPECT_EQ(FromNats(NATS_TIMEOUT, "it"),
            absl::UnavailableError("it: Timeout"));
  EXPECT_TRUE(absl::IsNotFound(FromNats(NATS_NOT_FOUND, "it")));
  EXPECT_TRUE(absl::IsPermissionDenied(FromNats(NATS_NOT_PERMITTED, "it")));
  EXPECT_TRUE(
      absl::IsPermissionDenied(FromNats(NATS_CONNECTION_AUTH_FAILED, "it")));
}

}  // namespace
}  // namespace happiness
