#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/bus_records.h"
#include "bus/scope.h"
#include "storage/event_log.h"

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What the catalog keeps of an archive, as plain data, and its stored form.

struct ArchiveKey {
  Scope scope;
  std::string name;

  friend auto operator<=>(const ArchiveKey&, const ArchiveKey&) = default;
};

struct ArchiveSettings {
  std::optional<std::string> description, event_pattern, kms_key_identifier;  // never empty texts
  std::int64_t retention_days = 0;                                            // 0: for ever
};

struct ArchiveRecord {
  std::string name;
  std::string bus;  // whose events it keeps, by name; of the archive's own account and region
  ArchiveSettings settings;
  std::string id;    // a UUID: what tells this archive from another one of its name, before or after it
  LogId events = 0;  // the log of its events: an entry's payload is the event's JSON, its acceptance the event's
  LogId zones = 0;   // the log that says where in it which times are (bus/archive_zones.h)
  TimePoint created_at;
};

// An archive as it is at one moment; immutable.
struct Archive {
  Scope scope;
  ArchiveRecord record;
  std::uint64_t revision = 0;  // of its document

  ArchiveKey key() const { return {scope, record.name}; }
  BusKey bus() const { return {scope, record.bus}; }
  std::string arn() const;
};
using ArchivePtr = std::shared_ptr<const Archive>;

// Behaviour §2. Nothing here takes time enough to be seen CREATING or UPDATING.
enum class ArchiveState { kEnabled, kDisabled };
std::string_view to_string(ArchiveState state);

std::string archive_arn(const Scope& scope, std::string_view archive);
// nullopt for everything but arn:…:events:REGION:ACCOUNT:archive/NAME.
std::optional<ArchiveKey> archive_of_arn(std::string_view arn);

// Events that came before have expired; TimePoint::min() without a retention. Behaviour §16: retention counts from
// acceptance.
TimePoint expired_before(const ArchiveSettings& settings, TimePoint now);

// Stored documents. Each holds a "version"; decoding answers kInternal for what it does not understand.
std::string encode(const ArchiveRecord& archive);
Result<ArchiveRecord> decode_archive(std::string_view document);

}  // namespace eventbus
