// match_bench [--tsv] [--seconds S] DIR [FILTER] — the rules engine on the corpora and rule sets that
// ../shared/bench/make_corpus.py writes: JSON text in, list of rule ids out, one thread, CPU time, median of the runs.
// "events/s" is match_valid, for events known to be JSON, "checked" is match. bench/match.md tells how to make DIR and
// what the figures were. Beside ours stands what simdjson needs for the same lines: the floor. --tsv: one line a set,
// for bench/match-table and bench/plot-linearity.
#include "rules-engine/pattern_parser.h"
#include "rules-engine/rule_set.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <malloc.h>
#include <map>
#include <string>
#include <string_view>
#include <time.h>
#include <vector>

namespace {

using namespace eventbus::rules;
namespace fs = std::filesystem;

constexpr int kRuns = 5;
double run_seconds = 0.1;
constexpr std::size_t kPadding = 64;

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::cerr << "cannot read " << path << '\n';
    std::exit(1);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

// The lines of a file, each followed by readable bytes.
struct Lines {
  explicit Lines(const fs::path& path) : text(read_file(path) + std::string(kPadding, ' ')) {
    const std::size_t size = text.size() - kPadding;
    for (std::size_t begin = 0; begin < size;) {
      const std::size_t end = std::min(text.find('\n', begin), size);
      if (end > begin) lines.emplace_back(text.data() + begin, end - begin);
      begin = end + 1;
    }
  }
  std::string text;
  std::vector<std::string_view> lines;
};

// The median over the runs of events per CPU second.
double events_per_second(const std::vector<std::string_view>& lines,
                         const std::function<void(std::string_view)>& work) {
  for (std::string_view line : lines) work(line);  // warms caches and buffers
  std::vector<double> rates;
  for (int run = 0; run < kRuns; ++run) {
    std::size_t events = 0;
    const double start = cpu_seconds();
    double spent = 0;
    while (spent < run_seconds) {
      for (std::string_view line : lines) work(line);
      events += lines.size();
      spent = cpu_seconds() - start;
    }
    rates.push_back(static_cast<double>(events) / spent);
  }
  std::ranges::sort(rates);
  return rates[rates.size() / 2];
}

// --- the floor -------------------------------------------------------------------------------------------------------

struct Floor {
  double index_only = 0;
  double one_field = 0;
  double walk = 0;
  double dom = 0;
};

std::size_t walk(simdjson::ondemand::value value) {
  std::size_t seen = 1;
  switch (value.type()) {
    case simdjson::ondemand::json_type::object:
      for (auto field : value.get_object()) {
        seen += std::string_view(field.unescaped_key()).size();
        seen += walk(field.value());
      }
      break;
    case simdjson::ondemand::json_type::array:
      for (auto element : value.get_array()) seen += walk(element.value());
      break;
    case simdjson::ondemand::json_type::string:
      seen += std::string_view(value.get_string()).size();
      break;
    case simdjson::ondemand::json_type::number:
      seen += value.get_double() > 0 ? 1 : 0;
      break;
    default:
      break;
  }
  return seen;
}

Floor floor_of(const std::vector<std::string_view>& lines, const char* outer, const char* inner) {
  simdjson::ondemand::parser parser;
  simdjson::dom::parser dom_parser;
  volatile std::size_t sink = 0;
  const auto padded = [](std::string_view line) {
    return simdjson::padded_string_view(line.data(), line.size(), line.size() + kPadding);
  };
  Floor floor;
  floor.index_only = events_per_second(lines, [&](std::string_view line) {
    sink = sink + (parser.iterate(padded(line)).error() == simdjson::SUCCESS ? 1U : 0U);
  });
  floor.one_field = events_per_second(lines, [&](std::string_view line) {
    auto document = parser.iterate(padded(line));
    std::string_view text;
    if (document[outer][inner].get_string().get(text) == simdjson::SUCCESS) sink = sink + text.size();
  });
  floor.walk = events_per_second(lines, [&](std::string_view line) {
    auto document = parser.iterate(padded(line));
    sink = sink + walk(document.get_value().value());
  });
  floor.dom = events_per_second(lines, [&](std::string_view line) {
    sink = sink + (dom_parser.parse(line.data(), line.size(), false).error() == simdjson::SUCCESS ? 1U : 0U);
  });
  return floor;
}

// --- ours ------------------------------------------------------------------------------------------------------------

// The patterns of a rule file: a JSON array of {"name", "pattern"} or one such object a line.
std::vector<std::string> patterns_of(const fs::path& path) {
  const std::string text = read_file(path);
  std::vector<std::string> patterns;
  simdjson::dom::parser parser;
  const auto add = [&](simdjson::dom::element rule) {
    patterns.push_back(simdjson::minify(simdjson::dom::element(rule["pattern"])));
  };
  if (path.extension() == ".json") {
    for (simdjson::dom::element rule : simdjson::dom::array(parser.parse(text))) add(rule);
  } else {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      if (end > begin) add(parser.parse(text.data() + begin, end - begin));
      begin = end + 1;
    }
  }
  return patterns;
}

std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

double mean_bytes(const std::vector<std::string_view>& lines) {
  std::size_t bytes = 0;
  for (std::string_view line : lines) bytes += line.size();
  return static_cast<double>(bytes) / static_cast<double>(lines.size());
}

