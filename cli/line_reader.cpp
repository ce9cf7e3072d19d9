#include "cli/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace eventbus::cli {
namespace {

constexpr std::size_t kPadding = 64;
constexpr std::size_t kFirstBuffer = std::size_t{1} << 18;

}  // namespace

LineReader::LineReader(FileDescriptor file, std::function<void()> before_waiting, std::size_t line_bytes_max)
    : file_(std::move(file)),
      before_waiting_(std::move(before_waiting)),
      line_bytes_max_(line_bytes_max),
      buffer_(kFirstBuffer + kPadding, '\0') {}

Result<std::optional<LineReader::Line>> LineReader::next() {
  std::size_t searched = begin_;
  while (true) {
    if (const void* found = std::memchr(buffer_.data() + searched, '\n', end_ - searched)) {
      return line_until(static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()));
    }
    if (end_ - begin_ > line_bytes_max_) return pass_over();
    const std::size_t unfinished = end_ - begin_;
    TRY(const bool more, fill());
    searched = begin_ + unfinished;
    if (more) continue;
    if (begin_ == end_) return std::optional<Line>();
    return line_until(end_);
  }
}

LineReader::Line LineReader::line_until(std::size_t end) {
  const std::string_view text(buffer_.data() + begin_, end - begin_);
  begin_ = std::min(end + 1, end_);
  return {text, ++lines_, text.size() > line_bytes_max_};
}

// Reads some more behind the unfinished line, which is moved to the front; false at the end of the file.
Result<bool> LineReader::fill() {
  if (finished_) return false;
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ + kPadding == buffer_.size()) buffer_.resize(end_ * 2 + kPadding);
  before_waiting_();
  TRY(const std::size_t got, file_.read(buffer_.data() + end_, buffer_.size() - kPadding - end_));
  end_ += got;
  finished_ = got == 0;
  return !finished_;
}

// Of a line that is too long its beginning is kept to be shown, nothing else.
Result<std::optional<LineReader::Line>> LineReader::pass_over() {
  constexpr std::size_t kShown = 64;
  passed_ = buffer_.substr(begin_, kShown);
  while (true) {
    const void* found = std::memchr(buffer_.data() + begin_, '\n', end_ - begin_);
    if (found != nullptr) {
      begin_ = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) + 1;
      break;
    }
    begin_ = end_;
    TRY(const bool more, fill());
    if (!more) break;
  }
  return Line{passed_, ++lines_, true};
}

}  // namespace eventbus::cli
