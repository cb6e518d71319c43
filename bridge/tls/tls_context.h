// The certificate with which the bridge shows who it is.

#ifndef BRIDGE_TLS_TLS_CONTEXT_H_
#define BRIDGE_TLS_TLS_CONTEXT_H_

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bridge/tls/tls_channel.h"
#include "files/watched_files.h"

namespace bridge {

// Two files in PEM: the certificate with those that lead to its root, and its
// key. Both empty: no TLS.
struct TlsFiles {
  std::string cert;
  std::string key;

  bool empty() const { return cert.empty() && key.empty(); }
};

// Whether they can be used: a certificate and its key; certificates of those
// who vouch for others. The error is one line for the person who started the
// program.
absl::Status CheckIdentity(const TlsFiles& files);
absl::Status CheckAuthorities(const std::string& path);

// TLS 1.2 and 1.3, with the certificate in two files, which are read again when
// they change: connections that there are keep theirs. Thread-safe.
class TlsContext {
 public:
  // The error is one line for the person who started the program.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Open(TlsFiles files);

  // For a connection that begins.
  std::unique_ptr<TlsChannel> NewChannel() const;

  // When the certificate ends.
  absl::Time not_after() const;

 private:
  explicit TlsContext(TlsFiles files);

  absl::StatusOr<std::string> Take();

  const TlsFiles files_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<SSL_CTX> context_ ABSL_GUARDED_BY(mutex_);
  absl::Time not_after_ ABSL_GUARDED_BY(mutex_);

  files::WatchedFiles watched_;  // last, so that its thread ends first
};

}  // namespace bridge

#endif  // BRIDGE_TLS_TLS_CONTEXT_H_
