// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Traffic that a test sends between its own namespaces: whole frames, UDP datagrams, a TCP exchange, and frames by the
// million through BPF_PROG_TEST_RUN. Sockets are made inside the namespace and stay in it. One thread; throws when the
// machine refuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "support/namespace.hpp"
#include "support/packet.hpp"

namespace ringtap::testing {

// An AF_PACKET socket on one device: sends frames as they are, a VLAN tag included.
class FrameSender {
 public:
  FrameSender(const Namespace& where, const std::string& device);
  FrameSender(const FrameSender&) = delete;
  FrameSender& operator=(const FrameSender&) = delete;
  ~FrameSender();

  void send(const Bytes& frame) const;

 private:
  int fd_ = -1;
};

// `count` datagrams to `address` (IPv4 or IPv6); nobody needs to listen.
void send_udp(const Namespace& from, const std::string& address, std::uint16_t port, const Bytes& payload,
              unsigned count = 1);

// The client connects to `address`, sends `request_size` bytes, the server answers with `response_size` bytes; both
// close. Returns when the last byte has arrived on both sides.
void exchange_tcp(const Namespace& client, const Namespace& server, const std::string& address, std::uint16_t port,
                  std::size_t request_size, std::size_t response_size);

// Hands `count` copies of `frame` to the transmit side of `device`, so that they arrive at its peer, whose receive path
// then runs on this CPU. Kernel: BPF_F_TEST_XDP_LIVE_FRAMES with a program that redirects. The peer needs XDP or GRO on
// (a veth device takes redirected frames only then) and refuses some under pressure: its own rx counter is the truth.
void send_live_frames(const Namespace& from, const std::string& device, const Bytes& frame, std::uint64_t count);

// An XDP program that passes everything, attached to `device` by a link that this object holds: another tool's program.
class ForeignXdp {
 public:
  ForeignXdp(const Namespace& where, const std::string& device, const std::string& program_name);
  ForeignXdp(const ForeignXdp&) = delete;
  ForeignXdp& operator=(const ForeignXdp&) = delete;
  ~ForeignXdp();

 private:
  int program_ = -1;
  int link_ = -1;
};

}  // namespace ringtap::testing
