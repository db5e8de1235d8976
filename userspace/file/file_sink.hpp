// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// A sink that writes one capture file, and may go on in another: then that one is complete, and closed, first. Owns the
// writer of the file. One thread.
#pragma once

#include <memory>

#include "ringtap/byte_writer.hpp"
#include "ringtap/sink.hpp"

namespace ringtap {

class FileSink : public Sink {
 public:
  // Completes the file, which is closed, and begins the next one with all interfaces announced so far. After an Error
  // of the first part the sink has failed as after finish().
  virtual Result<> restart(std::unique_ptr<ByteWriter> next) = 0;
};

}  // namespace ringtap
