#include "net/message.h"

#include <algorithm>

namespace eventbus::net {

namespace {

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A')) : character;
}

}  // namespace

std::string_view find_header(const std::vector<Header>& headers, std::string_view name) {
  for (const Header& header : headers) {
    if (header.name.size() == name.size() &&
        std::equal(name.begin(), name.end(), header.name.begin(), [](char a, char b) { return lower(a) == lower(b); }))
      return header.value;
  }
  return {};
}

}  // namespace eventbus::net
