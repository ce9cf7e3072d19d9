#pragma once

#include "cli/console.h"
#include "cli/line_reader.h"
#include "cli/rule_file.h"
#include "rules-engine/rule_set.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::cli {

struct MatchOptions {
  bool count = false;
  bool names = false;
  bool quiet = false;
  bool unmatched = false;
  bool json = false;
  bool time = false;
  std::string explain;  // a rule's name, or empty
};

// Rules over the events of files, line by line. Memory holds the rules and the longest line.
class Matching {
 public:
  Matching(std::vector<NamedRule> rules, MatchOptions options, Console& console);

  // An ExitCode. Files ("-": standard input) that cannot be read and lines that are no events are complained about, and
  // the rest is done all the same.
  int run(const std::vector<std::string>& files);

 private:
  bool compile();
  void read(const std::string& file);
  void judge(const LineReader::Line& line);
  void print_match(const LineReader::Line& line, std::span<const rules::RuleId> matched);
  void print_explanation(const LineReader::Line& line);
  void print_place(const LineReader::Line& line);
  void print_counts();
  void print_time(std::int64_t compile_microseconds, std::int64_t match_microseconds, double cpu_seconds);
  void bad_line(const LineReader::Line& line, std::string_view what);
  bool finished() const { return options_.quiet && selected_ > 0; }

  std::vector<NamedRule> rules_;
  std::vector<std::string> json_names_;
  MatchOptions options_;
  Console& console_;
  const NamedRule* explained_ = nullptr;
  std::shared_ptr<const rules::RuleSet> rule_set_;
  rules::MatchScratch scratch_;

  std::string file_;  // being read; empty if there is but one
  std::string out_;   // a line under construction
  std::vector<std::uint64_t> counts_;
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t matched_ = 0;
  std::uint64_t selected_ = 0;
  std::uint64_t bad_lines_ = 0;
  bool failed_ = false;
};

}  // namespace eventbus::cli
