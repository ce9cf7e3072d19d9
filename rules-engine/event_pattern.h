#pragma once

namespace eventbus::rules {

class EventPattern;

}  // namespace eventbus::rules