void measure(const std::string& name, const fs::path& rule_file, const std::vector<std::string_view>& lines,
             const Floor& floor, bool tsv) {
  const std::vector<std::string> texts = patterns_of(rule_file);
  const std::size_t heap_before = heap_bytes();
  const double add_start = cpu_seconds();
  std::shared_ptr<const RuleSet> rule_set;
  {
    std::vector<RuleInput> rules;
    for (const std::string& text : texts) {
      auto pattern = parse_event_pattern(text);
      if (!pattern) {
        std::cerr << name << ": " << text << ": " << pattern.error().message << '\n';
        std::exit(1);
      }
      rules.push_back({static_cast<RuleId>(rules.size()), *pattern});
    }
    rule_set = RuleSet::compile(rules);
  }
  const double add_seconds = cpu_seconds() - add_start;
  const double megabytes = static_cast<double>(heap_bytes() - heap_before) / 1e6;

  MatchScratch scratch;
  std::size_t matches = 0;
  for (std::string_view line : lines) matches += rule_set->match(line, scratch)->size();
  volatile std::size_t sink = 0;
  const double checked =
      events_per_second(lines, [&](std::string_view line) { sink = sink + rule_set->match(line, scratch)->size(); });
  const double rate = events_per_second(
      lines, [&](std::string_view line) { sink = sink + rule_set->match_valid(line, scratch).size(); });
  if (tsv) {
    std::printf("%s\t%zu\t%.0f\t%.0f\t%.4f\t%.2f\t%.2f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\n", name.c_str(), texts.size(),
                rate, checked, static_cast<double>(matches) / static_cast<double>(lines.size()), add_seconds * 1e3,
                megabytes, mean_bytes(lines), floor.index_only, floor.one_field, floor.walk, floor.dom);
    std::fflush(stdout);
    return;
  }
  std::printf("%-30s %7zu %9.1f k %8.3f us %9.1f k %9.4f %6.0f%% %6.0f%% %9.1f ms %7.1f MB\n", name.c_str(),
              texts.size(), rate / 1e3, 1e6 / rate, checked / 1e3,
              static_cast<double>(matches) / static_cast<double>(lines.size()), 100 * rate / floor.one_field,
              100 * rate / floor.walk, add_seconds * 1e3, megabytes);
  std::fflush(stdout);
}

void print_floor(const std::string& name, const std::vector<std::string_view>& lines, const Floor& floor) {
  std::printf(
      "\n%s: %zu lines, %.0f bytes each. simdjson: index only %.2f M, index + one field %.2f M, walk %.2f M, DOM %.2f "
      "M\n",
      name.c_str(), lines.size(), mean_bytes(lines), floor.index_only / 1e6, floor.one_field / 1e6, floor.walk / 1e6,
      floor.dom / 1e6);
  std::printf("%-30s %7s %11s %11s %11s %9s %7s %7s %12s %10s\n", "set", "rules", "events/s", "per event", "checked",
              "matches", "field", "walk", "add all", "memory");
}

std::vector<fs::path> files_matching(const fs::path& folder, const std::string& prefix, const std::string& suffix) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(prefix) && name.ends_with(suffix)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool tsv = std::erase(arguments, "--tsv") > 0;
  if (const auto seconds = std::ranges::find(arguments, "--seconds"); arguments.end() - seconds > 1) {
    run_seconds = std::stod(seconds[1]);
    arguments.erase(seconds, seconds + 2);
  }
  if (arguments.empty()) {
    std::cerr << "usage: match_bench [--tsv] [--seconds S] DIR [FILTER]\n";
    return 2;
  }
  const fs::path folder = arguments[0];
  const std::string filter = arguments.size() > 1 ? arguments[1] : "";
  if (tsv) std::puts("#set\trules\tevents/s\tchecked\tmatches\tadd_ms\tMB\tbytes\tindex\tone_field\twalk\tdom");
  struct Corpus {
    const char* name;
    const char* outer;
    const char* inner;
  };
  for (const Corpus& corpus : {Corpus{"lots", "properties", "MAPBLKLOT"}, Corpus{"lotsxyz", "properties", "MAPBLKLOT"},
                               Corpus{"events", "detail", "state"}}) {
    std::vector<fs::path> sets = files_matching(folder, std::string(corpus.name) + "-", ".json");
    std::erase_if(sets, [&](const fs::path& path) { return path.string().find(filter) == std::string::npos; });
    if (sets.empty()) continue;
    const Lines lines(folder / (std::string(corpus.name) + ".jsonl"));
    const Floor floor = floor_of(lines.lines, corpus.outer, corpus.inner);
    if (!tsv) print_floor(corpus.name, lines.lines, floor);
    for (const fs::path& set : sets) measure(set.stem(), set, lines.lines, floor, tsv);
  }
  for (const char* prefix : {"scale-", "stress-", "linear-"}) {
    for (const fs::path& rules : files_matching(folder, prefix, ".rules.jsonl")) {
      const std::string name = rules.stem().stem();
      if (name.find(filter) == std::string::npos) continue;
      const Lines lines(folder / (name + ".events.jsonl"));
      const Floor floor = floor_of(lines.lines, "detail", "state");
      if (!tsv) print_floor(name, lines.lines, floor);
      measure(name, rules, lines.lines, floor, tsv);
    }
  }
  return 0;
}
