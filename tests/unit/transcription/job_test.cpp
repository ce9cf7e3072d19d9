#include "workers/transcription/job.h"

#include "workers/transcription/name_uuid.h"

#include <gmock/gmock.h>

namespace eventbus::transcription {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kEventId = "0b6c9a52-7f7e-4a3c-9d11-5c1d2e3f4a5b";

std::string event(std::string_view detail) {
  return R"({"version":"0","id":")" + std::string(kEventId) +
         R"(","detail-type":"Audio Uploaded","source":"custom.upload-service","account":"000000000000",)"
         R"("time":"2026-03-02T09:14:07Z","region":"us-east-1","resources":[],"detail":)" +
         std::string(detail) + "}";
}

constexpr std::string_view kDetail =
    R"({"userId":"user-7","fileId":"6f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9f2",)"
    R"("s3Location":{"bucket":"uploads","key":"users/7/a b.M4A"},"metadata":{"format":"m4a","duration":12.5,"size":9}})";

TEST(ParseJob, TakesAnEnvelopeAndPutsTranscriptsBesideTheAudio) {
  const auto job = parse_job(event(kDetail), {});
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->id, kEventId);
  EXPECT_EQ(job->event_id, kEventId);
  EXPECT_EQ(job->user_id, "user-7");
  EXPECT_EQ(job->file_id, "6f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9f2");
  EXPECT_EQ(job->audio, Location::s3("uploads", "users/7/a b.M4A"));
  EXPECT_EQ(job->json, Location::s3("uploads", "users/7/a b.M4A.json"));
  EXPECT_EQ(job->text, Location::s3("uploads", "users/7/a b.M4A.txt"));
  EXPECT_EQ(job->srt, Location::s3("uploads", "users/7/a b.M4A.srt"));
  EXPECT_EQ(job->format, "m4a");
  EXPECT_EQ(job->duration, 12.5);
  EXPECT_EQ(job->members.at("job_id").as_string(), kEventId);
}

TEST(ParseJob, PutsTranscriptsWhereTheSettingsSay) {
  const JobPlaces places{Location::s3("transcripts", "speech/"), true};
  const auto job = parse_job(event(kDetail), places);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->json.url, "s3://transcripts/speech/users/7/a b.M4A.json");
}

TEST(ParseJob, HasNoPlaceForSubtitlesThatNobodyWants) {
  JobPlaces places;
  places.subtitles = false;
  EXPECT_EQ(parse_job(event(kDetail), places)->srt, std::nullopt);
}

TEST(ParseJob, TakesASendersJobWithItsThreeRequiredMembersAlone) {
  const auto job =
      parse_job(R"({"job_id":"j1","s3_input_path":"s3://inbox/a.mp3","s3_output_path":"s3://out/j1"})", {});
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->id, name_uuid("j1"));
  EXPECT_EQ(job->event_id, "");
  EXPECT_EQ(job->user_id, "unknown");
  EXPECT_EQ(job->file_id, name_uuid("s3://inbox/a.mp3"));
  EXPECT_EQ(job->json, Location::s3("out", "j1"));
  EXPECT_EQ(job->text, Location::s3("out", "j1.txt"));
  EXPECT_EQ(job->srt, Location::s3("out", "j1.srt"));
  EXPECT_EQ(job->format, "mp3");
}

TEST(ParseJob, KeepsWhatTheSenderSaysOfUserFileAndItself) {
  const auto job = parse_job(
      R"({"job_id":"0B6C9A52-7F7E-4A3C-9D11-5C1D2E3F4A5B","s3_input_path":"s3://uploads/a","s3_output_path":"s3://out/x.txt",
          "user_id":"u-1","file_id":"6f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9f2","estimated_duration_seconds":300,"priority":1})",
      {});
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->id, "0B6C9A52-7F7E-4A3C-9D11-5C1D2E3F4A5B");
  EXPECT_EQ(job->user_id, "u-1");
  EXPECT_EQ(job->file_id, "6f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9f2");
  EXPECT_EQ(job->json.key, "x.json");
  EXPECT_EQ(job->text.key, "x.txt");
  EXPECT_EQ(job->srt->key, "x.srt");
  EXPECT_EQ(job->duration, 300);
  EXPECT_EQ(job->members.at("priority").as_int64(), 1);
}

