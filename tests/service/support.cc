#include "tests/service/support.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "google/rpc/status.pb.h"
#include "service/request/intake.h"
#include "service/request/timestamps.h"

namespace happiness {

v1::Reading MakeReading(const std::string& place, double happiness,
                        const std::string& id) {
  v1::Reading reading;
  reading.set_place(place);
  reading.set_happiness(happiness);
  reading.set_reading_id(id);
  return reading;
}

TestLog::TestLog(const StoredLogOptions& options)
    : storage(*Storage::Open("", options)) {}

StoredLogOptions Keeping(int64_t readings) {
  StoredLogOptions options;
  options.retention.readings = readings;
  return options;
}

absl::StatusOr<std::vector<Appended>> Append(
    ReadingLog* log, std::vector<v1::Reading> readings) {
  absl::StatusOr<std::vector<Appended>> result;
  absl::Notification done;
  log->Append(std::move(readings), [&](auto appended) {
    result = std::move(appended);
    done.Notify();
  });
  done.WaitForNotification();
  return result;
}

void Settle(ReadingLog* log) { EXPECT_TRUE(Append(log, {}).ok()); }

void AppendAt(ReadingLog* log, const std::string& place, int64_t time,
              double happiness, const std::string& source) {
  v1::Reading reading = MakeReading(place, happiness);
  FromMicros(time, reading.mutable_observe_time());
  reading.set_source(source);
  Complete(absl::Now(), &reading);
  EXPECT_TRUE(Append(log, {reading}).ok());
}

std::vector<EntryPtr> AppendReadings(ReadingLog* log, const std::string& place,
                                     int count) {
  const int64_t first = log->Extent().last + 1;
  std::vector<EntryPtr> entries;
  std::vector<v1::Reading> readings;
  for (int i = 0; i < count; ++i) {
    readings.push_back(MakeReading(place, 5, absl::StrCat(place, first + i)));
    Complete(absl::Now(), &readings.back());
    if (readings.size() < ReadingLog::kMaxAppend && i + 1 < count) continue;
    const auto appended = Append(log, std::exchange(readings, {}));
    EXPECT_TRUE(appended.ok()) << appended.status();
    for (const Appended& one : *appended) entries.push_back(one.entry);
  }
  return entries;
}

v1::Reading Decode(const grpc::ByteBuffer& bytes) {
  grpc::ByteBuffer copy = bytes;
  grpc::ProtoBufferReader reader(&copy);
  v1::Reading reading;
  EXPECT_TRUE(reading.ParseFromZeroCopyStream(&reader));
  return reading;
}

google::rpc::BadRequest DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::BadRequest bad_request;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  int found = 0;
  for (const auto& detail : details.details()) {
    if (detail.UnpackTo(&bad_request)) ++found;
  }
  EXPECT_EQ(found, 1);
  return bad_request;
}

std::unique_ptr<grpc::ClientContext> MakeContext(const std::string& token) {
  auto context = std::make_unique<grpc::ClientContext>();
  if (!token.empty()) {
    context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
  }
  context->set_deadline(absl::ToChronoTime(absl::Now() + kTestDeadline));
  return context;
}

Access NamesForTokens() {
  class Names : public Authority {
    absl::StatusOr<Pass> Admit(std::string_view token,
                               const char*) const override {
      return Pass{std::string(token)};
    }
  };
  Access::Authorities authorities;
  authorities.record = std::make_unique<Names>();
  return Access(std::move(authorities));
}

TestServer::TestServer(const StoredLogOptions& options, size_t max_streams,
                       const GrpcTls& tls, const Access* access)
    : TestLog(options) {
  Backend backend = storage->backend();
  backend.access = access;
  absl::StatusOr<std::unique_ptr<Server>> started = Server::Start(
      {.port = 0, .tls = tls, .max_streams = max_streams}, backend);
  EXPECT_TRUE(started.ok()) << started.status();
  server = *std::move(started);
  channel = server->InProcessChannel();
  stub = v1::HappinessService::NewStub(channel);
}

std::shared_ptr<grpc::Channel> TestServer::Connect() const {
  return grpc::CreateChannel(absl::StrCat("ipv4:127.0.0.1:", server->port()),
                             grpc::InsecureChannelCredentials());
}

TestStream::TestStream(v1::HappinessService::Stub* stub,
                       const v1::StreamReadingsRequest& request)
    : context_(MakeContext()),
      reader_(stub->StreamReadings(context_.get(), request)) {
  reader_->WaitForInitialMetadata();
}

TestStream::~TestStream() {
  if (finished_) return;
  Cancel();
  Finish();
}

v1::Reading TestStream::Read() {
  v1::Reading reading;
  if (!reader_->Read(&reading)) {
    ADD_FAILURE() << "the stream ended: " << Finish().error_message();
  }
  return reading;
}

std::vector<int64_t> TestStream::ReadSequences(int count) {
  std::vector<int64_t> sequences;
  while (!finished_ && count-- > 0) sequences.push_back(Read().sequence());
  return sequences;
}

grpc::Status TestStream::Finish() {
  v1::Reading reading;
  while (reader_->Read(&reading)) {
  }
  finished_ = true;
  return reader_->Finish();
}

v1::StreamReadingsRequest After(int64_t sequence) {
  v1::StreamReadingsRequest request;
  request.set_after_sequence(sequence);
  return request;
}

v1::StreamReadingsRequest Backlog(int32_t count,
                                  const std::vector<std::string>& places) {
  v1::StreamReadingsRequest request;
  request.set_backlog(count);
  for (const std::string& place : places) request.add_places(place);
  return request;
}

}  // namespace happiness
