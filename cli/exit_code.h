#pragma once

namespace eventbus::cli {

// As grep has them, so that `if eventbusctl match …` reads as it should.
enum ExitCode : int {
  kFound = 0,     // something matched, or was done
  kNotFound = 1,  // everything went well, and nothing matched
  kFailed = 2,    // wrong arguments, input that cannot be read, a daemon that does not answer
};

}  // namespace eventbus::cli
