#pragma once

#include "cli/file_descriptor.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace eventbus::cli {

// The lines of a file or pipe, in constant memory but for a line that is longer than any before. A line's text, without
// its line end, has 64 readable bytes behind it, as RuleSet::match asks for.
class LineReader {
 public:
  static constexpr std::size_t kLineBytesMax = std::size_t{1} << 30;

  // `before_waiting` runs before each read, which may take as long as a pipe's writer likes.
  LineReader(FileDescriptor file, std::function<void()> before_waiting, std::size_t line_bytes_max = kLineBytesMax);

  struct Line {
    std::string_view text;  // valid until the next call
    std::uint64_t number = 0;
    bool too_long = false;  // longer than line_bytes_max, and passed over: `text` is its beginning
  };
  // None at the end.
  Result<std::optional<Line>> next();

 private:
  Result<bool> fill();
  Result<std::optional<Line>> pass_over();
  Line line_until(std::size_t end);

  FileDescriptor file_;
  std::function<void()> before_waiting_;
  std::size_t line_bytes_max_;
  std::string buffer_;     // [begin_, end_) are bytes read; kPadding more bytes behind them
  std::size_t begin_ = 0;  // of the line
  std::size_t end_ = 0;
  std::string passed_;  // the beginning of the line that was passed over
  std::uint64_t lines_ = 0;
  bool finished_ = false;
};

}  // namespace eventbus::cli
