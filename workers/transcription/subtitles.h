#pragma once

#include "workers/transcription/transcript.h"

#include <string>

namespace eventbus::transcription {

// The transcript as SubRip, the .srt that players read: numbered cues of at most two lines of 42 characters and seven
// seconds, cut between words where an engine gives them times, else one cue a segment. What has no times is left out;
// empty when nothing has any. A cue ends no later than the next one begins.
std::string subtitles(const Transcript& transcript);

}  // namespace eventbus::transcription
