// gRPC's port with TLS.

#include "service/grpc_tls.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/server.h"
#include "tests/certificates/authority.h"
#include "tests/service/support.h"

namespace happiness {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_certificates::Authority;
using testing_certificates::Identity;
using testing_certificates::ReplaceFile;

class GrpcTlsTest : public ::testing::Test {
 protected:
  GrpcTlsTest() {
    Install(authority_.Issue("the service"));
    ReplaceFile(tls_.client_ca, authority_.cert());
  }

  void Install(const Identity& identity) {
    ReplaceFile(tls_.identity.key, identity.key);
    ReplaceFile(tls_.identity.cert, identity.cert);
  }

  void Start() {
    constexpr size_t kMaxStreams = 10;
    test_ = std::make_unique<TestServer>(StoredLogOptions(), kMaxStreams, tls_);
  }

  // Whether who trusts `authority` and shows `identity` is served, by a
  // connection of its own.
  bool Serves(const Authority& authority, const Identity& identity = {}) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority.cert();
    options.pem_private_key = identity.key;
    options.pem_cert_chain = identity.cert;
    grpc::ChannelArguments own;
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto stub = v1::HappinessService::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("ipv4:127.0.0.1:", test_->server->port()),
        grpc::SslCredentials(options), own));
    v1::ListReadingsResponse response;
    return stub->ListReadings(MakeContext().get(), {}, &response).ok();
  }

  // Within ten seconds.
  bool ComesToServe(const Authority& authority) {
    const absl::Time deadline = absl::Now() + absl::Seconds(10);
    while (!Serves(authority)) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(20));
    }
    return true;
  }

  std::string Problem() const {
    return std::string(CredentialsOf(tls_).status().message());
  }

  const Authority authority_;
  const Authority stranger_;
  GrpcTls tls_ = {{::testing::TempDir() + "/grpc_cert.pem",
                   ::testing::TempDir() + "/grpc_key.pem"},
                  ::testing::TempDir() + "/grpc_ca.pem"};
  std::unique_ptr<TestServer> test_;
};

TEST_F(GrpcTlsTest, ServesTlsAlone) {
  tls_.client_ca = "";
  Start();
  EXPECT_TRUE(Serves(authority_));
  EXPECT_FALSE(Serves(stranger_));
  auto plain = v1::HappinessService::NewStub(test_->Connect());
  v1::ListReadingsResponse response;
  EXPECT_FALSE(plain->ListReadings(MakeContext().get(), {}, &response).ok());
}

TEST_F(GrpcTlsTest, AClientMustShowACertificateThatTheAuthorityVouchesFor) {
  Start();
  EXPECT_TRUE(Serves(authority_, authority_.Issue("a client")));
  EXPECT_FALSE(Serves(authority_));
  EXPECT_FALSE(Serves(authority_, stranger_.Issue("a client")));
  EXPECT_FALSE(Serves(authority_, authority_.Issue("one of old", -60)));
}

TEST_F(GrpcTlsTest, ACertificateIsReadAgainAndNoStreamEnds) {
  tls_.client_ca = "";
  Start();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authority_.cert();
  auto stub = v1::HappinessService::NewStub(grpc::CreateChannel(
      absl::StrCat("ipv4:127.0.0.1:", test_->server->port()),
      grpc::SslCredentials(options)));
  TestStream stream(stub.get(), {});
  AppendReadings(&test_->log, "Oslo", 1);
  EXPECT_EQ(stream.Read().place(), "Oslo");
  EXPECT_FALSE(Serves(stranger_));
  Install(stranger_.Issue("the service"));
  EXPECT_TRUE(ComesToServe(stranger_));
  AppendReadings(&test_->log, "Rome", 1);
  EXPECT_EQ(stream.Read().place(), "Rome");
}

TEST_F(GrpcTlsTest, FilesThatCantBeUsedAreNamed) {
  EXPECT_EQ(Problem(), "");
  ReplaceFile(tls_.client_ca, "nobody");
  EXPECT_EQ(Problem(),
            absl::StrCat(tls_.client_ca, ": must be certificates in PEM"));
  Install({authority_.cert(), authority_.Issue("other").key});
  EXPECT_THAT(Problem(), StartsWith(tls_.identity.key));
  EXPECT_THAT(Problem(), HasSubstr("must be the key of"));
}

}  // namespace
}  // namespace happiness
