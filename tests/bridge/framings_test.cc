// gRPC-Web, Connect and binary WebSockets on the bridge's one port.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bridge/framing/gzip.h"
#include "tests/bridge/testing/framed_calls.h"

namespace bridge::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using FramingsTest = FramedTest;

// ---- gRPC-Web.

TEST_F(FramingsTest, GrpcWebAnswersAUnaryCall) {
  Start();
  for (const char* type : {"application/grpc-web", kGrpcWeb}) {
    const HttpAnswer answer = Call("Get", type, Prefixed(0, GetBytes(7)));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.Field("Content-Type"), kGrpcWeb);
    EXPECT_THAT(Split(answer.body),
                ElementsAre(std::pair(0, TickBytes(7)),
                            std::pair(0x80, "grpc-status: 0\r\n")));
  }
  EXPECT_EQ(bridge_->stats().messages_encoded, 0);
}

TEST_F(FramingsTest, GrpcWebTextIsInBase64) {
  Start();
  const std::string body = Prefixed(0, GetBytes(7));
  for (const std::string& text :
       {Base64(body), Base64(body.substr(0, 4)) + Base64(body.substr(4))}) {
    const HttpAnswer answer = Call("Get", kGrpcWebText, text);
    EXPECT_EQ(answer.Field("Content-Type"), "application/grpc-web-text+proto");
    EXPECT_THAT(Split(FromBase64(answer.body)),
                ElementsAre(std::pair(0, TickBytes(7)),
                            std::pair(0x80, "grpc-status: 0\r\n")));
  }
  const HttpAnswer stream =
      Call("Count", kGrpcWebText, Base64(Prefixed(0, CountBytes(2))));
  EXPECT_THAT(
      Split(FromBase64(stream.body)),
      ElementsAre(std::pair(0, TickBytes(1)), std::pair(0, TickBytes(2)),
                  std::pair(0x80, "grpc-status: 0\r\n")));
}

TEST_F(FramingsTest, GrpcWebSaysAnErrorWithoutMessagesInTheHeader) {
  Start();
  WatchRequest refused;
  refused.set_refuse(9);
  struct {
    const char* method;
    std::string request;
    const char* status;
    const char* message;
  } const kCases[] = {
      {"Get", GetBytes(1, 5), "5", "failed as \"asked\""},
      {"Watch", refused.SerializeAsString(), "9", "refused as asked"},
      {"Nothing", "", "12",
       "no method is at path /bridge.testing.Ticker/Nothing"},
      {"Chat", "", "12",
       "/bridge.testing.Ticker/Chat streams both ways: open a WebSocket here, "
       "or call it by gRPC"},
  };
  for (const auto& one : kCases) {
    const HttpAnswer answer =
        Call(one.method, kGrpcWeb, Prefixed(0, one.request));
    EXPECT_EQ(answer.status, 200) << one.method;
    EXPECT_EQ(answer.Field("grpc-status"), one.status);
    EXPECT_EQ(answer.Field("grpc-message"), one.message);
    EXPECT_EQ(answer.body, "");
  }
}

TEST_F(FramingsTest, AStreamEndsInAnErrorBehindItsMessages) {
  Start();
  const std::string request = Prefixed(0, CountBytes(1, 3));
  EXPECT_THAT(Split(Call("Count", kGrpcWeb, request).body),
              ElementsAre(std::pair(0, TickBytes(1)),
                          std::pair(0x80,
                                    "grpc-status: 3\r\ngrpc-message: ended as "
                                    "asked\r\n")));
  const std::string end =
      R"({"error":{"code":"invalid_argument","message":"ended as asked"}})";
  EXPECT_THAT(Split(Call("Count", kConnectProto, request).body),
              ElementsAre(std::pair(0, TickBytes(1)), std::pair(2, end)));
  const HttpAnswer json =
      Call("Count", kConnectJson, Prefixed(0, R"({"to":1,"endWith":3})"));
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.Field("Content-Type"), kConnectJson);
  EXPECT_THAT(Split(json.body), ElementsAre(std::pair(0, R"({"number":"1"})"),
                                            std::pair(2, end)));
}

// ---- Connect.

TEST_F(FramingsTest, ConnectAnswersAUnaryCall) {
  Start();
  const HttpAnswer proto = Call("Get", "application/proto", GetBytes(7));
  EXPECT_EQ(proto.status, 200);
  EXPECT_EQ(proto.Field("Content-Type"), "application/proto");
  EXPECT_EQ(proto.body, TickBytes(7));
  const Lines version = {"Connect-Protocol-Version: 1"};
  const HttpAnswer json =
      Call("Get", "application/json", R"({"number":7})", version);
  EXPECT_EQ(json.Field("Content-Type"), "application/json");
  EXPECT_EQ(json.body, R"({"number":"7"})");
  const HttpAnswer missing = Call("Get", "application/proto", GetBytes(7, 5));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.Field("Content-Type"), "application/json");
  EXPECT_EQ(missing.body,
            R"({"code":"not_found","message":"failed as \"asked\""})");
  const HttpAnswer unknown = Call("Nothing", "application/proto", "");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("\"unimplemented\""));
  EXPECT_THAT(Call("Get", "application/json", R"({"nobody":7})", version).body,
              HasSubstr("nobody"));
  EXPECT_THAT(
      Call("Get", "application/json", "{}", {"Connect-Protocol-Version: 2"})
          .body,
      HasSubstr("connect-protocol-version: must be 1"));
}

