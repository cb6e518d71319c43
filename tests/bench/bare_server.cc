#include "tests/bench/bare_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <chrono>

#include "service/log/entry.h"
#include "tests/bench/measure.h"

namespace bench {
namespace {

class Writer final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  Writer(int64_t readings, const grpc::ByteBuffer* reading)
      : left_(readings), reading_(reading) {
    OnWriteDone(true);
  }

 private:
  void OnWriteDone(bool ok) override {
    if (ok && left_-- > 0) {
      StartWrite(reading_);
    } else {
      Finish(grpc::Status::OK);
    }
  }
  void OnDone() override { delete this; }

  int64_t left_;
  const grpc::ByteBuffer* const reading_;
};

class Reader final : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  explicit Reader(grpc::ByteBuffer* response) : response_(response) {
    StartRead(&incoming_);
  }

 private:
  void OnReadDone(bool ok) override {
    if (ok) {
      ++count_;
      StartRead(&incoming_);
      return;
    }
    v1::RecordReadingsResponse counts;
    counts.set_recorded(count_);
    *response_ = happiness::Encode(counts);
    Finish(grpc::Status::OK);
  }
  void OnDone() override { delete this; }

  grpc::ByteBuffer* const response_;
  grpc::ByteBuffer incoming_;
  int64_t count_ = 0;
};

v1::Reading NumberedReading(int64_t sequence) {
  v1::Reading reading = MakeReading(0);
  reading.set_sequence(sequence);
  return reading;
}

}  // namespace

BareServer::BareServer(int64_t readings)
    : readings_(readings),
      reading_(happiness::Encode(NumberedReading(readings))) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port_);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) Fail("the bare server can't listen");
}

BareServer::~BareServer() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* BareServer::StreamReadings(
    grpc::CallbackServerContext* /*context*/,
    const grpc::ByteBuffer* /*request*/) {
  return new Writer(readings_, &reading_);
}

grpc::ServerUnaryReactor* BareServer::RecordReading(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* /*request*/,
    grpc::ByteBuffer* response) {
  *response = reading_;
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerReadReactor<grpc::ByteBuffer>* BareServer::RecordReadings(
    grpc::CallbackServerContext* /*context*/, grpc::ByteBuffer* response) {
  return new Reader(response);
}

}  // namespace bench
