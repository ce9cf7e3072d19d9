#include "adapters/aws/sqs/batch.h"

#include <algorithm>
#include <set>
#include <string>

namespace eventbus::aws {

namespace {

constexpr std::size_t kEntriesMax = 10;
constexpr std::size_t kIdCharactersMax = 80;

bool is_entry_id(std::string_view id) {
  return !id.empty() && id.size() <= kIdCharactersMax && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

QueueResult<void> check_batch(const boost::json::array& entries, std::string_view entry_name) {
  if (entries.empty())
    return QueueError(QueueErrorCode::kEmptyBatchRequest,
                      "There should be at least one " + std::string(entry_name) + " in the request.");
  if (entries.size() > kEntriesMax)
    return QueueError(
        QueueErrorCode::kTooManyEntriesInBatchRequest,
        "Maximum number of entries per request are 10. You have sent " + std::to_string(entries.size()) + ".");
  std::set<std::string_view> seen;
  for (const boost::json::value& entry : entries) {
    const boost::json::string& text = entry.at("Id").as_string();
    const std::string_view id(text.data(), text.size());
    if (!is_entry_id(id))
      return QueueError(QueueErrorCode::kInvalidBatchEntryId,
                        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be "
                        "at most 80 letters long.");
    if (!seen.insert(id).second)
      return QueueError(QueueErrorCode::kBatchEntryIdsNotDistinct, "Id " + std::string(id) + " repeated.");
  }
  return {};
}

}  // namespace eventbus::aws
