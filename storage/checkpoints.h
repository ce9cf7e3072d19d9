#pragma once

#include "base/result.h"

#include <boost/asio/awaitable.hpp>

#include <filesystem>

namespace eventbus {

namespace asio = boost::asio;

class Storage;

// What a storage that keeps its data in a directory can do besides: copies of it while it runs.
class Checkpoints {
 public:
  // nullptr: this storage cannot.
  static Checkpoints* of(Storage& storage);
  virtual ~Checkpoints() = default;

  // Copies all that has been committed so far to `directory`, while commits go on: a data directory, complete and on
  // disk when this returns, that a storage can be opened on. Files that never change are shared with it where the file
  // system can. kInvalid: the storage keeps nothing in a directory; kConflict: there is something at `directory`
  // already; kUnavailable: it cannot be written. Nothing is left of a copy that failed. Safe to call from any thread.
  virtual asio::awaitable<Result<void>> checkpoint(std::filesystem::path directory) = 0;
};

}  // namespace eventbus
