#include "net/message.h"

#include <algorithm>

namespace eventbus::net {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string_view find_header(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers) {
    if (header.name.size() != name.size()) continue;
    if (std::equal(name.begin(), name.end(), header.name.begin(),
                   [](char a, char b) { return lower(a) == lower(b); })) {
      return header.value;
    }
  }
  return {};
}

}  // namespace eventbus::net
