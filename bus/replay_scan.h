#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/archive_reader.h"
#include "bus/replay_record.h"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace eventbus {

// What a scan reads: the events of one archive, in order of acceptance (bus/archive_reader.h).
class ReplaySource {
 public:
  virtual ~ReplaySource() = default;
  virtual asio::awaitable<Result<ArchiveBatch>> read(ArchiveWindow window, std::size_t count, std::size_t bytes) = 0;
  virtual asio::awaitable<Result<ArchiveReader::Extent>> extent(ArchiveWindow window) = 0;
};

class ArchiveSource final : public ReplaySource {
 public:
  ArchiveSource(ArchiveReader& reader, ArchivePtr archive) : reader_(reader), archive_(std::move(archive)) {}
  asio::awaitable<Result<ArchiveBatch>> read(ArchiveWindow window, std::size_t count, std::size_t bytes) override {
    return reader_.read(archive_, window, count, bytes);
  }
  asio::awaitable<Result<ArchiveReader::Extent>> extent(ArchiveWindow window) override {
    return reader_.extent(archive_, window);
  }

 private:
  ArchiveReader& reader_;
  ArchivePtr archive_;
};

// Reads a window of an archive in the order of replays, by the events' own time and then by acceptance, in bounded
// memory. An archive is in order of acceptance, which is nearly that of time but need not be: senders give times of
// their own, and an import may be of another year.
//
// The window is gone through in slices of time, each the longest that has few enough events to be sorted in memory. One
// second with more than that is read as it stands, since within a second the order is that of acceptance. Where events
// of a second are strewn over much of the archive, so that few of those looked at belong to it, the first of a longer
// slice are picked out in a pass over it, and it is passed over again for the next.
class ReplayScan {
 public:
  struct Bounds {
    std::size_t events = 16'384;
    std::size_t bytes = 8 << 20;
  };
  // Of events in `window` behind `after` that were archived up to `until`. `source` outlives the scan.
  ReplayScan(ReplaySource& source, ReplayWindow window, std::optional<ReplayPlace> after, std::uint64_t until,
             Bounds bounds);

  struct Step {
    std::vector<ArchivedEvent> events;  // the next, in order; often none
    bool finished = false;              // there are no more
  };
  // A bounded piece of the work, so that it can be paced and stopped. After an error the scan can only be made anew.
  asio::awaitable<Result<Step>> step();

 private:
  enum class Mode { kSort, kStream };

  asio::awaitable<Result<void>> begin_slice();
  asio::awaitable<Result<std::uint64_t>> events_in(TimePoint start, TimePoint end);
  asio::awaitable<Result<TimePoint>> end_of_slice(std::uint64_t events_max);
  void keep(ArchivedEvent event);
  std::vector<ArchivedEvent> take_sorted();
  void end_slice(bool all);
  bool is_strewn(bool finished) const;

  ReplaySource& source_;
  const ReplayWindow window_;
  const std::uint64_t until_;
  const Bounds bounds_;
  ReplayPlace after_;  // everything up to here is done

  bool in_slice_ = false;
  Mode mode_ = Mode::kSort;
  TimePoint begin_, end_;   // of the slice; after it: where the next one begins, and where the last one ended
  std::uint64_t from_ = 1;  // where to read on in it
  std::uint64_t scanned_ = 0, found_ = 0;  // in this slice
  bool strewn_ = false;                    // the last second that was read as it stands turned out to be
  std::optional<ReplayPlace> left_out_;    // the first one of the slice that there was no room for
  std::uint64_t in_a_second_ = 0;          // events that the second at the beginning of the slice has at most
  Duration last_span_{0};
  std::vector<ArchivedEvent> kept_;  // the first ones of the slice so far: a heap, the last of them on top
  std::size_t kept_bytes_ = 0;
};

ReplayPlace place_of(const ArchivedEvent& event);

}  // namespace eventbus
