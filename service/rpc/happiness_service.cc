#include "service/rpc/happiness_service.h"

#include <utility>

#include "absl/status/status.h"
#include "service/request/grpc_status.h"
#include "service/rpc/list_readings.h"
#include "service/rpc/query_history.h"
#include "service/rpc/record_reading.h"
#include "service/rpc/record_readings.h"
#include "service/rpc/refusal.h"
#include "service/rpc/stream_readings.h"
#include "service/rpc/stream_summaries.h"

namespace happiness {
namespace {

using StreamReactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;

template <typename Reactor>
Reactor* Refuse(const absl::Status& status) {
  return new Refusal<Reactor>(ToGrpcStatus(status));
}

}  // namespace

absl::StatusOr<Pass> HappinessService::MayRead(
    const grpc::CallbackServerContext& context) const {
  if (backend_.access == nullptr) return Pass();
  return backend_.access->ToRead(context);
}

absl::StatusOr<Pass> HappinessService::MayRecord(
    const grpc::CallbackServerContext& context) {
  if (backend_.access == nullptr) return Pass();
  absl::StatusOr<Pass> pass = backend_.access->ToRecord(context);
  if (!pass.ok()) refused_.Add(absl::StatusCodeToString(pass.status().code()));
  return pass;
}

StreamReactor* HappinessService::StreamReadings(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  absl::StatusOr<Pass> pass = MayRead(*context);
  if (!pass.ok()) return Refuse<StreamReactor>(pass.status());
  return happiness::StreamReadings::Start(context, *request, backend_.log,
                                          streams_, *std::move(pass));
}

StreamReactor* HappinessService::StreamSummaries(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  absl::StatusOr<Pass> pass = MayRead(*context);
  if (!pass.ok()) return Refuse<StreamReactor>(pass.status());
  return happiness::StreamSummaries::Start(context, *request, &summarizers_,
                                           streams_, *std::move(pass));
}

grpc::ServerUnaryReactor* HappinessService::RecordReading(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  absl::StatusOr<Pass> pass = MayRecord(*context);
  if (!pass.ok()) return Refuse<grpc::ServerUnaryReactor>(pass.status());
  return StartRecordReading(
      context, *request, response,
      {backend_.log, pass->name, &refused_, &write_limits_}, *streams_);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* HappinessService::RecordReadings(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response) {
  absl::StatusOr<Pass> pass = MayRecord(*context);
  if (!pass.ok()) {
    return Refuse<grpc::ServerReadReactor<grpc::ByteBuffer>>(pass.status());
  }
  Recorder recorder = {backend_.log, pass->name, &refused_, &write_limits_};
  return happiness::RecordReadings::Start(
      context, response, std::move(recorder), streams_, *std::move(pass));
}

grpc::ServerUnaryReactor* HappinessService::ListReadings(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  absl::StatusOr<Pass> pass = MayRead(*context);
  if (!pass.ok()) return Refuse<grpc::ServerUnaryReactor>(pass.status());
  return StartListReadings(context, *request, response, backend_, streams_);
}

grpc::ServerUnaryReactor* HappinessService::QueryHistory(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  absl::StatusOr<Pass> pass = MayRead(*context);
  if (!pass.ok()) return Refuse<grpc::ServerUnaryReactor>(pass.status());
  return StartQueryHistory(context, *request, response, backend_, streams_);
}

}  // namespace happiness
