// A request: first line = method, target; then headers until an empty line; the rest is the body. Whatever it is, the
// gateway answers it with a status below 500 in some protocol of AWS, never HTML, and PutEvents accepts what it says it
// accepts. Behind it stand the real services over an empty memory storage.
#include "adapters/aws/events/events_service.h"
#include "adapters/aws/gateway.h"
#include "adapters/aws/sts/sts_service.h"
#include "bus/bus_catalog.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/replay_parts.h"
#include "tests/support/run_coroutine.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace eventbus;

constexpr int kInputsOfAWorld = 1'000;

class NoQueues final : public QueueDirectory {
 public:
  std::shared_ptr<const QueueInfo> find(const Scope&, std::string_view) const override { return nullptr; }
};

// Compiling the constraints takes a thousand times as long as a request, so a world serves a while; then what the
// inputs have created is forgotten.
struct World {
  testing::ManualClock clock{testing::test_epoch()};
  SeededRng rng{1};
  Limits limits;
  ConnectionLimits connection_limits;
  PublisherMetrics metrics;
  spdlog::logger log{"fuzz", std::make_shared<spdlog::sinks::null_sink_mt>()};
  std::unique_ptr<Storage> storage = make_memory_storage(clock);
  NoQueues queues;
  BusCatalog catalog{*storage, clock, limits,
                     [this](const Scope& scope, std::string_view bus, std::string_view rule) {
                       return metrics.rule(scope, bus, rule);
                     },
                     log};
  LogIds log_ids{*storage};
  ArchiveZones archive_zones{*storage};
  ArchiveCatalog archives{{*storage, log_ids, catalog, archive_zones, clock, rng, limits}};
  ConnectionCatalog connections{
      *storage, clock, rng, connection_limits, *SecretKeys::parse("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="), log};
  Publisher publisher{{catalog, queues, *storage, clock, rng, limits, metrics, log}};
  testing::ReplayParts replays{*storage, archive_zones, archives, catalog, publisher, clock, rng, log};
  aws::Gateway gateway{services(), {.rng = rng, .log = log}};

  World() {
    if (!catalog.load()) std::abort();
  }
  ~World() { storage->close(); }

  std::vector<std::unique_ptr<aws::Service>> services() {
    std::vector<std::unique_ptr<aws::Service>> all;
    all.push_back(aws::make_events_service(
        {catalog, connections, archives, replays.replayer, limits, {publisher, clock, rng, limits, metrics}}));
    all.push_back(aws::make_sts_service());
    return all;
  }
};

net::Request parse(std::string_view input) {
  net::Request request;
  const auto take_line = [&] {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    return line;
  };
  const std::string_view first = take_line();
  request.method = first.substr(0, first.find(' '));
  request.target = first.find(' ') == std::string_view::npos ? "/" : first.substr(first.find(' ') + 1);
  while (!input.empty()) {
    const std::string_view line = take_line();
    if (line.empty()) break;
    const std::size_t colon = std::min(line.find(':'), line.size());
    request.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(line.substr(std::min(colon + 1, line.size())))});
  }
  request.body = input;
  request.body.reserve(request.body.size() + 64);
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::unique_ptr<World> current;
  static int inputs = 0;
  if (!current || ++inputs % kInputsOfAWorld == 0) current = std::make_unique<World>();
  World& world = *current;
  const net::Handler handler = world.gateway.handler();
  const net::Request request = parse({reinterpret_cast<const char*>(data), size});
  const net::Response response = testing::run(handler(request));
  if (response.status < 200 || response.status >= 500) std::abort();
  for (const net::Header& header : response.headers)
    if (header.name == "Content-Type" && header.value.find("html") != std::string::npos) std::abort();
  return 0;
}
