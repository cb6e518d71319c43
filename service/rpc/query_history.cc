#include "service/rpc/query_history.h"

#include <utility>

#include "absl/time/clock.h"
#include "happiness/v1/happiness.pb.h"
#include "service/history/history.h"
#include "service/request/history_query.h"
#include "service/rpc/store_read.h"

namespace happiness {

grpc::ServerUnaryReactor* StartQueryHistory(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    grpc::ByteBuffer* response, const Backend& backend,
    const OpenStreams* streams) {
  auto read = ToStoreRead<v1::QueryHistoryRequest>(
      request,
      [](const v1::QueryHistoryRequest& history) {
        return ToHistoryQuery(history, absl::Now());
      },
      [min_group = backend.min_group](Database& db, const HistoryQuery& query,
                                      GoOn go_on) {
        return ReadHistory(db, query, min_group, {}, go_on);
      });
  return StartStoreRead(context, std::move(read), response, backend.queries,
                        streams);
}

}  // namespace happiness
