// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "loader/attachment.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/membarrier.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <limits>
#include <string_view>
#include <thread>
#include <utility>

#include "container/cgroup_root.hpp"
#include "loader/device_link.hpp"
#include "loader/handles.hpp"
#include "loader/libbpf_log.hpp"
#include "loader/refusal.hpp"
#include "loader/uapi.hpp"
#include "net/namespaces.hpp"
#include "xdp_reason.skel.h"

namespace ringtap {
namespace {

// How many programs a hook takes, and the errno with which the kernel refuses one more.
struct HookLimit {
  int refusal;
  unsigned programs;
  const char* lister;
};
constexpr HookLimit kTcxLimit{ERANGE, 63, "bpftool net"};            // kernel/bpf/mprog.c bpf_mprog_max()
constexpr HookLimit kCgroupLimit{E2BIG, 64, "bpftool cgroup tree"};  // BPF_CGROUP_MAX_PROGS
constexpr HookLimit kFunctionLimit{E2BIG, 38, "bpftool link"};       // BPF_MAX_TRAMP_LINKS

Error attach_error(int err, const std::string& what, const HookLimit& limit) {
  if (err != limit.refusal) return Error::from_errno(err, what);
  return Error(what + ": " + std::to_string(limit.programs) +
               " programs are attached there, and the kernel takes no more")
      .hint(std::string(limit.lister) + " lists them; --tap packet needs none");
}

std::string program_name(std::uint32_t id) {
  const UniqueFd program(bpf_prog_get_fd_by_id(id));
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) return "program " + std::to_string(id);
  return std::string(info.name) + " (program " + std::to_string(id) + ")";
}

// Tries to attach again while listening for the text that the kernel passes only to its tracepoint.
class XdpReason {
 public:
  XdpReason() : skeleton_(xdp_reason::open_and_load()) {
    if (skeleton_ && xdp_reason::attach(skeleton_.get()) != 0) skeleton_.reset();
  }
  [[nodiscard]] std::string text() const { return skeleton_ ? std::string(skeleton_->bss->reason) : std::string(); }

 private:
  LibbpfLog log_;
  Skeleton<xdp_reason> skeleton_;
};

struct XdpAttempt {
  int link_fd = -1;
  int error = 0;
};

XdpAttempt try_xdp(int program_fd, const AttachTarget& target, std::uint32_t flags) {
  UniqueFd link = make_device_link({program_fd, target.ifindex, BPF_XDP, flags, target.netns});
  if (!link) return {.link_fd = -1, .error = errno};
  return {.link_fd = link.release(), .error = 0};
}

XdpAttempt try_xdp_frags_then_plain(const Attachment::XdpPrograms& programs, const AttachTarget& target,
                                    std::uint32_t flags) {
  if (programs.frags_fd >= 0) {
    const XdpAttempt attempt = try_xdp(programs.frags_fd, target, flags);
    if (attempt.link_fd >= 0 || attempt.error == EBUSY || attempt.error == EEXIST) return attempt;
  }
  return try_xdp(programs.plain_fd, target, flags);
}

std::string name_of_present_xdp(const AttachTarget& target) {
  LIBBPF_OPTS(bpf_xdp_query_opts, query);
  if (target.netns != 0 || bpf_xdp_query(static_cast<int>(target.ifindex), 0, &query) != 0) return {};
  for (const std::uint32_t id : {query.prog_id, query.drv_prog_id, query.skb_prog_id, query.hw_prog_id}) {
    if (id != 0) return program_name(id);
  }
  return {};
}

Error xdp_error(const Attachment::XdpPrograms& programs, const AttachTarget& target, std::uint32_t flags, int error) {
  const std::string what = "attach the XDP tap to " + target.name;
  if (error == EPERM) return Error::from_errno(error, what).hint(refusal_hint(EPERM));
  if (const std::string present = name_of_present_xdp(target); !present.empty()) {
    return Error(what + ": " + present + " is already attached there and is never replaced")
        .hint("--tap tc works alongside it");
  }
  std::string reason;
  {
    const XdpReason listener;
    const XdpAttempt again = try_xdp_frags_then_plain(programs, target, flags);
    if (again.link_fd >= 0) ::close(again.link_fd);
    reason = listener.text();
  }
  auto result = Error::from_errno(error, what + (reason.empty() ? "" : " (" + reason + ")"));
  const bool native = flags == XDP_FLAGS_DRV_MODE;
  return std::move(result).hint(native ? "--xdp-mode generic and --tap tc work on every device"
                                       : "--tap tc works on every device");
}

}  // namespace

