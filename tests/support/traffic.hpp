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

  // Again where a full queue behind the device's taps took it away, for a second at most.
  void send(const Bytes& frame) const;

 private:
  int fd_ = -1;
};

// `count` datagrams to `address` (IPv4 or IPv6); nobody needs to listen, and a rule may drop them (EPERM).
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

// A tun device whose other end is this object: what it sends is what the namespace receives, as bare IP packets.
class TunDevice {
 public:
  // Up, with this address and prefix length.
  TunDevice(const Namespace& where, const std::string& name, const std::string& address);
  TunDevice(const TunDevice&) = delete;
  TunDevice& operator=(const TunDevice&) = delete;
  ~TunDevice();

  void send(const Bytes& packet) const;

 private:
  int fd_ = -1;
};

// Another tool's program on a device, attached by a link that this object holds.
class ForeignProgram {
 public:
  // XDP that passes everything.
  static ForeignProgram pass_xdp(const Namespace& where, const std::string& device, const std::string& name);
  // XDP and tc ingress that drop everything; tc behind the programs that are there. Kernel 6.6 (tcx).
  static ForeignProgram drop_xdp(const Namespace& where, const std::string& device, bool generic);
  static ForeignProgram drop_tc_ingress(const Namespace& where, const std::string& device);
  // tc ingress that puts a VLAN tag into the metadata of every frame and sends it out of `to`. Kernel 6.6 (tcx).
  static ForeignProgram tag_and_forward(const Namespace& where, const std::string& device, const std::string& to,
                                        std::uint16_t vlan_id);
  // tc ingress or egress that drops everything. Kernel 6.6 (tcx).
  static ForeignProgram drop_tc(const Namespace& where, const std::string& device, bool ingress);

  // tc ingress that lets everything go on. Kernel 6.6 (tcx).
  static ForeignProgram pass_tc(const Namespace& where, const std::string& device);
  // At ingress of the root of cgroup v2, which is mounted at `root`: lets everything go on.
  static ForeignProgram pass_cgroup(const std::string& root);

  // tc egress, ahead of what is there, that drops every frame. Kernel 6.6 (tcx).
  static ForeignProgram drop_egress(const Namespace& where, const std::string& device, const std::string& name);

  ForeignProgram(ForeignProgram&& other) noexcept;
  ForeignProgram& operator=(ForeignProgram&&) = delete;
  ~ForeignProgram();

 private:
  explicit ForeignProgram(int link) : link_(link) {}

  int link_ = -1;  // holds the program too
};

}  // namespace ringtap::testing
