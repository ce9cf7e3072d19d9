#include "adapters/aws/targets/target_directory.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace eventbus::aws {
namespace {

class NoDelivery final : public DeliveryTarget {
 public:
  asio::awaitable<std::vector<AttemptOutcome>> deliver(std::vector<DeliveryAttempt> attempts) override {
    co_return std::vector<AttemptOutcome>(attempts.size());
  }
};

// Takes the targets that `takes` says; counts how often it was asked.
class TestFactory final : public TargetFactory {
 public:
  TestFactory(std::function<bool(const TargetQuery&)> takes, std::shared_ptr<DeliveryTarget> delivery, int& asked)
      : takes_(std::move(takes)), delivery_(std::move(delivery)), asked_(asked) {}
  std::shared_ptr<DeliveryTarget> make(const TargetQuery& query) override {
    ++asked_;
    return takes_(query) ? delivery_ : nullptr;
  }

 private:
  std::function<bool(const TargetQuery&)> takes_;
  std::shared_ptr<DeliveryTarget> delivery_;
  int& asked_;
};

bool is_lambda(const TargetQuery& query) { return query.arn && query.arn->service == "lambda"; }
bool is_url(const TargetQuery& query) { return !query.arn; }
bool is_anything(const TargetQuery&) { return true; }

struct Asked {
  int first = 0, second = 0;
};

std::vector<std::unique_ptr<TargetFactory>> pair_of(std::unique_ptr<TargetFactory> first,
                                                    std::unique_ptr<TargetFactory> second) {
  std::vector<std::unique_ptr<TargetFactory>> both;
  both.push_back(std::move(first));
  both.push_back(std::move(second));
  return both;
}

Target target_with(std::string arn) {
  Target target;
  target.arn = std::move(arn);
  return target;
}

const Scope kScope{"000000000000", "us-east-1"};

TEST(TargetDirectory, AsksInOrderAndTheFirstThatHasADeliveryWins) {
  const auto function = std::make_shared<NoDelivery>(), rest = std::make_shared<NoDelivery>();
  Asked asked;
  TargetDirectory directory(pair_of(std::make_unique<TestFactory>(is_lambda, function, asked.first),
                                    std::make_unique<TestFactory>(is_anything, rest, asked.second)));

  EXPECT_EQ(directory.find(target_with("arn:aws:lambda:us-east-1:000000000000:function:f"), kScope), function);
  EXPECT_EQ(asked.second, 0);
  EXPECT_EQ(directory.find(target_with("arn:aws:logs:us-east-1:000000000000:log-group:g"), kScope), rest);
  EXPECT_EQ(asked.first, 2);
}

TEST(TargetDirectory, TellsAUrlFromAnArn) {
  const auto web = std::make_shared<NoDelivery>();
  Asked asked;
  TargetDirectory directory(pair_of(std::make_unique<TestFactory>(is_url, web, asked.first),
                                    std::make_unique<TestFactory>(is_lambda, nullptr, asked.second)));

  EXPECT_EQ(directory.find(target_with("https://example.com/hook"), kScope), web);
  EXPECT_EQ(directory.find(target_with("arn:aws:sns:us-east-1:000000000000:topic"), kScope), nullptr);
}

}  // namespace
}  // namespace eventbus::aws
