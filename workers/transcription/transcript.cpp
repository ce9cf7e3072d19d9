#include "workers/transcription/transcript.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace eventbus::transcription {

namespace json = boost::json;

namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::optional<double> number_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  if (!found || !found->is_number()) return std::nullopt;
  return found->to_number<double>();
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

const json::array* array_of(const json::object& object, std::string_view name) {
  const json::value* const found = object.if_contains(name);
  return found ? found->if_array() : nullptr;
}

std::vector<Word> words_of(const json::object& segment) {
  std::vector<Word> words;
  const json::array* const list = array_of(segment, "words");
  if (!list) return words;
  for (const json::value& each : *list) {
    if (!each.is_object()) continue;
    const json::object& object = each.get_object();
    std::optional<double> score = number_of(object, "score");
    if (!score) score = number_of(object, "probability");
    // WhisperX leaves times out of what it could not align, numbers say.
    const double start = number_of(object, "start").value_or(words.empty() ? 0 : words.back().end);
    words.push_back({trimmed(text_of(object, "word")), start, number_of(object, "end").value_or(start), score});
  }
  return words;
}

Result<std::vector<Segment>> segments_of(const json::object& object) {
  std::vector<Segment> segments;
  const json::array* const list = array_of(object, "segments");
  if (!list) {
    const json::value* const text = object.if_contains("text");
    if (!text || !text->is_string()) return invalid("the engine's JSON has neither \"segments\" nor \"text\"");
    if (std::string whole = trimmed(text->get_string()); !whole.empty())
      segments.push_back({std::move(whole), {}, {}, {}});
    return segments;
  }
  for (const json::value& each : *list) {
    if (!each.is_object()) return invalid("a segment of the engine's JSON is no object");
    const json::object& segment = each.get_object();
    if (!segment.contains("text")) return invalid("a segment of the engine's JSON has no \"text\"");
    segments.push_back(
        {trimmed(text_of(segment, "text")), number_of(segment, "start"), number_of(segment, "end"), words_of(segment)});
  }
  return segments;
}

// "[_BEG_]", "[_TT_150]": whisper.cpp's marks between its tokens.
bool is_mark(std::string_view token) { return token.starts_with("[_"); }

std::vector<Word> words_of_tokens(const json::array& tokens) {
  std::vector<Word> words;
  std::vector<std::pair<double, int>> scores;  // sum and number of each word's tokens
  for (const json::value& each : tokens) {
    if (!each.is_object()) continue;
    const json::object& token = each.get_object();
    const std::string text = text_of(token, "text");
    const json::value* const offsets = token.if_contains("offsets");
    if (text.empty() || is_mark(text) || !offsets || !offsets->is_object()) continue;
    const double start = number_of(offsets->get_object(), "from").value_or(0) / 1'000;
    const double end = number_of(offsets->get_object(), "to").value_or(0) / 1'000;
    if (words.empty() || is_space(text.front())) {
      words.push_back({trimmed(text), start, end, std::nullopt});
      scores.emplace_back(0, 0);
    } else {
      words.back().text += text;
      words.back().end = end;
    }
    if (const auto probability = number_of(token, "p")) {
      scores.back().first += *probability;
      scores.back().second += 1;
      words.back().score = scores.back().first / scores.back().second;
    }
  }
  std::erase_if(words, [](const Word& word) { return word.text.empty(); });
  return words;
}

