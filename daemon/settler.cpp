#include "daemon/settler.h"

#include "storage/read_activity.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace eventbus {
namespace {

// How long others are left to themselves before we look again.
constexpr Duration kLookAgain{1};

struct Round {
  Round(std::size_t loops, asio::any_io_executor executor, asio::any_completion_handler<void()> handler)
      : left(loops), counts(loops), home(std::move(executor)), done(std::move(handler)) {}

  std::atomic<std::size_t> left;
  std::vector<std::uint64_t> counts;
  asio::any_io_executor home;
  asio::any_completion_handler<void()> done;
};

// Was each loop's only handler since `before` ours?
bool were_idle(const std::vector<std::uint64_t>& before, const std::vector<std::uint64_t>& now) {
  if (before.size() != now.size()) return false;
  for (std::size_t i = 0; i < now.size(); ++i)
    if (now[i] != before[i] + 1) return false;
  return true;
}

}  // namespace

asio::awaitable<Settler::Counts> Settler::look_round(const std::vector<CountedLoop*>& loops) {
  std::shared_ptr<Round> round;
  auto initiate = [&round, &loops](auto handler) {
    const asio::any_io_executor executor = asio::get_associated_executor(handler);
    asio::any_io_executor home = asio::prefer(executor, asio::execution::outstanding_work.tracked);
    round = std::make_shared<Round>(loops.size(), std::move(home), std::move(handler));
    for (std::size_t i = 0; i < loops.size(); ++i) {
      asio::post(loops[i]->executor(), [round, i, loop = loops[i]] {
        round->counts[i] = loop->carried_out();
        if (round->left.fetch_sub(1, std::memory_order_acq_rel) == 1) asio::post(round->home, std::move(round->done));
      });
    }
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
  co_return round->counts;
}

asio::awaitable<bool> Settler::settle(Patience patience) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::vector<CountedLoop*> loops = dependencies_.loops();
  const ReadActivity* const reads = ReadActivity::of(dependencies_.storage);
  Counts before;
  std::uint64_t sleeps = dependencies_.clock.activity();
  int steady_rounds = 0;
  bool settled = false;
  for (;;) {
    const TimePoint now = dependencies_.system.now();
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (now >= patience.until || state.cancelled() != asio::cancellation_type::none) break;

    const bool others_work = (reads && reads->reads_under_way() > 0) ||
                             dependencies_.calls.to_be_waited_for(now, patience.per_call) > 0 || dependencies_.busy();
    (void)co_await dependencies_.storage.commit(Commit{});
    Counts counts = co_await look_round(loops);
    const bool idle = were_idle(before, counts);
    before = std::move(counts);
    const std::uint64_t earlier = std::exchange(sleeps, dependencies_.clock.activity());
    steady_rounds = sleeps == earlier ? steady_rounds + 1 : 0;
    settled = !others_work && (idle || steady_rounds >= kSteadyRounds);
    if (settled) break;
    if (others_work && idle) co_await dependencies_.system.sleep_until(dependencies_.system.now() + kLookAgain);
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return settled;
}

}  // namespace eventbus
