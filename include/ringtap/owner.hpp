// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Whose packet it is: the process at each end of a packet, as far as it is proven. Plain values. A Process stays as it
// is: a process with a new name is another one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ringtap {

// How the process at one end is known; the numbers are those of abi.h.
enum class OwnerKind : std::uint8_t {
  kNotAsked,  // that end is not on this host, as far as the tap can see
  kUnknown,   // nothing can be said that is certain
  kKernel,    // a socket of the kernel itself
  kSender,    // the thread that was sending the packet
  kSocket,    // the process that was last seen using the socket
  kListener,  // the connection is nobody's yet: the process of its listener
  kClosed,    // the socket is closed: the process that had it last
  kTun,       // a tun or tap device's packet: the process that has the device open and was writing it
};
// As in files.
inline constexpr std::array<std::string_view, 8> kOwnerKindNames = {"not-asked", "unknown",  "kernel", "sender",
                                                                    "socket",    "listener", "closed", "tun"};

[[nodiscard]] constexpr bool names_process(OwnerKind kind) {
  return kind >= OwnerKind::kSender;
}

// A process from one moment on, until it gets another name or moves to another cgroup.
struct Process {
  std::uint64_t key = 0;       // never that of another process; the pid is a part of it
  std::uint64_t since_ns = 0;  // CLOCK_MONOTONIC, or in a file the time of the packet that names it first
  std::uint32_t pid = 0;
  std::uint32_t netns = 0;  // inode number of its network namespace, 0 unknown
  std::uint64_t cgroup = 0;
  std::string comm;         // any bytes but NUL
  std::string netns_name;   // what `ip netns` calls it; empty: it has no name
  std::string cgroup_path;  // below the root; empty: not known
  std::string runtime;      // "docker", "podman", "containerd" …; empty: in no container
  std::string container;    // its id, or a machine's name
  std::string container_name;
  std::string pod;  // "namespace/name", or its uid

  // For people, plain text: "curl 4711", and what comes after the user: " · container web-1 · netns web".
  std::string name_text;
  std::string place_text;
};

struct Owner {
  OwnerKind kind = OwnerKind::kNotAsked;
  std::uint64_t key = 0;                             // of the process, if the kind names one
  std::uint64_t cookie = 0;                          // of the socket, 0 unknown
  std::uint32_t thread = 0;                          // kSender
  std::uint32_t uid = 0;                             // if the kind names a process
  std::uint32_t shared = 0;                          // processes that have the socket; 0: one, or not known how many
  std::shared_ptr<const Process> process = nullptr;  // null: nobody told what it is called
};

// The low bits of a process's key.
inline constexpr unsigned kPidBits = 22;
[[nodiscard]] constexpr std::uint32_t pid_of(std::uint64_t key) {
  return static_cast<std::uint32_t>(key & ((std::uint64_t{1} << kPidBits) - 1));
}

struct Owners {
  Owner sender;
  Owner receiver;
};

}  // namespace ringtap
