#include "tests/simulation/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::simulation {
namespace {

// What a failure says: enough to see it again.
std::string again(const Report& report, const Options& options) {
  std::string text = report.violation + "\nAgain: tests/simulation/run --seed " + std::to_string(options.seed);
  if (options.operations != Options{}.operations) text += " --operations " + std::to_string(options.operations);
  if (options.without_crashes) text += " --without-crashes";
  text += " --trace\n";
  const std::size_t lines = std::min<std::size_t>(report.last_lines.size(), 30);
  for (std::size_t i = report.last_lines.size() - lines; i < report.last_lines.size(); ++i)
    text += report.last_lines[i] + "\n";
  return text;
}

Options history(std::uint64_t seed) {
  Options options;
  options.seed = seed;
  return options;
}

void expect_nothing_wrong(std::uint64_t seed) {
  const Options options = history(seed);
  const Report report = simulate(options);
  EXPECT_FALSE(report.failed()) << again(report, options);
}

TEST(Simulation, HoldsWhatItPromisesInAKnownHistory) { expect_nothing_wrong(20260102); }

TEST(Simulation, HoldsWhatItPromisesInADozenMore) {
  for (std::uint64_t seed = 1; seed <= 12 && !HasFailure(); ++seed) expect_nothing_wrong(seed);
}

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
constexpr int kFreshHistories = 3;
#else
constexpr int kFreshHistories = 12;
#endif
constexpr std::chrono::minutes kLongRun(60);

// Other ones every time; for an hour in ./test --long.
TEST(Simulation, HoldsWhatItPromisesInHistoriesNobodyHasSeen) {
  std::random_device device;
  const bool for_long = std::getenv("EVENTBUS_LONG_TESTS") != nullptr;
  const auto until = std::chrono::steady_clock::now() + kLongRun;
  const auto goes_on = [&](int done) {
    return for_long ? std::chrono::steady_clock::now() < until : done < kFreshHistories;
  };
  for (int done = 0; goes_on(done) && !HasFailure(); ++done) expect_nothing_wrong(device());
}

TEST(Simulation, IsTheSameEveryTime) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Report first = simulate(history(seed)), second = simulate(history(seed));
    EXPECT_EQ(first.digest, second.digest) << "history " << seed;
    EXPECT_EQ(first.steps, second.steps);
    EXPECT_NE(first.digest, simulate(history(seed + 100)).digest);
  }
}

// Each found a bug once.
struct Regression {
  std::uint64_t seed;
  bool without_crashes;
  std::string_view found;
};
constexpr Regression kRegressions[] = {
    {9, true, "dead letters sent back to a function waited until another event came for it"},
    {100, false, "a deduplication id was kept for longer than five minutes after the clock had been set back"},
    {136, false, "two lanes of one API destination had the same turn, when one before it was given back"},
    {103, false, "a call that had waited for its turn went with the connection that its destination had before"},
    {626397598, false, "a turn of an API destination came beside another's, when the clock was set forward meanwhile"},
    {158, false, "a token was asked for with the secret of a connection that was deleted an hour before"},
};

TEST(Simulation, HoldsWhatItPromisesWhereItOnceDidNot) {
  for (const Regression& regression : kRegressions) {
    SCOPED_TRACE(regression.found);
    Options options = history(regression.seed);
    options.without_crashes = regression.without_crashes;
    const Report report = simulate(options);
    EXPECT_FALSE(report.failed()) << again(report, options);
  }
}

// The auditor can fail: a bus with a fault is found out within a few histories.
class SimulationWithFault : public ::testing::TestWithParam<MutationName> {};

TEST_P(SimulationWithFault, IsFoundOut) {
  constexpr std::uint64_t kHistoriesMax = 60;
  for (std::uint64_t seed = 1; seed <= kHistoriesMax; ++seed) {
    Options options = history(seed);
    options.mutation = GetParam().mutation;
    if (simulate(options).failed()) return;
  }
  ADD_FAILURE() << "nobody has noticed in " << kHistoriesMax << " histories that " << GetParam().means;
}

INSTANTIATE_TEST_SUITE_P(All, SimulationWithFault, ::testing::ValuesIn(all_mutations().begin(), all_mutations().end()),
                         [](const auto& info) {
                           std::string name;
                           bool capital = true;
                           for (const char letter : info.param.name) {
                             if (letter != '-') name += static_cast<char>(capital ? letter - 'a' + 'A' : letter);
                             capital = letter == '-';
                           }
                           return name;
                         });

}  // namespace
}  // namespace eventbus::simulation
