// Load for eventbusd. Prints one JSON object: what was done, how fast, latencies in microseconds and, with --pid, the
// CPU the server spent (utime + stime).
//   put_events_load put --port P --connections 32 --entries 10 --seconds 3 [--pid SERVER] [--rate EVENTS_PER_SECOND]
//   put_events_load drain --port P --queue URL --connections 4 [--while PID]      receives and deletes in tens: for
//   --seconds, or
//                                                                                 until that process has ended and all
//                                                                                 is gone
//   put_events_load latency --port P --queue URL --rate 1000 --seconds 10        put → received by a long poll
#include "bench/load_connection.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <vector>

namespace eventbus::bench {
namespace {

using Clock = std::chrono::steady_clock;  // a benchmark's own clock; the product has base/clock.h
using std::chrono::nanoseconds;

struct Options {
  std::uint16_t port = 4566;
  int connections = 32;
  int receivers = 4;
  int entries = 10;
  int entry_bytes = 1024;
  double seconds = 3;
  double warm_up_seconds = 0.3;
  double rate = 0;  // events per second; 0 = as many as go
  int pid = 0;
  int while_pid = 0;
  std::string queue;
  std::string bus = "default";
};

std::int64_t now_ns() { return std::chrono::duration_cast<nanoseconds>(Clock::now().time_since_epoch()).count(); }

double cpu_seconds(int pid) {
  if (pid == 0) return 0;
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string field;
  double ticks = 0;
  for (int i = 3; i <= 15 && fields >> field; ++i) {
    if (i >= 14) ticks += std::stod(field);
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

struct Latencies {
  std::vector<double> microseconds;
  void add(std::int64_t from_ns, std::int64_t to_ns) {
    microseconds.push_back(static_cast<double>(to_ns - from_ns) / 1000.0);
  }
  double at(double quantile) {
    if (microseconds.empty()) return 0;
    const auto index = static_cast<std::size_t>(quantile * static_cast<double>(microseconds.size() - 1));
    std::nth_element(microseconds.begin(), microseconds.begin() + static_cast<std::ptrdiff_t>(index),
                     microseconds.end());
    return microseconds[index];
  }
};

// --- Requests as an SDK sends them

std::string request(std::string_view target, std::string_view service, std::string_view version,
                    std::string_view body) {
  std::string text = "POST / HTTP/1.1\r\nHost: 127.0.0.1:4566\r\nAccept-Encoding: identity\r\nX-Amz-Target: ";
  text += target;
  text += "\r\nContent-Type: application/x-amz-json-";
  text += version;
  text +=
      "\r\nUser-Agent: Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.2"
      "\r\nX-Amz-Date: 20261124T060000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261124/"
      "us-east-1/";
  text += service;
  text +=
      "/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
      "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
      "\r\namz-sdk-invocation-id: 4e0e1e2d-7f5a-4a36-9d43-0e1a3f6c9b1d\r\namz-sdk-request: attempt=1"
      "\r\nContent-Length: ";
  text += std::to_string(body.size());
  text += "\r\n\r\n";
  text += body;
  return text;
}

// Where a latency run writes the time of sending, plus kSentBase so that it always has the same number of digits.
constexpr std::string_view kSentField = "\\\"sent\\\":";
constexpr std::int64_t kSentBase = 1'000'000'000'000'000'000;
constexpr std::size_t kSentDigits = 19;

std::string put_events_body(const Options& options) {
  std::string body = R"({"Entries":[)";
  for (int i = 0; i < options.entries; ++i) {
    if (i > 0) body += ',';
    std::string entry = R"({"Source":"bench.orders","DetailType":"OrderPlaced","EventBusName":")" + options.bus +
                        R"(","Detail":"{)" + std::string(kSentField) + std::to_string(kSentBase) +
                        R"(,\"order\":{\"id\":\"o-123456\",\"total\":129.95,\"currency\":\"EUR\"},)"
                        R"(\"customer\":{\"id\":42,\"tier\":\"gold\"},\"items\":[)";
    const std::string item = R"({\"sku\":\"sku-00042\",\"quantity\":2,\"price\":19.99})";
    const std::string_view end = R"(]}"})";
    entry += item;
    while (entry.size() + item.size() + 1 + end.size() < static_cast<std::size_t>(options.entry_bytes))
      entry += "," + item;
    entry += end;
    body += entry;
  }
  return body + "]}";
}

void stamp(std::string& request_text, std::int64_t when_ns) {
  const std::string digits = std::to_string(kSentBase + when_ns);
  for (std::size_t at = 0; (at = request_text.find(kSentField, at)) != std::string::npos;) {
    at += kSentField.size();
    request_text.replace(at, kSentDigits, digits);
  }
}

[[noreturn]] void unexpected(std::string_view what, const LoadConnection& connection) {
  throw std::runtime_error(std::string(what) + " was answered " + std::to_string(connection.status()) + " " +
                           std::string(connection.body().substr(0, 500)));
}

void check_put(const LoadConnection& connection) {
  if (connection.status() != 200 || connection.body().find("\"FailedEntryCount\":0") == std::string_view::npos) {
    unexpected("PutEvents", connection);
  }
}

class Poller {
 public:
  Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Poller() { ::close(descriptor_); }
  Poller(const Poller&) = delete;
  void add(int descriptor, std::size_t index) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    ::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event);
  }
  // Calls ready(index) for each readable descriptor; waits at most so long.
  template <typename Ready>
  void wait(std::int64_t nanoseconds_max, Ready ready) {
    std::array<epoll_event, 256> events;
    const timespec patience{.tv_sec = nanoseconds_max / 1'000'000'000, .tv_nsec = nanoseconds_max % 1'000'000'000};
    const int count = ::epoll_pwait2(descriptor_, events.data(), events.size(), &patience, nullptr);
    for (int i = 0; i < count; ++i) ready(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
  }

 private:
  int descriptor_;
};

