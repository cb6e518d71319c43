// happiness.v1.HappinessService: its methods, over a log.

#ifndef SERVICE_RPC_HAPPINESS_SERVICE_H_
#define SERVICE_RPC_HAPPINESS_SERVICE_H_

#include <optional>

#include "absl/status/statusor.h"
#include "happiness/v1/happiness.grpc.pb.h"
#include "metrics/label_counts.h"
#include "service/access/pass.h"
#include "service/access/write_limits.h"
#include "service/rpc/backend.h"
#include "service/rpc/open_streams.h"
#include "service/summary/level_watch.h"
#include "service/summary/summarizers.h"
#include "service/summary/summary_ticker.h"

namespace happiness {

// All methods raw: requests are parsed here, so that an error can name the
// field (message_parsing.h), and readings are sent as the log has them encoded.
using RawService = v1::HappinessService::WithRawCallbackMethod_StreamReadings<
    v1::HappinessService::WithRawCallbackMethod_StreamSummaries<
        v1::HappinessService::WithRawCallbackMethod_RecordReading<
            v1::HappinessService::WithRawCallbackMethod_RecordReadings<
                v1::HappinessService::WithRawCallbackMethod_ListReadings<
                    v1::HappinessService::WithRawCallbackMethod_QueryHistory<
                        v1::HappinessService::Service>>>>>>;

// Registered at a grpc::Server, which calls it on threads of its own. Has a
// thread that makes the summaries.
class HappinessService final : public RawService {
 public:
  // `streams` must outlive the server at which this is registered.
  HappinessService(const Backend& backend, OpenStreams* streams)
      : backend_(backend),
        streams_(streams),
        summarizers_({.log = backend.log,
                      .fills = backend.fills,
                      .min_group = backend.min_group}) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamReadings(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

  grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamSummaries(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;

  grpc::ServerUnaryReactor* RecordReading(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;

  grpc::ServerReadReactor<grpc::ByteBuffer>* RecordReadings(
      grpc::CallbackServerContext* context,
      grpc::ByteBuffer* response) override;

  grpc::ServerUnaryReactor* ListReadings(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

  grpc::ServerUnaryReactor* QueryHistory(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;

  // See LevelWatch::Now.
  std::optional<v1::Summary> LevelNow() { return level_watch_.Now(); }

  // Recordings that were refused: see Recorder.
  const metrics::LabelCounts& refused() const { return refused_; }

 private:
  absl::StatusOr<Pass> MayRead(
      const grpc::CallbackServerContext& context) const;
  absl::StatusOr<Pass> MayRecord(const grpc::CallbackServerContext& context);

  const Backend backend_;
  OpenStreams* const streams_;
  metrics::LabelCounts refused_;
  WriteLimits write_limits_{backend_.writes_per_token};
  Summarizers summarizers_;
  SummaryTicker ticker_{&summarizers_};
  LevelWatch level_watch_{&summarizers_};
};

}  // namespace happiness

#endif  // SERVICE_RPC_HAPPINESS_SERVICE_H_
