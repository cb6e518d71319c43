// Ids of readings as the store has them.

#ifndef SERVICE_STORE_READING_IDS_H_
#define SERVICE_STORE_READING_IDS_H_

#include <array>
#include <string_view>

#include "service/store/database.h"

namespace happiness {

// A reading_id on its way into a statement. A UUID in its usual form, 36 lower
// case characters, becomes its 16 bytes; everything else stays the text that it
// is. So no two ids become the same, most take less than half the space, and
// UUIDs keep their order: those that begin with the time (version 7) lie beside
// each other in the index, whose pages then stay in the cache.
class StoredId {
 public:
  // `id` must outlive this.
  explicit StoredId(std::string_view id);

  // This must live as long as `query`.
  void BindTo(Query& query, int parameter) const;

 private:
  std::string_view text_;
  std::array<char, 16> uuid_;
  bool is_uuid_;
};

}  // namespace happiness

#endif  // SERVICE_STORE_READING_IDS_H_
