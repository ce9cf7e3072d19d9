#include "bus/queue_messages.h"

#include "bus/receipt_handle.h"

#include <utility>

namespace eventbus {

namespace {

constexpr std::int64_t kVisibilitySecondsMax = 43'200;
constexpr Duration kTotalVisibilityMax = std::chrono::hours(12);  // AWS: counted from the receive

QueueError expired_handle(std::string_view text) {
  return invalid_parameter(text, "ReceiptHandle", "The receipt handle has expired.");
}

QueueResult<ReceiptHandle> handle_of(const QueueInfo& queue, std::string_view text) {
  if (text.empty()) return missing_parameter("ReceiptHandle");
  const std::optional<ReceiptHandle> handle = decode_receipt_handle(text);
  if (handle && handle->lease.queue == queue.id) return *handle;
  return QueueError(QueueErrorCode::kReceiptHandleIsInvalid,
                    "The input receipt handle \"" + std::string(text) + "\" is not a valid receipt handle.");
}

}  // namespace

QueueMessages::QueueMessages(const QueueService& queues, Storage& storage, Clock& clock, Rng& rng, const Limits& limits,
                             spdlog::logger& log)
    : queues_(queues), storage_(storage), clock_(clock), rng_(rng), limits_(limits), log_(log) {}

asio::awaitable<QueueResult<QueueMessages::Results>> QueueMessages::remove(QueuePtr queue,
                                                                           std::vector<std::string> receipt_handles) {
  Results results;
  results.reserve(receipt_handles.size());
  Commit commit;
  for (const std::string& text : receipt_handles) {
    const QueueResult<ReceiptHandle> handle = handle_of(*queue, text);
    if (!handle) {
      results.emplace_back(handle.error());
      continue;
    }
    const LeaseState state = storage_.queues().state(handle->lease);
    const bool held = state == LeaseState::kHeld;
    const bool expired = state == LeaseState::kExpired || state == LeaseState::kSuperseded;
    if (queue->fifo && expired) {
      results.emplace_back(expired_handle(text));
      continue;
    }
    if (held || state == LeaseState::kExpired) commit.acks.push_back(handle->lease.key());
    results.emplace_back();
  }
  if (!commit.acks.empty()) CO_TRY_VOID(co_await storage_.commit(std::move(commit)));
  co_return std::move(results);
}

QueueResult<void> QueueMessages::change_visibility(const QueueInfo& queue, std::string_view receipt_handle,
                                                   std::int64_t seconds) {
  TRY(const ReceiptHandle handle, handle_of(queue, receipt_handle));
  const std::string text = std::to_string(seconds);
  if (seconds < 0 || seconds > kVisibilitySecondsMax)
    return invalid_parameter(text, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200.");
  const TimePoint until = clock_.now() + std::chrono::seconds(seconds);
  if (until > handle.received_at + kTotalVisibilityMax)
    return invalid_parameter(text, "VisibilityTimeout",
                             "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]");
  switch (storage_.queues().extend(handle.lease, until)) {
    case LeaseState::kHeld:
      return {};
    case LeaseState::kExpired:
      if (queue.fifo) return expired_handle(receipt_handle);
      return {};  // AWS: a late change succeeds and changes nothing (recorded; MessageNotInflight is only in the model)
    case LeaseState::kSuperseded:
      if (queue.fifo) return expired_handle(receipt_handle);
      break;
    case LeaseState::kGone:
      break;
  }
  return invalid_parameter(receipt_handle, "ReceiptHandle",
                           "Message does not exist or is not available for visibility timeout change.");
}

}  // namespace eventbus
