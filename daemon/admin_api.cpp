#include "daemon/admin_api.h"

#include "daemon/json_response.h"
#include "daemon/settings.h"

#include <boost/json/object.hpp>

#include <string_view>

namespace eventbus {
namespace {

namespace json = boost::json;

constexpr std::string_view kOurs = "/_eventbus/", kLocalStack = "/_localstack/";
constexpr std::string_view kVersion = EVENTBUS_VERSION;

std::string_view path_of(const net::Request& request) {
  const std::string_view target = request.target;
  return target.substr(0, target.find('?'));
}

bool reads(const net::Request& request) { return request.method == "GET" || request.method == "HEAD"; }

bool is_json(const net::Request& request) {
  const std::string_view type = request.header("content-type");
  return type.substr(0, type.find_first_of("; ")) == "application/json";
}

net::Response localstack_health() {
  return json_response(
      200,
      json::object{{"services", {{"events", "running"}, {"logs", "running"}, {"sqs", "running"}, {"sts", "running"}}},
                   {"edition", "eventbusd"},
                   {"version", kVersion}});
}

net::Response greeting() {
  return json_response(200, json::object{{"name", "eventbusd"},
                                         {"version", kVersion},
                                         {"is", "an EventBridge and SQS endpoint for AWS clients"},
                                         {"ready", "/_eventbus/ready"},
                                         {"metrics", "/_eventbus/metrics"},
                                         {"info", "/_eventbus/info"}});
}

net::Response prometheus_text(std::string text) {
  net::Response response;
  response.headers.push_back({"Content-Type", "text/plain; version=0.0.4; charset=utf-8"});
  response.body = std::move(text);
  return response;
}

}  // namespace

bool AdminApi::claims(const net::Request& request) const {
  const std::string_view path = path_of(request);
  if (path.starts_with(kOurs) || path.starts_with(kLocalStack)) return true;
  // "/" belongs to AWS's protocols unless nothing of them is in the request.
  return request.target == "/" && reads(request) && request.header("authorization").empty() &&
         request.header("x-amz-target").empty();
}

const net::Handler* AdminApi::find_command(const net::Request& request) const {
  const auto command = dependencies_.commands.find(path_of(request));
  return command == dependencies_.commands.end() ? nullptr : &command->second;
}

const net::Handler* AdminApi::command(const net::Request& request) const {
  return request.method == "POST" && is_json(request) ? find_command(request) : nullptr;
}

bool AdminApi::is_public(const net::Request& request) {
  const std::string_view path = path_of(request);
  return path == "/" || path == "/_eventbus/health" || path == "/_eventbus/ready" || path == "/_localstack/health";
}

net::Response AdminApi::forbidden() {
  return json_response(403,
                       {{"error", "from another machine this needs a request signed with one of the daemon's keys"}});
}

net::Response AdminApi::answer(const net::Request& request) const {
  const auto question = dependencies_.questions.find(path_of(request));
  if (question != dependencies_.questions.end() && reads(request)) return question->second();
  if (find_command(request) != nullptr) {
    if (request.method != "POST") return json_error(405, "only POST is possible here");
    return json_error(415, "Content-Type must be application/json");
  }
  if (!reads(request)) return json_error(405, "only GET is possible here");
  const std::string_view path = path_of(request);
  if (path == "/") return greeting();
  if (path == "/_eventbus/health") return json_response(200, json::object{{"status", "alive"}, {"version", kVersion}});
  if (path == "/_eventbus/ready") return ready();
  if (path == "/_eventbus/metrics") return prometheus_text(dependencies_.metrics());
  if (path == "/_eventbus/info") return info();
  if (path == "/_localstack/health") return localstack_health();
  return json_error(404, "there is no " + std::string(path));
}

net::Response AdminApi::ready() const {
  if (dependencies_.readiness.state() != Readiness::kReady) {
    return json_response(503, json::object{{"status", dependencies_.readiness.name()}});
  }
  const Storage::Health health = dependencies_.storage.health();
  if (!health.writable) {
    return json_response(503, json::object{{"status", "storage is not writable"}, {"reason", health.last_error}});
  }
  return json_response(200, json::object{{"status", "ready"}});
}

net::Response AdminApi::info() const {
  json::object settings;
  for (const Setting& setting : all_settings()) settings[setting.key] = setting.show(dependencies_.config);
  return json_response(200,
                       json::object{{"name", "eventbusd"}, {"version", kVersion}, {"settings", std::move(settings)}});
}

}  // namespace eventbus
