#include "workers/transcription/dead_letter_watch.h"

#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/temp_dir.h"
#include "workers/transcription/aws_connections.h"
#include "workers/transcription/json_text.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <vector>

namespace eventbus::transcription {
namespace {

using eventbus::testing::ManualClock;
using eventbus::testing::test_epoch;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kJobs = "arn:aws:sqs:us-east-1:000000000000:jobs";
const std::string kLetters = "arn:aws:sqs:us-east-1:000000000000:letters";

// A queue as SQS has it, as far as a look needs one.
struct FakeQueue {
  std::deque<QueueMessage> visible;
  std::map<std::string, QueueMessage> held;  // by handle
  QueueFacts facts;
  std::size_t receives = 0;
};

class FakeQueueClient final : public JobQueue {
 public:
  explicit FakeQueueClient(FakeQueue& queue) : queue_(queue) {}
  asio::awaitable<Result<std::optional<QueueMessage>>> receive(Duration, Duration) override {
    ++queue_.receives;
    std::optional<QueueMessage> message;
    if (!queue_.visible.empty()) {
      message = queue_.visible.front();
      queue_.visible.pop_front();
      queue_.held[message->receipt_handle] = *message;
    }
    co_return message;
  }
  asio::awaitable<Result<void>> change_visibility(std::string handle, Duration visibility) override {
    EXPECT_EQ(visibility, Duration(0));
    queue_.visible.push_back(queue_.held.at(handle));
    queue_.held.erase(handle);
    co_return Result<void>();
  }
  asio::awaitable<Result<void>> remove(std::string handle) override {
    queue_.held.erase(handle);
    co_return Result<void>();
  }
  asio::awaitable<Result<QueueFacts>> facts() override {
    QueueFacts facts = queue_.facts;
    facts.waiting = queue_.visible.size();
    co_return facts;
  }

 private:
  FakeQueue& queue_;
};

class FakePublisher final : public EventPublisher {
 public:
  std::vector<boost::json::object> published;
  std::deque<Error> failures;
  asio::awaitable<Result<std::string>> publish(boost::json::object detail) override {
    if (!failures.empty()) {
      Error failure = failures.front();
      failures.pop_front();
      co_return failure;
    }
    published.push_back(std::move(detail));
    co_return std::string("event-id");
  }
};

class DeadLetterWatchTest : public ::testing::Test {
 protected:
  DeadLetterWatchTest() {
    jobs.facts.arn = kJobs;
    jobs.facts.dead_letters_arn = kLetters;
    jobs.facts.receives_max = 3;
    letters.facts.arn = kLetters;
  }

