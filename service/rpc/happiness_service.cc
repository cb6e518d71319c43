#include "service/rpc/happiness_service.h"

#include "service/rpc/list_readings.h"
#include "service/rpc/query_history.h"
#include "service/rpc/record_reading.h"
#include "service/rpc/record_readings.h"
#include "service/rpc/stream_readings.h"
#include "service/rpc/stream_summaries.h"

namespace happiness {

grpc::ServerWriteReactor<grpc::ByteBuffer>* HappinessService::StreamReadings(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return happiness::StreamReadings::Start(context, *request, backend_.log,
                                          streams_);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* HappinessService::StreamSummaries(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return happiness::StreamSummaries::Start(context, *request, &summarizers_,
                                           streams_);
}

grpc::ServerUnaryReactor* HappinessService::RecordReading(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartRecordReading(context, *request, response, backend_.log,
                            *streams_, &refused_);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* HappinessService::RecordReadings(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response) {
  return happiness::RecordReadings::Start(context, response, backend_.log,
                                          streams_, &refused_);
}

grpc::ServerUnaryReactor* HappinessService::ListReadings(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartListReadings(context, *request, response, backend_, streams_);
}

grpc::ServerUnaryReactor* HappinessService::QueryHistory(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return StartQueryHistory(context, *request, response, backend_, streams_);
}

}  // namespace happiness
