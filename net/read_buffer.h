#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace eventbus::net {

// Bytes read and not yet parsed, in one piece. Reads go behind them; consumed bytes make room as soon as that costs
// nothing. The memory is touched only as far as bytes arrive, so an idle connection costs a page or two.
class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t capacity) : data_(new char[capacity]), capacity_(capacity) {}

  std::string_view bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  bool full() const { return end_ - begin_ == capacity_; }

  struct Space {
    char* data;
    std::size_t size;
  };
  // Where the next read may write; empty only if full(). Moves the bytes to the front when the end is near.
  Space space() {
    if (empty()) begin_ = end_ = 0;
    if (begin_ > 0 && capacity_ - end_ < capacity_ / 4) {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    return {data_.get() + end_, capacity_ - end_};
  }
  void commit(std::size_t bytes) { end_ += bytes; }
  void consume(std::size_t bytes) { begin_ += bytes; }
  void clear() { begin_ = end_ = 0; }
  void grow(std::size_t capacity) {
    std::unique_ptr<char[]> larger(new char[capacity]);
    std::memcpy(larger.get(), data_.get() + begin_, end_ - begin_);
    data_ = std::move(larger);
    capacity_ = capacity;
    end_ -= std::exchange(begin_, 0);
  }
  std::size_t capacity() const { return capacity_; }

 private:
  std::unique_ptr<char[]> data_;  // uninitialised
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace eventbus::net
