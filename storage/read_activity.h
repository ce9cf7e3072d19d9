#pragma once

#include "storage/storage.h"

#include <cstddef>

namespace eventbus {

// What a storage does on threads of its own, beside commits. Who wants to know whether all is done looks at this, and
// makes an empty commit, which is done after all before it.
class ReadActivity {
 public:
  virtual ~ReadActivity() = default;
  // Reads under way; one whose caller has been told counts no more. Any thread.
  virtual std::size_t reads_under_way() const = 0;

  // Of a storage; nullptr when it reads on its callers' threads.
  static const ReadActivity* of(const Storage& storage) { return dynamic_cast<const ReadActivity*>(&storage); }
};

}  // namespace eventbus
