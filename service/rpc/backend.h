// What the methods of HappinessService work on.

#ifndef SERVICE_RPC_BACKEND_H_
#define SERVICE_RPC_BACKEND_H_

#include <cstddef>
#include <cstdint>

#include "service/access/access.h"
#include "service/log/reading_log.h"
#include "service/store/read_pool.h"

namespace happiness {

// All of it must outlive the server.
struct Backend {
  ReadingLog* log;
  // Run what reads much of the store that the log keeps: lists and history; and
  // how summaries begin, which must not wait for those.
  ReadPool* queries;
  ReadPool* fills;
  // A place's level is shown only where at least so many different sources
  // contributed: 1 to SourceSet::kMax.
  size_t min_group = 1;
  // Who may record, and read; everybody, if null.
  const Access* access = nullptr;
  // Readings a second that each of those who have a token may record; 0: any
  // number.
  int64_t writes_per_token = 0;
};

}  // namespace happiness

#endif  // SERVICE_RPC_BACKEND_H_
