#include "bus/contract_book.h"

#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace eventbus {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Scope kHome{"000000000000", "us-east-1"};
const BusKey kOrders{kHome, "orders"};

ContractRecord order(std::string version = "1", std::string schema = R"({"required":["id"]})") {
  return {"order", std::move(version), "shop", "Order", schemas::Subject::kDetail, std::move(schema)};
}

Event event(std::string detail, std::string source = "shop", std::string detail_type = "Order") {
  Event made;
  made.id = "e-1";
  made.source = std::move(source);
  made.detail_type = std::move(detail_type);
  made.origin = kHome;
  made.json = *make_envelope(made, {}, detail);
  return made;
}

class ContractBookTest : public ::testing::Test {
 protected:
  ContractBookTest() { restart(); }

  void restart(const std::vector<ConfiguredContracts>& configured = {}) {
    book_ = std::make_unique<ContractBook>(ContractBook::Dependencies{*storage_, clock_, metrics_, log_});
    const Result<void> loaded = book_->load(configured);
    ASSERT_TRUE(loaded) << loaded.error().message;
  }
  Result<bool> bind(ContractRecord record, const BusKey& bus = kOrders) {
    return testing::run(book_->bind(bus, std::move(record)));
  }
  Result<void> unbind(std::string version, const BusKey& bus = kOrders) {
    return testing::run(book_->unbind(bus, "order", std::move(version)));
  }
  Result<void> set_mode(ValidationMode mode, const BusKey& bus = kOrders) {
    return testing::run(book_->set_mode(bus, mode));
  }

  const BusContracts* of(const BusKey& bus = kOrders) {
    snapshot_ = book_->contracts();
    return snapshot_->find(bus.scope, bus.name);
  }
  // "fits", or how it does not.
  std::string check(const Event& tested, const BusKey& bus = kOrders) {
    const BusContracts* contracts = of(bus);
    if (!contracts) return "no contracts";
    const auto violation = book_->check(*contracts, bus.scope, bus.name, tested);
    return violation ? violation->to_string() : "fits";
  }
  std::vector<std::uint64_t> counts(const std::string& version) {
    const auto counters = metrics_.counters({kHome, "orders", "order", version});
    return {counters->count(ContractCounters::kFits), counters->count(ContractCounters::kViolates),
            counters->count(ContractCounters::kRejected)};
  }

  testing::ManualClock clock_{testing::test_epoch()};
  std::unique_ptr<Storage> storage_ = make_memory_storage(clock_);
  ContractMetrics metrics_;
  std::ostringstream log_text_;
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_)};
  std::unique_ptr<ContractBook> book_;
  std::shared_ptr<const AllContracts> snapshot_;
};

TEST_F(ContractBookTest, IsEmptyUntilSomethingIsBound) {
  EXPECT_TRUE(book_->contracts()->empty());
  EXPECT_EQ(of(), nullptr);
  EXPECT_TRUE(book_->list().empty());
}

TEST_F(ContractBookTest, HoldsTheEventsOfASourceAndDetailTypeAgainstTheirContract) {
  ASSERT_TRUE(*bind(order()));
  EXPECT_EQ(check(event(R"({"id":1})")), "fits");
  EXPECT_EQ(check(event("{}")), "the contract order, version 1: the document must have \"id\"");
  EXPECT_EQ(check(event("{}", "shop2")), "fits");
  EXPECT_EQ(check(event("{}", "shop", "Order2")), "fits");
  EXPECT_EQ(check(event("{}", "shopOrder", "")), "fits");
  EXPECT_EQ(check(event("{}"), {kHome, "other"}), "no contracts");
  EXPECT_EQ(check(event("{}"), {{kHome.account, "eu-west-1"}, "orders"}), "no contracts");
  EXPECT_THAT(counts("1"), ElementsAre(1, 1, 0));
}

TEST_F(ContractBookTest, WarnsUntilItIsToldOtherwise) {
  ASSERT_TRUE(*bind(order()));
  EXPECT_EQ(of()->mode(), ValidationMode::kWarn);
  ASSERT_TRUE(set_mode(ValidationMode::kReject));
  EXPECT_EQ(of()->mode(), ValidationMode::kReject);
  EXPECT_NE(check(event("{}")), "fits");
  EXPECT_THAT(counts("1"), ElementsAre(0, 0, 1));
  ASSERT_TRUE(set_mode(ValidationMode::kOff));
  EXPECT_EQ(check(event("{}")), "fits");
  EXPECT_THAT(counts("1"), ElementsAre(0, 0, 1)) << "nobody has looked";
}

