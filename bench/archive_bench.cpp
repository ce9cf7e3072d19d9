// What archives cost.
//   archive_bench append  [--events FILE]   processor time and time of PutEvents' publication, rule to a queue, with
//   and
//                                           without an archive beside it, in turns (A B A B …); medians
//   archive_bench space    --events FILE    bytes on the disk, and bytes written to it, for each byte of events
//   archive_bench seek     --count 10000000 how long an archive of so many events takes to open, and to find a minute
//   archive_bench expire   --count 2000000  what it costs to forget half of an archive, and when the space comes back
//   archive_bench scan     --count 1000000  events a second through the reader
// FILE holds an event's JSON on each line: ../shared/bench/make_corpus.py events --out FILE
#include "base/clock.h"
#include "base/rng.h"
#include "bus/archive_catalog.h"
#include "bus/archive_keeper.h"
#include "bus/archive_reader.h"
#include "bus/arn.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "storage/rocksdb/rocksdb_storage.h"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <utility>
#include <vector>

namespace eventbus::bench {
namespace {

using Steady = std::chrono::steady_clock;  // a benchmark's own clock; the product has base/clock.h
using std::chrono::duration;

struct Options {
  std::filesystem::path directory = "archive-bench-data";
  std::string events;
  std::uint64_t count = 1'000'000;
  int rounds = 7;
  int requests = 3'000;
  bool sync = false;
};

const Scope kScope{"000000000000", "us-east-1"};

double seconds_since(Steady::time_point start) { return duration<double>(Steady::now() - start).count(); }

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}
double worst(const std::vector<double>& values) { return *std::ranges::max_element(values); }

// Bytes that this process has had written to disks.
double bytes_written() {
  std::ifstream io("/proc/self/io");
  for (std::string name; io >> name;) {
    double value = 0;
    io >> value;
    if (name == "write_bytes:") return value;
  }
  return 0;
}

template <typename T>
T run(asio::awaitable<T> coroutine) {
  asio::io_context io{1};
  std::optional<T> result;
  auto keep = [](asio::awaitable<T> inner, std::optional<T>& into) -> asio::awaitable<void> {
    into.emplace(co_await std::move(inner));
  };
  asio::co_spawn(io, keep(std::move(coroutine), result), asio::detached);
  io.run();
  return std::move(*result);
}

void must(bool fine) {
  if (!fine) std::abort();
}

class OneQueue final : public QueueDirectory {
 public:
  explicit OneQueue(QueueId id) {
    queue_->id = id;
    queue_->scope = kScope;
    queue_->name = "q";
  }
  std::shared_ptr<const QueueInfo> find(const Scope&, std::string_view) const override { return queue_; }

 private:
  std::shared_ptr<QueueInfo> queue_ = std::make_shared<QueueInfo>();
};

// All that archives stand on, in a directory of its own.
struct World {
  World(const Options& options, const char* name, bool fresh = true) : directory(options.directory / name) {
    if (fresh) std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
    RocksDbOptions files;
    files.directory = directory;
    files.durability = options.sync ? Durability::kSync : Durability::kAsync;
    storage = open_rocksdb_storage(std::move(files), clock).value();
    ids = std::make_unique<LogIds>(*storage);
    buses = std::make_unique<BusCatalog>(*storage, clock, limits, nullptr, log);
    must(buses->load().has_value());
    zones = std::make_unique<ArchiveZones>(*storage);
    archives = std::make_unique<ArchiveCatalog>(
        ArchiveCatalog::Dependencies{*storage, *ids, *buses, *zones, clock, rng, limits});
    must(archives->load().has_value());
    keeper = std::make_unique<ArchiveKeeper>(ArchiveKeeper::Dependencies{*storage, *archives, *zones, clock, log});
  }
  ~World() { storage->close(); }

  ArchivePtr archive(const std::string& name, const std::string& bus = "default") {
    if (auto found = archives->archive({kScope, name})) return *found;
    return run(archives->create({kScope, name}, bus, {}, kScope.account)).value();
  }
  void append(LogId to, std::vector<std::pair<TimePoint, std::string>> events) {
    Commit commit;
    for (auto& [accepted_at, json] : events) commit.log.push_back({to, accepted_at, std::move(json)});
    must(run(storage->commit(std::move(commit))).has_value());
  }

