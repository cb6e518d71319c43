// Unary and client-streaming methods over HTTP.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/bridge/testing/fixture.h"

namespace bridge::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CallsTest : public BridgeTest {
 protected:
  void SetUp() override { Start(); }

  // The header of an upload whose body comes in chunks.
  std::string UploadHeader() const {
    return "POST /ticks:sum HTTP/1.1\r\nHost: h\r\n"
           "Transfer-Encoding: chunked\r\n\r\n";
  }

  static std::string Chunk(const std::string& text) { return HttpChunk(text); }
};

TEST_F(CallsTest, CallsAUnaryMethodByItsRoutes) {
  EXPECT_EQ(Get(port(), "/ticks/42").body, "{\"number\":\"42\"}\n");
  EXPECT_EQ(Post(port(), "/ticks", R"({"number":7,"text":"seven"})").body,
            "{\"number\":\"7\",\"text\":\"seven\"}\n");
  EXPECT_EQ(Post(port(), "/ticks?author=me", R"({"text":"x"})").body,
            "{\"text\":\"x by me\"}\n");
  EXPECT_EQ(Post(port(), "/bridge.testing.Ticker/Put",
                 R"({"tick":{"level":0},"author":""})")
                .body,
            "{\"level\":0}\n");
}

TEST_F(CallsTest, BelievesThePathOverTheBody) {
  EXPECT_EQ(Post(port(), "/ticks/5", R"({"number":7,"text":"x"})").body,
            "{\"number\":\"5\",\"text\":\"x\"}\n");
}

TEST_F(CallsTest, AnswersManyUnaryCallsInProcessWithoutLosingOne) {
  for (int i = 1; i <= 2000; ++i) {
    HttpAnswer answer = Get(port(), "/ticks/" + std::to_string(i));
    ASSERT_EQ(answer.body, "{\"number\":\"" + std::to_string(i) + "\"}\n");
  }
}

TEST_F(CallsTest, MapsGrpcErrorsToHttpAsGrpcGatewayDoes) {
  const int http[] = {0,   499, 500, 400, 504, 404, 409, 403, 429,
                      400, 409, 400, 501, 500, 503, 500, 401};
  for (int code = 1; code <= 16; ++code) {
    HttpAnswer answer = Get(port(), "/ticks/1?fail=" + std::to_string(code));
    EXPECT_EQ(answer.status, http[code]) << code;
    EXPECT_EQ(answer.Field("WWW-Authenticate"),
              answer.status == 401 ? "Bearer" : "");
    EXPECT_THAT(answer.body, HasSubstr(R"("message":"failed as \"asked\"")"));
  }
}

TEST_F(CallsTest, NamesWhatIsWrongWithTheRequest) {
  struct Case {
    const char* body;
    const char* says;
  };
  for (const Case& c : {
           Case{R"({"number":"many"})", "number"},
           Case{R"({"nummber":1})", "nummber"},
           Case{R"({"number":)", "nexpected end"},
           Case{R"([1])", "must be a JSON object"},
       }) {
    HttpAnswer answer = Post(port(), "/ticks", c.body);
    EXPECT_EQ(answer.status, 400) << c.body;
    EXPECT_THAT(answer.body, HasSubstr(c.says));
    EXPECT_THAT(answer.body, HasSubstr("INVALID_ARGUMENT"));
  }
  EXPECT_EQ(Post(port(), "/ticks?tick.text=x", "{}").status, 400);
  EXPECT_EQ(Get(port(), "/ticks/none").status, 400);
  EXPECT_EQ(Get(port(), "/nowhere").status, 404);
  HttpAnswer wrong = Fetch(port(), "DELETE", "/ticks");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.Field("Allow"), "GET, POST");
  EXPECT_EQ(Post(port(), "/bridge.testing.Ticker/Chat", "{}").status, 501);
}

TEST_F(CallsTest, EndsACallThatTakesTooLongWith504) {
  Options options = TestOptions();
  options.http.unary_timeout = absl::Milliseconds(100);
  Start(options);
  EXPECT_EQ(Get(port(), "/ticks/1?delay_ms=2000").status, 504);
}

TEST_F(CallsTest, KeepsAConnectionForTheNextRequest) {
  RawClient client(port());
  for (int i = 0; i < 3; ++i) {
    client.Send("GET /ticks/5 HTTP/1.1\r\nHost: h\r\n\r\n");
    client.ReadUntil("{\"number\":\"5\"}\n");
    client.Send(
        "POST /ticks HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}");
    client.ReadUntil("\r\n\r\n{}\n");
  }
}

