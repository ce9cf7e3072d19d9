#include "workers/transcription/subtitles.h"

#include <gtest/gtest.h>

namespace eventbus::transcription {
namespace {

Transcript spoken(std::vector<Segment> segments) {
  Transcript transcript;
  transcript.segments = std::move(segments);
  return transcript;
}

// So many words of three letters, a second each.
Segment words(int count) {
  Segment segment{"one two", 0.0, static_cast<double>(count), {}};
  for (int number = 0; number < count; ++number) segment.words.push_back({"abc", number + 0.0, number + 0.9, {}});
  return segment;
}

TEST(Subtitles, HaveACueForEachSegmentWithoutTimesOfWords) {
  EXPECT_EQ(subtitles(spoken({{"go forward", 0.5, 1.25, {}}, {"ten meters", 3'723.0, 3'724.0075, {}}})),
            "1\n00:00:00,500 --> 00:00:01,250\ngo forward\n\n"
            "2\n01:02:03,000 --> 01:02:04,008\nten meters\n\n");
}

TEST(Subtitles, AreCutBetweenWordsBeforeTheyStandTooLong) {
  EXPECT_EQ(subtitles(spoken({words(9)})),
            "1\n00:00:00,000 --> 00:00:06,900\nabc abc abc abc abc abc abc\n\n"
            "2\n00:00:07,000 --> 00:00:08,900\nabc abc\n\n");
}

TEST(Subtitles, AreCutWhereItIsSilent) {
  Segment segment = words(2);
  segment.words[1].start = 2.5, segment.words[1].end = 3;
  EXPECT_EQ(subtitles(spoken({segment})),
            "1\n00:00:00,000 --> 00:00:00,900\nabc\n\n2\n00:00:02,500 --> 00:00:03,000\nabc\n\n");
}

TEST(Subtitles, HaveTwoLinesOfFortyTwoCharactersAtMost) {
  Segment segment{"a b", 0.0, 4.0, {}};
  for (int number = 0; number < 40; ++number)
    segment.words.push_back({"\xc3\xa4\xc3\xb6\xc3\xbc", number / 10.0, (number + 1) / 10.0, {}});  // "äöü"
  const std::string text = subtitles(spoken({segment}));
  std::size_t line = 0;
  for (const char c : text) {
    if (c == '\n')
      line = 0;
    else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U)
      ++line;
    ASSERT_LE(line, 43u) << text;  // a line may be a word's part over half of the two
  }
  EXPECT_EQ(text.find("\n\n4\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n\n2\n"), std::string::npos) << text;
}

TEST(Subtitles, OfALanguageWithoutSpacesHaveNone) {
  EXPECT_EQ(
      subtitles(spoken(
          {{"\xe4\xbd\xa0\xe5\xa5\xbd", 0.0, 1.0, {{"\xe4\xbd\xa0", 0.0, 0.5, {}}, {"\xe5\xa5\xbd", 0.5, 1.0, {}}}}})),
      "1\n00:00:00,000 --> 00:00:01,000\n\xe4\xbd\xa0\xe5\xa5\xbd\n\n");
}

TEST(Subtitles, NeverOverlapAndNeverLastNoTime) {
  EXPECT_EQ(subtitles(spoken({{"b", 2.0, 2.0, {}}, {"a", 0.0, 5.0, {}}})),
            "1\n00:00:00,000 --> 00:00:02,000\na\n\n2\n00:00:02,000 --> 00:00:02,001\nb\n\n");
}

TEST(Subtitles, AreNoneWithoutTimes) {
  EXPECT_EQ(subtitles(spoken({{"hi", {}, {}, {}}})), "");
  EXPECT_EQ(subtitles(spoken({})), "");
}

}  // namespace
}  // namespace eventbus::transcription
