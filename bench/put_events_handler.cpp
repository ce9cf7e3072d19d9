// CPU of PutEvents without sockets: request bytes in, response bytes out, over the memory store. What it prints is the
// part of the server's work above net/:
//   build/release/bin/put_events_handler --entries 10 --bytes 1024
// With --contract the events are those of a contract's first example, and held against it (bench/contracts.md):
//   build/release/bin/put_events_handler --contract schemas/audio-uploaded.v1.json --bound here
#include "adapters/aws/events/put_events.h"
#include "base/clock.h"
#include "bus/contract_book.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "rules-engine/pattern_parser.h"
#include "schemas/contract.h"
#include "storage/memory/memory_storage.h"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace eventbus;

constexpr QueueId kQueue = 1;
const Scope kScope{"000000000000", "us-east-1"};

class OneQueue final : public QueueDirectory {
 public:
  OneQueue() {
    queue_->id = kQueue;
    queue_->scope = kScope;
    queue_->name = "q";
  }
  std::shared_ptr<const QueueInfo> find(const Scope&, std::string_view) const override { return queue_; }

 private:
  std::shared_ptr<QueueInfo> queue_ = std::make_shared<QueueInfo>();
};

// One rule that matches, for one queue.
class OneRule final : public BusDirectory {
 public:
  explicit OneRule(PublisherMetrics& metrics) {
    bus_->scope = kScope;
    bus_->name = "default";
    CompiledRule rule;
    rule.name = "r";
    rule.arn = "arn:aws:events:us-east-1:000000000000:rule/r";
    rule.metrics = metrics.rule(kScope, "default", "r");
    CompiledTarget target;
    target.id = "1";
    target.arn = "arn:aws:sqs:us-east-1:000000000000:q";
    target.kind = CompiledTarget::kQueue;
    target.local_scope = kScope;
    target.local_name = "q";
    rule.targets.push_back(std::move(target));
    bus_->rules.add(std::make_shared<const CompiledRule>(std::move(rule)));
    const std::vector<rules::RuleInput> rules = {
        {0, rules::parse_event_pattern(R"({"source":["bench.orders"],"detail":{"kind":["audio"]}})").value()}};
    bus_->rule_set = rules::RuleSet::compile(rules);
  }
  std::shared_ptr<const CompiledBus> find(const Scope&, std::string_view) const override { return bus_; }
  std::vector<QueueId> lanes() const override { return {}; }

 private:
  std::shared_ptr<CompiledBus> bus_ = std::make_shared<CompiledBus>();
};

// Takes everything at once: what is left is the work above storage.
class NoStorage final : public Storage {
 public:
  explicit NoStorage(Storage& other) : other_(other) {}
  asio::awaitable<Result<CommitReceipt>> commit(Commit commit) override {
    CommitReceipt receipt;
    receipt.messages.resize(commit.messages.size());
    co_return receipt;
  }
  CatalogStore& catalog() override { return other_.catalog(); }
  QueueStore& queues() override { return other_.queues(); }
  EventLog& log() override { return other_.log(); }
  void close() override {}
  Health health() const override { return {}; }

 private:
  Storage& other_;
};

