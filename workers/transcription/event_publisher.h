#pragma once

#include "adapters/aws/client/aws_client.h"
#include "base/result.h"

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>

#include <memory>
#include <string>

namespace eventbus::transcription {

// Puts `Transcription Completed` on a bus. One thread.
class EventPublisher {
 public:
  virtual ~EventPublisher() = default;
  // The event's id, once the bus has accepted it.
  virtual asio::awaitable<Result<std::string>> publish(boost::json::object detail) = 0;
};

class BusPublisher final : public EventPublisher {
 public:
  struct Options {
    std::string bus;     // name or ARN
    std::string source;  // "custom.transcription-service"
  };
  BusPublisher(std::unique_ptr<aws::AwsClient> client, Options options)
      : client_(std::move(client)), options_(std::move(options)) {}

  asio::awaitable<Result<std::string>> publish(boost::json::object detail) override;

 private:
  const std::unique_ptr<aws::AwsClient> client_;
  const Options options_;
};

}  // namespace eventbus::transcription
