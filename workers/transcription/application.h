#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "base/rng.h"
#include "workers/transcription/aws_connections.h"
#include "workers/transcription/config.h"
#include "workers/transcription/dead_letter_watch.h"
#include "workers/transcription/metrics_server.h"
#include "workers/transcription/sqs_queue.h"
#include "workers/transcription/worker.h"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>
#include <string>

namespace spdlog {
class logger;
}

namespace eventbus::transcription {

// What the process is started with, beside its settings.
struct Surroundings {
  std::map<std::string, std::string, std::less<>> aws_variables;
  std::string search_path;  // PATH
  std::string programs;     // the folder of this program
  std::string host;
};

// Builds the worker once, top to bottom; the only file that knows all its types.
class Application {
 public:
  Application(Config config, Surroundings surroundings, spdlog::logger& log);
  ~Application();

  // Looks at the machine and builds. Errors say what is missing, and how it is had.
  Result<void> start();
  void run();           // until stopped, or idle for long enough
  void request_stop();  // within io()
  asio::io_context& io() { return io_; }

 private:
  asio::awaitable<void> find_slots(std::vector<Slot>& slots);
  Result<void> build_engine(std::size_t jobs);
  Result<void> build_worker(std::vector<Slot> slots);
  asio::awaitable<void> work();

  Config config_;
  const Surroundings surroundings_;
  spdlog::logger& log_;
  SystemClock clock_;
  SystemRng rng_;
  WorkerMetrics metrics_;
  asio::io_context io_{1};
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<AwsConnections> aws_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<ScratchFolder> scratch_;
  std::unique_ptr<Converter> converter_;
  std::unique_ptr<S3Client> s3_;
  std::unique_ptr<ObjectPlaces> places_;
  std::unique_ptr<SqsQueue> queue_;
  std::unique_ptr<BusPublisher> publisher_;
  std::unique_ptr<Transcriber> transcriber_;
  std::unique_ptr<JobRecords> records_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<DeadLetterWatch> watch_;  // nullptr: switched off
  std::unique_ptr<MetricsServer> metrics_server_;
};

}  // namespace eventbus::transcription
