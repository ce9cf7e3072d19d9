#include "bus/queue_service.h"

#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <gtest/gtest.h>
#include <spdlog/logger.h>

namespace eventbus {
namespace {

using eventbus::testing::run;

// A disk whose syncs fail: the commit is answered with an error, and is there all the same when the disk works again.
class DoubtfulStorage final : public Storage {
 public:
  explicit DoubtfulStorage(Storage& inner) : inner_(inner) {}

  asio::awaitable<Result<CommitReceipt>> commit(Commit commit) override {
    Result<CommitReceipt> receipt = co_await inner_.commit(std::move(commit));
    if (failing) co_return unavailable("Input/output error");
    co_return receipt;
  }
  CatalogStore& catalog() override { return inner_.catalog(); }
  QueueStore& queues() override { return inner_.queues(); }
  EventLog& log() override { return inner_.log(); }
  void close() override { inner_.close(); }
  Health health() const override {
    Health health = inner_.health();
    health.writable = !failing;
    return health;
  }

  bool failing = false;

 private:
  Storage& inner_;
};

class ChangesInDoubt : public ::testing::Test {
 protected:
  QueueResult<QueuePtr> create(std::string name) { return run(queues_.create({scope_, std::move(name), {}, {}})); }
  // Any change settles what is doubtful.
  void change_another() { ASSERT_TRUE(create("another")); }

  testing::ManualClock clock_{testing::test_epoch()};
  std::unique_ptr<Storage> memory_ = make_memory_storage(clock_);
  DoubtfulStorage storage_{*memory_};
  const Limits limits_;
  spdlog::logger log_{"test"};
  const Scope scope_{"000000000000", "us-east-1"};
  QueueService queues_{storage_, clock_, limits_, log_};
};

TEST_F(ChangesInDoubt, ACreatedQueueAppears) {
  storage_.failing = true;
  EXPECT_FALSE(create("jobs"));
  EXPECT_EQ(queues_.find(scope_, "jobs"), nullptr);
  storage_.failing = false;
  change_another();
  const QueuePtr queue = queues_.find(scope_, "jobs");
  ASSERT_NE(queue, nullptr);
  EXPECT_TRUE(memory_->queues().exists(queue->id));
}

TEST_F(ChangesInDoubt, ADeletedQueueIsGone) {
  ASSERT_TRUE(create("jobs"));
  storage_.failing = true;
  EXPECT_FALSE(run(queues_.drop(scope_, "jobs")));
  storage_.failing = false;
  change_another();
  EXPECT_EQ(queues_.find(scope_, "jobs"), nullptr);
}

TEST_F(ChangesInDoubt, AttributesAreWhatIsStored) {
  ASSERT_TRUE(create("jobs"));
  storage_.failing = true;
  EXPECT_FALSE(run(queues_.set_attributes(scope_, "jobs", {{"DelaySeconds", "7"}})));
  EXPECT_FALSE(queues_.find(scope_, "jobs")->attributes.contains("DelaySeconds"));
  storage_.failing = false;
  change_another();
  EXPECT_EQ(queues_.find(scope_, "jobs")->attributes.at("DelaySeconds"), "7");
}

TEST_F(ChangesInDoubt, NothingIsSettledWhileTheDiskFails) {
  ASSERT_TRUE(create("jobs"));
  storage_.failing = true;
  EXPECT_FALSE(run(queues_.drop(scope_, "jobs")));
  EXPECT_FALSE(create("another"));
  EXPECT_NE(queues_.find(scope_, "jobs"), nullptr) << "as long as nobody knows";
}

TEST_F(ChangesInDoubt, AResetThatFailedLeavesNoDoubtInTheEnd) {
  ASSERT_TRUE(create("jobs"));
  storage_.failing = true;
  EXPECT_FALSE(run(queues_.reset({scope_.account})));
  EXPECT_NE(queues_.find(scope_, "jobs"), nullptr);
  storage_.failing = false;
  change_another();
  EXPECT_EQ(queues_.find(scope_, "jobs"), nullptr) << "the disk had it";
}

TEST_F(ChangesInDoubt, AResetForgetsTheQueuesOfAnAccount) {
  ASSERT_TRUE(create("jobs"));
  const QueueId id = queues_.find(scope_, "jobs")->id;
  const Scope other{"111111111111", "us-east-1"};
  ASSERT_TRUE(run(queues_.create({other, "theirs", {}, {}})));
  EXPECT_EQ(*run(queues_.reset({scope_.account})), 1u);
  EXPECT_EQ(queues_.find(scope_, "jobs"), nullptr);
  EXPECT_FALSE(memory_->queues().exists(id));
  EXPECT_NE(queues_.find(other, "theirs"), nullptr);
  EXPECT_EQ(*run(queues_.reset({})), 1u);
  EXPECT_TRUE(memory_->catalog().list("").empty());
}

}  // namespace
}  // namespace eventbus