// --- put

int put(const Options& options) {
  std::string text = request("AWSEvents.PutEvents", "events", "1.1", put_events_body(options));
  std::vector<LoadConnection> connections;
  std::vector<std::int64_t> sent(static_cast<std::size_t>(options.connections));
  std::vector<std::size_t> idle;
  Poller poller;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    connections.emplace_back(options.port);
    poller.add(connections[i].descriptor(), i);
    idle.push_back(i);
  }

  const std::int64_t begin = now_ns();
  const std::int64_t measure_from = begin + static_cast<std::int64_t>(options.warm_up_seconds * 1e9);
  const std::int64_t end = measure_from + static_cast<std::int64_t>(options.seconds * 1e9);
  const double interval = options.rate > 0 ? 1e9 * options.entries / options.rate : 0;
  double next_due = static_cast<double>(begin);

  Latencies latencies;
  double cpu_begin = 0;
  std::int64_t measured_begin = 0;
  for (std::int64_t now = begin; now < end; now = now_ns()) {
    if (measured_begin == 0 && now >= measure_from) {
      measured_begin = now;
      cpu_begin = cpu_seconds(options.pid);
      latencies.microseconds.clear();
    }
    while (!idle.empty() && (interval == 0 || next_due <= static_cast<double>(now))) {
      const std::size_t index = idle.back();
      idle.pop_back();
      sent[index] = now_ns();
      connections[index].send(text);
      next_due += interval;
    }
    std::int64_t patience = 20'000'000;
    if (interval > 0 && !idle.empty())
      patience = std::max<std::int64_t>(0, static_cast<std::int64_t>(next_due) - now_ns());
    poller.wait(patience, [&](std::size_t index) {
      if (!connections[index].on_readable()) return;
      latencies.add(sent[index], now_ns());
      check_put(connections[index]);
      connections[index].clear();
      idle.push_back(index);
    });
  }
  const double seconds = static_cast<double>(now_ns() - measured_begin) / 1e9;
  const double cpu = cpu_seconds(options.pid) - cpu_begin;
  const double requests = static_cast<double>(latencies.microseconds.size());
  std::printf(
      "{\"requests\": %.0f, \"requests_per_s\": %.1f, \"events_per_s\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, "
      "\"p999_us\": %.1f, \"cpu_us_per_request\": %.2f, \"cpu_us_per_event\": %.3f, \"request_bytes\": %zu}\n",
      requests, requests / seconds, requests * options.entries / seconds, latencies.at(0.5), latencies.at(0.99),
      latencies.at(0.999), 1e6 * cpu / std::max(requests, 1.0), 1e6 * cpu / std::max(requests, 1.0) / options.entries,
      text.size());
  return 0;
}

// --- drain

std::string receive_request(const Options& options, int wait_seconds) {
  return request("AmazonSQS.ReceiveMessage", "sqs", "1.0",
                 R"({"QueueUrl":")" + options.queue + R"(","MaxNumberOfMessages":10,"WaitTimeSeconds":)" +
                     std::to_string(wait_seconds) + "}");
}