  const std::filesystem::path directory;
  SystemClock clock;
  SeededRng rng{1};
  Limits limits;
  spdlog::logger log{"bench"};
  std::unique_ptr<Storage> storage;
  std::unique_ptr<LogIds> ids;
  std::unique_ptr<BusCatalog> buses;
  std::unique_ptr<ArchiveZones> zones;
  std::unique_ptr<ArchiveCatalog> archives;
  std::unique_ptr<ArchiveKeeper> keeper;
};

std::vector<std::string> read_lines(const std::string& file) {
  std::vector<std::string> lines;
  std::ifstream input(file);
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  if (lines.empty()) {
    std::fprintf(stderr, "no events in %s\n", file.c_str());
    std::exit(1);
  }
  return lines;
}

std::string generated(Rng& rng, TimePoint time) {
  return R"({"version":"0","id":")" + rng.uuid() + R"(","detail-type":"Order Placed","source":"custom.orders",)" +
         R"("account":"000000000000","time":")" + format_iso_seconds(time) +
         R"(","region":"us-east-1","resources":[],"detail":{"order":")" + rng.uuid() + R"(","customer":"c-)" +
         std::to_string(rng.next_u64() % (100'000)) + R"(","amount":)" + std::to_string(rng.next_u64() % (1'000'000)) +
         R"(,"currency":"EUR","state":"placed"}})";
}

// ---- append

asio::awaitable<void> publish_all(Publisher& publisher, std::vector<std::vector<Publisher::Addressed>> requests) {
  for (auto& request : requests) must((co_await publisher.publish(std::move(request))).has_value());
}

void measure_append(const Options& options) {
  World world(options, "append");
  Commit commit;
  const QueueId queue = world.storage->queues().next_queue_id();
  commit.queues.push_back({QueueChange::kPut, queue, {}});
  must(run(world.storage->commit(std::move(commit))).has_value());
  for (const char* bus : {"plain", "archived"}) {
    must(run(world.buses->create_bus({kScope, bus}, {}, {})).has_value());
    const RuleKey rule{{kScope, bus}, "r"};
    RuleSettings settings;
    settings.event_pattern = R"({"source":[{"exists":true}]})";
    must(run(world.buses->put_rule(rule, settings, {}, {kScope.account, ""})).has_value());
    Target target;
    target.id = "t";
    target.arn = queue_arn(kScope, "q");
    must(run(world.buses->put_targets(rule, {target}, {kScope.account, ""})).has_value());
  }
  const ArchivePtr archive = world.archive("all", "archived");
  OneQueue queues(queue);
  PublisherMetrics metrics;
  Publisher publisher({*world.buses, queues, *world.storage, world.clock, world.rng, world.limits, metrics, world.log});
  std::vector<std::string> lines;
  if (!options.events.empty()) lines = read_lines(options.events);

  std::size_t next = 0;
  const auto round = [&](const char* bus) {
    std::vector<std::vector<Publisher::Addressed>> requests(static_cast<std::size_t>(options.requests));
    for (auto& request : requests) {
      for (int i = 0; i < 10; ++i) {
        Publisher::Addressed event{kScope, bus, {}};
        event.event.id = world.rng.uuid();
        event.event.origin = kScope;
        event.event.accepted_at = event.event.time = world.clock.now();
        event.event.json = lines.empty() ? generated(world.rng, event.event.time) : lines[next++ % lines.size()];
        make_readable_behind(event.event.json);
        request.push_back(std::move(event));
      }
    }
    asio::io_context io{1};
    asio::co_spawn(io, publish_all(publisher, std::move(requests)), asio::detached);
    const double cpu = cpu_seconds();
    const auto start = Steady::now();
    io.run();
    const std::pair<double, double> spent{(cpu_seconds() - cpu) * 1e6 / (10.0 * options.requests),
                                          seconds_since(start) * 1e6 / (10.0 * options.requests)};
    Commit purge;
    purge.queues.push_back({QueueChange::kPurge, queue, {}});
    must(run(world.storage->commit(std::move(purge))).has_value());
    return spent;
  };
  std::vector<double> plain_cpu, plain_time, archived_cpu, archived_time, follow;
  for (int i = 0; i <= options.rounds; ++i) {
    const auto plain = round("plain"), archived = round("archived");
    const double cpu = cpu_seconds();
    must(run(world.keeper->follow()).has_value());
    if (i == 0) continue;  // warms up
    plain_cpu.push_back(plain.first);
    plain_time.push_back(plain.second);
    archived_cpu.push_back(archived.first);
    archived_time.push_back(archived.second);
    follow.push_back((cpu_seconds() - cpu) * 1e6 / (10.0 * options.requests));
  }
  std::printf("%-28s %10s %10s\n", "us per event", "cpu", "time");
  std::printf("%-28s %10.2f %10.2f\n", "a rule to a queue", median(plain_cpu), median(plain_time));
  std::printf("%-28s %10.2f %10.2f\n", "the same and an archive", median(archived_cpu), median(archived_time));
  std::printf("%-28s %10.2f %10.2f\n", "ratio", median(archived_cpu) / median(plain_cpu),
              median(archived_time) / median(plain_time));
  std::printf("%-28s %10.2f\n", "its zones, later", median(follow));
}

// ---- space

void measure_space(const Options& options) {
  const std::vector<std::string> lines = read_lines(options.events);
  double event_bytes = 0, written = 0;
  {
    World world(options, "space");
    const ArchivePtr archive = world.archive("all");
    const double before = bytes_written(), cpu = cpu_seconds();
    TimePoint now = world.clock.now();
    for (std::uint64_t i = 0; i < lines.size();) {
      std::vector<std::pair<TimePoint, std::string>> events;
      for (int n = 0; n < 10 && i < lines.size(); ++n, ++i) {
        event_bytes += static_cast<double>(lines[i].size());
        events.emplace_back(now += Duration(1), lines[i]);
      }
      world.append(archive->record.events, std::move(events));
      if (i % 20'000 == 0) must(run(world.keeper->follow()).has_value());
    }
    must(run(world.keeper->follow()).has_value());
    world.storage->close();
    written = bytes_written() - before;
    std::printf("%zu events of %.0f bytes, %.1f us of processor each\n", lines.size(),
                event_bytes / static_cast<double>(lines.size()),
                (cpu_seconds() - cpu) * 1e6 / static_cast<double>(lines.size()));
  }
  World again(options, "space", false);  // replays the write-ahead log into files
  std::printf("on the disk: %.3f bytes for each byte of events\n",
              static_cast<double>(again.storage->health().disk_bytes) / event_bytes);
  std::printf("written:     %.3f bytes for each byte of events\n", written / event_bytes);
}

// ---- archives that a generator fills

constexpr Duration kApart{78};  // 100 million in 90 days

TimePoint fill(World& world, const ArchivePtr& archive, std::uint64_t count) {
  const TimePoint start = std::chrono::floor<std::chrono::seconds>(world.clock.now()) - kApart * count;
  for (std::uint64_t i = 0; i < count;) {
    std::vector<std::pair<TimePoint, std::string>> events;
    for (int n = 0; n < 1'000 && i < count; ++n, ++i) {
      const TimePoint time = start + kApart * i;
      events.emplace_back(time, generated(world.rng, time));
    }
    world.append(archive->record.events, std::move(events));
    if (i % 20'000 == 0) must(run(world.keeper->follow()).has_value());
  }
  must(run(world.keeper->follow()).has_value());
  return start;
}

void measure_seek(const Options& options) {
  TimePoint start;
  {
    World world(options, "seek");
    start = fill(world, world.archive("all"), options.count);
  }
  const auto opening = Steady::now();
  World world(options, "seek", false);
  const double opened = seconds_since(opening);
  const ArchivePtr archive = world.archive("all");
  const auto loading = Steady::now();
  ArchiveWindow everything;
  everything.until = options.count;
  const ArchiveZones::Sum sum = run(world.zones->sum(archive, everything)).value();
  const double loaded = seconds_since(loading);
  const auto contents = world.archives->stored(*archive);
  std::printf("%llu events, %.0f MB, on the disk %.0f MB; opened in %.3f s, its %llu zones read in %.3f s\n",
              static_cast<unsigned long long>(contents.events), static_cast<double>(contents.bytes) / 1e6,
              static_cast<double>(world.storage->health().disk_bytes) / 1e6, opened,
              static_cast<unsigned long long>(sum.zones), loaded);
  ArchiveReader reader(*world.storage, *world.zones, world.clock);
  std::vector<double> first, whole, looked;
  for (int i = 0; i < 300; ++i) {
    ArchiveWindow window = everything;
    window.start = start + std::chrono::seconds(world.rng.next_u64() %
                                                (static_cast<std::uint64_t>((kApart * options.count).count() / 1'000)));
    window.end = window.start + std::chrono::minutes(1);
    const auto before = Steady::now();
    ArchiveBatch batch = run(reader.read(archive, window, 1, 1 << 20)).value();
    first.push_back(seconds_since(before) * 1e3);
    std::uint64_t scanned = 0;
    for (window.from = 1;; window.from = batch.next) {
      batch = run(reader.read(archive, window, 1'000, 1 << 20)).value();
      scanned += batch.scanned;
      if (batch.finished) break;
    }
    looked.push_back(static_cast<double>(scanned));
    whole.push_back(seconds_since(before) * 1e3);
  }
  std::printf(
      "a minute anywhere: its first event in %.2f ms (worst %.2f), all of it in %.2f ms (worst %.2f), %.0f events "
      "looked at\n",
      median(first), worst(first), median(whole), worst(whole), median(looked));
}

void measure_scan(const Options& options) {
  World world(options, "scan");
  const ArchivePtr archive = world.archive("all");
  (void)fill(world, archive, options.count);
  ArchiveReader reader(*world.storage, *world.zones, world.clock);
  for (int i = 0; i < options.rounds; ++i) {
    const auto before = Steady::now();
    std::uint64_t events = 0;
    ArchiveWindow window;
    window.until = options.count;
    for (;;) {
      const ArchiveBatch batch = run(reader.read(archive, window, 1'000, 1 << 20)).value();
      events += batch.events.size();
      if (batch.finished) break;
      window.from = batch.next;
    }
    std::printf("%.0f events/s\n", static_cast<double>(events) / seconds_since(before));
  }
}

void measure_expire(const Options& options) {
  World world(options, "expire");
  const ArchivePtr archive = world.archive("all");
  (void)fill(world, archive, options.count);
  const auto megabytes = [&] { return static_cast<double>(world.storage->health().disk_bytes) / 1e6; };
  std::printf("%llu events, on the disk %.0f MB\n", static_cast<unsigned long long>(options.count), megabytes());
  const double written = bytes_written(), cpu = cpu_seconds();
  const auto before = Steady::now();
  must(run(world.storage->log().trim(archive->record.events, options.count / 2)).has_value());
  must(run(world.zones->trim(archive)).has_value());
  std::printf("half of them forgotten in %.1f ms", seconds_since(before) * 1e3);
  std::this_thread::sleep_for(std::chrono::seconds(5));
  std::printf("; five seconds later: on the disk %.0f MB, %.1f MB written, %.2f s of processor\n", megabytes(),
              (bytes_written() - written) / 1e6, cpu_seconds() - cpu);
  const auto removing = Steady::now();
  must(run(world.archives->remove(archive->key())).has_value());
  std::printf("the archive deleted in %.2f ms\n", seconds_since(removing) * 1e3);
}

}  // namespace
}  // namespace eventbus::bench

int main(int argc, char** argv) {
  using namespace eventbus::bench;
  Options options;
  CLI::App app("Measures archives.");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--directory", options.directory, "where to write; emptied again");
  app.add_option("--events", options.events, "a file of events, one a line");
  app.add_option("--count", options.count, "events that a generator makes");
  app.add_option("--rounds", options.rounds, "repetitions of which the median is printed");
  app.add_option("--requests", options.requests, "requests of ten events in a round of append");
  app.add_flag("--sync", options.sync, "with a sync before each answer");
  const auto add = [&](const char* name, const char* help, void (*measure)(const Options&)) {
    app.add_subcommand(name, help)->callback([&options, measure] { measure(options); });
  };
  add("append", "with and without an archive", measure_append);
  add("space", "bytes on the disk and written", measure_space);
  add("seek", "opening, and finding a minute", measure_seek);
  add("expire", "forgetting", measure_expire);
  add("scan", "reading all", measure_scan);
  CLI11_PARSE(app, argc, argv);
  std::error_code ignored;
  std::filesystem::remove_all(options.directory, ignored);
  return 0;
}
