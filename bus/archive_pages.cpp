#include "bus/archive_pages.h"

#include "bus/event.h"
#include "bus/json_text.h"
#include "bus/replay_scan.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace eventbus {

namespace {

// Of one page: some megabytes of text, or some ten milliseconds of matching.
constexpr std::size_t kEventsMax = 5'000, kBytesMax = 4 << 20;
constexpr std::size_t kReadsMax = 16;

// An id for events that are only tried out.
constexpr const char* kNobody = "00000000-0000-4000-8000-000000000000";

struct RuleCounter {
  const CompiledBus& bus;
  const Publisher::RuleFilter* only;
  rules::MatchScratch scratch = {};

  void count(const Event& event, RehearsalPage& page) {
    bool taken = false;
    for (const rules::RuleId id : bus.rule_set->match_valid(event.json, scratch)) {
      const CompiledRule& rule = bus.rules[id];
      if (only && !only->contains(rule.arn)) continue;
      RehearsalPage::Rule& counted = page.rules[rule.arn];
      ++counted.events;
      counted.targets = rule.targets.size();
      taken = true;
    }
    if (!taken) ++page.unmatched;
  }
};

bool is_replayed(std::string_view envelope) {
  bool replayed = false;
  for_each_member(envelope, [&](std::string_view name, std::string_view) { replayed |= name == "replay-name"; });
  return replayed;
}

// An envelope in the form in which archives keep them: compact.
Result<std::string> archivable(std::string_view text) {
  std::optional<std::string> json = compact_json(text);
  if (!json || json_kind(*json) != JsonKind::kObject) return invalid("is no JSON object");
  if (!replayed_event(*json, kNobody, "x", TimePoint()))
    return invalid(
        "is no event: it needs \"id\", \"detail-type\", \"source\", \"account\", \"time\", \"region\", "
        "\"resources\" and \"detail\", as EventBridge sends them to targets");
  return std::move(*json);
}

}  // namespace

asio::awaitable<Result<RehearsalPage>> rehearse(ArchiveReader& reader, EventSelection selection,
                                                std::shared_ptr<const CompiledBus> bus,
                                                std::shared_ptr<const Publisher::RuleFilter> only, std::string replay,
                                                std::uint64_t from) {
  RehearsalPage page;
  RuleCounter counter{*bus, only.get()};
  for (std::size_t reads = 0; reads < kReadsMax && page.seen < kEventsMax; ++reads) {
    const ArchiveWindow window{selection.window.start, selection.window.end, from, selection.until};
    CO_TRY(ArchiveBatch batch, co_await reader.read(selection.archive, window, kEventsMax - page.seen, kBytesMax));
    from = batch.next;
    for (ArchivedEvent& archived : batch.events) {
      ++page.seen;
      if (selection.pattern && !selection.pattern->takes(archived.json)) {
        ++page.left_out;
        continue;
      }
      const Result<Event> event = replayed_event(archived.json, kNobody, replay, archived.accepted_at);
      if (event) counter.count(*event, page);
    }
    if (batch.finished) co_return page;
  }
  page.next = from;
  co_return page;
}

asio::awaitable<Result<ExportPage>> export_events(ArchiveReader& reader, EventSelection selection,
                                                  std::optional<ReplayPlace> after) {
  ExportPage page;
  ArchiveSource source(reader, selection.archive);
  ReplayScan scan(source, selection.window, after, selection.until, {kEventsMax, kBytesMax});
  // Reading goes on until there is something to answer: only then is there a place behind it.
  while (page.seen == 0) {
    CO_TRY(ReplayScan::Step step, co_await scan.step());
    if (step.finished) co_return page;
    for (ArchivedEvent& archived : step.events) {
      ++page.seen;
      page.next = place_of(archived);
      if (!selection.pattern || selection.pattern->takes(archived.json))
        page.events.push_back(std::move(archived.json));
    }
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) break;
  }
  co_return page;
}

asio::awaitable<Result<ImportPage>> import_events(Storage& storage, ArchivePtr archive, TimePoint now,
                                                  std::vector<std::string> events) {
  ImportPage page;
  std::optional<PatternFilter> filter;
  if (archive->record.settings.event_pattern) {
    CO_TRY(filter, PatternFilter::compile(*archive->record.settings.event_pattern));
  }
  Commit commit;
  for (std::size_t i = 0; i < events.size(); ++i) {
    Result<std::string> event = archivable(events[i]);
    if (!event) co_return invalid("event " + std::to_string(i + 1) + " " + event.error().message);
    if (is_replayed(*event) || (filter && !filter->takes(*event))) {
      ++page.left_out;
      continue;
    }
    commit.log.push_back(archive_append(archive->record.events, now, std::move(*event)));
    ++page.imported;
  }
  if (!commit.empty()) CO_TRY_VOID(co_await storage.commit(std::move(commit)));
  co_return page;
}

}  // namespace eventbus
