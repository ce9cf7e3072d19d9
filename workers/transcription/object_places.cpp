#include "workers/transcription/object_places.h"

#include <boost/asio/this_coro.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace eventbus::transcription {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kPieceBytes = 8ULL << 20;
// A server without ranges sends everything at once, which has to fit into memory.
constexpr std::uint64_t kWholeAnswerMax = 256ULL << 20;
constexpr Duration kPieceTime{120'000};

// What follows every link, as far as it exists.
std::string resolved(const std::string& path) {
  std::error_code failure;
  const fs::path real = fs::weakly_canonical(path, failure);
  return failure ? "" : real.string();
}

bool is_below(const std::string& path, const std::string& root) {
  const std::string folder = root.ends_with('/') ? root : root + "/";
  return path.starts_with(folder);
}

JobResult<void> write_whole(const std::string& path, const std::string& body) {
  std::error_code failure;
  fs::create_directories(fs::path(path).parent_path(), failure);
  const std::string beside = path + ".part";
  {
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    file << body;
    file.close();
    if (!file) return passing(kStoreFailed, path + ": " + std::strerror(errno));
  }
  fs::rename(beside, path, failure);
  if (failure) return passing(kStoreFailed, path + ": " + failure.message());
  return {};
}

}  // namespace

ObjectPlaces::ObjectPlaces(Options options, S3Client& s3, net::HttpClient& http, Clock& clock)
    : options_(std::move(options)), s3_(s3), http_(http), clock_(clock) {}

bool ObjectPlaces::is_local(const Location& location) const {
  return location.scheme == Location::kFile || (location.scheme == Location::kS3 && !options_.bucket_directory.empty());
}

JobResult<std::string> ObjectPlaces::local_path(const Location& location) const {
  const bool bucket = location.scheme == Location::kS3;
  const std::string& root_setting = bucket ? options_.bucket_directory : options_.file_root;
  if (root_setting.empty())
    return hopeless(kAccessDenied, location.to_string() + ": this worker takes no files of its machine (file_root)");
  const std::string root = resolved(root_setting);
  const std::string path = bucket ? root + "/" + location.bucket + "/" + location.key : location.key;
  std::string real = resolved(path);
  if (root.empty() || !is_below(real, root))
    return hopeless(kAccessDenied, location.to_string() + ": it is not below the folder that jobs may name");
  return real;
}

JobResult<std::uint64_t> ObjectPlaces::copy_file(const std::string& from, const std::string& to) const {
  std::error_code failure;
  if (!fs::is_regular_file(from, failure)) return hopeless(kAudioNotFound, from + ": there is no such file");
  const std::uintmax_t size = fs::file_size(from, failure);
  if (failure) return passing(kAudioUnreachable, from + ": " + failure.message());
  if (size > options_.audio_bytes_max)
    return hopeless(kAudioTooLarge, from + " has " + std::to_string(size) + " bytes; the worker takes " +
                                        std::to_string(options_.audio_bytes_max));
  fs::copy_file(from, to, failure);
  if (failure) return passing(kAudioUnreachable, from + ": " + failure.message());
  return size;
}

asio::awaitable<JobResult<std::uint64_t>> ObjectPlaces::fetch(Location from, std::string to) {
  if (is_local(from)) {
    CO_TRY(const std::string path, local_path(from));
    co_return copy_file(path, to);
  }
  if (from.scheme == Location::kHttp) co_return co_await fetch_http(std::move(from), std::move(to));
  std::ofstream file(to, std::ios::binary);
  const auto sink = [&file](std::string_view bytes) {
    return static_cast<bool>(file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush());
  };
  co_return co_await s3_.get(from.bucket, from.key, options_.audio_bytes_max, sink);
}

