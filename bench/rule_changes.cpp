// rule_changes RULES.jsonl EVENTS.jsonl: what it costs to add, replace and remove rules where there are many already,
// in the rules engine alone and through the bus catalog. The files are those of ../shared/bench/make_corpus.py (scale);
// bench/match.md tells how to make them. CPU time of the calling thread unless it says otherwise.
#include "bus/bus_catalog.h"
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_index.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/run_coroutine.h"

#include <simdjson.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <malloc.h>
#include <mutex>
#include <string>
#include <thread>
#include <time.h>
#include <vector>

namespace {

using namespace eventbus;
using namespace eventbus::rules;

constexpr std::size_t kPadding = 64;

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
double cpu() { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }
double cpu_of_all_threads() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }
double wall() { return seconds_of(CLOCK_MONOTONIC); }

double heap_megabytes() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / 1e6;
}

std::vector<std::string> lines_of(const char* path) {
  std::ifstream in(path);
  if (!in) {
    std::cerr << "cannot read " << path << '\n';
    std::exit(1);
  }
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string> patterns_of(const char* path) {
  std::vector<std::string> patterns;
  simdjson::dom::parser parser;
  for (const std::string& line : lines_of(path))
    patterns.push_back(simdjson::minify(simdjson::dom::element(parser.parse(line)["pattern"])));
  return patterns;
}

// What single operations took.
class Samples {
 public:
  template <typename Work>
  void time(const Work& work) {
    const double wall_start = wall();
    const double start = cpu();
    work();
    cpu_.push_back(cpu() - start);
    wall_.push_back(wall() - wall_start);
  }
  void print(const char* what) {
    double sum = 0;
    for (const double sample : cpu_) sum += sample;
    std::ranges::sort(cpu_);
    std::ranges::sort(wall_);
    const auto at = [](const std::vector<double>& sorted, double part) {
      return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))] * 1e6;
    };
    std::printf("%-58s %8zu %9.1f us %9.1f us %9.1f us %9.1f us\n", what, cpu_.size(),
                sum / static_cast<double>(cpu_.size()) * 1e6, at(cpu_, 0.99), at(cpu_, 1), at(wall_, 0.99));
    std::fflush(stdout);
  }

 private:
  std::vector<double> cpu_, wall_;
};

void print_header(const char* title) {
  std::printf("\n%-58s %8s %12s %12s %12s %12s\n", title, "times", "mean", "p99", "worst", "p99, wall");
}

void run_merges(RuleIndex& index) {
  while (const auto merge = index.next_merge()) {
    merge->run();
    index.adopt(*merge);
  }
}

void print_matching(const char* what, const RuleIndex& index, const std::vector<std::string>& events) {
  std::vector<std::string> padded;
  for (const std::string& event : events) padded.push_back(event + std::string(kPadding, ' '));
  const auto rule_set = index.rule_set();
  MatchScratch scratch;
  std::vector<double> rates;
  std::size_t matches = 0;
  for (int run = 0; run < 6; ++run) {
    const double start = cpu();
    for (const std::string& event : padded)
      matches += rule_set->match_valid({event.data(), event.size() - kPadding}, scratch).size();
    if (run > 0) rates.push_back(static_cast<double>(padded.size()) / (cpu() - start));
  }
  std::ranges::sort(rates);
  std::printf("%-58s %zu segments, %.0f k events/s, %.3f matches\n", what, index.segment_count(),
              rates[rates.size() / 2] / 1e3, static_cast<double>(matches) / (6.0 * static_cast<double>(padded.size())));
}

// An index that a thread merges while its owner changes it, as BusCatalog does.
class MergedIndex {
 public:
  explicit MergedIndex(RuleIndex index) : index_(std::move(index)), thread_([this] { merge(); }) {}
  ~MergedIndex() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  template <typename Change>
  void change(const Change& change) {
    std::lock_guard lock(mutex_);
    change(index_);
    rule_set_ = index_.rule_set();  // from here on it is matched
    if (index_.merge_is_due()) changed_.notify_one();
  }
  RuleIndex& settled() {
    std::lock_guard lock(mutex_);
    run_merges(index_);
    return index_;
  }

 private:
  void merge() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const auto due = index_.next_merge();
      if (!due) {
        changed_.wait(lock);
        continue;
      }
      lock.unlock();
      due->run();
      lock.lock();
      index_.adopt(*due);
    }
  }

  RuleIndex index_;
  std::shared_ptr<const RuleSet> rule_set_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

