#pragma once

#include "bus/archive_records.h"
#include "bus/bus_records.h"
#include "bus/catalog_error.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace eventbus {

// The managed rule of an archive, as AWS shows it (behaviour §16). It is a rule like any other, but for its target:
// that names no queue, bus or function, it is the archive.

// ManagedBy.
inline constexpr std::string_view kArchiveService = "prod.vhs.events.aws.internal";

RuleKey archive_rule(const Archive& archive);  // "Events-Archive-NAME" on the archive's bus

// The pattern: the archive's own, or every event, and never one that a replay brings.
RuleSettings archive_rule_settings(const ArchiveRecord& archive);
TargetRecord archive_rule_target(const Archive& archive);

// Whether an archive can have this pattern. kInvalidEventPattern with AWS's text; it may hold no "replay-name", which
// the rule asks for itself.
CatalogResult<void> check_archive_pattern(const std::string& pattern, std::size_t characters_max);

// Whether events reach the archive through this rule.
bool feeds(const RuleRecord& rule, const Archive& archive);

}  // namespace eventbus
