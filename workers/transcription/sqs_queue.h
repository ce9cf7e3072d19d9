#pragma once

#include "adapters/aws/client/aws_client.h"
#include "workers/transcription/job_queue.h"

#include <memory>
#include <string>
#include <string_view>

namespace eventbus::transcription {

// A queue of SQS: of AWS, or of eventbusd.
class SqsQueue final : public JobQueue {
 public:
  // `queue`: a name, an ARN, or the URL that CreateQueue gives. Names and ARNs are looked up with the first call.
  SqsQueue(std::unique_ptr<aws::AwsClient> client, std::string queue);

  asio::awaitable<Result<std::optional<QueueMessage>>> receive(Duration visibility, Duration wait) override;
  asio::awaitable<Result<void>> change_visibility(std::string receipt_handle, Duration visibility) override;
  asio::awaitable<Result<void>> remove(std::string receipt_handle) override;
  asio::awaitable<Result<QueueFacts>> facts() override;

 private:
  asio::awaitable<Result<boost::json::object>> call(std::string_view operation, boost::json::object input,
                                                    Duration time);
  asio::awaitable<Result<std::string>> queue_url();

  const std::unique_ptr<aws::AwsClient> client_;
  const std::string queue_;
  std::string url_;  // empty: not known yet
};

// An answer of the AWS JSON protocols as an object; errors as our Error.
Error to_error(const aws::AwsCallError& error, std::string_view service);

}  // namespace eventbus::transcription
