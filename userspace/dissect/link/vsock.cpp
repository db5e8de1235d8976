// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Sockets between a virtual machine and its host: LINKTYPE_VSOCK, struct af_vsockmon_hdr of <linux/vsockmon.h>, and
// with virtio struct virtio_vsock_hdr of <linux/virtio_vsock.h>. All little-endian.
#include "dissect/hexdump.hpp"
#include "dissect/link/printers.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 32;
constexpr std::size_t kVirtioHeader = 44;

enum Operation : std::uint16_t { kPayloadOperation = 4 };
constexpr Token kOperations[] = {
    {0, "UNKNOWN"}, {1, "CONNECT"}, {2, "DISCONNECT"}, {3, "CONTROL"}, {kPayloadOperation, "PAYLOAD"}};
constexpr std::uint16_t kVirtio = 2;
constexpr Token kTransports[] = {{0, "UNKNOWN"}, {1, "NO_INFO"}, {kVirtio, "VIRTIO"}};
constexpr Token kVirtioTypes[] = {{1, "STREAM"}};
constexpr Token kVirtioOperations[] = {{0, "INVALID"},  {1, "REQUEST"}, {2, "RESPONSE"},      {3, "RST"},
                                       {4, "SHUTDOWN"}, {5, "RW"},      {6, "CREDIT UPDATE"}, {7, "CREDIT REQUEST"}};

void put_virtio(Context& context, const Cursor& header) {
  const std::uint16_t type = header.le16(28);
  const std::uint16_t operation = header.le16(30);
  context.put(" (len ", header.le32(24), ", type ");
  context.put_name(token(kVirtioTypes, type), "Invalid type (", type, ")");
  context.put(", op ");
  context.put_name(token(kVirtioOperations, operation), "Invalid op (", operation, ")");
  context.put(", flags ", Hex{header.le32(32)}, ", buf_alloc ", header.le32(36), ", fwd_cnt ", header.le32(40),
              ")\n\t");
}

}  // namespace

void print_vsock(Context& context, Cursor packet) {
  context.protocol("vsock");
  context.link_header_size = packet.length();
  if (packet.length() < kHeader || !packet.has(kHeader)) return context.put_truncated();
  context.link_header_size = kHeader;
  const std::uint16_t operation = packet.le16(24);
  const std::uint16_t transport = packet.le16(26);
  const Cursor rest = packet.from(kHeader);
  std::size_t shown = 0;  // of what follows
  bool is_cut = false;
  context.put_name(token(kTransports, transport), "Invalid transport (", transport, ")");
  if (!context.verbose()) {
    context.put(' ');
  } else if (transport != kVirtio) {
    context.put("\n\t");
  } else if (rest.length() >= kVirtioHeader && rest.has(kVirtioHeader)) {
    put_virtio(context, rest);
    shown = kVirtioHeader;
  } else {
    is_cut = true;
  }
  context.put(packet.le64(0), '.', packet.le32(16), " > ", packet.le64(8), '.', packet.le32(20), ' ');
  context.put_name(token(kOperations, operation), " invalid op (", operation, ")");
  context.put(", length ", packet.captured());
  if (!is_cut && context.verbose(2) && operation == kPayloadOperation) {
    const Cursor payload = rest.from(shown);
    is_cut = payload.readable() == 0;
    if (!is_cut) dump_captured(context, payload, "\n\t");
  }
  if (is_cut) context.put_truncated();
}

}  // namespace ringtap
