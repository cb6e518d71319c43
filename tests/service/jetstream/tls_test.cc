// Connections to NATS with TLS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/jetstream/connection.h"
#include "tests/certificates/authority.h"
#include "tests/service/testing/nats_cluster.h"

namespace happiness {
namespace {

using ::testing::HasSubstr;
using testing_certificates::Authority;
using testing_certificates::Identity;
using testing_certificates::ReplaceFile;

class TlsTest : public ::testing::Test {
 protected:
  static std::string File(const std::string& name, const std::string& text) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    std::string path =
        absl::StrCat(testing::TempDir(), test->name(), "-", name, ".pem");
    ReplaceFile(path, text);
    return path;
  }

  // A server of `authority_`'s. `more` is added to what it is told of TLS.
  void Serve(const std::string& more = "") {
    const Identity identity = authority_.Issue("NATS");
    nats_ = std::make_unique<NatsCluster>(
        1, absl::StrCat("tls {\n  cert_file: \"", File("server", identity.cert),
                        "\"\n  key_file: \"", File("server-key", identity.key),
                        "\"\n  timeout: 30\n", more, "}"));
  }
  void ServeThoseOfTheAuthority() {
    Serve(absl::StrCat("  ca_file: \"", File("clients", authority_.cert()),
                       "\"\n  verify: true\n"));
  }

  // It, for who trusts `authority`.
  NatsTarget Target(const Authority& authority) const {
    NatsTarget target = nats_->Target();
    target.servers.front() =
        absl::StrReplaceAll(target.servers.front(), {{"nats://", "tls://"}});
    target.ca = File("ca", authority.cert());
    return target;
  }
  // And who shows `identity`.
  NatsTarget Target(const Identity& identity) const {
    NatsTarget target = Target(authority_);
    target.cert = File("client", identity.cert);
    target.key = File("client-key", identity.key);
    return target;
  }

  static absl::Status Try(const NatsTarget& target) {
    return Connection::Open(target, {[] {}, [](const natsMsg*, const jsPubAck*,
                                               const jsPubAckErr*) {}})
        .status();
  }
  static void ExpectUnavailable(const NatsTarget& target) {
    const absl::Status status = Try(target);
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(target.Describe()));
  }

  const Authority authority_;
  const Authority stranger_;
  std::unique_ptr<NatsCluster> nats_;
};

TEST_F(TlsTest, ServersMustBeOfTheAuthorityThatIsGiven) {
  Serve();
  EXPECT_TRUE(Try(Target(authority_)).ok()) << Try(Target(authority_));
  ExpectUnavailable(Target(stranger_));
  // Nor does this machine trust them.
  NatsTarget target = Target(authority_);
  target.ca.clear();
  ExpectUnavailable(target);
}

TEST_F(TlsTest, ServersMustBeWhomTheyAreCalled) {
  // The same address, by a name that is not in the certificate.
  const auto call_otherwise = [](NatsTarget target) {
    std::string& server = target.servers.front();
    server = absl::StrReplaceAll(server, {{"127.0.0.1", "127.1"}});
    return target;
  };
  const NatsCluster anybody;
  EXPECT_TRUE(Try(call_otherwise(anybody.Target())).ok());
  Serve();
  EXPECT_TRUE(Try(Target(authority_)).ok());
  ExpectUnavailable(call_otherwise(Target(authority_)));
}

TEST_F(TlsTest, NothingIsSaidToServersWithoutTls) {
  nats_ = std::make_unique<NatsCluster>();
  ExpectUnavailable(Target(authority_));
  EXPECT_TRUE(Try(nats_->Target()).ok());
}

TEST_F(TlsTest, WhoMustShowACertificateIsLetInWithTheRightOne) {
  ServeThoseOfTheAuthority();
  const NatsTarget right = Target(authority_.Issue("a replica"));
  EXPECT_TRUE(Try(right).ok()) << Try(right);
  ExpectUnavailable(Target(stranger_.Issue("a replica")));
  ExpectUnavailable(Target(authority_.Issue("a replica of old", -60)));
  ExpectUnavailable(Target(authority_));
}

TEST_F(TlsTest, AKeyOfAnotherCertificateIsSaidAtOnce) {
  Serve();
  Identity mixed = authority_.Issue("a replica");
  mixed.key = authority_.Issue("another").key;
  const NatsTarget target = Target(mixed);
  const absl::Status status = Try(target);
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("--log_cert=" + target.cert));
}

}  // namespace
}  // namespace happiness
