#pragma once

#include "adapters/aws/events/events_service.h"
#include "bus/bus_catalog.h"
#include "bus/publisher.h"
#include "bus/publisher_metrics.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/replay_parts.h"
#include "tests/support/run_coroutine.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <string_view>

namespace eventbus::aws {

// EventBridge as a client of one account in one region sees it: JSON in, JSON out, no socket.
class EventsFixture : public ::testing::Test {
 protected:
  EventsFixture() { restart(); }

  // Everything in memory goes, what was stored stays.
  void restart() {
    service_.reset();
    replays_.reset();
    catalog_ = std::make_unique<BusCatalog>(*storage_, clock_, limits_, nullptr, log_);
    const Result<void> loaded = catalog_->load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    publisher_ = std::make_unique<Publisher>(
        Publisher::Dependencies{*catalog_, queues_, *storage_, clock_, rng_, limits_, metrics_, log_});
    archives_ = std::make_unique<ArchiveCatalog>(
        ArchiveCatalog::Dependencies{*storage_, log_ids_, *catalog_, archive_zones_, clock_, rng_, limits_});
    const Result<void> archives_loaded = archives_->load();
    ASSERT_TRUE(archives_loaded) << archives_loaded.error().message;
    connections_ = std::make_unique<ConnectionCatalog>(*storage_, clock_, rng_, connection_limits_, keys_, log_);
    const Result<void> connections_loaded = connections_->load();
    ASSERT_TRUE(connections_loaded) << connections_loaded.error().message;
    replays_ = std::make_unique<eventbus::testing::ReplayParts>(*storage_, archive_zones_, *archives_, *catalog_,
                                                                *publisher_, clock_, rng_, log_);
    service_ = make_events_service({*catalog_, *connections_, *archives_, replays_->replayer, limits_,
                                    PutEventsApi{*publisher_, clock_, rng_, limits_, metrics_}});
  }

  // "ValidationException: the message", or the output's JSON.
  std::string answer(std::string_view operation, std::string_view input) {
    const boost::json::value body = call(operation, input);
    if (const boost::json::value* type = body.as_object().if_contains("__type"))
      return std::string(type->as_string()) + ": " + std::string(body.at("message").as_string());
    return boost::json::serialize(body);
  }

  boost::json::value call(std::string_view operation, std::string_view input) {
    net::Request request;
    request.method = "POST";
    request.target = "/";
    request.headers = {{"X-Amz-Target", "AWSEvents." + std::string(operation)},
                       {"Content-Type", "application/x-amz-json-1.1"}};
    request.body.reserve(input.size() + 64);
    request.body = input;
    RequestContext context;
    context.scope = scope_;
    context.service = "events";
    context.request_id = "00000000-0000-4000-8000-000000000000";
    const net::Response response = eventbus::testing::run(service_->handle(context, std::move(request)));
    const boost::json::value body =
        response.body.empty() ? boost::json::value(boost::json::object()) : boost::json::parse(response.body);
    EXPECT_EQ(response.status == 200, !body.as_object().contains("__type")) << response.status << response.body;
    return body;
  }

  // A request that must succeed.
  boost::json::value done(std::string_view operation, std::string_view input) {
    boost::json::value body = call(operation, input);
    EXPECT_FALSE(body.as_object().contains("__type")) << operation << " " << input << ": " << body;
    return body;
  }

  class NoQueues final : public QueueDirectory {
   public:
    std::shared_ptr<const QueueInfo> find(const Scope&, std::string_view) const override { return nullptr; }
  };

  Scope scope_{"000000000000", "us-east-1"};
  eventbus::testing::ManualClock clock_{eventbus::testing::test_epoch()};
  SeededRng rng_{1};
  Limits limits_;
  ConnectionLimits connection_limits_;
  spdlog::logger log_{"test"};
  PublisherMetrics metrics_;
  NoQueues queues_;
  std::unique_ptr<Storage> storage_ = make_memory_storage(clock_);
  LogIds log_ids_{*storage_};
  ArchiveZones archive_zones_{*storage_};
  std::unique_ptr<BusCatalog> catalog_;
  std::unique_ptr<ArchiveCatalog> archives_;
  SecretKeys keys_ = *SecretKeys::parse("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=");
  std::unique_ptr<ConnectionCatalog> connections_;
  std::unique_ptr<Publisher> publisher_;
  std::unique_ptr<eventbus::testing::ReplayParts> replays_;
  std::unique_ptr<Service> service_;
};

}  // namespace eventbus::aws
