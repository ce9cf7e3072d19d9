#pragma once

#include "storage/queue_store.h"

namespace eventbus {

// What a queue store can do for whoever has leased a message and found nobody to hand it to. Safe to call from any
// thread.
class LeaseReturn {
 public:
  // nullptr: this store cannot.
  static LeaseReturn* of(QueueStore& queues);
  virtual ~LeaseReturn() = default;

  // As if a lease that is kHeld had not happened: the message is visible at once, whoever waits for it is woken, and
  // the lease is not one of its attempts. Changes nothing otherwise.
  virtual void give_back(const Lease& lease) = 0;
};

}  // namespace eventbus
