#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/log_group_directory.h"
#include "storage/catalog_store.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus {

// What the Catalog keeps of CloudWatch Logs. Documents are JSON with a "version"; decoding answers kInternal for what
// it does not understand.
//
//   loggroup/<account>/<region>/<group>             a group; its name may hold '/'
//   logstream/<account>/<region>/<log>/<stream>     a stream of the group whose deliveries are in log <log>
//   loggone/<log>                                   a log whose group or stream is gone and whose space comes back
//   logpolicy/<account>/<region>/<policy>           a resource policy

using LogTags = std::map<std::string, std::string>;

struct LogGroup : LogGroupInfo {
  TimePoint created_at;
  std::optional<std::int64_t> retention_days;
  std::optional<std::string> kms_key_id;
  std::string group_class = "STANDARD";
  bool deletion_protected = false;
  LogTags tags;
};

// A stream that somebody made with CreateLogStream or PutLogEvents, or a word about one that a delivery made: those
// have no record as long as nobody does anything to them (bus/log_delivery.h).
struct LogStream {
  std::string name;
  LogId log = 0;  // of its own; 0: it has none, because it was a delivery's and is deleted
  TimePoint created_at;
  bool with_delivery = false;  // the delivery of this name belongs to it
};

struct LogPolicy {
  std::string name, document;
  std::optional<std::string> resource_arn;  // of a policy of one log group
  TimePoint updated_at;
  std::string revision;
};

struct GoneLog {
  LogId log = 0;
  TimePoint since;
};

std::string log_group_key(const Scope& scope, std::string_view group);
std::string log_stream_prefix(const LogGroup& group);
std::string log_stream_key(const LogGroup& group, std::string_view stream);
std::string gone_log_key(LogId log);
std::string log_policy_key(const Scope& scope, std::string_view name);

inline constexpr std::string_view kLogGroupKeys = "loggroup/", kLogStreamKeys = "logstream/", kGoneLogKeys = "loggone/",
                                  kLogPolicyKeys = "logpolicy/";

std::string encode(const LogGroup& group);
std::string encode(const LogStream& stream);
std::string encode(const LogPolicy& policy);
std::string encode(const GoneLog& gone);
Result<LogGroup> decode_log_group(const CatalogEntry& entry);
Result<LogStream> decode_log_stream(const CatalogEntry& entry);
Result<LogPolicy> decode_log_policy(const CatalogEntry& entry);
Result<GoneLog> decode_gone_log(const CatalogEntry& entry);

// "logpolicy/000000000000/us-east-1/x" → the scope; nullopt for what is no such key.
struct ScopedKey {
  Scope scope;
  std::string rest;
};
std::optional<ScopedKey> split_scoped_key(std::string_view key);

std::string log_group_arn(const Scope& scope, std::string_view group);

}  // namespace eventbus
