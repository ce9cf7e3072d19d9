#include "bus/receive_attempts.h"

namespace eventbus {

namespace {

constexpr Duration kWindow = std::chrono::minutes(5);  // AWS: ReceiveMessage, ReceiveRequestAttemptId
constexpr std::size_t kAttemptsMax = 1'000;

}  // namespace

void ReceiveAttempts::remember(QueueId queue, const std::string& attempt_id, std::shared_ptr<const Answer> answer) {
  std::lock_guard lock(mutex_);
  const auto [entry, added] = answers_.insert_or_assign(Key(queue, attempt_id), std::move(answer));
  if (added) oldest_first_.push_back(entry->first);
  if (oldest_first_.size() <= kAttemptsMax) return;
  answers_.erase(oldest_first_.front());
  oldest_first_.pop_front();
}

std::shared_ptr<const ReceiveAttempts::Answer> ReceiveAttempts::find(QueueId queue, const std::string& attempt_id,
                                                                     TimePoint now) const {
  std::lock_guard lock(mutex_);
  const auto found = answers_.find(Key(queue, attempt_id));
  if (found == answers_.end() || found->second->received_at + kWindow <= now) return nullptr;
  return found->second;
}

}  // namespace eventbus
