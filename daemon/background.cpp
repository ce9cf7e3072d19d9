#include "daemon/background.h"

#include "base/log_value.h"
#include "base/thrown.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <spdlog/logger.h>

#include <exception>
#include <utility>

namespace eventbus {
namespace {

// Why the work ended; empty when it ended as it should.
std::string failure_of(const std::exception_ptr& thrown) {
  if (!thrown) return "";
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted ? "" : error.what();
  } catch (...) {
    return reason_of(thrown);
  }
}

}  // namespace

void Background::spawn(std::string name, asio::awaitable<void> work) {
  running_.fetch_add(1, std::memory_order_acq_rel);
  asio::post(io_, [this, name = std::move(name), work = std::move(work)]() mutable {
    begin(std::move(name), std::move(work));
  });
}

void Background::begin(std::string name, asio::awaitable<void> work) {
  if (cancelled_) {
    running_.fetch_sub(1, std::memory_order_acq_rel);
    return;
  }
  works_.emplace_back();
  const auto entry = std::prev(works_.end());
  entry->name = std::move(name);
  auto ended = [this, entry](const std::exception_ptr& thrown) {
    if (const std::string failure = failure_of(thrown); !failure.empty()) {
      log_.error("Background work failed: a bug. work={} reason={}", log_value(entry->name), log_value(failure));
    }
    works_.erase(entry);
    running_.fetch_sub(1, std::memory_order_acq_rel);
  };
  asio::co_spawn(io_, std::move(work), asio::bind_cancellation_slot(entry->cancel.slot(), std::move(ended)));
}

void Background::cancel() {
  cancelled_ = true;
  // What is cancelled may end, and leave the list, at once.
  for (auto work = works_.begin(); work != works_.end();) {
    Work& each = *work++;
    each.cancel.emit(asio::cancellation_type::terminal);
  }
}

}  // namespace eventbus