TEST_F(FramingsTest, ConnectGetsWhatChangesNothing) {
  Start();
  const std::string gzipped = Gzip(GetBytes(7));
  for (const std::string& query : {
           std::string("encoding=json&message=%7B%22number%22%3A7%7D"),
           // What the protocol does not know is nobody's business.
           std::string("encoding=json&base64=0&message=%7B%22number%22%3A7%7D"
                       "&number=8"),
           absl::StrCat("encoding=proto&base64=1&message=",
                        absl::WebSafeBase64Escape(GetBytes(7))),
           absl::StrCat("encoding=proto&base64=1&compression=gzip&message=",
                        absl::WebSafeBase64Escape(gzipped)),
       }) {
    const HttpAnswer answer = bridge::testing::Get(
        port(), absl::StrCat(kService, "Get?connect=v1&", query));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.body,
              query[9] == 'j' ? R"({"number":"7"})" : TickBytes(7));
  }
  struct {
    const char* target;
    int status;
    const char* why;
  } const kCases[] = {
      {"Put?connect=v1&encoding=json&message={}", 405, "takes POST, not GET"},
      {"Get?connect=v1&encoding=xml&message=x", 415, "encoding"},
      {"Get?connect=v1&encoding=proto&base64=1&message=!", 400, "base64"},
      {"Get?connect=v1&encoding=proto&compression=br", 501, "compression"},
      {"Watch?connect=v1&encoding=json&message={}", 415, "is a stream"},
  };
  for (const auto& one : kCases) {
    const HttpAnswer answer =
        bridge::testing::Get(port(), absl::StrCat(kService, one.target));
    EXPECT_EQ(answer.status, one.status) << one.target;
    EXPECT_THAT(answer.body, HasSubstr(one.why));
  }
}

TEST_F(FramingsTest, ConnectIsCompressedBothWays) {
  Start();
  const Lines gzip = {"Content-Encoding: gzip", "Accept-Encoding: br, gzip"};
  const HttpAnswer large =
      Call("Get", "application/proto", Gzip(GetBytes(7, 0, 5000)), gzip);
  EXPECT_EQ(large.Field("Content-Encoding"), "gzip");
  EXPECT_EQ(*Gunzip(large.body, 10'000), TickBytes(7, std::string(5000, 'x')));
  const HttpAnswer small =
      Call("Get", "application/proto", Gzip(GetBytes(7)), gzip);
  EXPECT_EQ(small.Field("Content-Encoding"), "");
  EXPECT_EQ(small.body, TickBytes(7));
  const HttpAnswer plain =
      Call("Get", "application/proto", GetBytes(7, 0, 5000));
  EXPECT_EQ(plain.Field("Content-Encoding"), "");
  const HttpAnswer bomb =
      Call("Get", "application/proto", Gzip(std::string(100'000, 'x')), gzip);
  EXPECT_EQ(bomb.status, 413);
  EXPECT_THAT(bomb.body, HasSubstr("over 50 times what was sent"));
  const HttpAnswer empty = Call("Get", "application/proto", "", gzip);
  EXPECT_EQ(empty.status, 200) << empty.body;

  server_->Publish("small");
  server_->Publish(std::string(5000, 'x'));
  WatchRequest request;
  request.set_backlog(2);
  auto stream = std::async(std::launch::async, [&] {
    return Call("Watch", kConnectProto,
                Prefixed(1, Gzip(request.SerializeAsString())),
                {"Connect-Content-Encoding: gzip",
                 "Connect-Accept-Encoding: gzip", "Connect-Timeout-Ms: 9000"});
  });
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().frames_sent == 2; }));
  server_->EndWatches(grpc::Status::OK);
  const HttpAnswer answer = stream.get();
  EXPECT_EQ(answer.Field("Connect-Content-Encoding"), "gzip");
  const Messages messages = Split(answer.body);
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[0], std::pair(0, TickBytes(1, "small")));
  EXPECT_EQ(messages[1].first, 1);
  EXPECT_EQ(*Gunzip(messages[1].second, 10'000),
            TickBytes(2, std::string(5000, 'x')));
  EXPECT_EQ(messages[2], std::pair(2, std::string("{}")));
}

// ---- Binary WebSockets, and all together.

TEST_F(FramingsTest, ABinaryWebSocketCarriesMessagesAsTheyCame) {
  Start();
  WebSocketClient unary(port(), "/ticks/7",
                        {{"Sec-WebSocket-Protocol", "proto"}});
  EXPECT_EQ(unary.Read(), TickBytes(7));
  EXPECT_EQ(unary.AwaitClose(), 1000);
  WebSocketClient fails(port(), "/ticks/7?fail=5",
                        {{"Sec-WebSocket-Protocol", "proto"}});
  EXPECT_THAT(fails.Read(), StartsWith("{\"error\":"));
  EXPECT_EQ(fails.AwaitClose(), 4005);
  for (const char* offer : {"bearer, alice, proto", "proto, bearer, alice"}) {
    WebSocketClient viewer(port(),
                           absl::StrCat("/ticks?after=", server_->published()),
                           {{"Sec-WebSocket-Protocol", offer}});
    ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 1; }));
    server_->Publish("x");
    EXPECT_EQ(viewer.Read(), TickBytes(server_->published(), "x"));
    viewer.Close(1000);
    ASSERT_TRUE(Eventually([&] { return bridge_->stats().viewers == 0; }));
  }
  EXPECT_THAT(server_->authorizations(), ElementsAre("Bearer alice"));
  EXPECT_EQ(bridge_->stats().messages_encoded, 0);
}

