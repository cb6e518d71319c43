#include "service/log/entry.h"

#include <google/protobuf/message.h>
#include <grpcpp/support/slice.h>

#include <utility>

#include "service/request/timestamps.h"

namespace happiness {

grpc::ByteBuffer Encode(const google::protobuf::Message& message) {
  grpc::Slice slice(message.ByteSizeLong());
  // A Slice is constant by its interface, but this one has no other reader yet.
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

EntryPtr MakeEntry(const v1::Reading& reading) {
  auto entry = std::make_shared<Entry>();
  entry->sequence = reading.sequence();
  entry->place = reading.place();
  entry->source = reading.source();
  entry->observe_time = ToMicros(reading.observe_time());
  entry->happiness = reading.happiness();
  entry->encoded = Encode(reading);
  return entry;
}

}  // namespace happiness
