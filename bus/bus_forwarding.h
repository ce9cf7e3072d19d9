#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "bus/event.h"
#include "bus/queue_message.h"
#include "bus/scope.h"

namespace eventbus {

// From a bus to a bus (behaviour §12).

// What the bus in `to` receives of an event on a bus in `from`. Within a region: the same event. In another region: the
// same with a new id and a new time; account and region stay those of its origin. Age counts anew from `now`. Fails for
// good at a second hop of a kind: THIRD_ACCOUNT_HOP_DETECTED, THIRD_REGION_HOP_DETECTED.
Result<Event, DeliveryFailure> forwarded_event(const Event& event, const Scope& from, const Scope& to, TimePoint now,
                                               Rng& rng);

// Is it a second hop's?
bool is_hop_limit(const DeliveryFailure& failure);

// Of a bus that does not exist in another account. In the same account AWS takes the event and drops it.
DeliveryFailure no_cross_account_permissions();

}  // namespace eventbus
