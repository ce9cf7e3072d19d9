#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eventbus {

// What a server of somebody else's said, fit to be kept: in the attributes of a dead letter, in a stored document, in a
// log record. Valid UTF-8 of the characters that an SQS message may hold (behaviour §15), at most so many bytes;
// whatever is none of them is U+FFFD.
std::string foreign_text(std::string_view text, std::size_t bytes_max);

}  // namespace eventbus
