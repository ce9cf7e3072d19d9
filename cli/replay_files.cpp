// eventbusctl replay: what a replay would do, and archives out to files and in from them.
#include "base/clock.h"
#include "bus/json_text.h"
#include "cli/answer.h"
#include "cli/daemon_client.h"
#include "cli/exit_code.h"
#include "cli/file_descriptor.h"
#include "cli/input.h"
#include "cli/line_reader.h"
#include "cli/progress.h"
#include "cli/replay_arguments.h"

#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <utility>

namespace eventbus::cli {
namespace {

constexpr std::size_t kPageEvents = 500, kPageBytes = 1 << 20;
// A page of a scattered archive takes its time.
constexpr Duration kPageTimeout = std::chrono::minutes(10);

// Page after page of one command, until there are no more.
class Pages {
 public:
  Pages(const Program& program, std::string path, std::string request)
      : program_(program), path_(std::move(path)), request_(std::move(request)) {}

  // The next answer; none behind the last page.
  Result<std::optional<std::string>> next() {
    if (finished_) return std::optional<std::string>();
    std::string body = request_;
    if (!next_.empty()) {
      body += ",\"next\":";
      append_json_string(body, next_);
    }
    TRY(std::string answer, post_command(program_.endpoint, path_, body + "}", kPageTimeout));
    next_ = text_in(answer, "next");
    finished_ = next_.empty();
    return std::optional(std::move(answer));
  }

 private:
  const Program& program_;
  const std::string path_, request_;
  std::string next_;
  bool finished_ = false;
};

struct Rehearsal {
  std::size_t seen = 0, left_out = 0, unmatched = 0;
  struct Rule {
    std::size_t events = 0, targets = 0;
  };
  std::map<std::string, Rule> rules;

  void add(std::string_view page) {
    seen += number_in(page, "seen");
    left_out += number_in(page, "leftOut");
    unmatched += number_in(page, "unmatched");
    for_each_element(value_in(page, "rules"), [&](std::string_view rule) {
      Rule& counted = rules[text_in(rule, "ruleArn")];
      counted.events += number_in(rule, "events");
      counted.targets = number_in(rule, "targets");
    });
  }

  std::string lines() const {
    std::string out;
    for (const auto& [arn, rule] : rules)
      out += std::to_string(rule.events) + "\t" + arn + "\t" + std::to_string(rule.targets) +
             (rule.targets == 1 ? " target\n" : " targets\n");
    out += with_commas(seen) + (seen == 1 ? " event" : " events");
    if (left_out > 0) out += ", " + with_commas(left_out) + " left out by the pattern";
    if (unmatched > 0) out += ", " + with_commas(unmatched) + " that no rule takes";
    return out + "\n";
  }

  std::string json() const {
    std::string out = "{\"seen\":" + std::to_string(seen) + ",\"leftOut\":" + std::to_string(left_out) +
                      ",\"unmatched\":" + std::to_string(unmatched) + ",\"rules\":[";
    for (const auto& [arn, rule] : rules) {
      if (out.back() != '[') out += ',';
      out += "{\"ruleArn\":";
      append_json_string(out, arn);
      out += ",\"events\":" + std::to_string(rule.events) + ",\"targets\":" + std::to_string(rule.targets) + "}";
    }
    return out + "]}\n";
  }
};

int complain(const Error& error, const Program& program) {
  program.console.complain(error.message);
  return kFailed;
}

// Lines of events that go in one request.
class ImportBatch {
 public:
  ImportBatch(const ReplayArguments& arguments, const Program& program) : arguments_(arguments), program_(program) {}

  bool full() const { return count_ >= kPageEvents || events_.size() >= kPageBytes; }

  void add(const LineReader::Line& line) {
    if (count_ == 0) first_ = line.number;
    last_ = line.number;
    if (count_++ > 0) events_ += ',';
    events_ += line.text;
  }

  Result<void> send() {
    if (count_ == 0) return {};
    std::string body = "{\"archive\":";
    append_json_string(body, arguments_.archive);
    for (const auto& [name, value] : {std::pair("account", &program_.account), std::pair("region", &program_.region)}) {
      if (value->empty()) continue;
      body += std::string(",\"") + name + "\":";
      append_json_string(body, *value);
    }
    body += ",\"events\":[" + events_ + "]}";
    const auto answer = post_command(program_.endpoint, "/_eventbus/archives/import", std::move(body), kPageTimeout);
    if (!answer)
      return Error{answer.error().code,
                   "lines " + std::to_string(first_) + "–" + std::to_string(last_) + ": " + answer.error().message};
    imported_ += number_in(*answer, "imported");
    left_out_ += number_in(*answer, "leftOut");
    events_.clear();
    count_ = 0;
    return {};
  }