TEST_F(CallsTest, SendsEachLineOnAsItArrives) {
  RawClient client(port());
  client.Send(UploadHeader());
  client.Send(Chunk("{\"number\":1}\n{\"num"));
  EXPECT_TRUE(Eventually([&] { return server_->summed() == 1; }));
  client.Send(Chunk("ber\":2}\r\n{\"number\":3}"));
  EXPECT_TRUE(Eventually([&] { return server_->summed() == 2; }));
  client.Send("0\r\n\r\n");
  client.ReadUntil(R"({"sum":"6","count":"3"})");
}

TEST_F(CallsTest, TellsTheLineThatIsWrongAndWhatThoseBeforeItCameTo) {
  HttpAnswer answer =
      Post(port(), "/ticks:sum", "{\"number\":1}\n{\"number\":\"x\"}\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("line 2: number: invalid value"));
  EXPECT_THAT(answer.body, HasSubstr(R"("answer":{"sum":"1","count":"1"})"));
  EXPECT_EQ(server_->summed(), 1);
}

TEST_F(CallsTest, RefusesABlankLineSoThatNumbersOfMessagesAreThoseOfLines) {
  HttpAnswer answer =
      Post(port(), "/ticks:sum", "{\"number\":1}\n \r\n\n{\"number\":2}\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("line 2: empty, though more lines follow "
                                     "(the lines before it were sent on)"));
  EXPECT_THAT(answer.body, HasSubstr(R"("answer":{"sum":"1","count":"1"})"));
}

TEST_F(CallsTest, TellsOfABlankLineBeforeOneThatIsTooLong) {
  HttpAnswer answer =
      Post(port(), "/ticks:sum", "{}\n\n" + std::string(2 << 20, 'x'));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("line 2: empty"));
}

TEST_F(CallsTest, TakesBlankLinesAtTheEnd) {
  HttpAnswer answer = Post(port(), "/ticks:sum", "{\"number\":1}\n\n \n");
  EXPECT_EQ(answer.status, 200) << answer.body;
}

TEST_F(CallsTest, TellsWhatTheUpstreamFoundWrong) {
  HttpAnswer answer = Post(port(), "/ticks:sum",
                           "{\"number\":1}\n{\"number\":-1}\n{\"number\":1}\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("tick.number: must not be negative"));
}

TEST_F(CallsTest, TakesAnEmptyUpload) {
  EXPECT_EQ(Post(port(), "/ticks:sum", "").body, "{}\n");
}

TEST_F(CallsTest, UploadsFarMoreThanItHoldsInMemory) {
  // 40 MB, of which the bridge holds a line and what the sockets hold.
  RawClient client(port());
  client.Send(UploadHeader());
  std::string lines;
  for (int i = 0; i < 1000; ++i) {
    lines += "{\"number\":1,\"text\":\"" + std::string(4000, 'x') + "\"}\n";
  }
  size_t before = HeapInUse();
  size_t most = 0;
  for (int i = 0; i < 10; ++i) {
    client.Send(Chunk(lines));
    most = std::max(most, HeapInUse());
  }
  client.Send("0\r\n\r\n");
  client.ReadUntil(R"({"sum":"10000","count":"10000"})");
  EXPECT_LT(most, before + (16 << 20));
}

TEST_F(CallsTest, AnswersAClientThatWaitsFor100Continue) {
  RawClient client(port());
  client.Send(
      "POST /ticks HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n");
  client.ReadUntil("HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("{}");
  client.ReadUntil("HTTP/1.1 200 OK\r\n");
}

TEST_F(CallsTest, BoundsTheBody) {
  std::string large(1 << 20, ' ');
  EXPECT_EQ(Post(port(), "/ticks", large.substr(2) + "{}").status, 200);
  HttpAnswer too_large = Post(port(), "/ticks", large + "{}");
  EXPECT_EQ(too_large.status, 413);
  EXPECT_THAT(too_large.body, HasSubstr("1048576 bytes"));
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("body_bytes"), 1);
  RawClient chunked(port());
  chunked.Send(
      "POST /ticks HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  chunked.SendAll(Chunk(large + "{}"));
  EXPECT_THAT(chunked.ReadToEnd(), HasSubstr("413"));
}

TEST_F(CallsTest, BoundsALine) {
  HttpAnswer answer = Post(port(), "/ticks:sum",
                           "{}\n{\"text\":\"" + std::string(1 << 20, 'x'));
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("line 2 has more than 1048576 bytes"));
}

TEST_F(CallsTest, GivesUpOnABodyThatDoesNotCome) {
  Options options = TestOptions();
  options.http.body_timeout = absl::Milliseconds(200);
  Start(options);
  RawClient client(port());
  client.Send("POST /ticks HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n{");
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("HTTP/1.1 408"));
  RawClient upload(port());
  upload.Send(UploadHeader() + Chunk("{\"number\":1}\n"));
  EXPECT_THAT(upload.ReadToEnd(), HasSubstr("HTTP/1.1 408"));
}

