#include "workers/transcription/worker.h"

#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"
#include "workers/transcription/aws_connections.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <deque>
#include <fstream>
#include <iterator>
#include <vector>

namespace eventbus::transcription {
namespace {

using eventbus::testing::ManualClock;
using eventbus::testing::test_epoch;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What became of messages and events, in order.
using Story = std::vector<std::string>;

template <typename T>
T next(std::deque<T>& answers, T otherwise) {
  if (answers.empty()) return otherwise;
  T answer = std::move(answers.front());
  answers.pop_front();
  return answer;
}

// Hands out what it is given, then nothing for as long as somebody waits.
class ScriptedQueue final : public JobQueue {
 public:
  explicit ScriptedQueue(Story& story) : story_(story) {}
  std::deque<QueueMessage> messages;
  std::deque<Result<void>> removals, extensions;
  QueueFacts queue_facts;

  asio::awaitable<Result<std::optional<QueueMessage>>> receive(Duration, Duration) override {
    std::optional<QueueMessage> message;
    if (messages.empty()) {
      asio::steady_timer never(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
      co_await never.async_wait(asio::as_tuple(asio::use_awaitable));
      co_return message;
    }
    message = std::move(messages.front());
    messages.pop_front();
    co_return message;
  }
  asio::awaitable<Result<void>> change_visibility(std::string handle, Duration visibility) override {
    story_.push_back("visibility " + handle + " " + std::to_string(visibility.count() / 1'000));
    co_return next(extensions, Result<void>());
  }
  asio::awaitable<Result<void>> remove(std::string handle) override {
    story_.push_back("remove " + handle);
    co_return next(removals, Result<void>());
  }
  asio::awaitable<Result<QueueFacts>> facts() override { co_return queue_facts; }

 private:
  Story& story_;
};

class ScriptedPublisher final : public EventPublisher {
 public:
  explicit ScriptedPublisher(Story& story) : story_(story) {}
  std::deque<Result<std::string>> answers;

  asio::awaitable<Result<std::string>> publish(boost::json::object detail) override {
    story_.push_back("publish " + std::string(detail["status"].as_string()));
    co_return next(answers, Result<std::string>(std::string("event-id")));
  }

 private:
  Story& story_;
};

// A worker with everything real but the two services it talks to, and time. Its engine is /bin/sh.
class WorkerTest : public ::testing::Test {
 protected:
  void make(const std::string& script, Worker::Options options = {}) {
    std::ofstream((folder.path() / "engine.sh").string()) << script;
    auto made =
        Engine::make({EngineKind::kCommand, "sh " + (folder.path() / "engine.sh").string() + " {audio}", "", 1, ""});
    ASSERT_TRUE(made) << made.error().message;
    engine = *std::move(made);
    std::filesystem::create_directories(folder.path() / "buckets/uploads");
    std::ofstream((folder.path() / "buckets/uploads/a.wav").string()) << "audio";
    scratch = *ScratchFolder::make((folder.path() / "work").string(), rng);
    Transcriber::Options transcriber_options;
    transcriber_options.search_path = "/usr/bin:/bin";
    transcriber_options.engine_timeout = std::chrono::hours(1);
    transcriber = std::make_unique<Transcriber>(
        transcriber_options, Transcriber::Parts{places, converter, *engine, *scratch, metrics, clock, log});
    options.slots = {Slot{}};
    records = std::make_unique<JobRecords>(places, *engine, clock, "worker-1");
    worker = std::make_unique<Worker>(
        options, Worker::Parts{queue, publisher, *transcriber, *records, metrics, clock, rng, log});
  }

  static QueueMessage message(const std::string& handle, std::size_t receive_count = 1) {
    return {"message-1",
            handle,
            R"({"job_id":"1","s3_input_path":"s3://uploads/a.wav","s3_output_path":"s3://results/1.json"})",
            receive_count,
            {},
            ""};
  }

  void start() {
    asio::co_spawn(io, worker->run(), [this](const std::exception_ptr& failure) {
      ended = true;
      if (failure) std::rethrow_exception(failure);
    });
  }
  // Runs until the story is as long as that, for real processes take real time.
  void run_until(std::size_t steps) {
    while (story.size() < steps && !ended) io.run_one_for(std::chrono::seconds(20));
    io.poll();
  }
  void stop() {
    worker->request_stop();
    while (!ended) io.run_one_for(std::chrono::seconds(20));
    io.poll();  // what was cancelled with it
  }
  std::size_t engine_runs() {
    std::ifstream file((folder.path() / "runs").string());
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
  }
  // An engine that notes its run, and answers.
  std::string good() { return "echo run >> " + (folder.path() / "runs").string() + "\necho '{\"text\": \"hi\"}'\n"; }

  testing::TempDir folder;
  ManualClock clock{test_epoch()};
  asio::io_context io{1};
  SeededRng rng{7};
  spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_st>()};
  Story story;
  ScriptedQueue queue{story};
  ScriptedPublisher publisher{story};
  WorkerMetrics metrics;
  std::unique_ptr<net::HttpClient> http = *net::HttpClient::make({}, clock);
  AwsConnections aws{{"us-east-1", "", ""}, {{}, nullptr}, *http, clock, rng};
  S3Client s3{aws.client("s3")};
  ObjectPlaces places{{(folder.path() / "buckets").string(), "", true, 1 << 20}, s3, *http, clock};
  Converter converter{{ConverterChoice::kNone, "", seconds(60), 0}, clock};
  std::unique_ptr<Engine> engine;
  std::unique_ptr<ScratchFolder> scratch;
  std::unique_ptr<Transcriber> transcriber;
  std::unique_ptr<JobRecords> records;
  std::unique_ptr<Worker> worker;
  bool ended = false;
};

TEST_F(WorkerTest, PublishesAndThenDeletes) {
  make(good());
  queue.messages = {message("h1")};
  start();
  run_until(2);
  EXPECT_THAT(story, ElementsAre("publish completed", "remove h1"));
  stop();
}

TEST_F(WorkerTest, KeepsTheMessageUntilTheBusHasAcceptedTheEvent) {
  make(good());
  queue.messages = {message("h1")};
  publisher.answers = {unavailable("down"), unavailable("down"), std::string("event-id")};
  start();
  run_until(1);
  clock.advance(seconds(1));
  run_until(2);
  clock.advance(seconds(2));
  run_until(4);
  EXPECT_THAT(story, ElementsAre("publish completed", "publish completed", "publish completed", "remove h1"));
  EXPECT_EQ(engine_runs(), 1u);
  stop();
}

TEST_F(WorkerTest, AMessageThatCouldNotBeDeletedIsDeletedWhenItComesAgainAndNothingElse) {
  make(good());
  queue.removals = {not_found("ReceiptHandleIsInvalid")};
  queue.messages = {message("h1"), message("h2", 2)};
  start();
  run_until(3);
  EXPECT_THAT(story, ElementsAre("publish completed", "remove h1", "remove h2"));
  EXPECT_EQ(engine_runs(), 1u);
  stop();
}

TEST_F(WorkerTest, AbandonsAJobWhoseMessageIsNotItsOwnAnyMore) {
  make("echo run >> " + (folder.path() / "runs").string() + "\nexec sleep 600\n");
  queue.extensions = {not_found("MessageNotInflight")};
  queue.messages = {message("h1")};
  start();
  while (engine_runs() == 0) io.run_one_for(std::chrono::milliseconds(10));
  clock.advance(seconds(40));
  stop();
  EXPECT_THAT(story, ElementsAre("visibility h1 120"));
}

TEST_F(WorkerTest, GivesAJobBackWhenItHasToStop) {
  Worker::Options options;
  options.stop_timeout = seconds(30);
  make("echo run >> " + (folder.path() / "runs").string() + "\nexec sleep 600\n", options);
  queue.messages = {message("h1")};
  start();
  while (engine_runs() == 0) io.run_one_for(std::chrono::milliseconds(10));
  worker->request_stop();
  io.run_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(ended);
  EXPECT_THAT(story, IsEmpty());
  clock.advance(seconds(30));
  stop();
  EXPECT_THAT(story, ElementsAre("visibility h1 0"));
}

TEST_F(WorkerTest, FailsForGoodWithTheLastReceiveThatTheQueueAllows) {
  Worker::Options options;
  options.retry_delay = seconds(10);
  make("exit 1", options);
  queue.queue_facts.receives_max = 3;
  queue.messages = {message("h1", 1), message("h2", 2), message("h3", 3)};
  start();
  run_until(4);
  ASSERT_EQ(story.size(), 4u);
  // Doubled, and up to a fifth sooner.
  EXPECT_TRUE(story[0] == "visibility h1 8" || story[0] == "visibility h1 9" || story[0] == "visibility h1 10")
      << story[0];
  EXPECT_GE(std::stoi(story[1].substr(14)), 16);
  EXPECT_EQ(story[2], "publish failed");
  EXPECT_EQ(story[3], "visibility h3 0") << "the next receive moves it to the dead-letter queue";
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "buckets/results/1.failed.json")) << "what is published is noted";
  EXPECT_TRUE(worker->told().contains("message-1"));
  stop();
}

TEST_F(WorkerTest, WithoutADeadLetterQueueAFailedJobIsDeleted) {
  Worker::Options options;
  options.receives_max = 1;
  make("exit 1", options);
  queue.messages = {message("h1", 1)};
  start();
  run_until(2);
  EXPECT_THAT(story, ElementsAre("publish failed", "remove h1"));
  stop();
}

}  // namespace
}  // namespace eventbus::transcription
