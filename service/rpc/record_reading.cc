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
    grpc::ByteBuffer* response, ReadingLog* log, const OpenStreams& streams,
    metrics::LabelCounts* refused) {
  // Lives until the call is done, which is after Finish.
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto finish = [reactor, refused](const absl::Status& status) {
    if (!status.ok()) refused->Add(absl::StatusCodeToString(status.code()));
    reactor->Finish(ToGrpcStatus(status));
  };
  if (streams.shutting_down()) {
    finish(ShuttingDown());
    return reactor;
  }
  absl::StatusOr<v1::Reading> reading =
      TakeReading<v1::RecordReadingRequest>(request, absl::Now());
  if (!reading.ok()) {
    spdlog::debug("RecordReading of {} refused: {}", context->peer(),
                  reading.status().ToString());
    finish(reading.status());
    return reactor;
  }
  std::vector<v1::Reading> readings;
  readings.push_back(*std::move(reading));
  log->Append(
      std::move(readings),
      [finish, response](absl::StatusOr<std::vector<Appended>> appended) {
        if (appended.ok()) *response = appended->front().entry->encoded;
        finish(appended.status());
      });
  return reactor;
}

}  // namespace happiness
