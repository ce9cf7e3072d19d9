#include "workers/transcription/s3_client.h"

#include "adapters/aws/sigv4.h"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace eventbus::transcription {

namespace {

constexpr std::uint64_t kPieceBytes = 8ULL << 20;
constexpr Duration kPieceTime{120'000};
constexpr unsigned kRangeNotSatisfiable = 416, kPartialContent = 206;

std::string path_of(const std::string& bucket, const std::string& key) {
  return "/" + bucket + "/" + aws::uri_encode(key, true);
}

JobFailure failure_of(const aws::AwsCallError& error, const std::string& bucket, const std::string& key, bool reading) {
  const std::string message = "s3://" + bucket + "/" + key + ": " + error.describe("S3");
  if (error.transient || error.kind != aws::AwsCallError::kService)
    return passing(reading ? kAudioUnreachable : kStoreFailed, message);
  if (error.code == "NoSuchKey" || error.code == "NoSuchBucket" || error.status == 404)
    return hopeless(reading ? kAudioNotFound : kStoreFailed, message);
  if (error.status == 403) return hopeless(kAccessDenied, message);
  if (error.status == 412) return passing(kAudioUnreachable, message + " (it changed while it was read)");
  return hopeless(reading ? kAudioUnreachable : kStoreFailed, message);
}

}  // namespace

std::optional<std::uint64_t> total_of_content_range(std::string_view header) {
  const std::size_t slash = header.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = header.substr(slash + 1);
  std::uint64_t total = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), total);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return total;
}

asio::awaitable<JobResult<std::uint64_t>> S3Client::get(std::string bucket, std::string key, std::uint64_t bytes_max,
                                                        Sink sink) {
  std::uint64_t at = 0;
  std::string version;
  for (;;) {
    aws::AwsCall call;
    call.method = "GET";
    call.path = path_of(bucket, key);
    call.headers = {{"Range", "bytes=" + std::to_string(at) + "-" + std::to_string(at + kPieceBytes - 1)}};
    if (!version.empty()) call.headers.push_back({"If-Match", version});
    const TimePoint deadline = client_->clock().now() + kPieceTime;
    auto answer = co_await client_->call(std::move(call), deadline);
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      co_return passing(kWorkerStops, "the worker stops");
    // AWS: a range of an empty object cannot be satisfied.
    if (!answer && answer.error().status == kRangeNotSatisfiable) co_return at;
    if (!answer) co_return failure_of(answer.error(), bucket, key, true);
    const std::string_view body = answer->body;
    const auto total = answer->status == kPartialContent
                           ? total_of_content_range(net::find_header(answer->headers, "content-range"))
                           : std::optional<std::uint64_t>(body.size());  // all of it at once
    if (!total) co_return passing(kAudioUnreachable, "s3://" + bucket + "/" + key + ": an answer without its size");
    if (*total > bytes_max)
      co_return hopeless(kAudioTooLarge, "s3://" + bucket + "/" + key + " has " + std::to_string(*total) +
                                             " bytes; the worker takes " + std::to_string(bytes_max));
    if (!sink(body)) co_return passing(kAudioUnreachable, "the audio could not be written to the worker's disk");
    at += body.size();
    if (at >= *total) co_return at;
    if (body.empty()) co_return passing(kAudioUnreachable, "s3://" + bucket + "/" + key + ": an empty answer");
    version = net::find_header(answer->headers, "etag");
  }
}

asio::awaitable<JobResult<void>> S3Client::put(std::string bucket, std::string key, std::string content_type,
                                               std::string body) {
  aws::AwsCall call;
  call.method = "PUT";
  call.path = path_of(bucket, key);
  call.headers = {{"Content-Type", std::move(content_type)}};
  call.body = std::move(body);
  const TimePoint deadline = client_->clock().now() + kPieceTime;
  auto answer = co_await client_->call(std::move(call), deadline);
  if (!answer) co_return failure_of(answer.error(), bucket, key, false);
  co_return JobResult<void>();
}

}  // namespace eventbus::transcription
