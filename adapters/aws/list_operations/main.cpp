// Prints the feature matrix: one line `service operation yes|no` for every row of every service's table of operations.
// tools/feature-matrix makes README's table of it.

#include "adapters/aws/events/operations.h"
#include "adapters/aws/logs/logs_service.h"
#include "adapters/aws/operation.h"
#include "adapters/aws/scheduler/scheduler_service.h"
#include "adapters/aws/schemas/schemas_service.h"
#include "adapters/aws/sqs/sqs_api.h"
#include "adapters/aws/sts/sts_service.h"

#include <iostream>
#include <span>
#include <string_view>

namespace eventbus::aws {
namespace {

// Rows of any kind of table: Operation, RestOperation.
template <typename Row>
void print(std::string_view service, std::span<const Row> operations) {
  for (const Row& operation : operations)
    std::cout << service << ' ' << operation.name << ' ' << (operation.implemented() ? "yes" : "no") << '\n';
}

}  // namespace
}  // namespace eventbus::aws

int main() {
  using namespace eventbus::aws;
  print("events", events_operations());
  print("logs", logs_operations());
  print("scheduler", scheduler_operations());
  print("schemas", schemas_operations());
  print("sqs", sqs_operations());
  print("sts", sts_operations());
  return 0;
}
