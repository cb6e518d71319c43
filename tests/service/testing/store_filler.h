// Readings in a store, for tests of what reads them.

#ifndef TESTS_SERVICE_TESTING_STORE_FILLER_H_
#define TESTS_SERVICE_TESTING_STORE_FILLER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "happiness/v1/happiness.pb.h"
#include "service/store/database.h"
#include "service/store/reading_writer.h"
#include "service/store/store.h"

namespace happiness {

// Writes readings one by one. `store`, of which this is the only writer, must
// outlive it.
class StoreFiller {
 public:
  explicit StoreFiller(const Store& store);

  // `time` is in microseconds since 1970. Returns the reading as it is stored.
  v1::Reading Add(const std::string& place, int64_t time, double happiness = 5,
                  const std::string& source = "web");

  Database& db() { return writer_->db(); }

 private:
  const std::unique_ptr<ReadingWriter> writer_;
};

}  // namespace happiness

#endif  // TESTS_SERVICE_TESTING_STORE_FILLER_H_
