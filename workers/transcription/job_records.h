#pragma once

#include "workers/transcription/completion.h"
#include "workers/transcription/engine.h"
#include "workers/transcription/object_places.h"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <utility>

namespace eventbus::transcription {

// What the places of its transcripts say of a job, for whoever finds it in the dead-letter queue and has to know
// whether anybody has told of it: the transcript itself, or the record of a failure that was published, `….failed.json`
// beside where the transcript would be. One thread.
class JobRecords {
 public:
  JobRecords(ObjectPlaces& places, const Engine& engine, Clock& clock, std::string worker_id)
      : places_(places), engine_(engine), clock_(clock), worker_id_(std::move(worker_id)) {}

  // To be written once `failed` has been published.
  asio::awaitable<JobResult<void>> store_failure(const Job& job, const JobFailure& failure);

  struct Found {
    enum Kind {
      kNothing,  // nobody has told of it
      kNoPlace,  // nothing can be noted of it: its places are none that may be named
      kFailure,  // `failed` has been published
      kReport,   // there is a transcript of this very job; whether its event is out cannot be seen
    };
    Kind kind = kNothing;
    JobReport report;  // of kReport, as far as the transcript tells it
  };
  // The later of the two. A failure: it cannot be seen now, and may be seen later.
  asio::awaitable<JobResult<Found>> find(const Job& job);

 private:
  // nullopt: there is none, or none that we may read.
  asio::awaitable<JobResult<std::optional<boost::json::object>>> document_at(Location at, std::string job_name);

  ObjectPlaces& places_;
  const Engine& engine_;
  Clock& clock_;
  const std::string worker_id_;
};

}  // namespace eventbus::transcription
