// The bridge over TLS, as clients with Asio's TLS see it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509.h>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bridge/tls/tls_context.h"
#include "tests/bridge/testing/fixture.h"
#include "tests/certificates/authority.h"

namespace bridge::testing {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_certificates::Authority;
using testing_certificates::Identity;
using testing_certificates::ReplaceFile;

using Stream = ssl::stream<net::ip::tcp::socket>;

// A connection whose handshake is done, if the constructor did not throw.
class Client {
 public:
  Client(int port, const Authority& authority,
         ssl::context::method method = ssl::context::tls_client,
         int receive_buffer = 0)
      : context_(method), stream_(io_, context_) {
    context_.set_verify_mode(ssl::verify_peer);
    context_.add_certificate_authority(net::buffer(authority.cert()));
    stream_.set_verify_callback(ssl::host_name_verification("localhost"));
    stream_.next_layer().open(net::ip::tcp::v4());
    if (receive_buffer > 0) {
      stream_.next_layer().set_option(
          net::socket_base::receive_buffer_size(receive_buffer));
    }
    stream_.next_layer().connect(
        {net::ip::address_v4::loopback(), static_cast<uint16_t>(port)});
    stream_.handshake(ssl::stream_base::client);
  }

  Stream& stream() { return stream_; }

  // Whom the bridge says to be.
  std::string PeerName() {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        SSL_get1_peer_certificate(stream_.native_handle()), &X509_free);
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()),
                              NID_commonName, name, sizeof name);
    return name;
  }

  http::response<http::string_body> Fetch(http::verb method,
                                          std::string_view target,
                                          const std::string& body = "") {
    http::request<http::string_body> request(
        method, {target.data(), target.size()}, 11, body);
    request.set(http::field::host, "localhost");
    request.set(http::field::content_type, "application/x-ndjson");
    request.prepare_payload();
    http::write(stream_, request);
    http::response<http::string_body> response;
    http::read(stream_, buffer_, response);
    return response;
  }

  // The next bytes.
  std::string ReadUntil(std::string_view text) {
    std::string read;
    char room[512];
    while (read.find(text) == read.npos) {
      read.append(room, stream_.read_some(net::buffer(room)));
    }
    return read;
  }

 private:
  net::io_context io_;
  ssl::context context_;
  Stream stream_;
  beast::flat_buffer buffer_;
};

class WebSocketOverTls {
 public:
  WebSocketOverTls(int port, const Authority& authority, std::string target,
                   int receive_buffer = 0)
      : client_(port, authority, ssl::context::tls_client, receive_buffer),
        stream_(client_.stream()) {
    stream_.handshake("localhost", target);
  }

  beast::websocket::stream<Stream&>& stream() { return stream_; }
  std::string Read() {
    beast::flat_buffer buffer;
    stream_.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }

 private:
  Client client_;
  beast::websocket::stream<Stream&> stream_;
};

class TlsTest : public BridgeTest {
 protected:
  void SetUp() override {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("", log_));
    Start(TestOptions());
  }

  void Start(Options options) {
    Install(authority_.Issue("the first"));
    options.tls = {cert_, key_};
    options.upstream.in_process = server_->InProcess();
    auto bridge = Bridge::Start(std::move(options));
    ASSERT_TRUE(bridge.ok()) << bridge.status();
    bridge_ = *std::move(bridge);
    ASSERT_TRUE(Eventually([&] { return bridge_->ready(); }));
  }

  void Install(const Identity& identity) {
    ReplaceFile(key_, identity.key);
    ReplaceFile(cert_, identity.cert);
  }

  std::string NameOfNewConnection() {
    return Client(port(), authority_).PeerName();
  }

  // Whether one of the last lines of the log says so.
  bool Logged(std::string_view text) const {
    const std::vector<std::string> lines = log_->last_formatted();
    return std::any_of(lines.begin(), lines.end(), [&](const auto& line) {
      return line.find(text) != line.npos;
    });
  }

  const std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> log_ =
      std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(100);
  const Authority authority_;
  const std::string cert_ = ::testing::TempDir() + "/cert.pem";
  const std::string key_ = ::testing::TempDir() + "/key.pem";
};

