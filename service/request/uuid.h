#ifndef SERVICE_REQUEST_UUID_H_
#define SERVICE_REQUEST_UUID_H_

#include <string>

namespace happiness {

// A random UUID (RFC 9562, version 4) in its usual form of 36 characters. Safe
// to call from any thread.
std::string RandomUuid();

}  // namespace happiness

#endif  // SERVICE_REQUEST_UUID_H_
