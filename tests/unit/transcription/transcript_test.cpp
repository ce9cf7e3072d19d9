#include "workers/transcription/transcript.h"

#include "workers/transcription/completion.h"
#include "workers/transcription/json_text.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

namespace eventbus::transcription {
namespace {

using ::testing::HasSubstr;
namespace json = boost::json;

// As whisper-cli -ojf writes it: times in ms, tokens with marks between them, words in pieces.
constexpr std::string_view kWhisperCpp = R"({
  "systeminfo": "AVX = 1 | CUDA = 0 | ", "model": {"type": "base", "multilingual": true},
  "params": {"model": "models/ggml-base.bin", "language": "auto", "translate": false},
  "result": {"language": "de"},
  "transcription": [
    {"timestamps": {"from": "00:00:00,000", "to": "00:00:02,400"}, "offsets": {"from": 0, "to": 2400},
     "text": " Guten Morgen.",
     "tokens": [
       {"text": "[_BEG_]", "timestamps": {"from": "00:00:00,000", "to": "00:00:00,000"}, "offsets": {"from": 0, "to": 0}, "id": 50364, "p": 0.9, "t_dtw": -1},
       {"text": " Gut", "offsets": {"from": 100, "to": 500}, "id": 7, "p": 0.5, "t_dtw": -1},
       {"text": "en", "offsets": {"from": 500, "to": 900}, "id": 8, "p": 1.0, "t_dtw": -1},
       {"text": " Morgen", "offsets": {"from": 900, "to": 2200}, "id": 9, "p": 0.8, "t_dtw": -1},
       {"text": ".", "offsets": {"from": 2200, "to": 2400}, "id": 10, "p": 0.6, "t_dtw": -1},
       {"text": "[_TT_120]", "offsets": {"from": 2400, "to": 2400}, "id": 50484, "p": 0.1, "t_dtw": -1}]},
    {"timestamps": {"from": "00:00:02,400", "to": "00:00:03,000"}, "offsets": {"from": 2400, "to": 3000}, "text": " Ja."}
  ]})";

TEST(WhisperCppJson, GivesSegmentsAndWordsInSeconds) {
  auto transcript = parse_whisper_cpp_json(json::parse(kWhisperCpp));
  ASSERT_TRUE(transcript) << transcript.error().message;
  EXPECT_EQ(transcript->language, "de");
  EXPECT_EQ(transcript->model, "base");
  EXPECT_EQ(transcript->text(), "Guten Morgen. Ja.");
  EXPECT_EQ(transcript->word_count(), 3u);
  ASSERT_EQ(transcript->segments.size(), 2u);
  EXPECT_DOUBLE_EQ(*transcript->segments[0].end, 2.4);
  ASSERT_EQ(transcript->segments[0].words.size(), 2u);
  const Word& first = transcript->segments[0].words[0];
  EXPECT_EQ(first.text, "Guten");
  EXPECT_DOUBLE_EQ(first.start, 0.1);
  EXPECT_DOUBLE_EQ(first.end, 0.9);
  EXPECT_DOUBLE_EQ(*first.score, 0.75);
  EXPECT_EQ(transcript->segments[0].words[1].text, "Morgen.");
  EXPECT_FALSE(transcript->timed()) << "of the second segment no words are known";
  transcript->segments.pop_back();
  EXPECT_TRUE(transcript->timed());
  transcript->segments.push_back({"Ja.", 2.4, 3.0, {}});
  EXPECT_DOUBLE_EQ(transcript->end(), 3.0);
  EXPECT_NEAR(*transcript->confidence(), (0.75 + 0.7) / 2, 0.001);
}

TEST(WhisperCppJson, NothingTranscribedIsSilence) {
  const auto transcript = parse_whisper_cpp_json(json::parse(R"({"result":{"language":"en"},"transcription":[]})"));
  ASSERT_TRUE(transcript);
  EXPECT_EQ(transcript->text(), "");
  EXPECT_EQ(transcript->word_count(), 0u);
  EXPECT_FALSE(transcript->timed());
  EXPECT_FALSE(transcript->confidence());
}

TEST(WhisperCppJson, AnythingElseIsRefused) {
  for (const std::string_view bad : {"[]", "{}", R"({"transcription":{}})", R"({"transcription":[1]})"})
    EXPECT_FALSE(parse_whisper_cpp_json(json::parse(bad))) << bad;
}