TEST_F(FramingsTest, ViewersOfAllFramingsShareOneCallAndStartWhereTheyLike) {
  Start();
  constexpr int kMessages = 20;
  server_->Publish("first");
  WebSocketClient text(port(), "/ticks?topics=a&after=0");
  ASSERT_EQ(text.Read(), R"({"number":"1","text":"first"})");
  WebSocketClient binary(port(), "/ticks?after=0&topics=a",
                         {{"Sec-WebSocket-Protocol", "proto"}});
  WatchRequest request;
  request.add_topics("a");
  const std::string newest = Prefixed(0, request.SerializeAsString());
  request.set_after(0);
  const std::string after = Prefixed(0, request.SerializeAsString());
  const auto watch = [&](const char* type, const std::string& body) {
    return std::async(std::launch::async,
                      [=, this] { return Call("Watch", type, body).body; });
  };
  const auto get = [&](const char* accept) {
    return std::async(std::launch::async, [=, this] {
      return bridge::testing::Get(port(), "/ticks?after=0&topics=a",
                                  {absl::StrCat("Accept: ", accept)})
          .body;
    });
  };
  auto events = get("text/event-stream");
  auto ndjson = get("*/*");
  auto web = watch(kGrpcWeb, newest);
  auto proto = watch(kConnectProto, after);
  auto json =
      watch(kConnectJson, Prefixed(0, R"({"after":"0","topics":["a"]})"));
  ASSERT_TRUE(Eventually([&] { return bridge_->stats().frames_sent == 7; }));
  server_->PublishMany(kMessages, "x");
  ASSERT_TRUE(Eventually(
      [&] { return bridge_->stats().frames_sent == 7 * (1 + kMessages); }));
  server_->EndWatches(grpc::Status::OK);

  Messages in_web = Split(web.get());
  Messages in_proto = Split(proto.get());
  Messages in_json = Split(json.get());
  std::string lines;
  std::string data;
  for (int64_t i = 1; i <= 1 + kMessages; ++i) {
    const std::string said = i == 1 ? "first" : "x";
    const std::string bytes = TickBytes(i, said);
    const std::string in_text =
        absl::StrCat("{\"number\":\"", i, "\",\"text\":\"", said, "\"}");
    const auto at = static_cast<size_t>(i - 1);
    if (i > 1) {
      EXPECT_EQ(text.Read(), in_text);
    }
    EXPECT_EQ(binary.Read(), bytes);
    EXPECT_EQ(in_web.at(at), std::pair(0, bytes));
    EXPECT_EQ(in_proto.at(at), std::pair(0, bytes));
    EXPECT_EQ(in_json.at(at), std::pair(0, in_text));
    absl::StrAppend(&lines, in_text, "\n");
    absl::StrAppend(&data, "id: ", i, "\ndata: ", in_text, "\n\n");
  }
  EXPECT_EQ(ndjson.get(), lines);
  EXPECT_EQ(events.get(), data);
  EXPECT_EQ(text.AwaitClose(), 1000);
  EXPECT_EQ(binary.AwaitClose(), 1000);
  EXPECT_EQ(in_web.back(), std::pair(0x80, std::string("grpc-status: 0\r\n")));
  EXPECT_EQ(in_proto.back(), std::pair(2, std::string("{}")));
  EXPECT_EQ(server_->watches_started(), 1);
  EXPECT_EQ(bridge_->stats().upstream_calls, 1);
  EXPECT_EQ(bridge_->stats().messages_encoded, 1 + kMessages);
}

}  // namespace
}  // namespace bridge::testing
