#include "workers/transcription/child_process.h"

#include "net/deadline.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it nowhere

namespace eventbus::transcription {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kErrorBytesKept = 8 << 10;
constexpr Duration kTerminateGrace{3'000};  // from SIGTERM to SIGKILL
constexpr int kCannotRun = 127;

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    return unavailable(std::string("no pipe for a child: ") + std::strerror(errno));
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  return pipe;
}

// Everything that exec needs, made before fork: the child may allocate nothing.
struct Prepared {
  std::vector<std::string> environment;
  std::vector<char*> arguments, variables;

  explicit Prepared(ChildCommand& command) {
    for (std::string& argument : command.arguments) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    for (char** each = environ; *each != nullptr; ++each) {
      const std::string_view variable(*each);
      if (!variable.starts_with("AWS_")) environment.emplace_back(variable);
    }
    for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);
    for (std::string& variable : environment) variables.push_back(variable.data());
    variables.push_back(nullptr);
  }
};

void limit(int resource, std::uint64_t value) {
  const rlimit bound{value, value};
  setrlimit(static_cast<__rlimit_resource>(resource), &bound);
}

// In the child, between fork and exec: system calls alone.
[[noreturn]] void become(const char* program, const Prepared& prepared, const ChildCommand& command, int input,
                         int output, int errors, int complaint, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotRun);  // it died before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  if (command.memory_bytes_max != 0) limit(RLIMIT_AS, command.memory_bytes_max);
  if (command.file_bytes_max != 0) limit(RLIMIT_FSIZE, command.file_bytes_max);
  const bool ready = dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
                     dup2(errors, STDERR_FILENO) >= 0 && chdir(command.directory.c_str()) == 0;
  if (ready) execve(program, prepared.arguments.data(), prepared.variables.data());
  const int reason = errno;
  [[maybe_unused]] const auto told = write(complaint, &reason, sizeof reason);
  _exit(kCannotRun);
}

// A running child: its streams are read until their ends, its end is waited for.
class Child {
 public:
  Child(const asio::any_io_executor& executor, std::size_t output_bytes_max)
      : output_(executor), errors_(executor), ended_(executor, SIGCHLD), readers_(executor), room_(output_bytes_max) {
    readers_.expires_at(asio::steady_timer::time_point::max());
  }

  Result<void> start(const std::string& program, ChildCommand& command) {
    const Prepared prepared(command);
    TRY(Pipe output, make_pipe());
    TRY(Pipe errors, make_pipe());
    TRY(Pipe complaint, make_pipe());
    Descriptor input(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) return unavailable(std::string("no process could be made: ") + std::strerror(errno));
    if (pid_ == 0)
      become(program.c_str(), prepared, command, input.get(), output.write.get(), errors.write.get(),
             complaint.write.get(), parent);
    setpgid(pid_, pid_);  // whichever of us is first
    output.write.close();
    errors.write.close();
    complaint.write.close();
    int reason = 0;
    if (read(complaint.read.get(), &reason, sizeof reason) == sizeof reason) {
      waitpid(pid_, nullptr, 0);
      return not_found(program + ": " + std::strerror(reason));
    }
    output_.assign(output.read.release());
    errors_.assign(errors.read.release());
    return {};
  }

  void terminate(ChildOutcome::End why) {
    if (reaped_) return;
    if (!why_) why_ = why;
    kill(-pid_, SIGTERM);
  }
  void kill_group() {
    if (!reaped_) kill(-pid_, SIGKILL);
  }

  // Whether it has ended; then nothing of its group lives on.
  bool reap() {
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
      return false;
    kill(-pid_, SIGKILL);  // while its number is still taken
    waitpid(pid_, nullptr, 0);
    reaped_ = true;
    outcome.end = why_.value_or(info.si_code == CLD_EXITED ? ChildOutcome::kExited : ChildOutcome::kSignalled);
    outcome.status = info.si_status;
    return true;
  }

  // Completes early when the caller is cancelled.
  asio::awaitable<void> next_signal() { co_await ended_.async_wait(kAwait); }

