#include "bus/message_move_task.h"

#include "base/digest.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>

namespace eventbus {

namespace json = boost::json;

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::array<std::string_view, 4> kStatusNames = {"RUNNING", "COMPLETED", "CANCELLED", "FAILED"};

std::optional<std::int64_t> integer_of(const json::object& document, std::string_view member) {
  const json::value* value = document.if_contains(member);
  if (const std::int64_t* number = value ? value->if_int64() : nullptr) return *number;
  return std::nullopt;
}

std::optional<std::string> text_of(const json::object& document, std::string_view member) {
  const json::value* value = document.if_contains(member);
  if (const json::string* text = value ? value->if_string() : nullptr) return std::string(*text);
  return std::nullopt;
}

std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code failure;
  json::value value = json::parse(text, failure);
  if (failure || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

}  // namespace

std::string move_task_prefix(const Scope& scope, std::string_view source) {
  std::string key(kMoveTaskKeyPrefix);
  key.append(scope.account).append("/").append(scope.region).append("/").append(source).append("/");
  return key;
}

std::string move_task_key(const Scope& scope, std::string_view source, std::string_view task_id) {
  return move_task_prefix(scope, source).append(task_id);
}

std::string_view to_string(MessageMoveTask::Status status) { return kStatusNames[static_cast<std::size_t>(status)]; }

std::string encode_move_task(const MessageMoveTask& task) {
  json::object document;
  document["version"] = kVersion;
  document["status"] = to_string(task.status);
  if (task.destination_arn) document["destination"] = *task.destination_arn;
  if (task.messages_per_second) document["rate"] = *task.messages_per_second;
  document["started"] = task.started_at.time_since_epoch().count();
  document["moved"] = task.moved;
  document["to_move"] = task.to_move;
  if (!task.failure.empty()) document["failure"] = task.failure;
  return json::serialize(document);
}

Result<MessageMoveTask> decode_move_task(std::string_view key, std::string_view value) {
  const std::optional<json::object> document = parse_object(value);
  const std::string status = document ? text_of(*document, "status").value_or("") : "";
  const auto known = std::ranges::find(kStatusNames, status);
  if (!document || integer_of(*document, "version") != kVersion || known == kStatusNames.end())
    return internal("The catalog entry " + std::string(key) + " is not a message move task.");

  MessageMoveTask task;
  task.id = key.substr(key.rfind('/') + 1);
  task.status = static_cast<MessageMoveTask::Status>(known - kStatusNames.begin());
  task.destination_arn = text_of(*document, "destination");
  task.messages_per_second = integer_of(*document, "rate");
  task.started_at = TimePoint(Duration(integer_of(*document, "started").value_or(0)));
  task.moved = integer_of(*document, "moved").value_or(0);
  task.to_move = integer_of(*document, "to_move").value_or(0);
  task.failure = text_of(*document, "failure").value_or("");
  return task;
}

std::string MoveTaskHandle::encode() const {
  return base64_encode(json::serialize(json::object{{"taskId", task_id}, {"sourceArn", source_arn}}));
}

std::optional<MoveTaskHandle> MoveTaskHandle::decode(std::string_view text) {
  const std::optional<std::string> decoded = base64_decode(text);
  const std::optional<json::object> document = decoded ? parse_object(*decoded) : std::nullopt;
  if (!document) return std::nullopt;
  std::optional<std::string> task_id = text_of(*document, "taskId"), source_arn = text_of(*document, "sourceArn");
  if (!task_id || !source_arn || task_id->find('/') != std::string::npos) return std::nullopt;
  return MoveTaskHandle{std::move(*task_id), std::move(*source_arn)};
}

}  // namespace eventbus