  // A job of the queue that was moved here.
  static QueueMessage letter(const std::string& id) {
    return {id,
            "handle-" + id,
            R"({"job_id":")" + id + R"(","s3_input_path":"s3://uploads/)" + id +
                R"(.wav","s3_output_path":"s3://results/)" + id + R"(.json"})",
            4,
            {},
            kJobs};
  }
  std::unique_ptr<DeadLetterWatch> make() {
    return std::make_unique<DeadLetterWatch>(DeadLetterWatch::Options{},
                                             DeadLetterWatch::Parts{jobs_client,
                                                                    [this](const std::string& arn) {
                                                                      opened.push_back(arn);
                                                                      return std::make_unique<FakeQueueClient>(letters);
                                                                    },
                                                                    publisher, records, told, metrics, clock, log});
  }
  Result<void> look(DeadLetterWatch& watch) { return testing::run(watch.look()); }
  std::vector<std::string> statuses() const {
    std::vector<std::string> found;
    for (const auto& detail : publisher.published) found.emplace_back(detail.at("status").as_string());
    return found;
  }
  void write(const std::string& name, const std::string& text) {
    const auto path = folder.path() / "buckets/results" / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string read(const std::string& name) {
    std::ifstream file(folder.path() / "buckets/results" / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  testing::TempDir folder;
  ManualClock clock{test_epoch()};
  SeededRng rng{7};
  std::ostringstream logged;
  spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_st>(logged)};
  FakeQueue jobs, letters;
  FakeQueueClient jobs_client{jobs};
  std::vector<std::string> opened;
  FakePublisher publisher;
  WorkerMetrics metrics;
  RecentIds told;
  std::unique_ptr<net::HttpClient> http = *net::HttpClient::make({}, clock);
  AwsConnections aws{{"us-east-1", "", ""}, {{}, nullptr}, *http, clock, rng};
  S3Client s3{aws.client("s3")};
  ObjectPlaces places{{(folder.path() / "buckets").string(), "", true, 1 << 20}, s3, *http, clock};
  std::unique_ptr<Engine> engine = *Engine::make({EngineKind::kCommand, "sh {audio}", "", 1, ""});
  JobRecords records{places, *engine, clock, "worker-1"};
};

TEST_F(DeadLetterWatchTest, TellsOfAJobThatNobodyToldOfAndLeavesItThere) {
  letters.visible = {letter("a")};
  const auto watch = make();
  ASSERT_TRUE(look(*watch));
  ASSERT_THAT(statuses(), ElementsAre("failed"));
  EXPECT_EQ(publisher.published[0].at("error").at("code").as_string(), "WorkerDied");
  EXPECT_THAT(opened, ElementsAre(kLetters));
  ASSERT_EQ(letters.visible.size(), 1u);
  EXPECT_TRUE(letters.held.empty());
  EXPECT_THAT(read("a.failed.json"), HasSubstr(R"("job_id":"a")"));
}

TEST_F(DeadLetterWatchTest, TheEventHasTheIdThatThePublishedFailureWouldHaveHad) {
  letters.visible = {letter("a")};
  ASSERT_TRUE(look(*make()));
  const auto job = parse_job(letter("a").body, {});
  EXPECT_EQ(publisher.published.at(0).at("deduplicationId"),
            failed_detail(*job, hopeless(kEngineFailed, ""), test_epoch()).at("deduplicationId"));
}

TEST_F(DeadLetterWatchTest, AWorkerThatStartsLaterFindsTheRecordAndSaysNothing) {
  letters.visible = {letter("a")};
  ASSERT_TRUE(look(*make()));
  ASSERT_TRUE(look(*make()));
  EXPECT_THAT(statuses(), ElementsAre("failed"));
}

TEST_F(DeadLetterWatchTest, SaysNothingOfWhatThisProcessHasToldAlthoughItCouldNotNoteIt) {
  letters.visible = {letter("a")};
  told.add("a");
  ASSERT_TRUE(look(*make()));
  EXPECT_THAT(statuses(), IsEmpty());
}

TEST_F(DeadLetterWatchTest, ATranscriptOfThisJobIsToldAsThatAndItsMessageDeleted) {
  write("a.json",
        R"({"job_id": "a", "processed_at": "2026-01-01T00:00:00.000Z", "actual_transcription_time_seconds": 2.5,
                      "transcript": {"language": "de", "segments": [{"start": 0, "end": 1.5, "text": "guten tag"}]}})");
  letters.visible = {letter("a")};
  ASSERT_TRUE(look(*make()));
  ASSERT_THAT(statuses(), ElementsAre("completed"));
  const auto& metadata = publisher.published[0].at("transcriptMetadata").as_object();
  EXPECT_EQ(metadata.at("language").as_string(), "de");
  EXPECT_EQ(metadata.at("wordCount").to_number<int>(), 2);
  EXPECT_EQ(metadata.at("duration").to_number<double>(), 1.5);
  EXPECT_EQ(publisher.published[0].at("transcriptLocation").at("srtKey").as_string(), "a.srt");
  EXPECT_TRUE(letters.visible.empty() && letters.held.empty());
}

TEST_F(DeadLetterWatchTest, ATranscriptOfAnotherJobIsNone) {
  write("a.json",
        R"({"job_id": "another", "processed_at": "2026-01-01T00:00:00.000Z", "transcript": {"segments": []}})");
  letters.visible = {letter("a")};
  ASSERT_TRUE(look(*make()));
  EXPECT_THAT(statuses(), ElementsAre("failed"));
}

TEST_F(DeadLetterWatchTest, TheLaterOfTranscriptAndFailureCounts) {
  for (const auto& [id, failed_at] :
       {std::pair("before", "2026-01-01T00:00:00.000Z"), {"after", "2026-01-03T00:00:00.000Z"}}) {
    write(std::string(id) + ".json",
          R"({"job_id": ")" + std::string(id) +
              R"(", "processed_at": "2026-01-02T00:00:00.000Z", "transcript": {"segments": []}})");
    write(std::string(id) + ".failed.json",
          R"({"job_id": ")" + std::string(id) + R"(", "failed_at": ")" + failed_at + "\"}");
    letters.visible.push_back(letter(id));
  }
  ASSERT_TRUE(look(*make()));
  EXPECT_THAT(statuses(), ElementsAre("completed"));
  ASSERT_EQ(letters.visible.size(), 1u);
  EXPECT_EQ(letters.visible[0].id, "after");
}

