#pragma once

#include "base/clock.h"
#include "storage/queue_store.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What a ReceiptHandle stands for: one delivery attempt of one message of one queue, and when it was received (the
// twelve hours of visibility count from there).
struct ReceiptHandle {
  Lease lease;
  TimePoint received_at;
};

// Opaque to clients: base64 of version (1 byte), queue, sequence, attempt, milliseconds since 1970 and a check sum, all
// big-endian. The check catches typing errors and handles of other systems; it is no signature.
std::string encode_receipt_handle(const ReceiptHandle& handle);
std::optional<ReceiptHandle> decode_receipt_handle(std::string_view text);

}  // namespace eventbus