void measure_index(const std::vector<std::string>& patterns, const std::vector<std::string>& events) {
  const auto count = static_cast<RuleId>(patterns.size());
  const double heap_before = heap_megabytes();

  // All at once.
  double start = cpu();
  RuleIndex index;
  {
    std::vector<RuleIndex::Rule> rules;
    for (RuleId id = 0; id < count; ++id) rules.push_back({id, patterns[id]});
    if (!index.put_all(rules)) std::exit(1);
    index.rule_set();
  }
  std::printf("all %u rules at once, from text: %.2f s; memory %.1f MB, %.0f bytes a rule\n", count, cpu() - start,
              heap_megabytes() - heap_before, (heap_megabytes() - heap_before) * 1e6 / count);
  print_matching("matching, one segment", index, events);

  // One more, and one more.
  print_header("the engine alone, each change until it can be matched");
  constexpr RuleId kChanges = 5'000;
  {
    MergedIndex merged(index);
    Samples adds, replaces, removes;
    for (RuleId i = 0; i < kChanges; ++i)
      adds.time([&] { merged.change([&](RuleIndex& at) { (void)at.put(count + i, patterns[i]); }); });
    adds.print("add a rule; merged by another thread");
    for (RuleId i = 0; i < kChanges; ++i)
      replaces.time([&] { merged.change([&](RuleIndex& at) { (void)at.put(i * 7, patterns[i]); }); });
    replaces.print("replace a rule");
    for (RuleId i = 0; i < kChanges; ++i)
      removes.time([&] { merged.change([&](RuleIndex& at) { at.remove(count + i); }); });
    removes.print("remove a rule");
    print_matching("matching afterwards", merged.settled(), events);
  }
  {
    RuleIndex alone = index;
    const double cpu_start = cpu();
    Samples adds;
    for (RuleId i = 0; i < kChanges; ++i)
      adds.time([&] {
        (void)alone.put(count + i, patterns[i]);
        alone.rule_set();
        run_merges(alone);
      });
    adds.print("add a rule; merges on the same thread");
    std::printf("%58s  %.0f us CPU for each, merges included\n", "", (cpu() - cpu_start) / kChanges * 1e6);
  }

  // From nothing to all of them, one by one, each matchable before the next.
  index = RuleIndex();
  start = cpu();
  for (RuleId id = 0; id < count; ++id) {
    (void)index.put(id, patterns[id]);
    index.rule_set();
    run_merges(index);
  }
  std::printf("\nall %u rules one by one, merges included: %.1f s, %.0f us each; memory %.1f MB\n", count,
              cpu() - start, (cpu() - start) / count * 1e6, heap_megabytes() - heap_before);
  print_matching("matching, as it is then", index, events);
  {
    const auto merge = index.next_merge(true);
    if (merge) {
      merge->run();
      index.adopt(*merge);
    }
  }
  print_matching("matching, settled", index, events);
  std::printf("memory, settled: %.1f MB\n", heap_megabytes() - heap_before);

  // And back to nothing.
  Samples removes;
  for (RuleId id = 0; id < count; ++id)
    removes.time([&] {
      index.remove(id);
      run_merges(index);
    });
  print_header("all removed, one by one");
  removes.print("remove a rule; merges on the same thread");
  std::printf("memory when all are removed: %.1f MB\n", heap_megabytes() - heap_before);
}

void measure_catalog(const std::vector<std::string>& patterns) {
  const Scope scope{"000000000000", "us-east-1"};
  const BusKey bus{scope, "default"};
  const BusCatalog::Actor actor{"000000000000", ""};
  SystemClock clock;
  Limits limits;
  limits.rules_per_bus = limits.wildcard_rules_per_bus = 1'000'000;
  spdlog::logger log("bench");
  const std::unique_ptr<Storage> storage = make_memory_storage(clock);
  const auto settings = [&](std::size_t i) {
    RuleSettings rule;
    rule.event_pattern = patterns[i % patterns.size()];
    return rule;
  };
  {
    BusCatalog catalog(*storage, clock, limits, nullptr, log);
    const double start = cpu_of_all_threads();
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      RuleKey key{bus, "rule-" + std::to_string(i)};
      if (!testing::run(catalog.put_rule(std::move(key), settings(i), Tags(), actor))) std::exit(1);
    }
    std::printf("\n%zu PutRules with no event between them: %.0f us CPU each, of all threads\n", patterns.size(),
                (cpu_of_all_threads() - start) / static_cast<double>(patterns.size()) * 1e6);
  }
  const double start = cpu();
  const double heap_before = heap_megabytes();
  BusCatalog catalog(*storage, clock, limits, nullptr, log);
  if (!catalog.load()) std::exit(1);
  catalog.find(scope, "default");
  std::printf("start with %zu rules, until the first event is matched: %.2f s; memory %.1f MB\n", patterns.size(),
              cpu() - start, heap_megabytes() - heap_before);

  print_header("through the catalog, in-memory storage");
  constexpr std::size_t kChanges = 3'000;
  Samples puts, finds, replaces, deletes;
  const double all_start = cpu_of_all_threads();
  for (std::size_t i = 0; i < kChanges; ++i) {
    puts.time([&] {
      RuleKey key{bus, "new-" + std::to_string(i)};
      if (!testing::run(catalog.put_rule(std::move(key), settings(i), Tags(), actor))) std::exit(1);
    });
    finds.time([&] { catalog.find(scope, "default"); });
  }
  puts.print("PutRule of a new rule");
  finds.print("the first event after it: what is new is compiled");
  std::printf("%58s  %.0f us CPU for each, of all threads\n", "", (cpu_of_all_threads() - all_start) / kChanges * 1e6);
  for (std::size_t i = 0; i < kChanges; ++i)
    replaces.time([&] {
      RuleKey key{bus, "rule-" + std::to_string(i * 7)};
      if (!testing::run(catalog.put_rule(std::move(key), settings(i), Tags(), actor))) std::exit(1);
      catalog.find(scope, "default");
    });
  replaces.print("PutRule that changes a rule, and the first event");
  for (std::size_t i = 0; i < kChanges; ++i)
    deletes.time([&] {
      RuleKey key{bus, "new-" + std::to_string(i)};
      if (!testing::run(catalog.delete_rule(std::move(key), false))) std::exit(1);
      catalog.find(scope, "default");
    });
  deletes.print("DeleteRule, and the first event");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: rule_changes RULES.jsonl EVENTS.jsonl\n";
    return 2;
  }
  const std::vector<std::string> patterns = patterns_of(argv[1]);
  measure_index(patterns, lines_of(argv[2]));
  measure_catalog(patterns);
  return 0;
}
