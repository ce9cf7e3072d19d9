#pragma once

#include "base/result.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::transcription {

struct Word {
  std::string text;
  double start = 0, end = 0;    // seconds
  std::optional<double> score;  // 0 to 1
};

struct Segment {
  std::string text;
  std::optional<double> start, end;
  std::vector<Word> words;
};

// What an engine heard, whichever engine it was. No segments: silence.
struct Transcript {
  std::string language;  // two letters; empty when the engine did not say
  std::string model;     // as the engine names it; may be empty
  std::vector<Segment> segments;
  bool partial = false;  // the engine itself says that it did not come to the end

  // Segments joined by a space, trimmed.
  std::string text() const;
  std::size_t word_count() const;
  bool timed() const;                        // it says of every word when it begins and ends
  std::optional<double> confidence() const;  // mean of the words' scores
  double end() const;                        // of the last segment; 0 without times
};

// The shape that WhisperX writes, and with it our JSON transcripts, whisper, faster-whisper, and the engines `command`
// and `pocketsphinx`:
//   {"language": "en", "segments": [{"start", "end", "text", "words": [{"word", "start", "end", "score"}]}], …}
// `text` alone will do in place of `segments`; words may say "probability" for "score"; "model" and "partial" count.
Result<Transcript> parse_whisper_json(const boost::json::value& document);
boost::json::object to_whisper_json(const Transcript& transcript);

// BASE.json of whisper-cli -oj or -ojf: {"result": {"language"}, "model": {"type"}, "transcription": [{"offsets":
// {"from", "to"} in ms, "text", "tokens": [{"text", "offsets", "p"}]}]}. Words are tokens joined up to the next space.
Result<Transcript> parse_whisper_cpp_json(const boost::json::value& document);

// "en" of "en", "EN-us" or "english"; empty of what is no language that we know to shorten.
std::string two_letter_language(std::string_view text);

}  // namespace eventbus::transcription
