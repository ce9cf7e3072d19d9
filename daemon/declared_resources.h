#pragma once

#include "base/result.h"
#include "daemon/api_caller.h"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <cstddef>
#include <string>

namespace eventbus {

// The `resources` section of a configuration file: queues, event buses, rules and their targets, archives, in the words
// of the API, plus a few that save spelling ARNs out:
//
//   account: "111122223333"           optional, as is `region`; default: the settings
//   queues:      [{QueueName, Attributes, Tags, DeadLetterQueue: NAME, MaxReceiveCount: N}]
//   event_buses: [{Name, Description, Tags, Policy, …as CreateEventBus}]
//   rules:       [{Name, EventBusName, EventPattern, Tags, …as PutRule, Targets: [{Id, Queue: NAME or Arn,
//   DeadLetterQueue: NAME,
//                  …as PutTargets}]}]
//   archives:    [{ArchiveName, EventBusName: NAME (default: default), EventPattern, …as CreateArchive}]
//
// Patterns, inputs, policies and attribute values may be written as YAML instead of JSON text.
struct DeclaredResources {
  struct Counts {
    std::size_t queues = 0, event_buses = 0, rules = 0, targets = 0, archives = 0;
  };

  // Creates what is missing and changes what is there to what is declared; what is not declared stays as it is.
  // Applying the same section again changes nothing. Stops at the first error, which names the place:
  // "resources.rules[0].Targets[1]: …".
  static asio::awaitable<Result<Counts>> apply(boost::json::object resources, net::Handler api, Scope default_scope);
};

}  // namespace eventbus
