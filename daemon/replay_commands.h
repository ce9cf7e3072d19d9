#pragma once

#include "bus/replayer.h"
#include "bus/scope.h"
#include "net/message.h"

#include <map>
#include <string>

namespace eventbus {

// Replays and archives beyond what AWS can do. All requests may have `account` and `region`, by default those of the
// daemon; archives, buses and rules are named, or given as ARNs.
//
// Which events of an archive, in start, rehearse and export:
//   archive            the archive
//   from, to           [from, to) on the events' own time: ISO 8601, epoch seconds, "now", or "-15m" (s, m, h, d) for
//   so
//                      long ago; whole seconds. By default all there are.
//   pattern            an event pattern for the events as they were archived; an object, or a string of JSON
//
//   POST /_eventbus/replays/start     also: name, description, bus, rules, speed (times the original pace; by default
//   as
//                                     fast as it goes). Answers as status.
//   POST /_eventbus/replays/status    name
//   POST /_eventbus/replays/cancel    name. Answers as status.
//   POST /_eventbus/replays/list      {"replays": [as status]}
//   POST /_eventbus/replays/rehearse  also: bus, rules, next. What a replay would do with the next some thousand
//   events:
//                                     {"seen", "leftOut", "unmatched", "rules": [{"ruleArn", "events", "targets"}],
//                                     "eventsMax", "next"}
//   POST /_eventbus/archives/export   also: next. {"events": [as archived, to the byte], "seen", "eventsMax", "next"}
//   POST /_eventbus/archives/import   archive, events. {"imported", "leftOut"}
// `next` is missing behind the last page. Errors: {"error": …} with 400 the request, 404 what it names, 409 a name that
// is taken or a replay that is over, 429 too many replays, 503 the storage.
std::map<std::string, net::Handler, std::less<>> replay_commands(Replayer& replayer, Scope default_scope);

}  // namespace eventbus
