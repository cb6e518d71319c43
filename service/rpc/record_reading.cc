#include "service/rpc/record_reading.h"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "happiness/v1/happiness.pb.h"
#include "service/request/grpc_status.h"
#include "service/rpc/caller.h"

namespace happiness {

grpc::ServerUnaryReactor* StartRecordReading(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    grpc::ByteBuffer* response, const Recorder& recorder,
    const OpenStreams& streams) {
  // Lives until the call is done, which is after Finish.
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto finish = [reactor, recorder](const absl::Status& status) {
    recorder.Count(status);
    reactor->Finish(ToGrpcStatus(status));
  };
  if (streams.shutting_down()) {
    finish(ShuttingDown());
    return reactor;
  }
  absl::StatusOr<v1::Reading> reading =
      recorder.Take<v1::RecordReadingRequest>(request);
  if (!reading.ok()) {
    spdlog::debug("RecordReading of {} refused: {}", DescribeCaller(*context),
                  reading.status().ToString());
    finish(reading.status());
    return reactor;
  }
  std::vector<v1::Reading> readings;
  readings.push_back(*std::move(reading));
  recorder.log->Append(std::move(readings),
                       [recorder, finish, response](
                           absl::StatusOr<std::vector<Appended>> appended) {
                         absl::Status end = appended.status();
                         if (end.ok())
                           end = recorder.CheckOwn(appended->front());
                         if (end.ok())
                           *response = appended->front().entry->encoded;
                         finish(end);
                       });
  return reactor;
}

}  // namespace happiness
