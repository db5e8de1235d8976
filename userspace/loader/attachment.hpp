// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// One program on one hook of one device or of the host. Uses links if the kernel has them, so that nothing stays
// attached when the process dies; otherwise (tc before Linux 6.6) a ClsactFilter. Never replaces or removes others'
// programs. Move-only; the destructor detaches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loader/attach_target.hpp"
#include "loader/clsact_filter.hpp"
#include "loader/early_links.hpp"
#include "ringtap/capture.hpp"
#include "ringtap/result.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {

class Attachment {
 public:
  // First in the chain, by one of the early links if there is one for that place. `use_tcx` false goes straight to
  // clsact.
  static Result<Attachment> attach_tc(int program_fd, const AttachTarget& target, TcDirection direction,
                                      bool use_tcx = true, EarlyLinks* early = nullptr);

  struct XdpPrograms {
    int frags_fd;  // -1: none
    int plain_fd;
  };
  // kAuto uses native mode if the driver supports it, otherwise generic; mode() and note() tell which, and why.
  static Result<Attachment> attach_xdp(const XdpPrograms& programs, const AttachTarget& target, XdpMode mode);

  // A netfilter hook, before all of its other rules or after them.
  struct NetfilterPlace {
    std::uint32_t protocol;  // NFPROTO_IPV4, NFPROTO_IPV6
    std::uint32_t hook;      // NF_INET_…
    bool last;
    std::uint32_t netns = 0;  // inode number of its network namespace, which then lasts as long; 0: this one
  };
  static Result<Attachment> attach_netfilter(int program_fd, const NetfilterPlace& at);
  static Result<Attachment> attach_tracepoint(int program_fd, const char* tracepoint);
  // To the entry or the exit of the function that the program was loaded for.
  static Result<Attachment> attach_function(int program_fd, const char* function);
  // As the filter of an AF_PACKET socket for every protocol: of one device, or of all of this network namespace.
  static Result<Attachment> attach_packet(int program_fd, const std::optional<AttachTarget>& target, bool outgoing);
  // At ingress of the root of cgroup v2, as this process sees it.
  static Result<Attachment> attach_socket(int program_fd);

  Attachment(Attachment&& other) noexcept;
  Attachment& operator=(Attachment&& other) noexcept;
  ~Attachment();

  // After this returns, no new run of the program starts; those in progress have ended if waits(), else they end within
  // an RCU grace period.
  void detach();
  [[nodiscard]] bool waits() const { return waits_; }

  // Whether detaching needs no right because a link or a socket holds the program.
  [[nodiscard]] bool is_link() const { return link_ || socket_; }
  [[nodiscard]] XdpMode mode() const { return mode_; }
  [[nodiscard]] const std::string& note() const { return note_; }  // for the user; may be empty

 private:
  Attachment() = default;
  // `tracepoint` nullptr: where the program was loaded for.
  static Result<Attachment> attach_raw(int program_fd, const char* tracepoint, const std::string& where);

  UniqueFd link_;
  UniqueFd socket_;
  std::optional<ClsactFilter> filter_;
  bool waits_ = false;
  XdpMode mode_ = XdpMode::kAuto;
  std::string note_;
};

// All of them, the last first; whether none of their programs runs any more.
bool detach(std::vector<Attachment>& attachments);

// Waits until programs (and socket filters) that were still running when they were detached have ended.
void wait_for_running_programs();

}  // namespace ringtap
