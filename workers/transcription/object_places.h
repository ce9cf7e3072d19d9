#pragma once

#include "base/clock.h"
#include "net/http_client.h"
#include "workers/transcription/failure.h"
#include "workers/transcription/location.h"
#include "workers/transcription/s3_client.h"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <string>

namespace eventbus::transcription {

// Where audio is fetched from and transcripts are stored: S3, folders of this machine, http(s) URLs. Jobs come from
// whoever may send to the queue, so what of this machine and of its network they may name is the operator's word. One
// thread.
class ObjectPlaces {
 public:
  struct Options {
    // Buckets are its folders, in place of S3: s3://bucket/key is <bucket_directory>/bucket/key. Empty: S3.
    std::string bucket_directory;
    std::string file_root;     // file:// is allowed below it; empty: nowhere
    bool http_sources = true;  // http(s):// audio is fetched
    std::uint64_t audio_bytes_max = 5ULL << 30;
  };
  ObjectPlaces(Options options, S3Client& s3, net::HttpClient& http, Clock& clock);

  // Puts the audio into the new file `to`. Its size.
  asio::awaitable<JobResult<std::uint64_t>> fetch(Location from, std::string to);
  // What was stored, in memory: kAudioTooLarge beyond `bytes_max`. Not of URLs.
  asio::awaitable<JobResult<std::string>> read(Location from, std::uint64_t bytes_max);
  // The settings leave it open to jobs. (S3 has its own word on that.)
  bool may_name(const Location& location) const { return !is_local(location) || local_path(location); }
  // Whole or not at all: a reader never sees a part.
  asio::awaitable<JobResult<void>> store(Location at, std::string content_type, std::string body);

 private:
  asio::awaitable<JobResult<std::uint64_t>> fetch_http(Location from, std::string to);
  JobResult<std::uint64_t> copy_file(const std::string& from, const std::string& to) const;
  // The path of a place on this machine, or why it is none that may be named.
  JobResult<std::string> local_path(const Location& location) const;
  bool is_local(const Location& location) const;

  const Options options_;
  S3Client& s3_;
  net::HttpClient& http_;
  Clock& clock_;
};

}  // namespace eventbus::transcription
