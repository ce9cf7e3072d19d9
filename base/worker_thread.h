#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace eventbus {

// A thread for work that would hold up requests, one job after another. It begins with the first job. Safe to use from
// any thread.
class WorkerThread {
 public:
  WorkerThread() = default;
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;
  // Waits for the job that runs; those that have not begun are dropped.
  ~WorkerThread();

  // Jobs throw nothing.
  void post(std::function<void()> job);
  // Waits until all jobs posted so far are done.
  void drain();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace eventbus
