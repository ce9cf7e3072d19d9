#pragma once

#include "net/message.h"
#include "storage/checkpoints.h"

#include <filesystem>

namespace spdlog {
class logger;
}

namespace eventbus {

// POST /_eventbus/backup: a copy of the running daemon's data, complete and on disk when the answer comes. A daemon
// started on it has everything that was acknowledged before the request, and perhaps some of what came meanwhile. The
// request is one of
//   {"name": NAME}       the copy is made at `backups`/NAME; a name has letters, digits, '.', '_' and '-', and begins
//   with one of
//                        the first two
//   {"directory": PATH}  an absolute path; only while the daemon listens on a loopback address
// since who can post here has the daemon's user write files: from other machines into `backups` alone, which is in the
// data directory. The directory must not be there yet; it is created with mode 0700 and gets a copy of the data,
// nothing else. 200: {"directory": PATH}. Else {"error": …}: 400 the request, or data that is in memory only; 403 a
// path that is not allowed; 409 there is something at it; 503 it cannot be written.
//
// Safe to call from any shard; one copy is made at a time. `checkpoints` and `log` must outlive the handler.
struct BackupPolicy {
  std::filesystem::path backups;
  bool any_directory = false;
};
net::Handler backup_command(Checkpoints& checkpoints, BackupPolicy policy, spdlog::logger& log);

}  // namespace eventbus
