#include "schemas/contract.h"

#include "tests/support/temp_dir.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {
namespace {

namespace json = boost::json;

const std::string kSchemas = EVENTBUS_SOURCE_DIR "/schemas";

std::vector<Contract> published() {
  Result<std::vector<Contract>> contracts = read_contracts(kSchemas);
  EXPECT_TRUE(contracts) << contracts.error().message;
  return contracts ? *std::move(contracts) : std::vector<Contract>();
}

json::value examples(const Contract& contract) {
  std::ifstream file(kSchemas + "/examples/" + contract.label() + ".json", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  Result<json::value> parsed = parse_document(text, 32);
  EXPECT_TRUE(parsed) << contract.label() << ": " << parsed.error().message;
  return parsed ? *std::move(parsed) : json::value();
}

std::string text_at(const json::value& example, std::string_view member) {
  return std::string(example.at(member).as_string());
}

TEST(Contracts, TheirValidExamplesFit) {
  for (const Contract& contract : published()) {
    const json::value all = examples(contract);
    for (const json::value& example : all.at("valid").as_array())
      for (const Violation& violation : contract.validator.check(example.at("detail")))
        ADD_FAILURE() << contract.label() << ", " << text_at(example, "what") << ": " << to_string(violation);
  }
}

TEST(Contracts, WhatIsWrongWithTheirInvalidExamplesIsFound) {
  for (const Contract& contract : published()) {
    const json::value all = examples(contract);
    for (const json::value& example : all.at("invalid").as_array()) {
      SCOPED_TRACE(contract.label() + ", " + text_at(example, "what"));
      // That alone, so that no example is invalid for another reason than the one it is there for.
      const std::vector<Violation> violations = contract.validator.check(example.at("detail"));
      ASSERT_EQ(violations.size(), 1u) << (violations.empty() ? "fits" : to_string(violations.back()));
      EXPECT_EQ(violations.front().path, text_at(example, "path"));
      EXPECT_NE(violations.front().reason.find(text_at(example, "reason")), std::string::npos)
          << violations.front().reason;
    }
  }
}

TEST(Contracts, SayWhichEventsTheyAreAbout) {
  const std::vector<Contract> all = published();
  std::vector<std::string> about;
  for (const Contract& contract : all)
    about.push_back(contract.label() + " | " + contract.source + " | " + contract.detail_type + " | " +
                    std::string(to_string(contract.subject)));
  const std::vector<std::string> expected = {
      "audio-uploaded.v1 | custom.upload-service | Audio Uploaded | detail",
      "document-uploaded.v1 | custom.upload-service | Document Uploaded | detail",
      "transcription-completed.v1 | custom.transcription-service | Transcription Completed | detail",
      "transcription-completed.v2 | custom.transcription-service | Transcription Completed | detail",
      "user-registered.v1 | custom.auth-service | User Registered | detail",
      "video-uploaded.v1 | custom.upload-service | Video Uploaded | detail"};
  EXPECT_EQ(about, expected);
}

TEST(Contracts, OfEnvelopesSaySo) {
  const Result<Contract> contract = parse_contract(
      "whole.v12.json", R"({"x-eventbus":{"source":"s","detailType":"d","subject":"envelope"},"required":["detail"]})");
  ASSERT_TRUE(contract) << contract.error().message;
  EXPECT_EQ(contract->subject, Subject::kEnvelope);
  EXPECT_EQ(contract->label(), "whole.v12");
}

TEST(Contracts, AFileThatIsNoneIsRefusedWithTheReason) {
  const std::string about = R"("x-eventbus":{"source":"s","detailType":"d"})";
  const struct {
    std::string file, text, reason;
  } cases[] = {
      {"a.json", "{" + about + "}", "is called <name>.v<version>.json"},
      {"a.v0.json", "{" + about + "}", "is called"},
      {"a.v01.json", "{" + about + "}", "is called"},
      {"A.v1.json", "{" + about + "}", "is called"},
      {".v1.json", "{" + about + "}", "is called"},
      {"a.v99999999999.json", "{" + about + "}", "is called"},
      {"a.v1.json", "true", "must have \"x-eventbus\""},
      {"a.v1.json", "{}", "must have \"x-eventbus\""},
      {"a.v1.json", R"({"x-eventbus":{"source":"s"}})", "must have \"detailType\""},
      {"a.v1.json", R"({"x-eventbus":{"source":7,"detailType":"d"}})", "must have \"source\""},
      {"a.v1.json", R"({"x-eventbus":{"source":"s","detailType":"d","subject":"body"}})", "must be detail or envelope"},
      {"a.v1.json", "{" + about + R"(,"type":"strin"})", "at /type"},
  };
  for (const auto& [file, text, reason] : cases) {
    const Result<Contract> contract = parse_contract(file, text);
    ASSERT_FALSE(contract) << file << text;
    EXPECT_NE(contract.error().message.find(reason), std::string::npos) << contract.error().message;
  }
}

TEST(Contracts, AreReadFromADirectoryInTheOrderOfTheirVersions) {
  const testing::TempDir directory;
  const auto write = [&](const char* name, std::string_view text) { std::ofstream(directory.path() / name) << text; };
  for (const char* name : {"b.v1.json", "a.v10.json", "a.v2.json"})
    write(name, R"({"x-eventbus":{"source":"s","detailType":"d"}})");
  write("README.md", "not one");
  write("published.lock", "neither");
  std::filesystem::create_directory(directory.path() / "retired");
  const Result<std::vector<Contract>> contracts = read_contracts(directory.path());
  ASSERT_TRUE(contracts) << contracts.error().message;
  ASSERT_EQ(contracts->size(), 3u);
  EXPECT_EQ((*contracts)[0].label(), "a.v2");
  EXPECT_EQ((*contracts)[1].label(), "a.v10");
  EXPECT_EQ((*contracts)[2].label(), "b.v1");

  write("c.v1.json", "{");
  const Result<std::vector<Contract>> broken = read_contracts(directory.path());
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("c.v1.json: the schema cannot be read as JSON"), std::string::npos)
      << broken.error().message;
  EXPECT_FALSE(read_contracts(directory.path() / "nowhere"));
}

}  // namespace
}  // namespace eventbus::schemas
