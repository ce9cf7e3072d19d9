#pragma once

#include "bus/archive_reader.h"
#include "bus/compiled_bus.h"
#include "bus/pattern_filter.h"
#include "bus/publisher.h"
#include "bus/replay_record.h"
#include "storage/storage.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eventbus {

// Archives beside replays: what a replay would do, events out to a file, events in from a file. A page at a time, each
// with bounded work, so that a command line can show how far it is and be stopped; between pages nothing is kept.

// Which events are meant.
struct EventSelection {
  ArchivePtr archive;
  ReplayWindow window;
  std::uint64_t until = 0;                    // the archive's newest event that counts
  std::optional<PatternFilter> pattern = {};  // of the events as they were archived
};

// What a replay would do with some of the events.
struct RehearsalPage {
  std::uint64_t seen = 0;       // events of the window
  std::uint64_t left_out = 0;   // of them, by the pattern
  std::uint64_t unmatched = 0;  // of them, no rule takes
  struct Rule {
    std::uint64_t events = 0;
    std::uint64_t targets = 0;  // that the rule has
  };
  std::map<std::string, Rule> rules;  // by ARN: those that take some
  std::optional<std::uint64_t> next;  // where the next page begins; nullopt: this was the last
};
// From the sequence `from` on. `only`: as FilterArns; null: all rules.
asio::awaitable<Result<RehearsalPage>> rehearse(ArchiveReader& reader, EventSelection selection,
                                                std::shared_ptr<const CompiledBus> bus,
                                                std::shared_ptr<const Publisher::RuleFilter> only, std::string replay,
                                                std::uint64_t from);

// Events as they were archived, in the order of replays.
struct ExportPage {
  std::vector<std::string> events;
  std::uint64_t seen = 0;           // of the window, taken by the pattern or not
  std::optional<ReplayPlace> next;  // `after` of the next page; nullopt: this was the last
};
asio::awaitable<Result<ExportPage>> export_events(ArchiveReader& reader, EventSelection selection,
                                                  std::optional<ReplayPlace> after);

// Puts events into an archive as they are: envelopes, as export_events gives them. They count as accepted now, since
// retention counts from acceptance. What the archive would not have taken when it was put (its pattern, or a replayed
// event) is left out. All of a page are in one commit.
struct ImportPage {
  std::uint64_t imported = 0, left_out = 0;
};
// kInvalid names the first text that is no envelope; nothing is imported then.
asio::awaitable<Result<ImportPage>> import_events(Storage& storage, ArchivePtr archive, TimePoint now,
                                                  std::vector<std::string> events);

}  // namespace eventbus
