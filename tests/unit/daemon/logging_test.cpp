#include "daemon/logging.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>
#include <string>

namespace eventbus {
namespace {

using ::testing::MatchesRegex;

class Logging : public ::testing::Test {
 protected:
  // The line that a message becomes.
  std::string line(std::unique_ptr<spdlog::formatter> formatter, const std::string& message) {
    std::ostringstream stream;
    spdlog::logger logger("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(stream));
    logger.set_formatter(std::move(formatter));
    logger.warn("{}", message);
    return stream.str();
  }
};

TEST_F(Logging, TextHasTimeLevelAndMessage) {
  EXPECT_THAT(line(make_text_formatter(), "Disk full. free_bytes=0"),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z warn  Disk full\\. free_bytes=0\n"));
}

TEST_F(Logging, ALineStaysALineWhateverClientsSend) {
  EXPECT_THAT(line(make_text_formatter(), "operation=a\nb\x1b[0m"),
              MatchesRegex(".*operation=a\\\\x0ab\\\\x1b\\[0m\n"));
  const std::string json = line(make_json_formatter(), "operation=a\nb");
  EXPECT_EQ(json.find('\n'), json.size() - 1);
}

TEST_F(Logging, JsonKeepsKeysAndValues) {
  const auto object =
      boost::json::parse(
          line(make_json_formatter(), R"(Storage is not writable. reason="No space \"left\" b=d" code=28 path=/a b=c)"))
          .as_object();
  EXPECT_EQ(object.at("level"), "warn");
  EXPECT_EQ(object.at("message"), "Storage is not writable.");
  EXPECT_EQ(object.at("reason"), R"(No space "left" b=d)") << "quoted: what looks like a pair in it is none";
  EXPECT_EQ(object.at("code"), "28");
  EXPECT_EQ(object.at("path"), "/a");
  EXPECT_EQ(object.at("b"), "c");
  EXPECT_TRUE(object.contains("time"));
}

TEST_F(Logging, APairCannotReplaceWhatTheLogSays) {
  const auto object =
      boost::json::parse(line(make_json_formatter(), "Answered. level=error message=forged")).as_object();
  EXPECT_EQ(object.at("level"), "warn");
  EXPECT_EQ(object.at("message"), "Answered.");
}

TEST_F(Logging, AMessageWithoutPairsIsOnlyAMessage) {
  const auto object = boost::json::parse(line(make_json_formatter(), "Ready.")).as_object();
  EXPECT_EQ(object.at("message"), "Ready.");
  EXPECT_EQ(object.size(), 3u);
}

}  // namespace
}  // namespace eventbus