asio::awaitable<JobResult<std::uint64_t>> ObjectPlaces::fetch_http(Location from, std::string to) {
  if (!options_.http_sources)
    co_return hopeless(kAccessDenied, from.to_string() + ": this worker fetches no URLs (http_sources)");
  std::ofstream file(to, std::ios::binary);
  std::uint64_t at = 0;
  for (std::string version;;) {
    net::ClientRequest request;
    request.method = "GET";
    request.url = from.url;
    request.headers = {{"Range", "bytes=" + std::to_string(at) + "-" + std::to_string(at + kPieceBytes - 1)}};
    if (!version.empty()) request.headers.push_back({"If-Range", version});
    request.deadline = clock_.now() + kPieceTime;
    request.body_bytes_max = std::min(kWholeAnswerMax, options_.audio_bytes_max);
    auto answer = co_await http_.send(std::move(request));
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
      co_return passing(kWorkerStops, "the worker stops");
    if (!answer && answer.error().kind == net::ClientError::kTooLarge)
      co_return hopeless(kAudioTooLarge, from.to_string() + ": " + answer.error().message);
    if (!answer) co_return passing(kAudioUnreachable, from.to_string() + ": " + answer.error().message);
    const std::string what = from.to_string() + ": HTTP " + std::to_string(answer->status);
    if (answer->status == 416 && at == 0) co_return at;  // a range of nothing
    if (answer->status == 404 || answer->status == 410) co_return hopeless(kAudioNotFound, what);
    if (answer->status == 401 || answer->status == 403) co_return hopeless(kAccessDenied, what);
    if (answer->status >= 500 || answer->status == 429) co_return passing(kAudioUnreachable, what);
    if (answer->status != 200 && answer->status != 206) co_return hopeless(kAudioUnreachable, what);
    if (answer->status == 200 && at > 0)
      co_return passing(kAudioUnreachable, from.to_string() + ": it changed while it was read");
    const auto total = answer->status == 206
                           ? total_of_content_range(net::find_header(answer->headers, "content-range"))
                           : std::optional<std::uint64_t>(answer->body.size());
    if (!total) co_return passing(kAudioUnreachable, from.to_string() + ": an answer without its size");
    if (*total > options_.audio_bytes_max)
      co_return hopeless(kAudioTooLarge, from.to_string() + " has " + std::to_string(*total) +
                                             " bytes; the worker takes " + std::to_string(options_.audio_bytes_max));
    if (!file.write(answer->body.data(), static_cast<std::streamsize>(answer->body.size())).flush())
      co_return passing(kAudioUnreachable, "the audio could not be written to the worker's disk");
    at += answer->body.size();
    if (at >= *total) co_return at;
    if (answer->body.empty()) co_return passing(kAudioUnreachable, from.to_string() + ": an empty answer");
    version = net::find_header(answer->headers, "etag");
  }
}

asio::awaitable<JobResult<std::string>> ObjectPlaces::read(Location from, std::uint64_t bytes_max) {
  std::string body;
  if (from.scheme == Location::kHttp) co_return hopeless(kAccessDenied, from.to_string() + ": nothing is stored there");
  if (!is_local(from)) {
    const auto sink = [&body](std::string_view bytes) {
      body += bytes;
      return true;
    };
    CO_TRY_VOID(co_await s3_.get(from.bucket, from.key, bytes_max, sink));
    co_return body;
  }
  CO_TRY(const std::string path, local_path(from));
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) co_return hopeless(kAudioNotFound, path + ": there is no such file");
  if (fs::file_size(path, failure) > bytes_max) co_return hopeless(kAudioTooLarge, path + ": it is too large");
  std::ifstream file(path, std::ios::binary);
  body.assign(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) co_return passing(kAudioUnreachable, path + ": it cannot be read");
  co_return body;
}

asio::awaitable<JobResult<void>> ObjectPlaces::store(Location at, std::string content_type, std::string body) {
  if (is_local(at)) {
    CO_TRY(const std::string path, local_path(at));
    co_return write_whole(path, body);
  }
  if (at.scheme == Location::kHttp) co_return hopeless(kStoreFailed, at.to_string() + ": no place to store");
  co_return co_await s3_.put(at.bucket, at.key, std::move(content_type), std::move(body));
}

}  // namespace eventbus::transcription
