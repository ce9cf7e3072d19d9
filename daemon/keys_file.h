#pragma once

#include "adapters/aws/access_keys.h"
#include "base/result.h"

#include <string>

namespace eventbus {

// The file that says who may call (setting `keys_file`), in YAML: each key's id with what belongs to it.
//
//   AKIDAPP:                          any text that has no '/' and no blank in it
//     secret: "…"
//     account: "111122223333"         whose resources his requests are about
//     name: app                       arn:aws:iam::111122223333:user/app; letters, digits and +=,.@_-
//   ASIATEMPORARY:
//     secret: "…"
//     session_token: "…"              optional: requests must carry it
//     expires: 2026-12-31T00:00:00Z   optional: refused from then on
//     account: "111122223333"
//     name: batch
//
// Errors (kInvalid, with file and line) never show a secret.
Result<aws::AccessKeys> read_keys_file(const std::string& path);
Result<aws::AccessKeys> parse_keys_file(const std::string& path, const std::string& text);

}  // namespace eventbus
