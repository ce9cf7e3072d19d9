#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace eventbus::transcription {

// Where a file is: an object of S3, a file of this machine, or something behind an http(s) URL.
struct Location {
  enum Scheme { kS3, kFile, kHttp };
  Scheme scheme = kS3;
  std::string bucket;  // of kFile "file", of kHttp the host
  std::string key;     // of kFile the absolute path, of kHttp the path without its '/'
  std::string url;     // as it was written, of kHttp with its query

  static Location s3(std::string bucket, std::string key);
  static Location file(std::string path);

  // The same place, another name: as `key` says. Not of kHttp.
  Location with_key(std::string key) const;
  // "wav" of "a/b.WAV"; empty if there is none, or it is no plain word.
  std::string extension() const;
  // For logs and errors: without the query of a URL, which may hold a signature.
  std::string to_string() const;

  friend bool operator==(const Location&, const Location&) = default;
};

// "s3://bucket/key", "file:///path", "http://…", "https://…". kInvalid: anything else; a bucket's name or key that
// cannot be; a path with "..".
Result<Location> parse_location(std::string_view text);

// A bucket's name as AWS has them: 3 to 63 of a–z, 0–9, '.', '-'.
bool is_bucket_name(std::string_view text);
// A key that stays below its bucket, also where buckets are folders.
bool is_object_key(std::string_view text);

}  // namespace eventbus::transcription
