#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace eventbus {

// An immutable value that one side replaces and many sides read. A reader keeps the snapshot it loaded for as long as
// it likes. A mutex and a pointer, because std::atomic<std::shared_ptr> of libstdc++ 12 trips ThreadSanitizer.
template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> initial) : current_(std::move(initial)) {}

  std::shared_ptr<const T> load() const {
    std::lock_guard lock(mutex_);
    return current_;
  }

  void store(std::shared_ptr<const T> next) {
    std::lock_guard lock(mutex_);
    current_.swap(next);
  }  // the old snapshot, if this was its last owner, dies outside the lock

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> current_;
};

}  // namespace eventbus
