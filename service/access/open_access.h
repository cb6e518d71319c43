// What the command line says of who may record, and read.

#ifndef SERVICE_ACCESS_OPEN_ACCESS_H_
#define SERVICE_ACCESS_OPEN_ACCESS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/access/access.h"

namespace happiness {

struct AccessOptions {
  std::string record_tokens = {};  // a file; empty: everybody may
  std::string read_tokens = {};
  std::string jwt_keys = {};  // a file; empty: no JWTs
  std::string jwt_audience = {};
  bool jwt_records = false;
  bool jwt_reads = false;
};

// Reads the files, each of which is read again when it changes. An error names
// the flag; it is one line for the person who started the program.
absl::StatusOr<std::unique_ptr<Access>> OpenAccess(
    const AccessOptions& options);

}  // namespace happiness

#endif  // SERVICE_ACCESS_OPEN_ACCESS_H_
