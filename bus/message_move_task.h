#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/scope.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// One message move task (StartMessageMoveTask): moves the messages of a dead-letter queue back to where they came from,
// or to another queue. Kept in the Catalog, which is the only place its state is in:
//   key    sqs/move/ACCOUNT/REGION/SOURCE-QUEUE/TASK-ID
//   value
//   {"version":1,"status":"RUNNING","destination":ARN?,"rate":N?,"started":MS,"moved":N,"to_move":N,"failure":TEXT?}
// `moved` grows in the very commits that move messages, so a restart goes on with the right count.
struct MessageMoveTask {
  enum Status { kRunning, kCompleted, kCancelled, kFailed };

  std::string id;  // UUID
  Status status = kRunning;
  std::optional<std::string> destination_arn;       // nullopt: each message's DeadLetterQueueSourceArn
  std::optional<std::int64_t> messages_per_second;  // 1–500; nullopt: as fast as it goes
  TimePoint started_at;
  std::int64_t moved = 0, to_move = 0;
  std::string failure;  // of kFailed
};

inline constexpr std::string_view kMoveTaskKeyPrefix = "sqs/move/";
// "sqs/move/ACCOUNT/REGION/SOURCE-QUEUE/": all tasks of one source.
std::string move_task_prefix(const Scope& scope, std::string_view source);
std::string move_task_key(const Scope& scope, std::string_view source, std::string_view task_id);

std::string encode_move_task(const MessageMoveTask& task);
Result<MessageMoveTask> decode_move_task(std::string_view key, std::string_view value);

// "RUNNING", "COMPLETED", "CANCELLED", "FAILED".
std::string_view to_string(MessageMoveTask::Status status);

// A TaskHandle names task and source, as AWS's does: base64 of {"taskId":"…","sourceArn":"…"}.
struct MoveTaskHandle {
  std::string task_id, source_arn;

  std::string encode() const;
  static std::optional<MoveTaskHandle> decode(std::string_view text);
};

}  // namespace eventbus
