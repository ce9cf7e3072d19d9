#include "schemas/aws_events.h"

#include "schemas/discovery.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace eventbus::schemas {

namespace {

struct Example {
  std::string_view source, detail_type, detail;
};

// By name of the schema. What can be missing is missing in one of the examples of its kind.
constexpr Example kExamples[] = {
    {"aws.ec2", "EC2 Instance State-change Notification", R"({"instance-id": "i-0", "state": "running"})"},
    {"aws.events", "Scheduled Event", "{}"},
    {"aws.s3", "Object Created",
     R"({"version": "0", "bucket": {"name": "b"}, "object": {"key": "k", "size": 1, "etag": "e", "version-id": "v", "sequencer": "s"},
         "request-id": "r", "requester": "a", "source-ip-address": "i", "reason": "PutObject"})"},
    {"aws.s3", "Object Created",
     R"({"version": "0", "bucket": {"name": "b"}, "object": {"key": "k", "size": 1, "etag": "e", "sequencer": "s"},
         "request-id": "r", "requester": "a", "reason": "CopyObject"})"},
    {"aws.s3", "Object Deleted",
     R"({"version": "0", "bucket": {"name": "b"}, "object": {"key": "k", "version-id": "v", "sequencer": "s"},
         "request-id": "r", "requester": "a", "source-ip-address": "i", "reason": "DeleteObject", "deletion-type": "Delete Marker Created"})"},
    {"aws.s3", "Object Deleted",
     R"({"version": "0", "bucket": {"name": "b"}, "object": {"key": "k"},
         "request-id": "r", "requester": "a", "reason": "Lifecycle Expiration", "deletion-type": "Permanently Deleted"})"},
};

std::string event_of(const Example& example) {
  return R"({"source": ")" + std::string(example.source) + R"(", "detail-type": ")" + std::string(example.detail_type) +
         R"(", "detail": )" + std::string(example.detail) + "}";
}

std::vector<AwsEventSchema> make_aws_events() {
  std::vector<LearnedSchema> learned;
  for (const Example& example : kExamples) {
    Result<LearnedSchema> one = learn(event_of(example));
    assert(one);
    const bool another =
        !learned.empty() && learned.back().source == one->source && learned.back().detail_type == one->detail_type;
    if (another)
      learned.back().shape = merged(std::move(learned.back().shape), one->shape);
    else
      learned.push_back(*std::move(one));
  }
  std::vector<AwsEventSchema> all;
  for (const LearnedSchema& each : learned) {
    const std::string name = discovered_schema_name(each.source, each.detail_type);
    // AWS: this sentence.
    const std::string description =
        "Schema for event type " + name.substr(name.find('@') + 1) + ", published by AWS service " + each.source;
    all.push_back({name, description, write_schema(each, SchemaType::kOpenApi3)});
  }
  return all;
}

}  // namespace

std::span<const AwsEventSchema> aws_events() {
  static const std::vector<AwsEventSchema> all = make_aws_events();
  return all;
}

const AwsEventSchema* find_aws_event(std::string_view name) {
  const auto found = std::ranges::find(aws_events(), name, &AwsEventSchema::name);
  return found == aws_events().end() ? nullptr : &*found;
}

}  // namespace eventbus::schemas