Result<Attachment> Attachment::attach_tc(int program_fd, const AttachTarget& target, TcDirection direction,
                                         bool use_tcx, EarlyLinks* early) {
  const auto by_clsact = [&]() -> Result<Attachment> {
    if (target.netns != 0) {
      return Error(target.name + ": the tap tc in other network namespaces needs Linux 6.6 or later")
          .hint("ip netns exec NAME ringtap captures inside one");
    }
    auto filter = ClsactFilter::attach(program_fd, target, direction);
    if (!filter) return filter.take_error();
    Attachment attachment;
    attachment.filter_.emplace(filter.take());
    return attachment;
  };
  if (!use_tcx) return by_clsact();
  Attachment attachment;
  attachment.waits_ = true;  // kernel/bpf/tcx.c tcx_entry_sync()
  if (early != nullptr && target.netns == 0) attachment.link_ = early->take(program_fd, {target.ifindex, direction});
  if (attachment.link_) return attachment;
  attachment.link_ = make_device_link({program_fd, target.ifindex, tcx_attach_type(direction), kBefore, target.netns});
  if (attachment.link_) return attachment;
  const int err = errno;
  if (err == EINVAL) return by_clsact();  // the kernel does not know the attach type
  auto error = attach_error(err,
                            "attach the tc " + std::string(direction == TcDirection::kIngress ? "ingress" : "egress") +
                                " tap to " + target.name,
                            kTcxLimit);
  if (err == EPERM || err == EACCES) return std::move(error).hint(refusal_hint(EPERM));
  return error;
}

Result<Attachment> Attachment::attach_xdp(const XdpPrograms& programs, const AttachTarget& target, XdpMode mode) {
  Attachment attachment;
  std::string native_refusal;
  if (mode != XdpMode::kGeneric) {
    const XdpAttempt attempt = try_xdp_frags_then_plain(programs, target, XDP_FLAGS_DRV_MODE);
    if (attempt.link_fd >= 0) {
      attachment.link_.reset(attempt.link_fd);
      attachment.mode_ = XdpMode::kNative;
      return attachment;
    }
    auto error = xdp_error(programs, target, XDP_FLAGS_DRV_MODE, attempt.error);
    const bool occupied = attempt.error == EBUSY || attempt.error == EEXIST || attempt.error == EPERM;
    if (mode == XdpMode::kNative || occupied) return error;
    native_refusal = error.text();
  }
  const XdpAttempt attempt = try_xdp_frags_then_plain(programs, target, XDP_FLAGS_SKB_MODE);
  if (attempt.link_fd < 0) return xdp_error(programs, target, XDP_FLAGS_SKB_MODE, attempt.error);
  attachment.link_.reset(attempt.link_fd);
  attachment.mode_ = XdpMode::kGeneric;
  if (!native_refusal.empty())
    attachment.note_ = target.name + ": using generic XDP, because native failed: " + native_refusal;
  return attachment;
}

Result<Attachment> Attachment::attach_netfilter(int program_fd, const NetfilterPlace& at) {
  // The outermost priorities are reserved for the kernel, and each can have one program (net/netfilter/nf_bpf_link.c).
  constexpr std::int32_t kFirst = std::numeric_limits<std::int32_t>::min() + 1;
  constexpr std::int32_t kLast = std::numeric_limits<std::int32_t>::max() - 1;
  constexpr int kPlaces = 64;
  Attachment attachment;
  int err = EBUSY;
  const auto attach = [&] {
    for (int place = 0; place < kPlaces && err == EBUSY; ++place) {
      NetfilterLinkAttr attr{.prog_fd = static_cast<std::uint32_t>(program_fd),
                             .attach_type = kAttachNetfilter,
                             .pf = at.protocol,
                             .hooknum = at.hook,
                             .priority = at.last ? kLast - place : kFirst + place};
      attachment.link_.reset(static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr))));
      err = attachment.link_ ? 0 : errno;
    }
  };
  if (at.netns == 0) {
    attach();
  } else if (auto entered = in_netns(at.netns, attach); !entered) {
    return entered.take_error();
  }
  if (attachment.link_) return attachment;
  return Error::from_errno(err, "attach the netfilter tap at hook " + std::to_string(at.hook));
}

