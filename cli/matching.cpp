#include "cli/matching.h"

#include "base/stopwatch.h"
#include "bus/json_text.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "rules-engine/explain.h"
#include "rules-engine/explanation_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <optional>
#include <utility>

namespace eventbus::cli {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r") == std::string_view::npos; }

// Without the white space around it: JSON lines written on Windows end with '\r'.
std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

template <typename... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 256> text;
  const int size = std::snprintf(text.data(), text.size(), format, values...);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string per_second(std::uint64_t count, double seconds) {
  return seconds > 0 ? formatted("%.0f", static_cast<double>(count) / seconds) : "?";
}

}  // namespace

Matching::Matching(std::vector<NamedRule> rules, MatchOptions options, Console& console)
    : rules_(std::move(rules)), options_(std::move(options)), console_(console), counts_(rules_.size()) {
  for (const NamedRule& rule : rules_) append_json_string(json_names_.emplace_back(), rule.name);
}

int Matching::run(const std::vector<std::string>& files) {
  const Stopwatch compiling;
  if (!compile()) return kFailed;
  const auto compile_time = compiling.elapsed();
  const Stopwatch matching;
  const double cpu_before = cpu_seconds();
  for (const std::string& file : files) {
    file_ = files.size() > 1 ? name_of_input(file) : "";
    read(file);
    if (finished()) break;
  }
  const auto match_time = matching.elapsed();
  const double cpu_time = cpu_seconds() - cpu_before;
  if (options_.count) print_counts();
  if (options_.time) print_time(compile_time.count(), match_time.count(), cpu_time);
  if (finished()) return kFound;
  if (bad_lines_ > 0)
    console_.complain(std::to_string(bad_lines_) + (bad_lines_ == 1 ? " line was" : " lines were") + " no event");
  if (bad_lines_ > 0 || failed_) return kFailed;
  return selected_ > 0 ? kFound : kNotFound;
}

bool Matching::compile() {
  std::vector<rules::RuleInput> inputs;
  for (const NamedRule& rule : rules_) {
    if (!options_.explain.empty() && rule.name != options_.explain) continue;
    if (!options_.explain.empty()) explained_ = &rule;
    inputs.push_back({static_cast<rules::RuleId>(&rule - rules_.data()), rule.pattern});
  }
  if (!options_.explain.empty() && explained_ == nullptr) {
    console_.complain("there is no rule \"" + options_.explain + "\"");
    return false;
  }
  rule_set_ = rules::RuleSet::compile(inputs);
  return true;
}

void Matching::read(const std::string& file) {
  auto opened = FileDescriptor::open(file);
  if (!opened) {
    console_.complain(opened.error().message);
    failed_ = true;
    return;
  }
  // What has matched so far is shown before waiting for more.
  LineReader lines(std::move(*opened), [this] { console_.flush(); });
  while (!finished()) {
    const auto line = lines.next();
    if (!line) {
      console_.complain(line.error().message);
      failed_ = true;
      return;
    }
    if (!*line) return;
    judge(**line);
  }
}

void Matching::judge(const LineReader::Line& line) {
  if (is_blank(line.text)) return;
  if (line.too_long) return bad_line(line, "longer than a gigabyte");
  const auto matched = rule_set_->match(line.text, scratch_);
  if (!matched) return bad_line(line, matched.error().message);
  ++events_;
  bytes_ += line.text.size();
  for (rules::RuleId rule : *matched) ++counts_[rule];
  if (!matched->empty()) ++matched_;
  if (matched->empty() == options_.unmatched) ++selected_;
  if (options_.quiet || options_.count) return;
  if (explained_ != nullptr) return print_explanation(line);
  if (matched->empty() == options_.unmatched) print_match(line, *matched);
}

void Matching::print_place(const LineReader::Line& line) {
  out_.clear();
  if (options_.json) {
    out_ += "{";
    if (!file_.empty()) {
      out_ += "\"file\":";
      append_json_string(out_, file_);
      out_ += ',';
    }
    out_ += "\"line\":" + std::to_string(line.number);
    return;
  }
  if (!file_.empty()) out_ += file_ + ":";
  out_ += std::to_string(line.number);
}

void Matching::print_match(const LineReader::Line& line, std::span<const rules::RuleId> matched) {
  print_place(line);
  const bool json = options_.json;
  if (!options_.unmatched) out_ += json ? ",\"rules\":[" : "\t";
  for (const rules::RuleId& rule : matched) {
    if (&rule != matched.data()) out_ += json ? "," : ", ";
    out_ += json ? json_names_[rule] : rules_[rule].name;
  }
  if (!options_.unmatched && json) out_ += "]";
  if (!options_.names) {
    out_ += json ? ",\"event\":" : "\t";
    out_ += trimmed(line.text);
  }
  out_ += json ? "}\n" : "\n";
  console_.print(out_);
}

void Matching::print_explanation(const LineReader::Line& line) {
  const auto explanation = rules::explain(*explained_->pattern, line.text);
  if (!explanation) return bad_line(line, explanation.error().message);
  print_place(line);
  if (options_.json) {
    out_ += ",\"rule\":" + json_names_[static_cast<std::size_t>(explained_ - rules_.data())];
    out_ += ",\"explanation\":" + rules::explanation_json(*explanation) + "}\n";
  } else {
    out_ += ": " + rules::explanation_text(*explanation);
  }
  console_.print(out_);
}

void Matching::print_counts() {
  out_.clear();
  if (options_.json) {
    out_ += "{\"events\":" + std::to_string(events_) + ",\"matched\":" + std::to_string(matched_) + ",\"rules\":{";
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      out_ += (i > 0 ? "," : "") + json_names_[i] + ":" + std::to_string(counts_[i]);
    }
    out_ += "}}\n";
  } else {
    for (std::size_t i = 0; i < rules_.size(); ++i) out_ += std::to_string(counts_[i]) + "\t" + rules_[i].name + "\n";
    out_ += std::to_string(matched_) + "\tof " + std::to_string(events_) + " events\n";
  }
  console_.print(out_);
}

void Matching::print_time(std::int64_t compile_microseconds, std::int64_t match_microseconds, double cpu) {
  const double seconds = static_cast<double>(match_microseconds) / 1e6;
  console_.note(std::to_string(rules_.size()) + " rules compiled in " +
                formatted("%.3f ms", static_cast<double>(compile_microseconds) / 1e3) + "\n" + std::to_string(events_) +
                " events, " + formatted("%.1f MB", static_cast<double>(bytes_) / 1e6) + ", in " +
                formatted("%.3f s", seconds) + ": " + per_second(events_, seconds) + " events/s; " +
                formatted("%.3f s", cpu) + " of CPU: " + per_second(events_, cpu) + " events/s\n");
}

void Matching::bad_line(const LineReader::Line& line, std::string_view what) {
  ++bad_lines_;
  constexpr std::uint64_t kShownMax = 10;
  if (bad_lines_ == kShownMax + 1) console_.complain("… further bad lines are counted, not shown");
  if (bad_lines_ > kShownMax) return;
  // The parser's location quotes the line itself; the line's number says it shorter.
  const std::string_view reason = what.substr(0, what.find("\n at [Source"));
  const std::string place = file_.empty() ? "line " : file_ + ":";
  console_.complain(place + std::to_string(line.number) + ": " + std::string(reason));
}

}  // namespace eventbus::cli