TEST(WhisperJson, ReadsWhatTheOriginalWrites) {
  const auto transcript =
      parse_whisper_json(json::parse(R"({"text": " Hello there. Bye.", "language": "en", "segments": [
      {"id": 0, "seek": 0, "start": 0.0, "end": 1.8, "text": " Hello there.", "tokens": [50364], "temperature": 0.0,
       "avg_logprob": -0.3, "no_speech_prob": 0.01,
       "words": [{"word": " Hello", "start": 0.0, "end": 0.7, "probability": 0.91}, {"word": " there.", "start": 0.7, "end": 1.8, "probability": 0.99}]},
      {"id": 1, "start": 2.0, "end": 2.5, "text": " Bye."}]})"));
  ASSERT_TRUE(transcript) << transcript.error().message;
  EXPECT_EQ(transcript->text(), "Hello there. Bye.");
  EXPECT_EQ(transcript->segments[0].words[0].text, "Hello");
  EXPECT_DOUBLE_EQ(*transcript->confidence(), 0.95);
}

TEST(WhisperJson, ReadsWhatWhisperXWritesAlsoOfWordsItCouldNotAlign) {
  const auto transcript =
      parse_whisper_json(json::parse(R"({"segments": [{"start": 0.1, "end": 1.0, "text": "In 2014 we",
      "words": [{"word": "In", "start": 0.1, "end": 0.3, "score": 0.8}, {"word": "2014"}, {"word": "we", "start": 0.8, "end": 1.0, "score": 0.6}]}],
      "word_segments": [], "language": "en"})"));
  ASSERT_TRUE(transcript);
  ASSERT_EQ(transcript->segments[0].words.size(), 3u);
  EXPECT_DOUBLE_EQ(transcript->segments[0].words[1].start, 0.3);
  EXPECT_FALSE(transcript->segments[0].words[1].score);
  EXPECT_DOUBLE_EQ(*transcript->confidence(), 0.7);
}

TEST(WhisperJson, TextAloneWillDo) {
  const auto transcript = parse_whisper_json(json::parse(R"({"text": "  just words ", "language": "english"})"));
  ASSERT_TRUE(transcript);
  EXPECT_EQ(transcript->text(), "just words");
  EXPECT_EQ(transcript->language, "en");
  EXPECT_FALSE(transcript->timed());
}

TEST(WhisperJson, AnythingElseIsRefused) {
  for (const std::string_view bad : {"1", "{}", R"({"segments":[{}]})", R"({"segments":["a"]})", R"({"text":1})"})
    EXPECT_FALSE(parse_whisper_json(json::parse(bad))) << bad;
}

TEST(WhisperJson, WhatIsWrittenIsReadAgain) {
  const auto transcript = parse_whisper_cpp_json(json::parse(kWhisperCpp));
  ASSERT_TRUE(transcript);
  const auto again = parse_whisper_json(to_whisper_json(*transcript));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_whisper_json(*again), to_whisper_json(*transcript));
}

TEST(TwoLetterLanguage, ShortensWhatItKnows) {
  EXPECT_EQ(two_letter_language("en"), "en");
  EXPECT_EQ(two_letter_language("EN-us"), "en");
  EXPECT_EQ(two_letter_language("German"), "de");
  EXPECT_EQ(two_letter_language("yue"), "");
  EXPECT_EQ(two_letter_language("e1"), "");
  EXPECT_EQ(two_letter_language(""), "");
}

TEST(FailedDetail, IsAlwaysTextThatAnEventCanCarry) {
  const Job job = unreadable_job("m-1");
  const auto detail = failed_detail(job, hopeless(kEngineFailed, "broken \xff\xfe bytes"), TimePoint());
  EXPECT_EQ(detail.at("error").at("message").as_string(), "broken ?? bytes");
  const auto kept = failed_detail(job, hopeless(kEngineFailed, "größer"), TimePoint());
  EXPECT_EQ(kept.at("error").at("message").as_string(), "größer");
  std::string long_message;
  for (int at = 0; at < 400; ++at) long_message += "äöü";
  const auto cut = failed_detail(job, hopeless(kEngineFailed, long_message), TimePoint());
  EXPECT_EQ(cut.at("error").at("message").as_string(), long_message.substr(0, 1'000));
  EXPECT_EQ(cut.at("status").as_string(), "failed");
}

TEST(JsonText, WritesNumbersAsPeopleDo) {
  const json::value value = {{"a", 6.35},  {"b", 2.0}, {"c", 0.0005},
                             {"d", -1e21}, {"e", 7},   {"f", {1.5, nullptr, "x\"y", json::object()}}};
  EXPECT_EQ(json_text(value),
            R"({"a":6.35,"b":2.0,"c":0.0005,"d":-1000000000000000000000.0,"e":7,"f":[1.5,null,"x\"y",{}]})");
  EXPECT_EQ(json_text(json::parse(json_text(value))), json_text(value));
  EXPECT_EQ(json_text(json::array()), "[]");
}

}  // namespace
}  // namespace eventbus::transcription
