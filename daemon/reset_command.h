#pragma once

#include "bus/reset.h"
#include "net/message.h"

#include <vector>

namespace spdlog {
class logger;
}

namespace eventbus {

// POST /_eventbus/reset {"account": "000000000000"}, or {} for all accounts: the daemon is as if these had never done
// anything. Buses, rules, targets, queues, messages, logs and whatever else `participants` hold is forgotten; default
// buses are as at first. Deliveries that are under way have no consequence; receivers that wait see deleted queues.
// What the configuration file declares is not made again. Counters of /_eventbus/metrics and a moved clock stay.
//
// 200: {"account": …, "cleared": {"queues": 3, …}}; account is null for all. 400: the request. 403: neither without a
// configuration file nor with `allow_reset`. 503: the storage takes nothing now; `cleared` says how far it came.
// Safe to call from any shard. `log` must outlive the handler.
net::Handler reset_command(bool allowed, std::vector<ResetParticipant> participants, spdlog::logger& log);

}  // namespace eventbus