TEST(ParseJob, AFolderAsOutputGetsTheAudiosName) {
  const auto job =
      parse_job(R"({"job_id":"1","s3_input_path":"s3://uploads/x/a.wav","s3_output_path":"s3://out/t/"})", {});
  ASSERT_TRUE(job);
  EXPECT_EQ(job->json.key, "t/a.wav.json");
}

TEST(ParseJob, AUserThatTheContractDoesNotAllowIsUnknown) {
  const auto job = parse_job(
      R"({"job_id":"1","s3_input_path":"s3://uploads/a","s3_output_path":"s3://out/x","user_id":"a@b.example"})", {});
  ASSERT_TRUE(job);
  EXPECT_EQ(job->user_id, "unknown");
}

TEST(ParseJob, AudioBehindAUrlNeedsAnOutput) {
  constexpr std::string_view kBody =
      R"({"job_id":"1","s3_input_path":"https://example.com/a.wav?sig=1","s3_output_path":"s3://out/x"})";
  const auto job = parse_job(kBody, {});
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->audio.bucket, "example.com");
  EXPECT_EQ(job->audio.key, "a.wav");
  EXPECT_EQ(job->audio.to_string(), "https://example.com/a.wav");
}

struct Bad {
  std::string body, says;
};
class BadJobs : public ::testing::TestWithParam<Bad> {};

TEST_P(BadJobs, AreRefusedWithTheReason) {
  const auto job = parse_job(GetParam().body, {});
  ASSERT_FALSE(job);
  EXPECT_EQ(job.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(job.error().message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadJobs,
    ::testing::Values(
        Bad{"", "not JSON"}, Bad{"[]", "not a JSON object"}, Bad{"{}", "job_id"}, Bad{R"({"job_id":""})", "job_id"},
        Bad{R"({"job_id":"1"})", "s3_input_path"},
        Bad{R"({"job_id":"1","s3_input_path":"s3://uploads/a"})", "s3_output_path"},
        Bad{R"({"job_id":"1","s3_input_path":"gopher://x/y","s3_output_path":"s3://out/x"})", "is no place"},
        Bad{R"({"job_id":"1","s3_input_path":"s3://uploads","s3_output_path":"s3://out/x"})", "names no object"},
        Bad{R"({"job_id":"1","s3_input_path":"s3://Up_loads/a","s3_output_path":"s3://out/x"})", "bucket"},
        Bad{R"({"job_id":"1","s3_input_path":"s3://uploads/a/../../b","s3_output_path":"s3://out/x"})", "key"},
        Bad{R"({"job_id":"1","s3_input_path":"s3://uploads/a","s3_output_path":"http://out/x"})", "s3_output_path"},
        Bad{event("null"), "detail"}, Bad{event("{}"), "s3Location"},
        Bad{event(R"({"s3Location":{"bucket":"uploads"}})"), "key"},
        Bad{event(R"({"s3Location":{"bucket":"UPLOADS","key":"a"}})"), "bucket"}));

TEST(UnreadableJob, HasIdsThatComeFromTheMessage) {
  const Job job = unreadable_job("6f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9f2");
  EXPECT_EQ(job.id, "6f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9f2");
  EXPECT_TRUE(is_uuid(job.file_id));
  EXPECT_EQ(job.file_id, unreadable_job(job.id).file_id);
}

// python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "s3://inbox/a.mp3"))'
TEST(NameUuid, IsThatOfRfc4122) {
  EXPECT_EQ(name_uuid("https://www.example.com"), "a0787afd-c170-5773-8d60-02739168de9f");
  EXPECT_EQ(name_uuid("s3://inbox/a.mp3"), "d6663581-b700-5d8e-b164-a3843a071a39");
  EXPECT_TRUE(is_uuid(name_uuid("")));
  EXPECT_FALSE(is_uuid("6f0c2a7e"));
  EXPECT_FALSE(is_uuid("6f0c2a7e-4b1d-4c55-9a43-0d8c1a5be9fg"));
}

TEST(ParseLocation, KeepsFilesAbsoluteAndInTheirPlace) {
  const auto file = parse_location("file:///data/a%20b.wav");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->key, "/data/a b.wav");
  EXPECT_EQ(file->extension(), "wav");
  for (const std::string_view bad :
       {"file://host/a", "file:///a/../b", "file:///a%00b", "file:///%2e%2e/b", "s3:///a", "/a", ""})
    EXPECT_FALSE(parse_location(bad)) << bad;
}

}  // namespace
}  // namespace eventbus::transcription
