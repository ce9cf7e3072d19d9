#include "daemon/contract_registry.h"

#include "bus/limits.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>

namespace eventbus {
namespace {

using ::testing::HasSubstr;

const Scope kScope{"000000000000", "us-east-1"};

class ContractRegistryTest : public ::testing::Test {
 protected:
  ContractRegistryTest() {
    if (!buses_.load() || !catalog_.load()) throw std::runtime_error("load");
  }
  Result<std::size_t> load(std::vector<RegisteredContract> contracts) {
    return testing::run(register_contracts(catalog_, kScope, "contracts", std::move(contracts)));
  }

  testing::ManualClock clock_{testing::test_epoch()};
  SeededRng rng_{1};
  spdlog::logger log_{"test"};
  Limits limits_;
  schemas::RegistryLimits schema_limits_;
  std::unique_ptr<Storage> storage_ = make_memory_storage(clock_);
  BusCatalog buses_{*storage_, clock_, limits_, nullptr, log_};
  SchemaCatalog catalog_{*storage_, buses_, clock_, rng_, schema_limits_, log_};
};

const RegisteredContract kFirst{"shop", "Order Placed", "order.v1", R"({"type": "object", "title": "one"})"};
const RegisteredContract kSecond{"shop", "Order Placed", "order.v2", R"({"type": "object", "title": "two"})"};

TEST_F(ContractRegistryTest, EveryStartMayLoadThem) {
  EXPECT_EQ(*load({kFirst, kSecond}), 2U);
  EXPECT_EQ(*load({kFirst, kSecond}), 0U);
  const auto latest = catalog_.version({kScope, "contracts", "shop@OrderPlaced"});
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->record.number, 2U);
  EXPECT_EQ(latest->content, kSecond.text);
}

TEST_F(ContractRegistryTest, SaysWhichContractIsNoSchema) {
  const auto failed = load({kFirst, {"shop", "Bad", "bad.v1", R"({"type": "objekt"})"}});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message, HasSubstr("contract bad.v1: type at #"));
}

}  // namespace
}  // namespace eventbus
