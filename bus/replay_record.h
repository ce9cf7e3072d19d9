#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/scope.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// What the catalog keeps of a replay, as plain data, and its stored form:
//   replay/<account>/<region>/<name>
// The document is the only place a replay's state is in. Where it stands is written in the very commits that publish
// its events, so that a restart goes on behind the last one.

struct ReplayKey {
  Scope scope;
  std::string name;

  friend auto operator<=>(const ReplayKey&, const ReplayKey&) = default;
};

enum class ReplayState { kStarting, kRunning, kCancelling, kCompleted, kCancelled, kFailed };
std::string_view to_string(ReplayState state);
std::optional<ReplayState> parse_replay_state(std::string_view text);

// An event's place in the order of replays: by its own time (whole seconds, as envelopes have it), then by acceptance.
struct ReplayPlace {
  TimePoint time = TimePoint::min();
  std::uint64_t sequence = 0;

  friend auto operator<=>(const ReplayPlace&, const ReplayPlace&) = default;
};

// The events that are meant: those of an archive whose own time lies in [start, end), whole seconds.
struct ReplayWindow {
  TimePoint start, end;
};

struct ReplayRecord {
  std::string name;
  std::optional<std::string> description;
  std::string archive_arn;
  std::string archive_id;  // Archive::record.id: another archive of the same name is not the one that was meant
  std::string destination_arn;
  std::vector<std::string> filter_arns;  // empty: all rules
  ReplayWindow window;

  // Beyond AWS:
  std::optional<std::string> pattern;  // an event pattern for the events as they were archived
  double speed = 0;                    // times the pace at which they happened; 0: as fast as it goes

  ReplayState state = ReplayState::kStarting;
  std::string state_reason;
  TimePoint started_at;
  std::optional<TimePoint> ended_at;

  std::uint64_t until = 0;           // the archive's newest event when it began: what comes later is not replayed
  std::optional<ReplayPlace> place;  // of the last event that was dealt with
  std::uint64_t events_max = 0;      // at most so many are in the window
  std::uint64_t seen = 0;            // events of the window so far: replayed, left out by the pattern, or failed
  std::uint64_t replayed = 0;
  std::uint64_t failed = 0;  // refused for good by a bus elsewhere, or unreadable
  std::string last_failure;

  bool active() const { return state == ReplayState::kStarting || state == ReplayState::kRunning; }
  bool over() const { return !active() && state != ReplayState::kCancelling; }
  // AWS: the beginning of the last minute that was scanned (behaviour §16).
  std::optional<TimePoint> last_replayed_time() const;
};

// AWS: the name of a replay is taken, and the replay listed, for 90 days (behaviour §16). Counted from its end.
inline constexpr Duration kReplayHistory = std::chrono::hours(90 * 24);
bool is_forgotten(const ReplayRecord& replay, TimePoint now);

inline constexpr std::string_view kReplayPathPrefix = "replay/";
std::string replay_path_prefix(const Scope& scope);
std::string replay_path(const ReplayKey& key);
// nullopt for the path of something else.
std::optional<ReplayKey> replay_key_of(std::string_view path);

std::string replay_arn(const ReplayKey& key);

// Decoding answers kInternal for what it does not understand.
std::string encode(const ReplayRecord& replay);
Result<ReplayRecord> decode_replay(std::string_view document);

}  // namespace eventbus
