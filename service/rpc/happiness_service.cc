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

absl::Status HappinessService::MayRead(
    const grpc::CallbackServerContext& context) const {
  return backend_.access == nullptr ? absl::OkStatus()
                                    : backend_.access->ToRead(context);
}

absl::StatusOr<std::string> HappinessService::MayRecord(
    const grpc::CallbackServerContext& context) {
  if (backend_.access == nullptr) return std::string();
  absl::StatusOr<std::string> name = backend_.access->ToRecord(context);
  if (!name.ok()) refused_.Add(absl::StatusCodeToString(name.status().code()));
  return name;
}

StreamReactor* HappinessService::StreamReadings(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  absl::Status allowed = MayRead(*context);
  if (!allowed.ok()) return Refuse<StreamReactor>(allowed);
  return happiness::StreamReadings::Start(context, *request, backend_.log,
                                          streams_);
}

StreamReactor* HappinessService::StreamSummaries(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  absl::Status allowed = MayRead(*context);
  if (!allowed.ok()) return Refuse<StreamReactor>(allowed);
  return happiness::StreamSummaries::Start(context, *request, &summarizers_,
                                           streams_);
}

grpc::ServerUnaryReactor* HappinessService::RecordReading(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  absl::StatusOr<std::string> source = MayRecord(*context);
  if (!source.ok()) return Refuse<grpc::ServerUnaryReactor>(source.status());
  return StartRecordReading(context, *request, response,
                            {backend_.log, *std::move(source), &refused_},
                            *streams_);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* HappinessService::RecordReadings(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response) {
  absl::StatusOr<std::string> source = MayRecord(*context);
  if (!source.ok()) {
    return Refuse<grpc::ServerReadReactor<grpc::ByteBuffer>>(source.status());
  }
  return happiness::RecordReadings::Start(
      context, response, {backend_.log, *std::move(source), &refused_},
      streams_);
}

grpc::ServerUnaryReactor* HappinessService::ListReadings(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  absl::Status allowed = MayRead(*context);
  if (!allowed.ok()) return Refuse<grpc::ServerUnaryReactor>(allowed);
  return StartListReadings(context, *request, response, backend_, streams_);
}

grpc::ServerUnaryReactor* HappinessService::QueryHistory(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  absl::Status allowed = MayRead(*context);
  if (!allowed.ok()) return Refuse<grpc::ServerUnaryReactor>(allowed);
  return StartQueryHistory(context, *request, response, backend_, streams_);
}

}  // namespace happiness
