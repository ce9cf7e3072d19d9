// What the disk can do, and what our storage makes of it, side by side: every measurement of ours is taken between two
// of the anchors (A B A B …) and medians are printed, since a shared machine drifts.
//   storage_bench anchors [--directory D]   F = fdatasync of a 1 KB append, R100 and R32 = RocksDB itself, synced
//   storage_bench commits                   32 coroutines commit 10 × 1 KB; the same with 1; on disk and in memory
//   storage_bench receive                   … and receive and delete in tens
//   storage_bench start --messages 1000000  how long a start takes, and the memory then
//   storage_bench memory                    resident memory idle and with 100,000 queued messages of 1 KB
//   storage_bench flow --messages 10000000  so many through one queue: is receiving as quick at the end as at the
//   start?
#include "base/clock.h"
#include "base/rng.h"
#include "storage/memory/memory_storage.h"
#include "storage/rocksdb/rocksdb_storage.h"

#include <CLI/CLI.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace eventbus::bench {
namespace {

using Steady = std::chrono::steady_clock;  // a benchmark's own clock; the product has base/clock.h
using std::chrono::duration;

struct Options {
  std::filesystem::path directory = "storage-bench-data";
  int rounds = 5;
  double seconds = 1;
  int concurrency = 32;
  std::uint64_t messages = 1'000'000;
};

double seconds_since(Steady::time_point start) { return duration<double>(Steady::now() - start).count(); }

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_megabytes() {
  std::ifstream status("/proc/self/statm");
  double pages = 0, resident = 0;
  status >> pages >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double quantile(std::vector<double> values, double which) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(which * static_cast<double>(values.size())))];
}
double median(const std::vector<double>& values) { return quantile(values, 0.5); }

// A kilobyte that does not compress to nothing.
std::string kilobyte(SeededRng& rng) {
  std::string text;
  while (text.size() < 1024) text += rng.uuid();
  text.resize(1024);
  return text;
}