TEST_F(ContractBookTest, OfSeveralVersionsOneMustFitAndTheNewestCountsFirst) {
  ASSERT_TRUE(*bind(order("2", R"({"required":["id","total"]})")));
  ASSERT_TRUE(*bind(order("10", R"({"required":["id","total","currency"]})")));
  ASSERT_TRUE(*bind(order("1")));
  EXPECT_EQ(check(event(R"({"id":1,"total":2,"currency":"EUR"})")), "fits");
  EXPECT_EQ(check(event(R"({"id":1,"total":2})")), "fits");
  EXPECT_EQ(check(event(R"({"id":1})")), "fits");
  EXPECT_EQ(check(event(R"({"total":2,"currency":"EUR"})")),
            "the contract order, version 10: the document must have \"id\"");
  EXPECT_THAT(counts("10"), ElementsAre(1, 1, 0));
  EXPECT_THAT(counts("2"), ElementsAre(1, 0, 0));
  EXPECT_THAT(counts("1"), ElementsAre(1, 0, 0));
  // Version 1 retires.
  ASSERT_TRUE(unbind("1"));
  EXPECT_NE(check(event(R"({"id":1})")), "fits");
}

TEST_F(ContractBookTest, AnEnvelopesVersionIsThatOfTheBinding) {
  ContractRecord record = order(
      "1.0", R"({"properties":{"version":{"const":"1.0"},"detail":{"required":["id"]}},"required":["source","time"]})");
  record.subject = schemas::Subject::kEnvelope;
  ASSERT_TRUE(*bind(record));
  EXPECT_EQ(check(event(R"({"id":1})")), "fits");
  EXPECT_EQ(check(event("{}")), "the contract order, version 1.0: /detail must have \"id\"");
  record.version = "2.0";  // whose schema asks for 1.0
  ASSERT_TRUE(unbind("1.0"));
  ASSERT_TRUE(*bind(record));
  EXPECT_EQ(check(event(R"({"id":1})")), "the contract order, version 2.0: /version must be \"1.0\", is \"2.0\"");
}

TEST_F(ContractBookTest, SurvivesARestart) {
  ASSERT_TRUE(*bind(order()));
  ASSERT_TRUE(*bind(order("2", R"({"required":["id","total"]})")));
  ASSERT_TRUE(*bind(order("1"), {kHome, "partner/name/of.it"}));
  ASSERT_TRUE(unbind("1"));
  ASSERT_TRUE(set_mode(ValidationMode::kReject));
  restart();
  EXPECT_EQ(of()->mode(), ValidationMode::kReject);
  ASSERT_EQ(of()->all().size(), 1u);
  EXPECT_EQ(of()->all()[0]->record, order("2", R"({"required":["id","total"]})"));
  EXPECT_NE(of({kHome, "partner/name/of.it"}), nullptr);
  EXPECT_EQ(of({kHome, "partner/name/of.it"})->mode(), ValidationMode::kWarn);
  // And can be changed like before.
  ASSERT_TRUE(unbind("2"));
  ASSERT_TRUE(set_mode(ValidationMode::kWarn));
  ASSERT_TRUE(*bind(order()));
  restart();
  EXPECT_EQ(of()->all().size(), 1u);
}

TEST_F(ContractBookTest, AVersionDoesNotChange) {
  ASSERT_TRUE(*bind(order()));
  const Result<bool> again = bind(order());
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again);
  const Result<bool> other = bind(order("1", R"({"required":["number"]})"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kConflict);
  EXPECT_THAT(other.error().message, HasSubstr("versions do not change"));
  EXPECT_EQ(check(event(R"({"id":1})")), "fits");
}