// A thousandth of a second is finer than any engine hears.
double rounded(double seconds) { return static_cast<double>(static_cast<long long>(seconds * 1'000 + 0.5)) / 1'000; }

struct LanguageName {
  std::string_view name, code;
};
// What the engines' own documentation writes out; everything else comes as a code.
constexpr std::array kLanguageNames = {
    LanguageName{"arabic", "ar"},  LanguageName{"chinese", "zh"},  LanguageName{"dutch", "nl"},
    LanguageName{"english", "en"}, LanguageName{"french", "fr"},   LanguageName{"german", "de"},
    LanguageName{"hindi", "hi"},   LanguageName{"italian", "it"},  LanguageName{"japanese", "ja"},
    LanguageName{"korean", "ko"},  LanguageName{"polish", "pl"},   LanguageName{"portuguese", "pt"},
    LanguageName{"russian", "ru"}, LanguageName{"spanish", "es"},  LanguageName{"swedish", "sv"},
    LanguageName{"turkish", "tr"}, LanguageName{"ukrainian", "uk"}};

}  // namespace

std::string Transcript::text() const {
  std::string whole;
  for (const Segment& segment : segments) {
    if (segment.text.empty()) continue;
    if (!whole.empty()) whole += ' ';
    whole += segment.text;
  }
  return whole;
}

std::size_t Transcript::word_count() const {
  std::size_t count = 0;
  bool inside = false;
  for (const char c : text()) {
    if (!is_space(c) && !inside) ++count;
    inside = !is_space(c);
  }
  return count;
}

bool Transcript::timed() const {
  return !segments.empty() && std::ranges::none_of(segments, [](const Segment& segment) {
    return segment.words.empty() && !segment.text.empty();
  });
}

std::optional<double> Transcript::confidence() const {
  double sum = 0;
  std::size_t count = 0;
  for (const Segment& segment : segments) {
    for (const Word& word : segment.words) {
      if (!word.score) continue;
      sum += std::clamp(*word.score, 0.0, 1.0);
      ++count;
    }
  }
  if (count == 0) return std::nullopt;
  return rounded(sum / static_cast<double>(count));
}

double Transcript::end() const { return segments.empty() ? 0 : segments.back().end.value_or(0); }

Result<Transcript> parse_whisper_json(const json::value& document) {
  if (!document.is_object()) return invalid("the engine's JSON is no object");
  const json::object& object = document.get_object();
  Transcript transcript;
  TRY(transcript.segments, segments_of(object));
  transcript.language = two_letter_language(text_of(object, "language"));
  transcript.model = text_of(object, "model");
  const json::value* const partial = object.if_contains("partial");
  transcript.partial = partial && partial->is_bool() && partial->get_bool();
  return transcript;
}

json::object to_whisper_json(const Transcript& transcript) {
  json::array segments;
  for (const Segment& segment : transcript.segments) {
    json::object object;
    if (segment.start) object["start"] = rounded(*segment.start);
    if (segment.end) object["end"] = rounded(*segment.end);
    object["text"] = segment.text;
    json::array words;
    for (const Word& word : segment.words) {
      json::object written{{"word", word.text}, {"start", rounded(word.start)}, {"end", rounded(word.end)}};
      if (word.score) written["score"] = rounded(*word.score);
      words.emplace_back(std::move(written));
    }
    if (!words.empty()) object["words"] = std::move(words);
    segments.emplace_back(std::move(object));
  }
  json::object object;
  if (!transcript.language.empty()) object["language"] = transcript.language;
  object["segments"] = std::move(segments);
  return object;
}

Result<Transcript> parse_whisper_cpp_json(const json::value& document) {
  if (!document.is_object()) return invalid("whisper.cpp's JSON is no object");
  const json::object& object = document.get_object();
  const json::array* const list = array_of(object, "transcription");
  if (!list) return invalid("whisper.cpp's JSON has no \"transcription\"");
  Transcript transcript;
  if (const json::value* result = object.if_contains("result"); result && result->is_object())
    transcript.language = two_letter_language(text_of(result->get_object(), "language"));
  if (const json::value* model = object.if_contains("model"); model && model->is_object())
    transcript.model = text_of(model->get_object(), "type");
  for (const json::value& each : *list) {
    if (!each.is_object()) return invalid("a segment of whisper.cpp's JSON is no object");
    const json::object& written = each.get_object();
    Segment segment{trimmed(text_of(written, "text")), {}, {}, {}};
    if (const json::value* offsets = written.if_contains("offsets"); offsets && offsets->is_object()) {
      if (const auto from = number_of(offsets->get_object(), "from")) segment.start = *from / 1'000;
      if (const auto to = number_of(offsets->get_object(), "to")) segment.end = *to / 1'000;
    }
    if (const json::array* tokens = array_of(written, "tokens")) segment.words = words_of_tokens(*tokens);
    transcript.segments.push_back(std::move(segment));
  }
  return transcript;
}

std::string two_letter_language(std::string_view text) {
  std::string lower;
  for (const char c : text) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const std::string_view code = std::string_view(lower).substr(0, lower.find_first_of("-_"));
  if (code.size() == 2 && std::ranges::all_of(code, is_letter)) return std::string(code);
  const auto* const found = std::ranges::find(kLanguageNames, std::string_view(lower), &LanguageName::name);
  return found == kLanguageNames.end() ? "" : std::string(found->code);
}

}  // namespace eventbus::transcription