TEST_F(DeadLetterWatchTest, LeavesAloneWhatIsSomebodyElsesAndWhatIsNoJob) {
  QueueMessage sent = letter("a"), moved = letter("b"), unreadable = letter("c");
  sent.source_arn = "";
  moved.source_arn = kJobs + "-of-others";
  unreadable.body = "no json";
  letters.visible = {sent, moved, unreadable};
  ASSERT_TRUE(look(*make()));
  EXPECT_THAT(statuses(), IsEmpty());
  EXPECT_EQ(letters.visible.size(), 3u);
}

TEST_F(DeadLetterWatchTest, CountsWhatIsNoJobAndSaysSoOnceWithoutAnEvent) {
  QueueMessage unreadable = letter("odd"), told_by_us = letter("known"), of_others = letter("foreign");
  unreadable.body = R"({"job_id":"odd"})";
  told_by_us.body = of_others.body = "no json";
  of_others.source_arn = kJobs + "-of-others";
  told.add("known");
  letters.visible = {unreadable, told_by_us, of_others};
  const auto watch = make();
  ASSERT_TRUE(look(*watch));
  EXPECT_THAT(statuses(), IsEmpty());
  EXPECT_EQ(letters.visible.size(), 3u);
  EXPECT_THAT(metrics.text(), HasSubstr("\ntranscription_dead_letters_unreadable 2\n"));
  EXPECT_THAT(logged.str(), HasSubstr("A dead letter is no job. message_id=odd bytes=16 what="));
  EXPECT_THAT(logged.str(), Not(HasSubstr("message_id=known")));
  EXPECT_THAT(logged.str(), Not(HasSubstr("message_id=foreign")));

  const std::string first = logged.str();
  clock.advance(minutes(15));
  ASSERT_TRUE(look(*watch));
  EXPECT_EQ(logged.str(), first);
  EXPECT_THAT(metrics.text(), HasSubstr("\ntranscription_dead_letters_unreadable 2\n"));
  letters.visible.clear();
  ASSERT_TRUE(look(*watch));
  EXPECT_THAT(metrics.text(), HasSubstr("\ntranscription_dead_letters_unreadable 0\n"));
}

TEST_F(DeadLetterWatchTest, LeavesAloneWhatItMayNotNote) {
  QueueMessage outside = letter("a");
  outside.body = R"({"job_id":"a","s3_input_path":"file:///etc/hostname","s3_output_path":"file:///etc/a.json"})";
  letters.visible = {outside};
  ASSERT_TRUE(look(*make()));
  EXPECT_THAT(statuses(), IsEmpty());
}

TEST_F(DeadLetterWatchTest, LooksAgainOnlyWhenTheNumberHasChangedOrIsOld) {
  letters.visible = {letter("a")};
  const auto watch = make();
  ASSERT_TRUE(look(*watch));
  const std::size_t receives = letters.receives;
  clock.advance(minutes(1));
  ASSERT_TRUE(look(*watch));
  EXPECT_EQ(letters.receives, receives);
  letters.visible.push_back(letter("b"));
  ASSERT_TRUE(look(*watch));
  EXPECT_THAT(statuses(), ElementsAre("failed", "failed"));
  const std::size_t more = letters.receives;
  clock.advance(minutes(15));
  ASSERT_TRUE(look(*watch));
  EXPECT_GT(letters.receives, more);
  EXPECT_THAT(statuses(), ElementsAre("failed", "failed"));
}

TEST_F(DeadLetterWatchTest, TriesAgainWhenTheBusDidNotTakeTheEvent) {
  letters.visible = {letter("a")};
  publisher.failures = {unavailable("down")};
  const auto watch = make();
  ASSERT_TRUE(look(*watch));
  EXPECT_THAT(statuses(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "buckets/results/a.failed.json"));
  ASSERT_TRUE(look(*watch));
  EXPECT_THAT(statuses(), ElementsAre("failed"));
}

TEST_F(DeadLetterWatchTest, DoesNotPushMessagesOnIntoAThirdQueue) {
  letters.facts.dead_letters_arn = kLetters + "-2";
  letters.visible = {letter("a")};
  const auto looked = look(*make());
  ASSERT_FALSE(looked);
  EXPECT_THAT(looked.error().message, HasSubstr("has a dead-letter queue of its own"));
  EXPECT_EQ(letters.receives, 0u);
}

TEST_F(DeadLetterWatchTest, HasNothingToDoWithoutARedrivePolicy) {
  jobs.facts.dead_letters_arn = "";
  letters.visible = {letter("a")};
  ASSERT_TRUE(look(*make()));
  EXPECT_EQ(letters.receives, 0u);
}

}  // namespace
}  // namespace eventbus::transcription
