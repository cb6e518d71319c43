// UUIDs, for readings that come without an id.

#ifndef SERVICE_REQUEST_UUID_H_
#define SERVICE_REQUEST_UUID_H_

#include <string>

namespace happiness {

// A new UUID in its usual form of 36 characters: the time and random bits (RFC
// 9562, version 7), since ids that grow with time cost an index least. Safe to
// call from any thread.
std::string NewUuid();

}  // namespace happiness

#endif  // SERVICE_REQUEST_UUID_H_
