// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "api/packet_sink.hpp"
#include "file/capture_reader.hpp"
#include "ringtap/ringtap.hpp"

namespace ringtap {

Result<> read_file(const std::string& path, const OnPacket& on_packet) {
  auto reader = open_capture(path);
  if (!reader) return reader.take_error();
  return PacketSink(on_packet, 0).take_all_from(**reader);
}

}  // namespace ringtap
