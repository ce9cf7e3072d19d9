#pragma once

#include "schemas/code_binding.h"

#include <span>
#include <string>

namespace eventbus::schemas {

// A ZIP archive of text files, stored without compression and with the same time on all, so that equal files make equal
// archives. Paths are ASCII with '/', files smaller than 4 GB together.
std::string zip_archive(std::span<const SourceFile> files);

}  // namespace eventbus::schemas