  static asio::awaitable<void> read_output(std::shared_ptr<Child> child) {
    std::string piece(64 << 10, '\0');
    for (;;) {
      const auto [error, size] = co_await child->output_.async_read_some(asio::buffer(piece), kAwait);
      if (error) break;
      const std::size_t fits = std::min(size, child->room_ - child->outcome.output.size());
      child->outcome.output.append(piece, 0, fits);
      if (fits == size) continue;
      child->terminate(ChildOutcome::kOutputTooLong);
      child->kill_group();
    }
    child->reader_ended();
  }

  static asio::awaitable<void> read_errors(std::shared_ptr<Child> child) {
    std::string piece(4 << 10, '\0');
    for (;;) {
      const auto [error, size] = co_await child->errors_.async_read_some(asio::buffer(piece), kAwait);
      if (error) break;
      std::string& kept = child->outcome.errors;
      kept.append(piece, 0, size);
      if (kept.size() > kErrorBytesKept) kept.erase(0, kept.size() - kErrorBytesKept);
    }
    child->reader_ended();
  }

  asio::awaitable<void> wait_for_readers() {
    while (reading_ > 0) co_await readers_.async_wait(kAwait);
  }

  ChildOutcome outcome;

 private:
  void reader_ended() {
    --reading_;
    readers_.cancel();
  }

  asio::posix::stream_descriptor output_, errors_;
  asio::signal_set ended_;
  asio::steady_timer readers_;  // never expires: cancelled when a reader ends
  std::size_t room_;
  int reading_ = 2;
  pid_t pid_ = -1;
  bool reaped_ = false;
  std::optional<ChildOutcome::End> why_;  // we ended it
};

std::string last_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

}  // namespace

std::string ChildOutcome::describe() const {
  const std::string line = last_line(errors);
  const std::string behind = line.empty() ? "" : ": " + line;
  switch (end) {
    case kExited:
      return "exit " + std::to_string(status) + behind;
    case kSignalled:
      return "ended by signal " + std::to_string(status) + behind;
    case kTimedOut:
      return "not done in time";
    case kStopped:
      return "stopped";
    case kOutputTooLong:
      return "wrote more than it may";
  }
  return "";
}

asio::awaitable<Result<ChildOutcome>> run_child(ChildCommand command, Clock& clock) {
  if (command.arguments.empty()) co_return invalid("no program is named");
  const std::optional<std::string> program = find_program(command.arguments[0], command.search_path);
  if (!program) co_return not_found(command.arguments[0] + ": there is no such program");
  const auto executor = co_await asio::this_coro::executor;
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto child = std::make_shared<Child>(executor, command.output_bytes_max);
  CO_TRY_VOID(child->start(*program, command));
  const auto rethrow = [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  };
  asio::co_spawn(executor, Child::read_output(child), rethrow);
  asio::co_spawn(executor, Child::read_errors(child), rethrow);
  net::Deadline deadline(executor, clock, command.deadline, [child] { child->terminate(ChildOutcome::kTimedOut); });
  net::Deadline last(executor, clock, command.deadline + kTerminateGrace, [child] { child->kill_group(); });
  std::optional<net::Deadline> after_stop;
  while (!child->reap()) {
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none && !after_stop) {
      child->terminate(ChildOutcome::kStopped);
      after_stop.emplace(executor, clock, clock.now() + kTerminateGrace, [child] { child->kill_group(); });
    }
    co_await child->next_signal();
  }
  deadline.stop();
  last.stop();
  if (after_stop) after_stop->stop();
  co_await child->wait_for_readers();
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return std::move(child->outcome);
}

std::optional<std::string> find_program(std::string_view name, std::string_view search_path) {
  const auto can_run = [](const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string_view::npos) {
    if (std::string path(name); can_run(path)) return path;
    return std::nullopt;
  }
  for (std::size_t begin = 0; begin < search_path.size();) {
    const std::size_t end = std::min(search_path.find(':', begin), search_path.size());
    std::string path = std::string(search_path.substr(begin, end - begin)) + "/" + std::string(name);
    if (path.front() == '/' && path.size() > name.size() + 1 && can_run(path)) return path;
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace eventbus::transcription
