#include "workers/transcription/application.h"

#include "base/log_value.h"
#include "daemon/text_file.h"
#include "workers/transcription/child_process.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/logger.h>

#include <algorithm>
#include <exception>
#include <thread>
#include <unistd.h>
#include <utility>

namespace eventbus::transcription {

namespace {

// The one thing that stands before the first job: what is not there is said now, and not with each job.
Error missing_program(const Engine& engine) {
  std::string advice =
      engine.program() + ": there is no such program, and the engine " + std::string(engine.name()) + " needs it";
  if (engine.name() == "pocketsphinx")
    advice += " (it is built where libpocketsphinx-dev and pocketsphinx-en-us are installed: docs/transcription.md)";
  return not_found(advice);
}

}  // namespace

Application::Application(Config config, Surroundings surroundings, spdlog::logger& log)
    : config_(std::move(config)), surroundings_(std::move(surroundings)), log_(log) {}

Application::~Application() = default;

asio::awaitable<void> Application::find_slots(std::vector<Slot>& slots) {
  const bool wanted = config_.device != DeviceChoice::kCpu && engine_->uses_gpu();
  const std::size_t gpus = wanted ? co_await count_gpus(surroundings_.search_path, clock_) : 0;
  if (config_.device == DeviceChoice::kGpu && gpus == 0) co_return;
  const std::size_t jobs = config_.jobs != 0 ? config_.jobs : std::max<std::size_t>(gpus, 1);
  for (std::size_t number = 0; number < jobs; ++number) {
    Slot slot{number, {}};
    if (number < gpus) slot.gpu = number;
    slots.push_back(slot);
  }
  metrics_.slots(std::min(gpus, jobs), jobs - std::min(gpus, jobs));
}

Result<void> Application::build_engine(std::size_t jobs) {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  Engine::Settings settings;
  settings.kind = config_.engine;
  settings.command = config_.engine_command;
  settings.model = config_.model;
  settings.threads =
      config_.threads != 0 ? config_.threads : std::max<std::size_t>(1, cores / std::max<std::size_t>(jobs, 1));
  settings.programs = surroundings_.programs;
  TRY(engine_, Engine::make(std::move(settings)));
  if (!find_program(engine_->program(), surroundings_.search_path)) return missing_program(*engine_);
  return {};
}

Result<void> Application::start() {
  TRY(http_, net::HttpClient::make({.user_agent = "transcription-worker"}, clock_));
  TRY_VOID(build_engine(config_.jobs));
  if (config_.device == DeviceChoice::kGpu && !engine_->uses_gpu())
    return invalid("device gpu: " + std::string(engine_->name()) +
                   " makes no use of one (a command does when it has {device}, {gpu:…} or {cpu:…})");
  std::vector<Slot> slots;
  asio::co_spawn(io_, find_slots(slots), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
  io_.run();
  io_.restart();
  if (slots.empty()) return unavailable("device gpu: this machine has no GPU that nvidia-smi or /dev/nvidia0 shows");
  TRY_VOID(build_engine(slots.size()));  // now that the cores can be shared out
  return build_worker(std::move(slots));
}

Result<void> Application::build_worker(std::vector<Slot> slots) {
  TRY(scratch_, ScratchFolder::make(config_.work_dir, rng_));
  aws::CredentialEnvironment environment{surroundings_.aws_variables,
                                         [](const std::string& path) { return read_text_file("the file", path); }};
  aws_ =
      std::make_unique<AwsConnections>(AwsConnections::Options{config_.region, config_.endpoint, config_.s3_endpoint},
                                       std::move(environment), *http_, clock_, rng_);
  s3_ = std::make_unique<S3Client>(aws_->client("s3"));
  places_ = std::make_unique<ObjectPlaces>(
      ObjectPlaces::Options{config_.bucket_directory, config_.file_root, config_.http_sources, config_.audio_bytes_max},
      *s3_, *http_, clock_);
  converter_ = std::make_unique<Converter>(Converter::Options{config_.converter, surroundings_.search_path,
                                                              config_.convert_timeout, config_.work_file_bytes_max},
                                           clock_);
  queue_ = std::make_unique<SqsQueue>(aws_->client("sqs"), config_.queue);
  publisher_ =
      std::make_unique<BusPublisher>(aws_->client("events"), BusPublisher::Options{config_.bus, config_.source});

  Transcriber::Options transcriber;
  transcriber.language = config_.language;
  transcriber.search_path = surroundings_.search_path;
  const std::string worker_id =
      config_.worker_id.empty() ? surroundings_.host + "-" + std::to_string(getpid()) : config_.worker_id;
  transcriber.worker_id = worker_id;
  transcriber.engine_timeout = config_.engine_timeout;
  transcriber.engine_memory_max = config_.engine_memory_max;
  transcriber.file_bytes_max = config_.work_file_bytes_max;
  transcriber_ = std::make_unique<Transcriber>(
      std::move(transcriber), Transcriber::Parts{*places_, *converter_, *engine_, *scratch_, metrics_, clock_, log_});

  Worker::Options options;
  options.slots = std::move(slots);
  if (!config_.output.empty()) {
    TRY(Location folder, parse_location(config_.output + "x"));
    folder.key.pop_back();
    options.places.output = std::move(folder);
  }
  options.places.subtitles = config_.subtitles;
  options.visibility = config_.visibility;
  options.wait = config_.wait;
  options.retry_delay = config_.retry_delay;
  options.receives_max = config_.receives_max;
  options.idle_stop = config_.idle_stop;
  options.stop_timeout = config_.stop_timeout;
  const std::size_t jobs = options.slots.size();
  const auto gpus = std::ranges::count_if(options.slots, [](const Slot& slot) { return slot.gpu.has_value(); });
  records_ = std::make_unique<JobRecords>(*places_, *engine_, clock_, worker_id);
  DeadLetterWatch::Options watch{options.places, config_.dead_letter_watch};
  worker_ = std::make_unique<Worker>(
      std::move(options), Worker::Parts{*queue_, *publisher_, *transcriber_, *records_, metrics_, clock_, rng_, log_});
  if (watch.pace > Duration(0)) {
    const auto open = [this](const std::string& arn) { return std::make_unique<SqsQueue>(aws_->client("sqs"), arn); };
    watch_ = std::make_unique<DeadLetterWatch>(
        std::move(watch),
        DeadLetterWatch::Parts{*queue_, open, *publisher_, *records_, worker_->told(), metrics_, clock_, log_});
  }
  if (config_.metrics_listen) {
    TRY(metrics_server_,
        MetricsServer::listen(io_, *config_.metrics_listen, metrics_, [this] { return worker_->healthy(); }));
    ListenAddress address = *config_.metrics_listen;
    address.port = metrics_server_->port();
    log_.info("Metrics. url={}/metrics", address.local_url());
  }
  log_.info("Working. engine={} jobs={} gpus={} converter={} queue={} bus={} endpoint={}", engine_->name(), jobs, gpus,
            converter_->name(), log_value(config_.queue), log_value(config_.bus), aws_->endpoint_of("sqs"));
  return {};
}

// The watch ends with the worker.
asio::awaitable<void> Application::work() {
  const auto executor = co_await asio::this_coro::executor;
  CancellableRun watching;
  asio::steady_timer watched(executor, asio::steady_timer::time_point::max());
  bool watch_runs = watch_ != nullptr;
  if (watch_runs) {
    asio::co_spawn(executor, watching.run(watch_->run()), [&](const std::exception_ptr& failure) {
      watch_runs = false;
      watched.cancel();
      if (failure) std::rethrow_exception(failure);
    });
  }
  co_await worker_->run();
  if (watch_) watch_->request_stop();
  watching.cancel();
  while (watch_runs) co_await watched.async_wait(asio::as_tuple(asio::use_awaitable));
  if (metrics_server_) metrics_server_->stop();
  http_->close_idle();
}

void Application::run() {
  asio::co_spawn(io_, work(), [this](const std::exception_ptr& failure) {
    io_.stop();
    if (failure) std::rethrow_exception(failure);
  });
  io_.run();
  metrics_server_.reset();
  log_.info("Stopped.");
}

void Application::request_stop() { worker_->request_stop(); }

}  // namespace eventbus::transcription
