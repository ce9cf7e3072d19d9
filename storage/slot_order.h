#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace eventbus {

using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xffff'ffff;

// The place of a slot in a SlotOrder, kept in the record itself. In the list: its neighbours; in the heap: its
// position.
struct SlotLink {
  Slot previous = kNoSlot;
  Slot next = kNoSlot;
};

// An ordered set of slots that mostly arrive in order, as times do: those go onto the end of a list (O(1), no memory of
// its own), stragglers into a heap (O(log n)); the front is the lesser of the two fronts. Erasing works anywhere.
//
// Access gives   SlotLink& link(Slot)           where the slot's place is kept
//                bool before(Slot, Slot) const  a strict order that does not change while a slot is in the set
template <typename Access>
class SlotOrder {
 public:
  explicit SlotOrder(Access access) : access_(std::move(access)) {}

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // kNoSlot when empty.
  Slot front() const {
    if (heap_.empty()) return head_;
    if (head_ == kNoSlot || access_.before(heap_.front(), head_)) return heap_.front();
    return head_;
  }

  void insert(Slot slot) {
    ++size_;
    if (tail_ == kNoSlot || access_.before(tail_, slot)) {
      append(slot);
    } else {
      heap_.push_back(slot);
      access_.link(slot).next = kInHeap;
      sift_up(heap_.size() - 1);
    }
  }

  void erase(Slot slot) {
    --size_;
    const SlotLink link = std::exchange(access_.link(slot), SlotLink{});
    if (link.next == kInHeap) {
      erase_from_heap(link.previous);
      return;
    }
    (link.previous == kNoSlot ? head_ : access_.link(link.previous).next) = link.next;
    (link.next == kNoSlot ? tail_ : access_.link(link.next).previous) = link.previous;
  }

  // Forgets all without touching their records.
  void clear() {
    head_ = tail_ = kNoSlot;
    heap_ = std::vector<Slot>();
    size_ = 0;
  }

 private:
  static constexpr Slot kInHeap = kNoSlot - 1;

  void append(Slot slot) {
    access_.link(slot) = {tail_, kNoSlot};
    (tail_ == kNoSlot ? head_ : access_.link(tail_).next) = slot;
    tail_ = slot;
  }

  void place(std::size_t position, Slot slot) {
    heap_[position] = slot;
    access_.link(slot).previous = static_cast<Slot>(position);
  }

  void sift_up(std::size_t position) {
    const Slot slot = heap_[position];
    while (position > 0) {
      const std::size_t parent = (position - 1) / 2;
      if (!access_.before(slot, heap_[parent])) break;
      place(position, heap_[parent]);
      position = parent;
    }
    place(position, slot);
  }

  void sift_down(std::size_t position) {
    const Slot slot = heap_[position];
    for (;;) {
      std::size_t child = 2 * position + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && access_.before(heap_[child + 1], heap_[child])) ++child;
      if (!access_.before(heap_[child], slot)) break;
      place(position, heap_[child]);
      position = child;
    }
    place(position, slot);
  }

  void erase_from_heap(std::size_t position) {
    const Slot last = heap_.back();
    heap_.pop_back();
    if (position == heap_.size()) return;
    place(position, last);
    sift_up(position);
    sift_down(access_.link(last).previous);
  }

  Access access_;
  Slot head_ = kNoSlot, tail_ = kNoSlot;
  std::vector<Slot> heap_;
  std::size_t size_ = 0;
};

}  // namespace eventbus
