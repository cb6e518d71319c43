#include "service/rpc/list_readings.h"

#include <utility>

#include "happiness/v1/happiness.pb.h"
#include "service/history/reading_pages.h"
#include "service/request/list_query.h"
#include "service/rpc/store_read.h"

namespace happiness {

grpc::ServerUnaryReactor* StartListReadings(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer& request,
    grpc::ByteBuffer* response, const Backend& backend,
    const OpenStreams* streams) {
  auto read = ToStoreRead<v1::ListReadingsRequest>(
      request, ToListQuery,
      [](Database& db, const ListQuery& query, GoOn /*go_on*/) {
        return ReadPage(db, query);
      });
  return StartStoreRead(context, std::move(read), response, backend.queries,
                        streams);
}

}  // namespace happiness
