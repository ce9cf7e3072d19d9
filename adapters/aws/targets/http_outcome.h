#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/delivery_target.h"
#include "net/http_client.h"
#include "net/message.h"

#include <cstddef>
#include <optional>
#include <string_view>

namespace eventbus::aws {

// How much of an answer's body is kept for log records: ask the client for no more, with clip_body.
inline constexpr std::size_t kKeptBodyBytes = 4'096;

// The Retry-After header (RFC 9110 §10.2.3): seconds, or a date. AWS: a negative number means "do not try again"
// (behaviour §13).
struct RetryAfter {
  std::optional<Duration> delay;  // from now, never negative, at most a week; nullopt: absent or not understood
  bool never = false;
};
RetryAfter parse_retry_after(std::string_view text, TimePoint now);

// Whether AWS tries again after such a status: 401, 407, 409, 429 and 5xx (behaviour §13).
bool is_retried_status(unsigned status);

// What an exchange with an HTTP target came to (behaviour §13–15): 2xx delivered; a status that AWS tries again, a
// timeout or a trouble of the connection retried, Retry-After honoured; everything else failed for good.
AttemptOutcome http_outcome(const Result<net::Response, net::ClientError>& answer, TimePoint now);

// The two halves, for targets whose answers say more than their status. The status is not 2xx.
AttemptOutcome outcome_of_status(const net::Response& response, TimePoint now);
AttemptOutcome outcome_of_error(const net::ClientError& error);

// Notes what the target said in `outcome`, for log records.
void keep_answer(AttemptOutcome& outcome, const net::Response& response);

}  // namespace eventbus::aws
