#include "daemon/wait_command.h"

#include "bus/arn.h"
#include "daemon/json_response.h"
#include "daemon/timeline_json.h"
#include "daemon/wait_request.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <deque>
#include <map>
#include <memory>
#include <utility>

namespace eventbus {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownMax = 100;

bool is_of_bus(const std::string& wanted, const EventTimeline& timeline) {
  return wanted == timeline.bus || wanted == bus_arn(timeline.scope, timeline.bus);
}

bool is_in_place(const WaitRequest& request, const EventTimeline& timeline) {
  return (!request.account || *request.account == timeline.scope.account) &&
         (!request.region || *request.region == timeline.scope.region) &&
         (!request.bus || is_of_bus(*request.bus, timeline));
}

// A rule by its name or its ARN.
bool is_rule(const std::string& wanted, const std::string& arn) {
  return wanted == arn || (!wanted.starts_with("arn:") && arn.ends_with("/" + wanted));
}

bool counts(const WaitRequest& request, const EventTimeline::Delivery& delivery) {
  return (!request.rule || is_rule(*request.rule, delivery.rule_arn)) &&
         (!request.target || *request.target == delivery.target_arn);
}

// Has the event come so far?
bool is_there(const WaitRequest& request, const EventTimeline& timeline) {
  using Delivery = EventTimeline::Delivery;
  const auto any = [&](Delivery::State state) {
    return std::ranges::any_of(timeline.deliveries, [&](const Delivery& delivery) {
      return delivery.state == state && counts(request, delivery);
    });
  };
  switch (request.until) {
    case WaitRequest::kReceived:
      return true;
    case WaitRequest::kDelivered:
      return any(Delivery::kDelivered);
    case WaitRequest::kFailed:
      return any(Delivery::kFailed);
    case WaitRequest::kEnded:
      return !any(Delivery::kWaiting);
  }
  return false;
}

// Wakes the one coroutine that waits, from any thread, as often as it slept.
struct Bell {
  explicit Bell(const asio::any_io_executor& executor) : timer(executor) {}
  asio::steady_timer timer;
  std::atomic<bool> rung{false};

  static void ring(const std::shared_ptr<Bell>& bell) {
    if (bell->rung.exchange(true)) return;
    // Behind whatever its coroutine does now: when this runs, it sleeps.
    asio::post(bell->timer.get_executor(), [bell] { bell->timer.cancel(); });
  }
};

}  // namespace

// One request, and what it has seen so far.
struct WaitCommand::Watch {
  WaitRequest request;
  rules::MatchScratch scratch;
  std::uint64_t next = 1;  // the number to look at
  bool missed = false;
  std::size_t seen = 0;
  std::deque<std::uint64_t> candidates = {};  // pattern and place fit, oldest first
  std::deque<std::uint64_t> there = {};       // and those of them that have come so far
};

net::Handler WaitCommand::handler() {
  return [this](net::Request request) { return answer(std::move(request.body)); };
}

net::Response WaitCommand::cursor() const {
  const EventTimelines::Bounds bounds = timelines_.bounds();
  return json_response(
      200, json::object{{"cursor", cursor_of(bounds.newest)}, {"remembered", bounds.newest + 1 - bounds.oldest}});
}

std::string WaitCommand::cursor_of(std::uint64_t number) const { return life_ + "-" + std::to_string(number); }

std::optional<std::uint64_t> WaitCommand::number_of(const std::string& cursor) const {
  if (cursor == "now") return timelines_.bounds().newest;
  if (!cursor.starts_with(life_ + "-")) return std::nullopt;
  const char* const begin = cursor.data() + life_.size() + 1;
  const char* const end = cursor.data() + cursor.size();
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(begin, end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

void WaitCommand::look(Watch& watch) const {
  // Matching takes its time: without the ring's lock.
  const std::uint64_t oldest = timelines_.bounds().oldest;
  watch.missed = watch.missed || oldest > watch.next;
  std::erase_if(watch.candidates, [oldest](std::uint64_t number) { return number < oldest; });
  std::deque<std::pair<std::uint64_t, std::shared_ptr<const std::string>>> fresh;
  timelines_.visit(watch.next, [&](std::uint64_t number, const EventTimeline& timeline) {
    fresh.emplace_back(number, is_in_place(watch.request, timeline) ? timeline.event : nullptr);
  });
  for (const auto& [number, event] : fresh) {
    watch.next = number + 1;
    ++watch.seen;
    const bool fits =
        event && (!watch.request.pattern || !watch.request.pattern->match_valid(*event, watch.scratch).empty());
    if (fits) watch.candidates.push_back(number);
  }
  watch.there.clear();
  for (const std::uint64_t number : watch.candidates) {
    timelines_.look_at(number, [&](const EventTimeline& timeline) {
      if (is_there(watch.request, timeline)) watch.there.push_back(number);
    });
    if (watch.there.size() == watch.request.count) return;
  }
}

std::string WaitCommand::render(const Watch& watch, bool matched) const {
  std::deque<std::uint64_t> shown = matched ? watch.there : watch.candidates;
  while (!matched && shown.size() > kShownMax) shown.pop_front();
  std::string body = json::serialize(json::object{
      {"matched", matched}, {"seen", watch.seen}, {"missed", watch.missed}, {"cursor", cursor_of(watch.next - 1)}});
  body.back() = ',';
  body += "\"events\":[";
  const char* separator = "";
  for (const std::uint64_t number : shown) {
    timelines_.look_at(number, [&](const EventTimeline& timeline) {
      json::object described = timeline_json(timeline);
      described["matched"] = is_there(watch.request, timeline);
      std::string text = json::serialize(described);
      text.back() = ',';
      body += separator + text + "\"event\":" + *timeline.event + "}";
      separator = ",";
    });
  }
  return body + "]}";
}

asio::awaitable<net::Response> WaitCommand::answer(std::string body) {
  auto request = WaitRequest::parse(body);
  if (!request) co_return json_error(400, request.error().message);
  Watch watch{*std::move(request), rules::MatchScratch()};
  if (watch.request.since) {
    const std::optional<std::uint64_t> number = number_of(*watch.request.since);
    if (!number) co_return json_error(400, "\"since\" is no cursor that this daemon has given since it started");
    watch.next = *number + 1;
  } else {
    watch.next = timelines_.bounds().oldest;
  }

  const TimePoint deadline = system_.now() + watch.request.timeout;
  const auto bell = std::make_shared<Bell>(co_await asio::this_coro::executor);
  const EventTimelines::Listener listener(timelines_, [bell] { Bell::ring(bell); });
  for (;;) {
    bell->rung = false;
    look(watch);
    const bool matched = watch.there.size() >= watch.request.count;
    const TimePoint now = system_.now();
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (matched || now >= deadline || state.cancelled() != asio::cancellation_type::none)
      co_return json_response(200, render(watch, matched));
    bell->timer.expires_after(deadline - now);
    co_await bell->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

net::Response nothing_remembered() {
  return json_error(409, "nothing is remembered here: the setting event_timelines is off");
}

net::Handler nothing_to_wait_for() {
  return [](const net::Request&) -> asio::awaitable<net::Response> { co_return nothing_remembered(); };
}

}  // namespace eventbus
