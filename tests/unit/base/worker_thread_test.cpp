#include "base/worker_thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace eventbus {
namespace {

TEST(WorkerThread, RunsJobsInOrderOnOneOtherThread) {
  std::vector<int> order;
  std::vector<std::thread::id> threads;
  WorkerThread worker;
  for (int i = 0; i < 20; ++i) {
    worker.post([&, i] {
      order.push_back(i);
      threads.push_back(std::this_thread::get_id());
    });
  }
  worker.drain();
  ASSERT_EQ(order.size(), 20U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
    EXPECT_EQ(threads[static_cast<std::size_t>(i)], threads.front());
  }
  EXPECT_NE(threads.front(), std::this_thread::get_id());
}

TEST(WorkerThread, WaitsForTheJobThatRuns) {
  std::atomic<bool> finished{false};
  std::promise<void> running;
  {
    WorkerThread worker;
    worker.post([&] {
      running.set_value();
      for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
      finished = true;
    });
    running.get_future().wait();
  }
  EXPECT_TRUE(finished);
}

TEST(WorkerThread, LetsGoOfWhatAJobHolds) {
  auto owned = std::make_shared<int>();
  WorkerThread worker;
  worker.post([owned] {});
  worker.drain();
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(WorkerThread, NeedsNoJob) { WorkerThread worker; }

}  // namespace
}  // namespace eventbus
