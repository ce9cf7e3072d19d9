#include "bus/replay_scan.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>

namespace eventbus {

namespace {

using std::chrono::seconds;

constexpr Duration kSecond = seconds(1);
constexpr std::size_t kReadEvents = 1'000, kReadBytes = 1 << 20;
constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
// A second is strewn when fewer than one in so many of the events looked at are of it.
constexpr std::uint64_t kStrewnBelow = 8;

// Whole seconds from here to there.
std::int64_t seconds_between(TimePoint begin, TimePoint end) {
  return std::chrono::duration_cast<seconds>(end - begin).count();
}

}  // namespace

ReplayPlace place_of(const ArchivedEvent& event) { return {std::chrono::floor<seconds>(event.time), event.sequence}; }

ReplayScan::ReplayScan(ReplaySource& source, ReplayWindow window, std::optional<ReplayPlace> after, std::uint64_t until,
                       Bounds bounds)
    : source_(source),
      window_(window),
      until_(until),
      bounds_(bounds),
      after_(after.value_or(ReplayPlace{window.start - kSecond, kLast})),
      begin_(after ? std::max(after->time, window.start) : window.start),
      end_(begin_) {}

asio::awaitable<Result<ReplayScan::Step>> ReplayScan::step() {
  Step step;
  if (!in_slice_) {
    if (begin_ >= window_.end || until_ == 0) {
      step.finished = true;
      co_return step;
    }
    CO_TRY_VOID(co_await begin_slice());
    co_return step;
  }

  const ArchiveWindow window{begin_, end_, from_, until_};
  CO_TRY(ArchiveBatch batch, co_await source_.read(window, kReadEvents, kReadBytes));
  from_ = batch.next;
  scanned_ += batch.scanned;
  if (mode_ == Mode::kStream) {
    std::erase_if(batch.events, [this](const ArchivedEvent& event) { return place_of(event) <= after_; });
    found_ += batch.events.size();
    if (!batch.events.empty()) after_ = place_of(batch.events.back());
    step.events = std::move(batch.events);
    strewn_ = is_strewn(batch.finished);
    if (batch.finished || strewn_) end_slice(batch.finished);
    co_return step;
  }
  for (ArchivedEvent& event : batch.events) keep(std::move(event));
  if (!batch.finished) co_return step;
  step.events = take_sorted();
  const bool all = !left_out_;
  if (!step.events.empty()) after_ = place_of(step.events.back());
  end_slice(all);
  co_return step;
}

// Of the second that is read as it stands: better to pick.
bool ReplayScan::is_strewn(bool finished) const {
  const std::uint64_t looked_at = finished ? in_a_second_ : scanned_;
  return looked_at > bounds_.events && found_ * kStrewnBelow < looked_at;
}

asio::awaitable<Result<std::uint64_t>> ReplayScan::events_in(TimePoint start, TimePoint end) {
  const ArchiveWindow window{start, end, 1, until_};
  CO_TRY(const ArchiveReader::Extent extent, co_await source_.extent(window));
  // What is too large to be kept counts as too many.
  co_return extent.bytes > bounds_.bytes ? std::max<std::uint64_t>(extent.events, bounds_.events + 1) : extent.events;
}

asio::awaitable<Result<void>> ReplayScan::begin_slice() {
  from_ = 1;
  scanned_ = found_ = 0;
  left_out_ = std::nullopt;
  CO_TRY(in_a_second_, co_await events_in(begin_, begin_ + kSecond));
  if (in_a_second_ <= bounds_.events) {
    mode_ = Mode::kSort;
    CO_TRY(end_, co_await end_of_slice(bounds_.events));
  } else if (!strewn_) {
    mode_ = Mode::kStream;
    end_ = begin_ + kSecond;
    if (after_.time == begin_) from_ = after_.sequence + 1;
  } else {
    mode_ = Mode::kSort;
    CO_TRY(end_, co_await end_of_slice(2 * in_a_second_));
  }
  in_slice_ = true;
  co_return Result<void>();
}

// The end of the longest slice from begin_ with at most so many events; a second of them at least. Tried first is what
// is left of the window, then twice the last slice.
asio::awaitable<Result<TimePoint>> ReplayScan::end_of_slice(std::uint64_t events_max) {
  const std::int64_t left = seconds_between(begin_, window_.end);
  std::int64_t fits = 1, too_long = left + 1;
  std::int64_t next = left;
  const std::int64_t last = std::chrono::duration_cast<seconds>(last_span_).count();
  bool first = true;
  // Near enough is good enough: a slice may be a quarter shorter than it could.
  while (too_long - fits > std::max<std::int64_t>(1, fits / 4)) {
    CO_TRY(const std::uint64_t events, co_await events_in(begin_, begin_ + next * kSecond));
    (events <= events_max ? fits : too_long) = next;
    if (first && last > 0 && 2 * last < too_long) {
      next = std::max<std::int64_t>(2 * last, fits + 1);
    } else if (too_long / 64 > fits) {
      next = std::max(fits + 1, fits * 64);  // from far away, in strides
      if (next * 64 > too_long) next = fits + (too_long - fits) / 2;
    } else {
      next = fits + (too_long - fits) / 2;
    }
    first = false;
  }
  last_span_ = fits * kSecond;
  co_return begin_ + fits* kSecond;
}

void ReplayScan::keep(ArchivedEvent event) {
  const ReplayPlace place = place_of(event);
  // What is behind one that had to go must go, too: what is kept has no gaps.
  if (place <= after_ || (left_out_ && place > *left_out_)) return;
  kept_bytes_ += event.json.size();
  kept_.push_back(std::move(event));
  std::ranges::push_heap(kept_, {}, place_of);
  while (kept_.size() > bounds_.events || (kept_bytes_ > bounds_.bytes && kept_.size() > 1)) {
    std::ranges::pop_heap(kept_, {}, place_of);
    kept_bytes_ -= kept_.back().json.size();
    left_out_ = place_of(kept_.back());
    kept_.pop_back();
  }
}

std::vector<ArchivedEvent> ReplayScan::take_sorted() {
  std::ranges::sort_heap(kept_, {}, place_of);
  kept_bytes_ = 0;
  return std::exchange(kept_, {});
}

// `all`: nothing of the slice is left.
void ReplayScan::end_slice(bool all) {
  in_slice_ = false;
  if (all) {
    begin_ = end_;
    after_ = {end_ - kSecond, kLast};
    if (mode_ == Mode::kSort) strewn_ = false;
  } else {
    begin_ = std::max(begin_, after_.time);
  }
}

}  // namespace eventbus