  std::size_t imported() const { return imported_; }
  std::string summary() const {
    if (arguments_.json)
      return "{\"imported\":" + std::to_string(imported_) + ",\"leftOut\":" + std::to_string(left_out_) + "}\n";
    std::string out = with_commas(imported_) + " imported";
    if (left_out_ > 0) out += ", " + with_commas(left_out_) + " left out: not for this archive";
    return out + "\n";
  }

 private:
  const ReplayArguments& arguments_;
  const Program& program_;
  std::string events_;
  std::size_t count_ = 0, imported_ = 0, left_out_ = 0;
  std::uint64_t first_ = 0, last_ = 0;
};

Result<void> import_lines(LineReader& reader, ImportBatch& batch, Progress& progress) {
  SystemClock clock;
  for (;;) {
    TRY(const std::optional<LineReader::Line> line, reader.next());
    if (!line) return batch.send();
    if (line->text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (line->too_long || !is_json(line->text)) return invalid("line " + std::to_string(line->number) + " is no JSON");
    batch.add(*line);
    if (!batch.full()) continue;
    TRY_VOID(batch.send());
    progress.show(batch.imported(), std::nullopt, "", clock.now());
  }
}

}  // namespace

int rehearse_replay(const ReplayArguments& arguments, const Program& program) {
  ReplayArguments asked = arguments;
  asked.speed = 0;
  asked.description.clear();
  auto request = replay_request(asked, program);
  if (!request) return complain(request.error(), program);
  SystemClock clock;
  Pages pages(program, "/_eventbus/replays/rehearse", std::move(*request));
  Progress progress(program.console, arguments.archive);
  Rehearsal rehearsal;
  for (;;) {
    const auto page = pages.next();
    if (!page || !*page) progress.end();
    if (!page) return complain(page.error(), program);
    if (!*page) break;
    rehearsal.add(**page);
    if (!text_in(**page, "next").empty())
      progress.show(rehearsal.seen, number_in(**page, "eventsMax"), "", clock.now());
  }
  program.console.print(arguments.json ? rehearsal.json() : rehearsal.lines());
  return rehearsal.rules.empty() ? kNotFound : kFound;
}

int export_archive(const ReplayArguments& arguments, const Program& program) {
  auto request = replay_request(arguments, program);
  if (!request) return complain(request.error(), program);
  const bool to_file = arguments.file != "-";
  std::ofstream file;
  if (to_file) {
    file.open(arguments.file, std::ios::binary | std::ios::trunc);
    if (!file) return complain(invalid("cannot write " + arguments.file), program);
  }
  SystemClock clock;
  Pages pages(program, "/_eventbus/archives/export", std::move(*request));
  Progress progress(program.console, arguments.archive);
  std::size_t seen = 0, written = 0;
  for (;;) {
    const auto page = pages.next();
    if (!page || !*page) progress.end();
    if (!page) return complain(page.error(), program);
    if (!*page) break;
    for_each_element(value_in(**page, "events"), [&](std::string_view event) {
      ++written;
      if (to_file) {
        file << event << '\n';
      } else {
        program.console.print(std::string(event) + "\n");
      }
    });
    seen += number_in(**page, "seen");
    if (to_file) progress.show(seen, number_in(**page, "eventsMax"), "", clock.now());
  }
  if (to_file) {
    file.close();
    if (!file) return complain(unavailable(arguments.file + " could not be written whole"), program);
    program.console.note(with_commas(written) + (written == 1 ? " event\n" : " events\n"));
  }
  return written > 0 ? kFound : kNotFound;
}

int import_archive(const ReplayArguments& arguments, const Program& program) {
  auto file = FileDescriptor::open(arguments.file);
  if (!file) return complain(file.error(), program);
  LineReader reader(std::move(*file), [] {});
  Progress progress(program.console, arguments.archive);
  ImportBatch batch(arguments, program);
  const Result<void> done = import_lines(reader, batch, progress);
  progress.end();
  program.console.print(batch.summary());
  if (!done) return complain(done.error(), program);
  return batch.imported() > 0 ? kFound : kNotFound;
}

}  // namespace eventbus::cli