// Each new key is answered by one of the bridge's own.
TEST_F(TlsTest, OneThatWantsNewKeysWithoutEndAndReadsNothingIsClosed) {
  WebSocketOverTls viewer(port(), authority_, "/ticks", 4096);
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  SSL* const tls = viewer.stream().next_layer().native_handle();
  // Some 3,000 are enough, and long before it counts as stalled.
  constexpr int kKeys = 100'000;
  boost::system::error_code error;
  for (int i = 0; i < kKeys && !error; ++i) {
    SSL_key_update(tls, SSL_KEY_UPDATE_REQUESTED);
    // Goes out with the next bytes: an empty pong.
    viewer.stream().pong({}, error);
  }
  EXPECT_TRUE(error) << "nobody minds";
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
}

TEST_F(TlsTest, TheMetricsSayWhenTheCertificateEnds) {
  Client client(port(), authority_);
  const std::string page = client.Fetch(http::verb::get, "/metrics").body();
  EXPECT_THAT(page, HasSubstr("\nbridge_tls_certificate_expiry_timestamp_"
                              "seconds 1"));
}

TEST_F(TlsTest, OneConnectionServesManyRequests) {
  Client client(port(), authority_);
  for (int i = 0; i < 3; ++i) {
    auto response = client.Fetch(http::verb::get, "/readyz");
    EXPECT_EQ(response.result_int(), 200);
    EXPECT_EQ(response.body(), "ready\n");
  }
}

TEST_F(TlsTest, BothVersionsThatAreSafeAreSpokenAndNoOther) {
  EXPECT_EQ(NameOfNewConnection(), "the first");
  Client older(port(), authority_, ssl::context::tlsv12_client);
  EXPECT_EQ(older.Fetch(http::verb::get, "/healthz").result_int(), 200);
  EXPECT_THROW(Client(port(), authority_, ssl::context::tlsv11_client),
               boost::system::system_error);
}

TEST_F(TlsTest, AnUploadOfManyRecordsArrivesWhole) {
  Client client(port(), authority_);
  std::string lines;
  for (int i = 1; i <= 5'000; ++i) {
    lines += absl::StrCat("{\"number\":\"1\",\"text\":\"", std::string(40, 'x'),
                          "\"}\n");
  }
  auto response = client.Fetch(http::verb::post, "/ticks:sum", lines);
  EXPECT_EQ(response.result_int(), 200) << response.body();
  EXPECT_THAT(response.body(), HasSubstr("\"5000\""));
}

TEST_F(TlsTest, AnEventStreamFollows) {
  Client client(port(), authority_);
  net::write(client.stream(), net::buffer(std::string(
                                  "GET /ticks HTTP/1.1\r\nHost: localhost\r\n"
                                  "Accept: text/event-stream\r\n\r\n")));
  ASSERT_TRUE(server_->AwaitWatches(1));
  server_->Publish("one");
  EXPECT_THAT(client.ReadUntil("\"one\""), HasSubstr("text/event-stream"));
  server_->Publish("two");
  client.ReadUntil("\"two\"");
}

// Frames larger than a record and the kernel's room, to one who reads late, as
// pings come in between.
TEST_F(TlsTest, AWebSocketBringsEveryFrameInItsOrder) {
  WebSocketOverTls viewer(port(), authority_, "/ticks");
  ASSERT_TRUE(server_->AwaitWatches(1));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
  constexpr int kMessages = 300;
  const std::string text(40'000, 'x');
  server_->PublishMany(kMessages, text);
  int pongs = 0;
  viewer.stream().control_callback([&](auto kind, auto) {
    if (kind == beast::websocket::frame_type::pong) ++pongs;
  });
  for (int i = 1; i <= kMessages; ++i) {
    ASSERT_THAT(viewer.Read(),
                StartsWith(absl::StrCat("{\"number\":\"", i, "\"")));
    if (i % 100 == 0) viewer.stream().ping("x");
  }
  server_->Publish("last");
  EXPECT_THAT(viewer.Read(), HasSubstr("last"));
  EXPECT_GT(pongs, 0);
  // The bridge closes the socket first, as it should, so that what Beast still
  // wants to say of TLS may fail.
  boost::system::error_code ignored;
  viewer.stream().close(beast::websocket::close_code::normal, ignored);
  EXPECT_EQ(viewer.stream().reason().code,
            beast::websocket::close_code::normal);
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
}

TEST_F(TlsTest, PlainHttpIsToldWhatIsSpokenHere) {
  const HttpAnswer answer = Get(port(), "/readyz");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("this port speaks TLS"));
}