Result<Attachment> Attachment::attach_raw(int program_fd, const char* tracepoint, const std::string& where) {
  Attachment attachment;
  attachment.link_.reset(bpf_raw_tracepoint_open(tracepoint, program_fd));
  if (attachment.link_) return attachment;
  const int err = errno;
  return attach_error(err, "attach to the " + where, kFunctionLimit);
}

Result<Attachment> Attachment::attach_tracepoint(int program_fd, const char* tracepoint) {
  return attach_raw(program_fd, tracepoint, std::string("tracepoint ") + tracepoint);
}

Result<Attachment> Attachment::attach_function(int program_fd, const char* function) {
  return attach_raw(program_fd, nullptr, std::string("kernel's function ") + function);
}

Result<Attachment> Attachment::attach_packet(int program_fd, const std::optional<AttachTarget>& target, bool outgoing) {
  const std::string what = "open an AF_PACKET socket " + (target ? "on " + target->name : "for all interfaces");
  Attachment attachment;
  attachment.waits_ = true;  // net/packet/af_packet.c packet_release()
  // Protocol 0: nothing comes in before the filter is there and the socket is bound.
  attachment.socket_.reset(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  const int fd = attachment.socket_.get();
  if (fd < 0) {
    auto error = Error::from_errno(errno, what);
    return error.errno_value() == EPERM ? std::move(error).hint(refusal_hint(EPERM)) : std::move(error);
  }
  const int ignored = 1;
  sockaddr_ll all{};
  all.sll_family = AF_PACKET;
  all.sll_protocol = htons(ETH_P_ALL);
  all.sll_ifindex = target ? static_cast<int>(target->ifindex) : 0;
  const bool made = (outgoing || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &ignored, sizeof(ignored)) == 0) &&
                    setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &program_fd, sizeof(program_fd)) == 0 &&
                    bind(fd, reinterpret_cast<const sockaddr*>(&all), sizeof(all)) == 0;
  if (!made) return Error::from_errno(errno, what);
  return attachment;
}

Result<Attachment> Attachment::attach_socket(int program_fd) {
  auto root = open_cgroup_root();
  if (!root) return root.take_error();
  Attachment attachment;
  attachment.link_.reset(bpf_link_create(program_fd, root->get(), BPF_CGROUP_INET_INGRESS, nullptr));
  if (attachment.link_) return attachment;
  const int err = errno;
  return attach_error(err, "attach the socket tap to the root of cgroup v2", kCgroupLimit);
}

bool detach(std::vector<Attachment>& attachments) {
  bool waited = true;
  for (; !attachments.empty(); attachments.pop_back()) waited = waited && attachments.back().waits();
  return waited;
}

void wait_for_running_programs() {
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // refused under nohz_full; far longer than they run
  }
}

Attachment::Attachment(Attachment&& other) noexcept = default;

Attachment& Attachment::operator=(Attachment&& other) noexcept {
  if (this != &other) {
    detach();
    link_ = std::move(other.link_);
    socket_ = std::move(other.socket_);
    waits_ = other.waits_;
    filter_ = std::move(other.filter_);
    mode_ = other.mode_;
    note_ = std::move(other.note_);
  }
  return *this;
}

Attachment::~Attachment() {
  detach();
}

void Attachment::detach() {
  if (link_) {
    // Closing alone may leave the work to a kernel thread; this is complete when it returns. If the device is gone,
    // there is nothing to detach from.
    bpf_link_detach(link_.get());
    link_.reset();
  }
  socket_.reset();
  filter_.reset();
}

}  // namespace ringtap
