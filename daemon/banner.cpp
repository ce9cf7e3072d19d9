#include "daemon/banner.h"

#include <string_view>

namespace eventbus {
namespace {

std::string durability_line(const Config& config) {
  switch (config.durability) {
    case Durability::kSync:
      return "sync: an answer means it is on disk, in " + config.data_dir;
    case Durability::kAsync:
      return "async: survives a crash of this process, NOT of the machine; in " + config.data_dir;
    case Durability::kMemory:
      return "MEMORY: NOTHING IS KEPT. Events, queues and rules are gone when this process ends.";
  }
  return "";
}

std::string line(std::string_view name, std::string_view text) {
  constexpr std::size_t kColumn = 14;
  std::string result = "  " + std::string(name);
  result.resize(kColumn, ' ');
  return result + std::string(text) + "\n";
}

}  // namespace

std::string banner(const Config& config, const std::string& url) {
  std::string text = "\neventbusd " EVENTBUS_VERSION "\n";
  text += line("endpoint", url + "  every service, every region");
  const bool verified = config.authentication == Authentication::kSigV4;
  text += line("credentials",
               verified ? "verified: the access keys in " + config.keys_file.value_or("") + " may call"
                        : "any are accepted, unsigned requests too; a 12-digit access key selects that account");
  if (!config.listen.loopback() && !verified) {
    text += line("network", "LISTENS ON " + config.listen.to_string() + ": whoever reaches it may do everything");
  }
  text += line("durability", durability_line(config));
  if (config.virtual_clock) text += line("clock", "VIRTUAL: tests move it, at " + url + "/_eventbus/clock");
  text += line("limits",
               config.relaxed ? "lifted (--relaxed): what works here may fail in AWS" : "AWS's; --relaxed lifts them");
  text += "\nNext, in another terminal:\n";
  text +=
      "  AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --endpoint-url " + url + " --region " + config.region +
      " events put-events --entries '[{\"Source\": \"my.app\", \"DetailType\": \"Hello\", \"Detail\": \"{}\"}]'\n\n";
  return text;
}

}  // namespace eventbus
