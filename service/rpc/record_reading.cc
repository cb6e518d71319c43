#include "service/rpc/record_reading.h"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/grpc_status.h"
#include "service/request/intake.h"

namespace happiness {

grpc::ServerUnaryReactor* StartRecordReading(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    grpc::ByteBuffer* response, ReadingLog* log, const OpenStreams& streams) {
  // Lives until the call is done, which is after Finish.
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (streams.shutting_down()) {
    reactor->Finish(ToGrpcStatus(ShuttingDown()));
    return reactor;
  }
  absl::StatusOr<v1::Reading> reading =
      TakeReading<v1::RecordReadingRequest>(request, absl::Now());
  if (!reading.ok()) {
    spdlog::debug("RecordReading of {} refused: {}", context->peer(),
                  reading.status().ToString());
    reactor->Finish(ToGrpcStatus(reading.status()));
    return reactor;
  }
  std::vector<v1::Reading> readings;
  readings.push_back(*std::move(reading));
  log->Append(
      std::move(readings),
      [reactor, response](absl::StatusOr<std::vector<Appended>> appended) {
        if (appended.ok()) *response = appended->front().entry->encoded;
        reactor->Finish(ToGrpcStatus(appended.status()));
      });
  return reactor;
}

}  // namespace happiness
