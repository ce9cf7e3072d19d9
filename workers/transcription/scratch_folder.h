#pragma once

#include "base/result.h"
#include "base/rng.h"

#include <memory>
#include <string>

namespace eventbus::transcription {

// A folder of this process below `parent`, in which each job has one. What killed processes left there is removed: a
// folder whose lock nobody holds has no owner.
class ScratchFolder {
 public:
  static Result<std::unique_ptr<ScratchFolder>> make(const std::string& parent, Rng& rng);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  // A new folder, removed with everything in it when the owner of this lets it go.
  class Job {
   public:
    explicit Job(std::string path) : path_(std::move(path)) {}
    Job(Job&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
    Job& operator=(Job&&) = delete;
    ~Job();
    const std::string& path() const { return path_; }

   private:
    std::string path_;
  };
  Result<Job> make_job();

 private:
  ScratchFolder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;
  int jobs_ = 0;
};

}  // namespace eventbus::transcription
