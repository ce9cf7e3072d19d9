#include "workers/transcription/completion.h"

#include "schemas/contract.h"
#include "tests/support/manual_clock.h"
#include "workers/transcription/json_text.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace eventbus::transcription {
namespace {

namespace json = boost::json;
using eventbus::testing::test_epoch;

const std::string kSchemas = EVENTBUS_SOURCE_DIR "/schemas";

std::string text_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// What is wrong with a detail as it goes over the wire, by each version of the contract of the events that we publish.
std::string violations(const json::object& detail) {
  std::string found;
  const auto document = schemas::parse_document(json_text(detail), 32);
  if (!document) return document.error().message;
  const auto contracts = schemas::read_contracts(kSchemas);
  if (!contracts) return contracts.error().message;
  int checked = 0;
  for (const schemas::Contract& contract : *contracts) {
    if (contract.name != "transcription-completed") continue;
    ++checked;
    for (const schemas::Violation& violation : contract.validator.check(*document))
      found += contract.label() + ": " + to_string(violation) + "\n";
  }
  return checked == 0 ? "there is no contract" : found;
}

JobReport report() {
  JobReport report;
  report.transcript.segments = {{"go forward", 0.0, 1.5, {{"go", 0.0, 0.5, 1.0000001}, {"forward", 0.5, 1.5, 0.5}}}};
  report.model = "m";
  report.language = "en";
  report.audio_seconds = 1.5;
  report.processing_seconds = 0.25;
  return report;
}

// Each valid example of the contract that we consume is a job, and what comes of it fits the contract that we fulfil.
TEST(CompletedDetail, FitsTheContractForEveryUploadThatFitsIts) {
  const json::value examples = json::parse(text_of_file(kSchemas + "/examples/audio-uploaded.v1.json"));
  ASSERT_FALSE(examples.at("valid").as_array().empty());
  for (const json::value& example : examples.at("valid").as_array()) {
    const json::object envelope{{"version", "0"},
                                {"id", "0b6c9a52-7f7e-4a3c-9d11-5c1d2e3f4a5b"},
                                {"detail-type", "Audio Uploaded"},
                                {"source", "custom.upload-service"},
                                {"detail", example.at("detail")}};
    const auto job = parse_job(json_text(envelope), {});
    ASSERT_TRUE(job) << job.error().message;
    EXPECT_EQ(violations(completed_detail(*job, report(), test_epoch())), "");
    EXPECT_EQ(violations(failed_detail(*job, hopeless(kEngineFailed, "why"), test_epoch())), "");
    JobReport part = report();
    part.failure = hopeless(kEngineTimeout, "not done in time");
    const json::object detail = completed_detail(*job, part, test_epoch());
    EXPECT_EQ(detail.at("status").as_string(), "partial");
    EXPECT_EQ(violations(detail), "");
  }
}

TEST(CompletedDetail, FitsTheContractForTheSendersJobAndForSilence) {
  const auto job = parse_job(
      R"({"job_id":"j","s3_input_path":"https://example.com:8443/","s3_output_path":"file:///out/j","user_id":"a b"})",
      {});
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(violations(completed_detail(*job, report(), test_epoch())), "");
  JobReport silence = report();
  silence.transcript.segments.clear();
  const json::object detail = completed_detail(*job, silence, test_epoch());
  EXPECT_EQ(violations(detail), "");
  EXPECT_EQ(detail.at("transcriptMetadata").at("wordCount").as_uint64(), 0u);
  EXPECT_FALSE(detail.at("transcriptMetadata").as_object().contains("confidence"));
}

TEST(FailedDetail, FitsTheContractEvenOfWhatIsNoJob) {
  EXPECT_EQ(violations(failed_detail(unreadable_job("not a uuid"), hopeless(kInvalidJob, ""), test_epoch())), "");
}

TEST(CompletedDetail, HasTheSameDeduplicationIdWheneverItIsPublishedAndAnotherByStatus) {
  const Job job = unreadable_job("m");
  const auto id = [](const json::object& detail) { return std::string(detail.at("deduplicationId").as_string()); };
  const std::string completed = id(completed_detail(job, report(), test_epoch()));
  EXPECT_EQ(id(completed_detail(job, report(), test_epoch() + std::chrono::hours(1))), completed);
  EXPECT_NE(id(failed_detail(job, hopeless(kEngineFailed, ""), test_epoch())), completed);
}

}  // namespace
}  // namespace eventbus::transcription
