#include "daemon/discard_lane_command.h"

#include "daemon/json_response.h"

#include <boost/json/parse.hpp>
#include <spdlog/logger.h>

#include <optional>
#include <string>

namespace eventbus {
namespace {

namespace json = boost::json;

std::optional<QueueId> lane_in(const std::string& body) {
  boost::system::error_code failed;
  const json::value request = json::parse(body, failed);
  if (failed || !request.is_object() || request.get_object().size() != 1) return std::nullopt;
  const json::value* lane = request.get_object().if_contains("lane");
  if (!lane || !lane->is_int64() || lane->get_int64() <= 0) return std::nullopt;
  return static_cast<QueueId>(lane->get_int64());
}

unsigned status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kUnavailable:
      return 503;
    default:
      return 500;
  }
}

asio::awaitable<CatalogResult<std::uint64_t>> discard_of_schedules(ScheduleLanes& lanes, QueueId lane) {
  const Result<std::uint64_t> discarded = co_await lanes.discard(lane);
  if (!discarded) co_return discarded.error();
  co_return *discarded;
}

asio::awaitable<net::Response> discard(BusCatalog& catalog, ScheduleLanes& schedule_lanes, spdlog::logger& log,
                                       std::string body) {
  const std::optional<QueueId> lane = lane_in(body);
  if (!lane) co_return json_error(400, "the request is not of the form {\"lane\": 17}");
  const bool of_schedules = schedule_lanes.lane(*lane) != nullptr;
  const CatalogResult<std::uint64_t> discarded =
      co_await (of_schedules ? discard_of_schedules(schedule_lanes, *lane) : catalog.discard_lane(*lane));
  if (!discarded) co_return json_error(status_of(discarded.error().code), discarded.error().message);
  log.warn("Deliveries were discarded by hand. lane={} deliveries={}", *lane, *discarded);
  co_return json_response(200, json::object{{"lane", *lane}, {"discarded", *discarded}});
}

}  // namespace

net::Handler discard_lane_command(BusCatalog& catalog, ScheduleLanes& schedule_lanes, spdlog::logger& log) {
  return [&catalog, &schedule_lanes, &log](const net::Request& request) {
    return discard(catalog, schedule_lanes, log, request.body);
  };
}

}  // namespace eventbus
