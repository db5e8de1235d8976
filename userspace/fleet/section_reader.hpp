// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reads the section of one batch, which came from another host: whatever its bytes are, only the records that are in
// it come out, and nothing in it is decompressed. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "file/capture_reader.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

Result<std::unique_ptr<CaptureReader>> open_section(std::vector<std::byte> section, std::string name);

}  // namespace ringtap