// A byte now and then, each in time, until there is no more time for the whole.
TEST_F(CallsTest, GivesUpOnABodyOrALineThatNeverEnds) {
  Options options = TestOptions();
  options.http.body_timeout = absl::Milliseconds(200);
  Start(options);
  RawClient body(port());
  body.Send(
      "POST /ticks HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  RawClient line(port());
  line.Send(UploadHeader() + Chunk("{\"number\":1}\n"));
  RawClient blank_lines(port());
  blank_lines.Send(UploadHeader());
  EXPECT_TRUE(Eventually([&] {
    body.SendAll(" ");
    line.SendAll(Chunk(" "));
    blank_lines.SendAll(Chunk("\n"));
    const auto refusals = bridge_->stats().refusals.Counts();
    return refusals.contains("body_timeout") &&
           refusals.at("body_timeout") == 3;
  }));
  for (RawClient* client : {&body, &line, &blank_lines}) {
    EXPECT_THAT(client->ReadToEnd(), HasSubstr("HTTP/1.1 408"));
  }
}

TEST_F(CallsTest, AnUploadGoesOnWhileItsLinesAreWhole) {
  Options options = TestOptions();
  options.http.body_timeout = absl::Milliseconds(200);
  Start(options);
  RawClient upload(port());
  upload.Send(UploadHeader());
  const absl::Time end =
      absl::Now() + 2 * BodyReader::kWhole * options.http.body_timeout;
  int lines = 0;
  EXPECT_TRUE(Eventually([&] {
    upload.Send(Chunk("{\"number\":1}\n"));
    ++lines;
    return absl::Now() > end;
  }));
  upload.Send("0\r\n\r\n");
  upload.ReadUntil("\"count\":\"" + std::to_string(lines) + "\"");
}

TEST_F(CallsTest, DecompressesNothing) {
  // 10 GB of zeros, if anybody unpacked it.
  const std::string bomb = "\x1F\x8B\x08" + std::string(100'000, '\0');
  for (const char* coding : {"gzip", "identity, br", "GZIP,identity"}) {
    HttpAnswer answer =
        Fetch(port(), "POST", "/ticks",
              {std::string("Content-Encoding: ") + coding}, bomb);
    EXPECT_EQ(answer.status, 415) << coding;
    EXPECT_THAT(answer.body, HasSubstr("header content-encoding: must be"));
    EXPECT_EQ(answer.Field("Accept-Encoding"), "identity");
  }
  EXPECT_EQ(bridge_->stats().refusals.Counts().at("content_encoding"), 3);
  EXPECT_EQ(
      Fetch(port(), "POST", "/ticks", {"Content-Encoding: Identity"}, "{}")
          .status,
      200);
  RawClient transfer(port());
  transfer.Send(
      "POST /ticks HTTP/1.1\r\nHost: h\r\n"
      "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n");
  EXPECT_THAT(transfer.ReadToEnd(),
              HasSubstr("header transfer-encoding: must be chunked"));
}

TEST_F(CallsTest, BoundsWhatAllBodiesTakeTogether) {
  Options options = TestOptions();
  options.http.max_buffered_bytes = 4 << 20;
  Start(options);
  // Each has all but its end sent.
  const std::string most(600'000, ' ');
  std::vector<std::unique_ptr<RawClient>> clients;
  const auto is_full = [&] {
    return bridge_->stats().refusals.Counts().contains("buffered_bytes");
  };
  while (!is_full() && clients.size() < 20) {
    const int64_t before = bridge_->stats().buffered_bytes;
    clients.push_back(std::make_unique<RawClient>(port()));
    if (clients.size() % 2 == 0) {
      clients.back()->Send(
          "POST /ticks HTTP/1.1\r\nHost: h\r\nContent-Length: 600002\r\n\r\n");
      clients.back()->SendAll(most);
    } else {
      clients.back()->Send(UploadHeader());
      clients.back()->SendAll(Chunk(most));
    }
    ASSERT_TRUE(Eventually([&] {
      return is_full() || bridge_->stats().buffered_bytes >= before + 600'000;
    }));
    EXPECT_LE(bridge_->stats().buffered_bytes, 4 << 20);
  }
  EXPECT_GE(clients.size(), 3u);
  ASSERT_TRUE(is_full());
  const std::string refusal = clients.back()->ReadToEnd();
  EXPECT_THAT(refusal, HasSubstr("HTTP/1.1 503"));
  EXPECT_THAT(refusal, HasSubstr("Retry-After: 1"));
  EXPECT_EQ(Get(port(), "/ticks/1").status, 200) << "what has no body goes on";
  clients.pop_back();
  clients[0]->Send("0\r\n\r\n");
  clients[1]->Send("{}");
  clients[1]->ReadUntil("HTTP/1.1 200");
  clients.clear();
  EXPECT_TRUE(Eventually([&] { return bridge_->stats().buffered_bytes == 0; }));
  EXPECT_EQ(Post(port(), "/ticks", "{}").status, 200);
}

TEST_F(CallsTest, LetsOnlyItsOwnPagesChangeSomething) {
  std::string own = "Origin: http://127.0.0.1:" + std::to_string(port());
  EXPECT_EQ(Fetch(port(), "POST", "/ticks", {own}, "{}").status, 200);
  EXPECT_EQ(Fetch(port(), "POST", "/ticks", {}, "{}").status, 200);
  for (const char* origin : {"https://foe.example", "null"}) {
    HttpAnswer answer = Fetch(port(), "POST", "/ticks",
                              {std::string("Origin: ") + origin}, "{}");
    EXPECT_EQ(answer.status, 403) << origin;
    EXPECT_THAT(answer.body, HasSubstr("origin"));
  }
}

TEST_F(CallsTest, OtherPagesReadWithoutCredentialsOnlyUnlessTheyAreNamed) {
  Options options = TestOptions();
  options.allowed_origins = {"*", "https://friend.example"};
  Start(std::move(options));
  const std::string token = "Authorization: Bearer alice";
  const std::string own = "Origin: http://127.0.0.1:" + std::to_string(port());
  const std::string foe = "Origin: https://foe.example";
  const std::string friendly = "Origin: https://friend.example";
  EXPECT_EQ(Get(port(), "/ticks/1", {token}).status, 200);
  EXPECT_EQ(Get(port(), "/ticks/1", {token, own}).status, 200);
  EXPECT_EQ(Get(port(), "/ticks/1", {token, friendly}).status, 200);
  EXPECT_EQ(Get(port(), "/ticks/1", {foe}).status, 200);
  const HttpAnswer refused = Get(port(), "/ticks/1", {token, foe});
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("origin"));
  EXPECT_EQ(server_->received("authorization").size(), 4u);
  const auto headers = [&](const std::string& origin) {
    const HttpAnswer preflight =
        Fetch(port(), "OPTIONS", "/ticks/1",
              {origin, "Access-Control-Request-Method: GET"});
    EXPECT_EQ(preflight.status, 204) << origin;
    return preflight.Field("Access-Control-Allow-Headers");
  };
  EXPECT_EQ(headers(foe), "content-type, last-event-id");
  EXPECT_EQ(headers(friendly), "authorization, content-type, last-event-id");
}

TEST_F(CallsTest, ForwardsTheHeadersThatAreNamedAndNoOther) {
  Options options = TestOptions();
  options.http.forwarded = *ForwardedHeaders::Parse({"x-tenant"});
  Start(std::move(options));
  const std::vector<std::string> fields = {"X-Tenant: alice", "X-Other: o"};
  EXPECT_EQ(Get(port(), "/ticks/1", fields).status, 200);
  EXPECT_EQ(Fetch(port(), "POST", "/bridge.testing.Ticker/Sum", fields,
                  R"({"tick":{"number":"1"}})")
                .status,
            200);
  EXPECT_THAT(server_->received("x-tenant"), ElementsAre("alice", "alice"));
  EXPECT_THAT(server_->received("x-other"), ElementsAre("", ""));
  HttpAnswer refused = Get(port(), "/ticks/1",
                           {"X-Tenant: gr\xF6\xDF"
                            "e"});
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("header x-tenant: must be printable"));
  HttpAnswer preflight = Fetch(port(), "OPTIONS", "/ticks/1");
  EXPECT_EQ(preflight.Field("Access-Control-Allow-Headers"),
            "authorization, content-type, last-event-id, x-tenant");
}

}  // namespace
}  // namespace bridge::testing
