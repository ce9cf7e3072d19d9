#pragma once

#include "adapters/aws/client/aws_client.h"
#include "workers/transcription/failure.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace eventbus::transcription {

// Objects of S3, or of what speaks its language (MinIO, Ceph, …). Path style, which all of them know. One thread.
class S3Client {
 public:
  // Takes the next bytes of an object. false: no more, please.
  using Sink = std::function<bool(std::string_view bytes)>;

  explicit S3Client(std::unique_ptr<aws::AwsClient> client) : client_(std::move(client)) {}

  // In pieces, each a GET with a Range, all of the same version of the object (If-Match). Answers the size; at most
  // `bytes_max`, else kAudioTooLarge.
  asio::awaitable<JobResult<std::uint64_t>> get(std::string bucket, std::string key, std::uint64_t bytes_max,
                                                Sink sink);
  asio::awaitable<JobResult<void>> put(std::string bucket, std::string key, std::string content_type, std::string body);

 private:
  const std::unique_ptr<aws::AwsClient> client_;
};

// "bytes 0-99/1234" → 1234.
std::optional<std::uint64_t> total_of_content_range(std::string_view header);

}  // namespace eventbus::transcription