// The delete of all that `body` holds; empty if it holds nothing.
std::string delete_request(const Options& options, std::string_view body, std::size_t& count) {
  constexpr std::string_view kHandle = "\"ReceiptHandle\":\"";
  std::string entries;
  count = 0;
  for (std::size_t at = 0; (at = body.find(kHandle, at)) != std::string_view::npos; ++count) {
    at += kHandle.size();
    const std::string_view handle = body.substr(at, body.find('"', at) - at);
    if (count > 0) entries += ',';
    entries += R"({"Id":")" + std::to_string(count) + R"(","ReceiptHandle":")" + std::string(handle) + "\"}";
  }
  if (count == 0) return {};
  return request("AmazonSQS.DeleteMessageBatch", "sqs", "1.0",
                 R"({"QueueUrl":")" + options.queue + R"(","Entries":[)" + entries + "]}");
}

// A connection that receives and deletes in turn.
struct Receiver {
  LoadConnection connection;
  bool deleting = false;
  std::size_t held = 0;  // messages received and not yet deleted
};

struct Received {
  std::uint64_t messages = 0;
  std::uint64_t deleted = 0;
};

// The receiver's response is whole: counts it and sends what follows. `saw` is called with each receive's body.
template <typename Saw>
void advance(Receiver& receiver, const Options& options, const std::string& receive_text, Received& received, Saw saw) {
  LoadConnection& connection = receiver.connection;
  if (connection.status() != 200) unexpected(receiver.deleting ? "DeleteMessageBatch" : "ReceiveMessage", connection);
  std::string next;
  if (receiver.deleting) {
    if (connection.body().find("\"Failed\":[{") != std::string_view::npos) unexpected("DeleteMessageBatch", connection);
    received.deleted += receiver.held;
    receiver.deleting = false;
  } else {
    saw(connection.body());
    next = delete_request(options, connection.body(), receiver.held);
    received.messages += receiver.held;
    receiver.deleting = !next.empty();
  }
  connection.clear();
  connection.send(next.empty() ? receive_text : next);
}

int drain(const Options& options) {
  const std::string receive_text = receive_request(options, 1);
  std::vector<Receiver> receivers;
  Poller poller;
  for (int i = 0; i < options.connections; ++i) {
    receivers.push_back(Receiver{LoadConnection(options.port)});
    poller.add(receivers.back().connection.descriptor(), receivers.size() - 1);
    receivers.back().connection.send(receive_text);
  }
  std::int64_t begin = now_ns();
  const std::int64_t end = begin + static_cast<std::int64_t>(options.seconds * 1e9);
  std::int64_t last_delete = begin;
  Received received;
  int empty_receives = 0;  // in a row, after the other process has ended
  const auto goes_on = [&] {
    return options.while_pid == 0 ? now_ns() < end : empty_receives < 2 * options.connections;
  };
  while (goes_on()) {
    const bool others_run = options.while_pid != 0 && ::kill(options.while_pid, 0) == 0;
    poller.wait(20'000'000, [&](std::size_t index) {
      if (!receivers[index].connection.on_readable()) return;
      const Received before = received;
      const bool was_receive = !receivers[index].deleting;
      advance(receivers[index], options, receive_text, received, [](std::string_view) {});
      if (before.messages == 0 && received.messages > 0) begin = now_ns();
      if (received.deleted > before.deleted) last_delete = now_ns();
      if (was_receive) empty_receives = !others_run && received.messages == before.messages ? empty_receives + 1 : 0;
    });
  }
  const double seconds = static_cast<double>(std::max<std::int64_t>(last_delete - begin, 1)) / 1e9;
  std::printf("{\"received\": %llu, \"deleted\": %llu, \"deleted_per_s\": %.1f}\n",
              static_cast<unsigned long long>(received.messages), static_cast<unsigned long long>(received.deleted),
              static_cast<double>(received.deleted) / seconds);
  return 0;
}

// --- latency

