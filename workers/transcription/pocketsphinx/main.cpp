// transcription-pocketsphinx --audio=FILE [--model=FOLDER]
//
// The built-in speech engine: reads 16 kHz mono 16-bit WAVE, writes what it heard to standard output as
//   {"language": "en", "model": "pocketsphinx-en-us", "segments": [{"start", "end", "text", "words": […]}]}
// One process a job: what the library does to memory, or a file to the library, ends here. SIGTERM ends it early with
// what was heard until then, and "partial": true. Exit 0; 1 with a sentence on standard error.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <pocketsphinx.h>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace json = boost::json;

constexpr std::size_t kPieceSamples = 2'048;  // what the library looks at for speech or silence
constexpr int kFramesASecond = 100;
volatile std::sig_atomic_t stop_asked = 0;

[[noreturn]] void fail(const std::string& sentence) {
  std::fprintf(stderr, "%s\n", sentence.c_str());
  std::exit(EXIT_FAILURE);
}

std::uint32_t little_endian(const char* bytes, int count) {
  std::uint32_t value = 0;
  for (int at = count; at-- > 0;) value = (value << 8U) | static_cast<unsigned char>(bytes[at]);
  return value;
}

// The file, standing at its first sample.
std::ifstream open_speech(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char head[12], chunk[8], format[16];
  if (!file.read(head, sizeof head) || std::memcmp(head, "RIFF", 4) != 0 || std::memcmp(head + 8, "WAVE", 4) != 0)
    fail("this is no WAVE file, and neither ffmpeg nor sox has made one of it");
  while (file.read(chunk, sizeof chunk)) {
    const std::uint32_t size = little_endian(chunk + 4, 4);
    if (std::memcmp(chunk, "data", 4) == 0) return file;
    std::uint32_t read = 0;
    if (std::memcmp(chunk, "fmt ", 4) == 0 && size >= sizeof format && file.read(format, sizeof format)) {
      read = sizeof format;
      if (little_endian(format, 2) != 1 || little_endian(format + 2, 2) != 1 ||
          little_endian(format + 4, 4) != 16'000 || little_endian(format + 14, 2) != 16)
        fail("the audio must be 16 kHz, mono, 16-bit PCM: install ffmpeg or sox");
    }
    file.seekg(static_cast<std::streamoff>(size) - static_cast<std::streamoff>(read) + (size & 1U), std::ios::cur);
  }
  fail("the WAVE file has no samples");
}

// "ten(2)" → "ten"; empty for what is no word: "<s>", "[NOISE]".
std::string plain_word(std::string_view word) {
  if (word.empty() || word.front() == '<' || word.front() == '[' || word.starts_with("++")) return "";
  return std::string(word.substr(0, word.find('(')));
}

double seconds(int frames) { return static_cast<double>(frames) / kFramesASecond; }

// The words of the utterance that has just ended. nullptr: there was none.
json::value take_segment(ps_decoder_t* decoder) {
  json::array words;
  std::string text;
  double start = 0, end = 0;
  for (ps_seg_t* each = ps_seg_iter(decoder); each != nullptr; each = ps_seg_next(each)) {
    const std::string word = plain_word(ps_seg_word(each));
    if (word.empty()) continue;
    int first = 0, last = 0;
    ps_seg_frames(each, &first, &last);
    int acoustic = 0, language = 0, back_off = 0;
    const double score = logmath_exp(ps_get_logmath(decoder), ps_seg_prob(each, &acoustic, &language, &back_off));
    if (words.empty()) start = seconds(first);
    end = seconds(last + 1);
    text += (text.empty() ? "" : " ") + word;
    words.push_back(json::object{{"word", word}, {"start", seconds(first)}, {"end", end}, {"score", score}});
  }
  if (words.empty()) return nullptr;
  return json::object{{"start", start}, {"end", end}, {"text", text}, {"words", std::move(words)}};
}

// Speech is cut into utterances where it pauses, so that an hour of it needs no more memory than a sentence.
json::array listen(ps_decoder_t* decoder, std::ifstream speech) {
  json::array segments;
  const auto end_utterance = [&] {
    ps_end_utt(decoder);
    if (json::value segment = take_segment(decoder); !segment.is_null()) segments.push_back(std::move(segment));
  };
  std::vector<char> bytes(kPieceSamples * 2);
  std::vector<int16_t> samples(kPieceSamples);
  bool spoken = false;
  ps_start_stream(decoder);
  ps_start_utt(decoder);
  while (stop_asked == 0) {
    speech.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const auto count = static_cast<std::size_t>(speech.gcount()) / 2;
    if (count == 0) break;
    for (std::size_t at = 0; at < count; ++at)
      samples[at] = static_cast<int16_t>(little_endian(bytes.data() + 2 * at, 2));
    ps_process_raw(decoder, samples.data(), count, 0, 0);
    const bool speaking = ps_get_in_speech(decoder) != 0;
    if (spoken && !speaking) {
      end_utterance();
      ps_start_utt(decoder);
    }
    spoken = speaking;
  }
  end_utterance();
  return segments;
}

ps_decoder_t* make_decoder(const std::string& models) {
  // The folder has what Debian's pocketsphinx-en-us has: an acoustic model, a language model, a dictionary.
  const std::string acoustic = models + "/en-us", language = models + "/en-us.lm.bin",
                    dictionary = models + "/cmudict-en-us.dict";
  cmd_ln_t* const settings = cmd_ln_init(nullptr, ps_args(), 1, "-hmm", acoustic.c_str(), "-lm", language.c_str(),
                                         "-dict", dictionary.c_str(), "-logfn", "/dev/null", nullptr);
  ps_decoder_t* const decoder = settings == nullptr ? nullptr : ps_init(settings);
  if (decoder == nullptr) fail("no speech model in " + models + ": apt-get install pocketsphinx-en-us");
  return decoder;
}

}  // namespace

int main(int argc, char** argv) {
  std::string audio, models = POCKETSPHINX_MODELS "/en-us";
  for (int at = 1; at < argc; ++at) {
    const std::string_view argument(argv[at]);
    if (argument.starts_with("--audio=")) {
      audio = argument.substr(8);
    } else if (argument.starts_with("--model=")) {
      models = argument.substr(8);
    } else {
      fail("usage: transcription-pocketsphinx --audio=FILE [--model=FOLDER]");
    }
  }
  std::signal(SIGTERM, [](int) { stop_asked = 1; });
  std::ifstream speech = open_speech(audio);
  ps_decoder_t* const decoder = make_decoder(models);
  json::array segments = listen(decoder, std::move(speech));
  json::object document{{"language", "en"}, {"model", "pocketsphinx-" + models.substr(models.rfind('/') + 1)}};
  document["segments"] = std::move(segments);
  if (stop_asked != 0) document["partial"] = true;
  ps_free(decoder);
  const std::string text = json::serialize(document) + "\n";
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? EXIT_SUCCESS : EXIT_FAILURE;
}