std::filesystem::path fresh(const Options& options, const char* name) {
  const std::filesystem::path path = options.directory / name;
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

struct Rate {
  double per_second = 0;
  double cpu_microseconds = 0;  // per entry
};

// Counts what `work` reports until the time is over.
struct Meter {
  Steady::time_point start = Steady::now();
  double cpu = cpu_seconds();
  Rate rate(std::uint64_t entries) const {
    const double count = static_cast<double>(std::max<std::uint64_t>(entries, 1));
    return {count / seconds_since(start), (cpu_seconds() - cpu) * 1e6 / count};
  }
};

// ---- anchors

std::vector<double> fdatasync_microseconds(const Options& options) {
  const std::filesystem::path file = fresh(options, "fdatasync") / "file";
  const int descriptor = ::open(file.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
  const std::string block(1024, 'x');
  std::vector<double> times;
  for (const auto start = Steady::now(); seconds_since(start) < options.seconds;) {
    const auto before = Steady::now();
    if (::write(descriptor, block.data(), block.size()) < 0 || ::fdatasync(descriptor) != 0) break;
    times.push_back(seconds_since(before) * 1e6);
  }
  ::close(descriptor);
  return times;
}

Rate raw_rocksdb(const Options& options, int threads, int batch_size) {
  rocksdb::Options database_options;
  database_options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::Open(database_options, fresh(options, "raw").string(), &opened).ok()) return {};
  const std::unique_ptr<rocksdb::DB> database(opened);
  std::atomic<std::uint64_t> entries{0}, next_key{0};
  const Meter meter;
  const auto write = [&] {
    SeededRng rng(1);
    const std::string value = kilobyte(rng);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    while (seconds_since(meter.start) < options.seconds) {
      rocksdb::WriteBatch batch;
      for (int i = 0; i < batch_size; ++i) {
        char key[17];
        std::snprintf(key, sizeof key, "%016llx", static_cast<unsigned long long>(next_key++));
        (void)batch.Put(key, value);
      }
      if (!database->Write(synced, &batch).ok()) break;
      entries += static_cast<std::uint64_t>(batch_size);
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(write);
  for (std::thread& worker : workers) worker.join();
  return meter.rate(entries);
}

// ---- ours

std::unique_ptr<Storage> open_on_disk(const std::filesystem::path& directory, Clock& clock,
                                      Durability durability = Durability::kSync) {
  RocksDbOptions options;
  options.directory = directory;
  options.durability = durability;
  auto storage = open_rocksdb_storage(std::move(options), clock);
  if (!storage) {
    std::fprintf(stderr, "%s\n", storage.error().message.c_str());
    std::exit(1);
  }
  return std::move(*storage);
}

// One io_context, as one shard of the daemon, until all coroutines have ended.
void run_shard(const std::function<void(asio::io_context&)>& spawn) {
  asio::io_context context(1);
  spawn(context);
  context.run();
}

asio::awaitable<void> create_queue(Storage& storage, QueueId& queue) {
  queue = storage.queues().next_queue_id();
  Commit change;
  change.queues.push_back({QueueChange::kPut, queue, {}});
  (void)co_await storage.commit(std::move(change));
}

struct Load {
  Storage& storage;
  SystemClock& clock;
  QueueId queue = 0;
  int batch = 10;
  double seconds = 1;
  std::uint64_t entries_max = UINT64_MAX;
  Meter meter{};
  std::uint64_t sent = 0, received = 0;
  std::vector<double> receive_microseconds{};
  std::string body{};

  bool over() const { return seconds_since(meter.start) >= seconds; }
};

asio::awaitable<void> produce(Load& load) {
  while (!load.over() && load.sent < load.entries_max) {
    Commit change;
    const TimePoint now = load.clock.now();
    for (int i = 0; i < load.batch; ++i) {
      NewMessage message;
      message.queue = load.queue;
      message.id = "6f0c2a7e-0000-4000-8000-" + std::to_string(100'000'000'000 + load.sent++);
      message.body = load.body;
      message.sent_at = message.visible_at = now;
      change.messages.push_back(std::move(message));
    }
    const auto receipt = co_await load.storage.commit(std::move(change));
    if (!receipt) std::fprintf(stderr, "commit failed: %s\n", receipt.error().message.c_str());
  }
}

asio::awaitable<void> consume(Load& load) {
  while (!load.over() && load.received < load.entries_max) {
    QueueStore::LeaseRequest request;
    request.queue = load.queue;
    request.lease_until = load.clock.now() + std::chrono::seconds(60);
    request.count = 10;
    const auto before = Steady::now();
    auto batch = co_await load.storage.queues().lease(request);
    load.receive_microseconds.push_back(seconds_since(before) * 1e6);
    if (!batch) break;
    if (batch->messages.empty()) {
      co_await load.storage.queues().wait(load.queue, load.clock.now() + std::chrono::milliseconds(50));
      continue;
    }
    Commit acks;
    for (const LeasedMessage& message : batch->messages) acks.acks.push_back(message.lease.key());
    load.received += batch->messages.size();
    (void)co_await load.storage.commit(std::move(acks));
  }
}

Load make_load(Storage& storage, SystemClock& clock) {
  Load load{storage, clock};
  run_shard(
      [&](asio::io_context& context) { asio::co_spawn(context, create_queue(storage, load.queue), asio::detached); });
  SeededRng rng(7);
  load.body = kilobyte(rng);
  return load;
}

void run_load(Load& load, int producers, int consumers) {
  load.sent = load.received = 0;
  load.receive_microseconds.clear();
  load.meter = Meter{};
  run_shard([&](asio::io_context& context) {
    for (int i = 0; i < producers; ++i) asio::co_spawn(context, produce(load), asio::detached);
    for (int i = 0; i < consumers; ++i) asio::co_spawn(context, consume(load), asio::detached);
  });
}

// ---- scenarios

struct Series {
  std::vector<double> rates, cpu;
  void add(Rate rate) {
    rates.push_back(rate.per_second);
    cpu.push_back(rate.cpu_microseconds);
  }
  void print(const char* name, double anchor = 0) const {
    std::printf("%-44s %10.0f /s  %6.2f us CPU each", name, median(rates), median(cpu));
    if (anchor > 0) std::printf("  %5.2f x R100", median(rates) / anchor);
    std::printf("   (%.0f … %.0f)\n", quantile(rates, 0), quantile(rates, 1));
  }
};

void measure_anchors(const Options& options) {
  std::vector<double> f50, f99;
  Series r100, r32;
  for (int round = 0; round < options.rounds; ++round) {
    const std::vector<double> times = fdatasync_microseconds(options);
    f50.push_back(quantile(times, 0.5));
    f99.push_back(quantile(times, 0.99));
    r100.add(raw_rocksdb(options, 1, 100));
    r32.add(raw_rocksdb(options, 32, 1));
  }
  std::printf("F50 %.0f us   F99 %.0f us\n", median(f50), median(f99));
  r100.print("R100  RocksDB, 1 thread, 100 x 1 KB, synced");
  r32.print("R32   RocksDB, 32 threads, 1 x 1 KB, synced");
}

void measure_commits(const Options& options) {
  SystemClock clock;
  Series r100, r32, tens, ones, async_tens, memory_tens;
  const auto ours = [&](const char* name, Durability durability, int batch, Series& series) {
    std::unique_ptr<Storage> storage = durability == Durability::kMemory
                                           ? make_memory_storage(clock)
                                           : open_on_disk(fresh(options, name), clock, durability);
    Load load = make_load(*storage, clock);
    load.batch = batch;
    load.seconds = options.seconds;
    run_load(load, options.concurrency, 0);
    series.add(load.meter.rate(load.sent));
  };
  for (int round = 0; round < options.rounds; ++round) {
    r100.add(raw_rocksdb(options, 1, 100));
    ours("sync", Durability::kSync, 10, tens);
    r32.add(raw_rocksdb(options, 32, 1));
    ours("sync", Durability::kSync, 1, ones);
    ours("async", Durability::kAsync, 10, async_tens);
    ours("memory", Durability::kMemory, 10, memory_tens);
  }
  r100.print("R100");
  r32.print("R32");
  tens.print("sync, commits of 10", median(r100.rates));
  ones.print("sync, commits of 1", median(r100.rates));
  std::printf("%-44s %10.2f\n", "  … as a multiple of R32", median(ones.rates) / median(r32.rates));
  async_tens.print("async, commits of 10", median(r100.rates));
  memory_tens.print("memory, commits of 10", median(r100.rates));
}

void measure_receive(const Options& options) {
  SystemClock clock;
  Series r100, drained, produced, consumed;
  std::vector<double> latency;
  for (int round = 0; round < options.rounds; ++round) {
    r100.add(raw_rocksdb(options, 1, 100));
    std::unique_ptr<Storage> storage = open_on_disk(fresh(options, "receive"), clock);
    Load load = make_load(*storage, clock);
    load.seconds = 1e9;
    load.entries_max = 30'000;
    run_load(load, options.concurrency, 0);
    run_load(load, 0, 8);
    drained.add(load.meter.rate(load.received));
    latency.insert(latency.end(), load.receive_microseconds.begin(), load.receive_microseconds.end());

    r100.add(raw_rocksdb(options, 1, 100));
    load.entries_max = UINT64_MAX;
    load.seconds = options.seconds;
    run_load(load, options.concurrency, 8);
    produced.add(load.meter.rate(load.sent));
    consumed.add(load.meter.rate(load.received));
  }
  r100.print("R100");
  drained.print("receive and delete in tens, 8 consumers", median(r100.rates));
  std::printf("%-44s p50 %.0f us  p99 %.0f us\n", "  a receive of ten", quantile(latency, 0.5),
              quantile(latency, 0.99));
  produced.print("commits of 10 while 8 consumers drain", median(r100.rates));
  consumed.print("  … received and deleted meanwhile", median(r100.rates));
}

void fill(Storage& storage, Load& load, std::uint64_t messages) {
  (void)storage;
  load.seconds = 1e9;
  load.entries_max = messages;
  load.batch = 10;
  run_load(load, 256, 0);
}

void measure_start(const Options& options) {
  SystemClock clock;
  const std::filesystem::path directory = fresh(options, "start");
  {
    const auto before = Steady::now();
    std::unique_ptr<Storage> empty = open_on_disk(directory, clock);
    std::printf("start with an empty directory: %.3f s, %.1f MB resident\n", seconds_since(before),
                resident_megabytes());
  }
  {
    std::unique_ptr<Storage> storage = open_on_disk(directory, clock, Durability::kAsync);
    Load load = make_load(*storage, clock);
    fill(*storage, load, options.messages);
  }
  std::vector<double> times;
  for (int round = 0; round < options.rounds; ++round) {
    const auto before = Steady::now();
    std::unique_ptr<Storage> storage = open_on_disk(directory, clock);
    times.push_back(seconds_since(before));
    if (round == 0)
      std::printf("messages found: %llu, %.1f MB resident\n",
                  static_cast<unsigned long long>(storage->queues().total_depth().total()), resident_megabytes());
  }
  std::printf("start with %llu messages: %.2f s (median of %d)\n", static_cast<unsigned long long>(options.messages),
              median(times), options.rounds);
}

void measure_memory(const Options& options) {
  SystemClock clock;
  std::unique_ptr<Storage> storage = open_on_disk(fresh(options, "memory"), clock);
  std::printf("idle: %.1f MB resident\n", resident_megabytes());
  Load load = make_load(*storage, clock);
  load.seconds = 1e9;
  load.entries_max = 100'000;
  run_load(load, options.concurrency, 0);
  std::printf("with 100,000 queued messages of 1 KB: %.1f MB resident\n", resident_megabytes());
  load.entries_max = 100'000;
  run_load(load, 0, 8);
  std::printf("after receiving and deleting them: %.1f MB resident\n", resident_megabytes());
}

void measure_flow(const Options& options) {
  SystemClock clock;
  std::unique_ptr<Storage> storage = open_on_disk(fresh(options, "flow"), clock, Durability::kAsync);
  Load load = make_load(*storage, clock);
  load.seconds = 1e9;
  constexpr int kSlices = 10;
  std::printf("%12s %14s %12s %12s %10s %10s\n", "passed", "through /s", "receive p50", "p99", "disk MB", "RSS MB");
  for (int slice = 1; slice <= kSlices; ++slice) {
    load.entries_max = options.messages / kSlices;
    run_load(load, options.concurrency, 8);
    // The last messages of a slice are drained, so that each begins with an empty queue.
    const double rate = load.meter.rate(load.received).per_second;
    std::printf("%12llu %14.0f %9.0f us %9.0f us %10.0f %10.1f\n",
                static_cast<unsigned long long>(options.messages / kSlices * static_cast<std::uint64_t>(slice)), rate,
                quantile(load.receive_microseconds, 0.5), quantile(load.receive_microseconds, 0.99),
                static_cast<double>(storage->health().disk_bytes) / 1e6, resident_megabytes());
    std::fflush(stdout);
  }
  storage->close();
  storage = nullptr;
  const auto before = Steady::now();
  storage = open_on_disk(options.directory / "flow", clock);
  std::printf("start afterwards: %.2f s\n", seconds_since(before));
}

}  // namespace
}  // namespace eventbus::bench

int main(int argc, char** argv) {
  using namespace eventbus::bench;
  Options options;
  CLI::App app("Measures the storage beside the disk and RocksDB themselves.");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--directory", options.directory, "where to write; emptied again");
  app.add_option("--rounds", options.rounds, "repetitions of which the median is printed");
  app.add_option("--seconds", options.seconds, "length of one measurement");
  app.add_option("--concurrency", options.concurrency, "coroutines that commit");
  app.add_option("--messages", options.messages, "for start and flow");
  const auto add = [&](const char* name, const char* help, void (*measure)(const Options&)) {
    app.add_subcommand(name, help)->callback([&options, measure] { measure(options); });
  };
  add("anchors", "fdatasync and RocksDB itself", measure_anchors);
  add("commits", "group commit", measure_commits);
  add("receive", "receive and delete", measure_receive);
  add("start", "start with many messages", measure_start);
  add("memory", "resident memory", measure_memory);
  add("flow", "many messages through one queue", measure_flow);
  CLI11_PARSE(app, argc, argv);
  std::error_code ignored;
  std::filesystem::remove_all(options.directory, ignored);
  return 0;
}