int latency(const Options& options) {
  const std::string receive_text = receive_request(options, 20);
  std::string put_text = request("AWSEvents.PutEvents", "events", "1.1", put_events_body(options));
  std::vector<LoadConnection> putters;
  std::vector<Receiver> receivers;
  std::vector<std::size_t> idle;
  Poller poller;
  for (int i = 0; i < options.connections; ++i) {
    putters.emplace_back(options.port);
    poller.add(putters.back().descriptor(), putters.size() - 1);
    idle.push_back(putters.size() - 1);
  }
  const std::size_t first_receiver = putters.size();
  for (int i = 0; i < options.receivers; ++i) {
    receivers.push_back(Receiver{LoadConnection(options.port)});
    poller.add(receivers.back().connection.descriptor(), first_receiver + receivers.size() - 1);
    receivers.back().connection.send(receive_text);
  }

  Latencies latencies;
  Received received;
  std::uint64_t put_events = 0;
  const auto saw = [&](std::string_view body) {
    // The body is a JSON string inside one: its quotes are escaped, as ours were when we sent it.
    const std::int64_t now = now_ns();
    for (std::size_t at = 0; (at = body.find(kSentField, at)) != std::string_view::npos;) {
      at += kSentField.size();
      latencies.add(std::strtoll(std::string(body.substr(at, kSentDigits)).c_str(), nullptr, 10) - kSentBase, now);
    }
  };
  const std::int64_t begin = now_ns();
  const std::int64_t end = begin + static_cast<std::int64_t>(options.seconds * 1e9);
  const std::int64_t patience_end = end + 10'000'000'000;
  const double interval = 1e9 * options.entries / options.rate;
  double next_due = static_cast<double>(begin);
  for (std::int64_t now = begin; now < patience_end && (now < end || received.messages < put_events); now = now_ns()) {
    while (now < end && !idle.empty() && next_due <= static_cast<double>(now)) {
      stamp(put_text, now_ns());
      putters[idle.back()].send(put_text);
      idle.pop_back();
      put_events += static_cast<std::uint64_t>(options.entries);
      next_due += interval;
    }
    std::int64_t patience = 20'000'000;
    if (now < end && !idle.empty())
      patience = std::max<std::int64_t>(0, static_cast<std::int64_t>(next_due) - now_ns());
    poller.wait(patience, [&](std::size_t index) {
      if (index >= first_receiver) {
        Receiver& receiver = receivers[index - first_receiver];
        if (receiver.connection.on_readable()) advance(receiver, options, receive_text, received, saw);
        return;
      }
      if (!putters[index].on_readable()) return;
      check_put(putters[index]);
      putters[index].clear();
      idle.push_back(index);
    });
  }
  std::printf("{\"put\": %llu, \"received\": %llu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f}\n",
              static_cast<unsigned long long>(put_events), static_cast<unsigned long long>(received.messages),
              latencies.at(0.5), latencies.at(0.99), latencies.at(0.999));
  return received.messages >= put_events ? 0 : 1;
}

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("Load for eventbusd");
  app.require_subcommand(1);
  CLI::App* put_command = app.add_subcommand("put", "PutEvents, closed loop or at a rate");
  CLI::App* drain_command = app.add_subcommand("drain", "ReceiveMessage and DeleteMessageBatch in tens");
  CLI::App* latency_command = app.add_subcommand("latency", "from PutEvents to a long poll's answer");
  for (CLI::App* command : {put_command, drain_command, latency_command}) {
    command->add_option("--port", options.port)->required();
    command->add_option("--connections", options.connections);
    command->add_option("--seconds", options.seconds);
  }
  for (CLI::App* command : {put_command, latency_command}) {
    command->add_option("--entries", options.entries);
    command->add_option("--entry-bytes", options.entry_bytes);
    command->add_option("--rate", options.rate, "events per second");
    command->add_option("--bus", options.bus);
  }
  put_command->add_option("--pid", options.pid, "the server, whose CPU time is read");
  put_command->add_option("--warm-up", options.warm_up_seconds);
  drain_command->add_option("--queue", options.queue, "the queue's URL")->required();
  drain_command->add_option("--while", options.while_pid, "until this process has ended and the queue is empty");
  latency_command->add_option("--queue", options.queue, "the queue's URL")->required();
  latency_command->add_option("--receivers", options.receivers);
  CLI11_PARSE(app, argc, argv);
  if (*put_command) return put(options);
  if (*drain_command) return drain(options);
  if (options.rate <= 0) options.rate = 1000;
  return latency(options);
}

}  // namespace
}  // namespace eventbus::bench

int main(int argc, char** argv) {
  try {
    return eventbus::bench::main_of(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "put_events_load: %s\n", error.what());
    return 2;
  }
}
