#pragma once

#include <cstddef>
#include <cstdint>

namespace eventbus::schemas {

// What keeps a schema, or a document that is held against one, from taking the daemon's memory, stack or time.

inline constexpr std::size_t kSchemaBytesMax = std::size_t{1} << 20;
inline constexpr std::size_t kSchemaDepthMax = 64;  // levels of JSON
inline constexpr std::size_t kSchemaNodesMax = 10'000;
inline constexpr std::size_t kSchemaPatternsMax = 500;
inline constexpr std::size_t kSchemaReferencesMax = 5'000;

// Schemas that are being applied inside each other at one moment: the stack that checking a document takes.
inline constexpr std::size_t kApplicationsMax = 512;
// Steps of one check, each some nanoseconds: a schema applied, a member or an item looked at, 32 instructions of a
// pattern over one byte.
inline constexpr std::uint64_t kStepsMax = 10'000'000;

}  // namespace eventbus::schemas
