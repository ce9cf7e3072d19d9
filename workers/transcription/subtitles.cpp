#include "workers/transcription/subtitles.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

namespace eventbus::transcription {

namespace {

// As broadcasters have it: what a viewer can read at a glance.
constexpr std::size_t kLineCharacters = 42, kLines = 2;
constexpr double kCueSeconds = 7;
constexpr double kPauseSeconds = 1.5;          // a silence in which the words before it should be gone
constexpr double kShortestCueSeconds = 0.001;  // the resolution of the format

struct Cue {
  double start = 0, end = 0;
  std::string text;
};

// Characters, not bytes: a continuation byte of UTF-8 is no character.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void cut_at_words(const Segment& segment, std::vector<Cue>& cues) {
  // Languages that are written without spaces come as words all the same.
  const std::string_view gap = segment.text.find(' ') == std::string::npos ? "" : " ";
  bool open = false;
  for (const Word& word : segment.words) {
    if (word.text.empty()) continue;
    if (open) {
      Cue& cue = cues.back();
      const bool fits = characters(cue.text) + gap.size() + characters(word.text) <= kLineCharacters * kLines &&
                        word.end - cue.start <= kCueSeconds && word.start - cue.end < kPauseSeconds;
      if (fits) {
        cue.text.append(gap).append(word.text);
        cue.end = std::max(cue.end, word.end);
        continue;
      }
    }
    cues.push_back({word.start, word.end, word.text});
    open = true;
  }
}

// Lines of about the same length, broken between words.
std::string in_lines(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::ranges::replace(text, '\r', ' ');
  if (characters(text) <= kLineCharacters) return text;
  const std::size_t middle = text.size() / 2;
  const std::size_t before = text.rfind(' ', middle), after = text.find(' ', middle);
  if (before == std::string::npos && after == std::string::npos) return text;
  const bool take_before =
      after == std::string::npos || (before != std::string::npos && middle - before <= after - middle);
  text[take_before ? before : after] = '\n';
  return text;
}

// "00:01:02,345"
std::string timestamp(double seconds) {
  const auto milliseconds = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0) * 1'000));
  char text[40];
  std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld,%03lld", static_cast<long long>(milliseconds / 3'600'000),
                static_cast<long long>(milliseconds / 60'000 % 60), static_cast<long long>(milliseconds / 1'000 % 60),
                static_cast<long long>(milliseconds % 1'000));
  return text;
}

}  // namespace

std::string subtitles(const Transcript& transcript) {
  std::vector<Cue> cues;
  for (const Segment& segment : transcript.segments) {
    if (!segment.words.empty())
      cut_at_words(segment, cues);
    else if (segment.start && segment.end && !segment.text.empty())
      cues.push_back({*segment.start, *segment.end, segment.text});
  }
  std::ranges::stable_sort(cues, {}, &Cue::start);
  std::string text;
  for (std::size_t number = 0; number < cues.size(); ++number) {
    Cue& cue = cues[number];
    if (number + 1 < cues.size()) cue.end = std::min(cue.end, cues[number + 1].start);
    cue.end = std::max(cue.end, cue.start + kShortestCueSeconds);
    text += std::to_string(number + 1) + "\n" + timestamp(cue.start) + " --> " + timestamp(cue.end) + "\n" +
            in_lines(std::move(cue.text)) + "\n\n";
  }
  return text;
}

}  // namespace eventbus::transcription
