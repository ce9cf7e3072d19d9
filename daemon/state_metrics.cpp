#include "daemon/state_metrics.h"

#include "bus/metric_family.h"

#include <chrono>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>

namespace eventbus {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type = MetricType::Gauge) {
  return metric_family(std::move(name), std::move(help), type);
}

MetricFamily single(std::string name, std::string help, double value, MetricType type = MetricType::Gauge) {
  return single_metric(std::move(name), std::move(help), type, value);
}

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0, resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::vector<MetricFamily> StateMetrics::Collect() const {
  std::vector<MetricFamily> families;
  collect_process(families);
  collect_storage(families);
  collect_queues(families);
  collect_archives(families);
  collect_outbox(families);
  return families;
}

void StateMetrics::collect_process(std::vector<MetricFamily>& families) const {
  MetricFamily build = family("eventbus_build_info", "Always 1; the labels say what runs.");
  add_metric(build, 1, {{"version", EVENTBUS_VERSION}});
  families.push_back(std::move(build));
  const Duration uptime = dependencies_.clock.now() - dependencies_.started_at;
  families.push_back(single("eventbus_uptime_seconds", "Since the daemon started.", seconds(uptime)));
  families.push_back(
      single("process_resident_memory_bytes", "Memory of the process that is in RAM.", resident_bytes()));
  families.push_back(
      single("eventbus_connections", "Open client connections.", static_cast<double>(dependencies_.connections())));
}

void StateMetrics::collect_storage(std::vector<MetricFamily>& families) const {
  const Storage::Health health = dependencies_.storage.health();
  families.push_back(single("eventbus_storage_writable", "0 from the first failed write until one succeeds again.",
                            health.writable ? 1 : 0));
  families.push_back(single("eventbus_storage_commits_total", "Commits made durable.",
                            static_cast<double>(health.commits), MetricType::Counter));
  families.push_back(single("eventbus_storage_syncs_total", "Syncs of the log; commits that wait together share one.",
                            static_cast<double>(health.syncs), MetricType::Counter));
  families.push_back(single("eventbus_storage_disk_bytes", "Size of the data directory's files.",
                            static_cast<double>(health.disk_bytes)));
}

void StateMetrics::collect_queues(std::vector<MetricFamily>& families) const {
  MetricFamily messages = family("eventbus_queue_messages", "Messages of an SQS queue, by state.");
  MetricFamily bytes = family("eventbus_queue_bytes", "Bodies and attributes of an SQS queue's messages.");
  MetricFamily oldest =
      family("eventbus_queue_oldest_message_age_seconds", "Age of an SQS queue's oldest message; 0 if empty.");
  for (const auto& queue : dependencies_.queues.list()) {
    const auto depth = dependencies_.queue_store.depth(queue->id);
    if (!depth) continue;  // deleted meanwhile
    const MetricLabels labels = {
        {"account", queue->scope.account}, {"region", queue->scope.region}, {"queue", queue->name}};
    for (const auto& [state, count] : {std::pair{"visible", depth->visible}, std::pair{"in_flight", depth->in_flight},
                                       std::pair{"delayed", depth->delayed}}) {
      MetricLabels with_state = labels;
      with_state.push_back({"state", state});
      add_metric(messages, static_cast<double>(count), std::move(with_state));
    }
    add_metric(bytes, static_cast<double>(depth->bytes), labels);
    add_metric(oldest, age_seconds(*depth), labels);
  }
  families.push_back(std::move(messages));
  families.push_back(std::move(bytes));
  families.push_back(std::move(oldest));
}

void StateMetrics::collect_archives(std::vector<MetricFamily>& families) const {
  MetricFamily events = family("eventbus_archive_events", "Events in an archive whose space is not given back yet.");
  MetricFamily bytes = family("eventbus_archive_bytes", "Size of these events' JSON, before compression.");
  MetricFamily enabled = family("eventbus_archive_enabled", "0: its managed rule is gone, nothing is archived.");
  for (const ArchivePtr& archive : dependencies_.archives.archives()) {
    const ArchiveCatalog::Contents stored = dependencies_.archives.stored(*archive);
    const MetricLabels labels = {
        {"account", archive->scope.account}, {"region", archive->scope.region}, {"archive", archive->record.name}};
    add_metric(events, static_cast<double>(stored.events), labels);
    add_metric(bytes, static_cast<double>(stored.bytes), labels);
    add_metric(enabled, dependencies_.archives.status(*archive).state == ArchiveState::kEnabled ? 1 : 0, labels);
  }
  families.push_back(std::move(events));
  families.push_back(std::move(bytes));
  families.push_back(std::move(enabled));
}

void StateMetrics::collect_outbox(std::vector<MetricFamily>& families) const {
  MetricFamily waiting = family("eventbus_outbox_messages", "Deliveries that wait for a target.");
  MetricFamily bytes = family("eventbus_outbox_bytes", "Size of the deliveries that wait for a target.");
  MetricFamily oldest =
      family("eventbus_outbox_oldest_age_seconds", "Age of the oldest delivery that waits for a target; 0 if none.");
  std::vector<BusCatalog::Lane> lanes = dependencies_.catalog.outbox_lanes();
  for (const QueueId id : dependencies_.schedule_lanes.lanes())
    if (const auto lane = dependencies_.schedule_lanes.lane(id))
      lanes.push_back({id, lane->rule_arn, lane->target.id, lane->target.arn, false});
  for (const BusCatalog::Lane& lane : lanes) {
    const auto depth = dependencies_.queue_store.depth(lane.queue);
    if (!depth) continue;  // dropped meanwhile
    const MetricLabels labels = {{"rule", lane.rule_arn},
                                 {"target_id", lane.target_id},
                                 {"target", lane.target_arn},
                                 {"lane", std::to_string(lane.queue)}};
    add_metric(waiting, static_cast<double>(depth->total()), labels);
    add_metric(bytes, static_cast<double>(depth->bytes), labels);
    add_metric(oldest, age_seconds(*depth), labels);
  }
  families.push_back(std::move(waiting));
  families.push_back(std::move(bytes));
  families.push_back(std::move(oldest));
  families.push_back(single("eventbus_outbox_messages_limit", "Where PutEvents is throttled.",
                            static_cast<double>(dependencies_.limits.outbox_messages_max)));
  families.push_back(single("eventbus_outbox_bytes_limit", "Where PutEvents is throttled.",
                            static_cast<double>(dependencies_.limits.outbox_bytes_max)));
}

double StateMetrics::age_seconds(const QueueDepth& depth) const {
  if (!depth.oldest_sent_at) return 0;
  return seconds(dependencies_.clock.now() - *depth.oldest_sent_at);
}

}  // namespace eventbus
