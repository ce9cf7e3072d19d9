#include "tests/unit/rules-engine/counted_allocations.h"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {
std::atomic<std::size_t> calls_ever{0};
std::atomic<std::size_t> bytes_ever{0};
std::atomic<std::size_t> bytes_live{0};
}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#define EVENTBUS_COUNTS_ALLOCATIONS 1
void* operator new(std::size_t bytes) {
  void* const memory = std::malloc(bytes > 0 ? bytes : 1);
  if (!memory) throw std::bad_alloc();
  calls_ever.fetch_add(1, std::memory_order_relaxed);
  bytes_ever.fetch_add(bytes, std::memory_order_relaxed);
  bytes_live.fetch_add(malloc_usable_size(memory), std::memory_order_relaxed);
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory) bytes_live.fetch_sub(malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
#endif

namespace eventbus::rules {

CountedAllocations CountedAllocations::now() { return {calls_ever.load(), bytes_ever.load(), bytes_live.load()}; }

bool CountedAllocations::counting() {
#ifdef EVENTBUS_COUNTS_ALLOCATIONS
  return true;
#else
  return false;
#endif
}

}  // namespace eventbus::rules