// An entry of about `bytes` by the size rule: a nested document of short members, as events are.
boost::json::object make_entry(std::size_t bytes) {
  boost::json::object detail{{"kind", "audio"}, {"userId", "5f0c2a7e-1d1f-4c5e-9d7a-0a1b2c3d4e5f"}, {"size", 1234567}};
  boost::json::object metadata{{"format", "mp3"}, {"duration", 12.75}, {"tags", {"a", "b", "c"}}};
  for (int i = 0; boost::json::serialize(detail).size() + boost::json::serialize(metadata).size() + 60 < bytes; ++i)
    metadata["member" + std::to_string(i)] = "value of member " + std::to_string(i);
  detail["metadata"] = std::move(metadata);
  return {{"Source", "bench.orders"}, {"DetailType", "Audio Uploaded"}, {"Detail", boost::json::serialize(detail)}};
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The first valid example of a contract, as the rule of this bench takes it.
boost::json::object make_example(const std::filesystem::path& contract) {
  const std::string text = read(contract.parent_path() / "examples" / contract.filename());
  boost::json::object detail = schemas::parse_document(text, 32)->at("valid").at(0).at("detail").as_object();
  detail["kind"] = "audio";
  return {{"Source", "bench.orders"}, {"DetailType", "Audio Uploaded"}, {"Detail", boost::json::serialize(detail)}};
}

asio::awaitable<void> bind_contract(ContractBook& book, std::string path, std::string source) {
  const ContractRecord record{"bench", "1", std::move(source), "Audio Uploaded", schemas::Subject::kDetail, read(path)};
  if (!co_await book.bind({kScope, "default"}, record)) std::abort();
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

asio::awaitable<void> create_queue(Storage& storage) {
  Commit commit;
  commit.queues.push_back({QueueChange::kPut, kQueue, {}});
  if (!co_await storage.commit(std::move(commit))) std::abort();
}

asio::awaitable<void> repeat(aws::PutEventsApi& api, const aws::RequestContext& context, const net::Request& request,
                             int requests) {
  for (int i = 0; i < requests; ++i) {
    const aws::AwsResult<std::string> answer = co_await aws::put_events(api, context, request);
    if (!answer || answer->find("\"FailedEntryCount\":0") == std::string::npos) std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("CPU of the PutEvents handler");
  int entries = 10, requests = 20'000, rounds = 5;
  std::size_t bytes = 1'024;
  bool store = false;
  app.add_option("--entries", entries, "Entries of a request");
  app.add_option("--bytes", bytes, "Size of an entry");
  app.add_option("--requests", requests, "Requests of a round");
  app.add_option("--rounds", rounds, "Rounds; each prints a line");
  std::string contract, bound = "nowhere";
  app.add_option("--contract", contract, "Events as this contract wants them, instead of --bytes")
      ->check(CLI::ExistingFile);
  app.add_option("--bound", bound, "What it is bound to: nowhere, elsewhere (other events of the bus), here")
      ->check(CLI::IsMember({"nowhere", "elsewhere", "here"}));
  app.add_flag("--store", store, "Commit to the memory store, which keeps everything, instead of to nowhere");
  CLI11_PARSE(app, argc, argv);

  SystemClock clock;
  SystemRng rng;
  Limits limits;
  PublisherMetrics metrics;
  spdlog::logger log("bench", std::make_shared<spdlog::sinks::null_sink_mt>());
  const std::unique_ptr<Storage> memory = make_memory_storage(clock);
  NoStorage nowhere(*memory);
  Storage& storage = store ? *memory : static_cast<Storage&>(nowhere);
  OneQueue queues;
  OneRule buses(metrics);
  Publisher publisher({buses, queues, storage, clock, rng, limits, metrics, log});
  aws::PutEventsApi api{publisher, clock, rng, limits, metrics};
  ContractMetrics contract_metrics;
  ContractBook book({*memory, clock, contract_metrics, log});
  api.contracts = &book;
  aws::RequestContext context;
  context.scope = kScope;

  boost::json::array list;
  for (int i = 0; i < entries; ++i) list.push_back(contract.empty() ? make_entry(bytes) : make_example(contract));
  net::Request request{"POST", "/", {}, boost::json::serialize(boost::json::object{{"Entries", list}}), ""};
  request.body.reserve(request.body.size() + 64);

  if (store) {
    asio::io_context io;
    asio::co_spawn(io, create_queue(*memory), asio::detached);
    io.run();
  }
  if (bound != "nowhere") {
    asio::io_context io;
    asio::co_spawn(io, bind_contract(book, contract, bound == "here" ? "bench.orders" : "bench.other"), asio::detached);
    io.run();
  }
  for (int round = 0; round < rounds; ++round) {
    asio::io_context io{1};
    asio::co_spawn(io, repeat(api, context, request, requests), asio::detached);
    const double begin = cpu_seconds();
    io.run();
    const double each = (cpu_seconds() - begin) / requests;
    std::cout << "entries=" << entries << " body_bytes=" << request.body.size() << " us_per_request=" << each * 1e6
              << " us_per_entry=" << each * 1e6 / entries << '\n';
  }
}
