// Keys and rows of the data directory: any bytes are refused or understood, and what is understood is written back as
// the very same bytes.

#include "storage/key_codec.h"
#include "storage/row_codec.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace eventbus {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_keys(std::string_view input) {
  if (const auto queue = keys::decode_queue(input)) require(keys::queue(*queue) == input);
  if (const auto parts = keys::decode_message(input)) require(keys::message(parts->queue, parts->sequence) == input);
  if (const auto parts = keys::decode_deduplication(input))
    require(keys::deduplication(parts->when, parts->sequence) == input);
  if (const auto parts = keys::decode_log_entry(input)) require(keys::log_entry(parts->log, parts->sequence) == input);
  if (const auto log = keys::decode_log_bounds(input)) require(keys::log_bounds(*log) == input);
  if (const auto parts = keys::decode_log_second(input)) require(keys::log_second(parts->log, parts->second) == input);
  const std::string after = keys::after_prefix(input);
  require(after.empty() || (after > input && !after.starts_with(input)));
}

// Two keys are ordered as their numbers are.
void check_order(std::string_view input) {
  if (input.size() < 32) return;
  const auto first = keys::decode_message(input.substr(0, 16)), second = keys::decode_message(input.substr(16, 16));
  require(first && second);
  const bool less = first->queue != second->queue ? first->queue < second->queue : first->sequence < second->sequence;
  require(less == (input.substr(0, 16) < input.substr(16, 16)));
}

template <typename Decoded>
void check_row(const Decoded& decoded, std::string_view input) {
  if (!decoded) return;
  std::string row;
  rows::encode(*decoded, row);
  require(row == input);
}

// Rows of version 1 are understood and come back as rows of version 2.
void check_log_rows(std::string_view input) {
  if (const auto event = rows::decode_log_event(input)) {
    std::string row;
    rows::encode(*event, row);
    const auto again = rows::decode_log_event(row);
    require(again && again->counted && again->accepted_at == event->accepted_at && again->payload == event->payload &&
            again->bytes_before == event->bytes_before);
    require(!event->counted || row == input);
  }
  if (const auto bounds = rows::decode_log_bounds(input)) {
    std::string row;
    rows::encode(*bounds, row);
    require(row.starts_with(input) && (row.size() == input.size() || bounds->bytes_before == 0));
  }
}

void check_rows(std::string_view input) {
  if (const auto number = rows::decode_number(input)) require(rows::number(*number) == input);
  (void)rows::decode_traits(input);  // any non-zero byte is a true
  check_row(rows::decode_catalog(input), input);
  check_row(rows::decode_head(input), input);
  check_row(rows::decode_body(input), input);
  check_row(rows::decode_deduplication(input), input);
  check_log_rows(input);
}

}  // namespace
}  // namespace eventbus

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  eventbus::check_keys(input);
  eventbus::check_order(input);
  eventbus::check_rows(input);
  return 0;
}