TEST_F(TlsTest, WhatIsNeitherIsClosed) {
  for (std::string_view bytes :
       {"\x16\x03\x01 no hello at all", "\0\1\2\3\4\5\6\7"}) {
    RawClient client(port());
    client.Send(bytes);
    client.ShutdownSend();
    EXPECT_TRUE(client.AwaitEnd());
  }
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().sessions == 0; }));
}

TEST_F(TlsTest, OneThatNeverEndsItsHandshakeIsClosed) {
  bridge_ = nullptr;
  Options options = TestOptions();
  options.http.header_timeout = absl::Milliseconds(200);
  Start(std::move(options));
  RawClient client(port());
  client.Send("\x16");
  EXPECT_TRUE(client.AwaitEnd());
}

TEST_F(TlsTest, ACertificateIsReadAgainAndNoConnectionIsDropped) {
  WebSocketOverTls viewer(port(), authority_, "/ticks");
  Client client(port(), authority_);
  ASSERT_TRUE(server_->AwaitWatches(1));
  Install(authority_.Issue("the second"));
  EXPECT_TRUE(
      Eventually([&] { return NameOfNewConnection() == "the second"; }));
  EXPECT_EQ(client.Fetch(http::verb::get, "/healthz").result_int(), 200);
  server_->Publish("still here");
  EXPECT_THAT(viewer.Read(), HasSubstr("still here"));

  // What can't be used changes nothing.
  const Identity other = authority_.Issue("another");
  ReplaceFile(key_, other.key);
  ReplaceFile(cert_, "no certificate");
  ASSERT_TRUE(Eventually([&] { return Logged("what it said before stays"); }));
  EXPECT_EQ(NameOfNewConnection(), "the second");
  // Looked at between the two files of a renewal that changes the key's type.
  ReplaceFile(key_, Authority::RsaKey());
  ReplaceFile(cert_, other.cert);
  ASSERT_TRUE(Eventually([&] { return Logged("must be the key of"); }));
  EXPECT_EQ(NameOfNewConnection(), "the second");
  ReplaceFile(key_, other.key);
  EXPECT_TRUE(Eventually([&] { return NameOfNewConnection() == "another"; }));
}

TEST_F(TlsTest, FilesThatCantBeUsedAreNamed) {
  const Identity one = authority_.Issue("one");
  const Identity other = authority_.Issue("other");
  const auto problem = [&](const std::string& cert, const std::string& key) {
    Install({cert, key});
    return std::string(TlsContext::Open({cert_, key_}).status().message());
  };
  EXPECT_EQ(problem(one.cert, one.key), "");
  EXPECT_THAT(problem("", one.key),
              StartsWith(cert_ + ": must be a certificate"));
  EXPECT_THAT(problem(one.cert, other.key),
              StartsWith(key_ + ": must be the key of " + cert_));
  EXPECT_THAT(problem(one.cert, Authority::RsaKey()),
              StartsWith(key_ + ": must be the key of " + cert_));
  EXPECT_FALSE(CheckIdentity({cert_, key_}).ok());
  EXPECT_THAT(problem(one.cert, std::string((1 << 20) + 1, 'x')),
              StartsWith(key_ + ": must be a file of at most 1 MiB"));
  EXPECT_THAT(problem(one.cert, "?"), StartsWith(key_ + ": must be the key"));
  EXPECT_THAT(
      std::string(TlsContext::Open({cert_, key_ + "x"}).status().message()),
      StartsWith(key_ + "x: can't be read"));
}

}  // namespace
}  // namespace bridge::testing
