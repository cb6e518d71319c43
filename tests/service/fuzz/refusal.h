// What a client must be able to rely on where its request is refused.

#ifndef TESTS_SERVICE_FUZZ_REFUSAL_H_
#define TESTS_SERVICE_FUZZ_REFUSAL_H_

#include <google/protobuf/descriptor.h>

#include "absl/status/status.h"

namespace happiness {

// The status says that the client is at fault, and fits into a header; the
// fields that it names are fields of `request`.
void CheckRefusal(const absl::Status& status,
                  const google::protobuf::Descriptor& request);

}  // namespace happiness

#endif  // TESTS_SERVICE_FUZZ_REFUSAL_H_
