#include "adapters/aws/sqs/queue_url.h"

#include <algorithm>

namespace eventbus::aws {

std::string queue_url(const RequestContext& context, const QueueInfo& queue) {
  std::string url = context.scheme;
  url.append("://").append(context.host).append("/").append(queue.scope.account).append("/").append(queue.name);
  return url;
}

std::optional<QueueName> parse_queue_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    url.remove_prefix(std::min(url.find('/'), url.size()));
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  const std::size_t name_slash = url.rfind('/');
  if (name_slash == std::string_view::npos || name_slash == 0) return std::nullopt;
  const std::string_view name = url.substr(name_slash + 1);
  std::string_view account = url.substr(0, name_slash);
  account.remove_prefix(account.rfind('/') + 1);  // npos + 1 = 0
  const bool digits = std::ranges::all_of(account, [](char c) { return c >= '0' && c <= '9'; });
  if (account.size() != 12 || !digits || name.empty()) return std::nullopt;
  return QueueName{std::string(account), std::string(name)};
}

}  // namespace eventbus::aws