TEST_F(ContractBookTest, RefusesWhatCannotBeAContract) {
  const auto refusal = [&](ContractRecord record) {
    const Result<bool> bound = bind(std::move(record));
    return bound ? std::string("bound") : bound.error().message;
  };
  EXPECT_THAT(refusal(order("1", R"({"$ref":"#"})")), HasSubstr("refers to itself"));
  EXPECT_THAT(refusal(order("1", "{")), HasSubstr("cannot be read as JSON"));
  EXPECT_THAT(refusal(order("1/2")), HasSubstr("version"));
  EXPECT_THAT(refusal(order("")), HasSubstr("version"));
  ContractRecord record = order();
  record.name = "Order";
  EXPECT_THAT(refusal(record), HasSubstr("name"));
  record = order();
  record.source = "";
  EXPECT_THAT(refusal(record), HasSubstr("source"));
  record = order();
  record.detail_type = std::string(129, 'x');
  EXPECT_THAT(refusal(record), HasSubstr("detail-type"));
  EXPECT_THAT(refusal(order("1", "{\"title\":\"" + std::string(300'000, 'x') + "\"}")), HasSubstr("256 KiB"));
  EXPECT_TRUE(book_->contracts()->empty());
  EXPECT_EQ(unbind("1").error().code, ErrorCode::kNotFound);
}

TEST_F(ContractBookTest, WhatTheFileSaysIsNotChangedHere) {
  ASSERT_TRUE(*bind(order("2")));
  ASSERT_TRUE(set_mode(ValidationMode::kOff));
  restart({{kOrders, ValidationMode::kReject, {order("1")}}, {{kHome, "other"}, std::nullopt, {order("1")}}});
  EXPECT_EQ(of()->mode(), ValidationMode::kReject);
  EXPECT_EQ(of()->all().size(), 2u);
  EXPECT_EQ(of({kHome, "other"})->mode(), ValidationMode::kWarn);
  EXPECT_EQ(set_mode(ValidationMode::kOff).error().code, ErrorCode::kConflict);
  EXPECT_EQ(unbind("1").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(unbind("2"));
  ASSERT_TRUE(set_mode(ValidationMode::kReject, {kHome, "other"}));
  const auto listed = book_->list();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].bus.name, "orders");
  EXPECT_EQ(listed[0].mode_from, ContractBook::ModeFrom::kConfiguration);
  EXPECT_EQ(listed[1].mode_from, ContractBook::ModeFrom::kCatalog);
  // Without the file everything is as it was set before.
  restart();
  EXPECT_EQ(of()->mode(), ValidationMode::kOff);
}

TEST_F(ContractBookTest, AConfiguredContractThatIsWrongStopsTheStart) {
  ContractBook other({*storage_, clock_, metrics_, log_});
  const Result<void> loaded = other.load({{kOrders, std::nullopt, {order("1", "{")}}});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kInvalid);
}

TEST_F(ContractBookTest, LogsOneLineAMinuteForEachContract) {
  ASSERT_TRUE(*bind(order()));
  for (int i = 0; i < 5; ++i) check(event("{}"));
  const std::string once = log_text_.str();
  EXPECT_THAT(once, HasSubstr("event does not fit its contract (accepted) "
                              "bus=arn:aws:events:us-east-1:000000000000:event-bus/orders event_id=e-1"));
  EXPECT_THAT(once, HasSubstr("contract=order version=1 path=\"\" reason=\"must have \\\"id\\\"\""));
  EXPECT_EQ(once.find("event_id"), once.rfind("event_id"));
  clock_.advance(Duration(60'000));
  check(event("{}"));
  EXPECT_THAT(log_text_.str(), HasSubstr("more_since_last_line=4"));
}

TEST_F(ContractBookTest, EventsThatNoTreeCanHoldDoNotFit) {
  ASSERT_TRUE(*bind(order("1", "{}")));
  EXPECT_EQ(check(event(R"({"id":"a\u0000b","n":123456789012345678901234567890})")), "fits");
  EXPECT_THAT(check(event(R"({"id":"\ud800"})")), HasSubstr("cannot be read as JSON"));
  std::string deep;
  for (int i = 0; i < 990; ++i) deep += R"({"a":)";
  deep += "1";
  for (int i = 0; i < 990; ++i) deep += "}";
  EXPECT_EQ(check(event(deep)), "fits");
}

TEST_F(ContractBookTest, ReadersKeepTheSnapshotTheyBeganWith) {
  ASSERT_TRUE(*bind(order()));
  const BusContracts* before = of();
  ASSERT_TRUE(unbind("1"));
  EXPECT_EQ(before->all().size(), 1u);
  EXPECT_TRUE(before->check(event("{}")));
  EXPECT_TRUE(book_->contracts()->empty());
}

TEST_F(ContractBookTest, MetricsNameBusContractVersionAndResult) {
  ASSERT_TRUE(*bind(order()));
  check(event("{}"));
  const auto families = metrics_.Collect();
  ASSERT_EQ(families.size(), 1u);
  EXPECT_EQ(families[0].name, "eventbus_contract_events_total");
  ASSERT_EQ(families[0].metric.size(), 3u);
  EXPECT_EQ(families[0].metric[1].counter.value, 1);
  EXPECT_EQ(families[0].metric[1].label[3].value, "violates");
  ASSERT_TRUE(unbind("1"));
  snapshot_ = nullptr;
  EXPECT_TRUE(metrics_.Collect()[0].metric.empty()) << "of what nobody has there is nothing to say";
}

TEST(ContractRecords, VersionsAreOrderedByTheirNumbers) {
  EXPECT_TRUE(is_older_version("2", "10"));
  EXPECT_FALSE(is_older_version("10", "2"));
  EXPECT_TRUE(is_older_version("1.9", "1.10"));
  EXPECT_TRUE(is_older_version("1", "1.0"));
  EXPECT_TRUE(is_older_version("1-alpha", "1-beta"));
  EXPECT_FALSE(is_older_version("1.0", "1.0"));
  EXPECT_FALSE(is_older_version("01", "1"));
  EXPECT_FALSE(is_older_version("1", "01"));
}

TEST(ContractRecords, AreReadAsTheyWereWritten) {
  const ContractRecord record = order("2.1", R"({"pattern":"é\"\\"})");
  const Result<ContractRecord> read = decode_contract(encode(record));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, record);
  for (const ValidationMode mode : {ValidationMode::kOff, ValidationMode::kWarn, ValidationMode::kReject})
    EXPECT_EQ(*decode_validation_mode(encode(mode)), mode);
  for (const char* text : {"", "{}", "[]", R"({"format":2,"mode":"off"})", R"({"format":1,"mode":"x"})"}) {
    EXPECT_FALSE(decode_contract(text)) << text;
    EXPECT_FALSE(decode_validation_mode(text)) << text;
  }
}

}  // namespace
}  // namespace eventbus
