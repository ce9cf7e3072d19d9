#include "bus/receive_attempts.h"

namespace eventbus {

namespace {

constexpr Duration kWindow = std::chrono::minutes(5);  // AWS: ReceiveMessage, ReceiveRequestAttemptId
constexpr std::size_t kAttemptsMax = 1'000;
constexpr std::size_t kBytesMax = std::size_t{64} << 20;  // ten messages of a mebibyte each add up

std::size_t bytes_of(const ReceiveAttempts::Answer& answer) {
  std::size_t bytes = 0;
  for (const LeasedMessage& message : answer.messages)
    bytes += sizeof(message) + message.body.size() + message.attributes.size();
  return bytes;
}

}  // namespace

void ReceiveAttempts::remember(QueueId queue, const std::string& attempt_id, std::shared_ptr<const Answer> answer) {
  const TimePoint now = answer->received_at;
  const std::size_t bytes = bytes_of(*answer);
  std::lock_guard lock(mutex_);
  oldest_first_.push_back({Key(queue, attempt_id), answer, bytes});
  bytes_ += bytes;
  answers_.insert_or_assign(Key(queue, attempt_id), std::move(answer));
  while (oldest_first_.size() > kAttemptsMax || (bytes_ > kBytesMax && oldest_first_.size() > 1) ||
         oldest_first_.front().answer->received_at + kWindow <= now)
    forget_oldest();
}

void ReceiveAttempts::forget_oldest() {
  const Kept& oldest = oldest_first_.front();
  const auto newest = answers_.find(oldest.key);
  if (newest != answers_.end() && newest->second == oldest.answer) answers_.erase(newest);
  bytes_ -= oldest.bytes;
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
