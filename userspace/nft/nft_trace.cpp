// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "nft/nft_trace.hpp"

#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/now.hpp"
#include "base/thread.hpp"
#include "nft/nft_chains.hpp"
#include "nft/nft_lister.hpp"
#include "nft/nft_trace_messages.hpp"
#include "ringtap/unique_fd.hpp"
#include "sandbox/user.hpp"

namespace ringtap {
namespace {

using Socket = std::unique_ptr<mnl_socket, decltype([](mnl_socket* socket) { mnl_socket_close(socket); })>;

constexpr std::size_t kMaxWaiting = 1 << 18;  // verdicts in the mailbox
constexpr int kMessagesPerBatch = 512;
constexpr std::size_t kTableNameSize = 16;

// "ringtap_0f3a52c1": another ringtap may trace in this namespace too.
Result<std::string> table_name() {
  std::uint32_t number = 0;
  if (getrandom(&number, sizeof(number), 0) != sizeof(number)) return Error::from_errno(errno, "trace nftables' rules");
  std::array<char, kTableNameSize + 1> name{};
  std::snprintf(name.data(), name.size(), "ringtap_%08x", number);
  return std::string(name.data());
}

Result<Socket> open_socket(const std::string& table, int receive_buffer) {
  const std::string what = "trace nftables' rules";
  Socket socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return Error::from_errno(errno, what).hint("this kernel has no nfnetlink");
  }
  const int fd = mnl_socket_get_fd(socket.get());

  // Requests the ruleset's generation, since joining a group tests neither privileges nor nf_tables.
  struct {
    nlmsghdr header;
    nfgenmsg body;
  } request{};
  request.header = {.nlmsg_len = sizeof(request),
                    .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK};
  std::array<char, 1024> answer{};
  if (mnl_socket_sendto(socket.get(), &request, sizeof(request)) < 0) return Error::from_errno(errno, what);
  for (int status = MNL_CB_OK; status != MNL_CB_STOP;) {  // the kernel answers before sendto returns
    const auto length = mnl_socket_recvfrom(socket.get(), answer.data(), answer.size());
    status =
        length < 0 ? MNL_CB_ERROR : mnl_cb_run(answer.data(), static_cast<std::size_t>(length), 0, 0, nullptr, nullptr);
    if (status >= MNL_CB_STOP) continue;
    const int err = errno;
    return Error::from_errno(err, what).hint(err == EPERM ? "needs CAP_NET_ADMIN" : "this kernel has no nf_tables");
  }

  // Keeps trace messages of our own chains, which have our table's name, out of the buffer. Offsets and words are in
  // network order, the message type is in the host's.
  std::array<std::uint32_t, kTableNameSize / 4> words{};
  std::memcpy(words.data(), table.data(), kTableNameSize);
  constexpr std::uint32_t first_attribute = sizeof(nlmsghdr) + sizeof(nfgenmsg);
  std::array<sock_filter, 17> code = {{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
      BPF_JUMP(BPF_JMP | BPF_JEQ, htobe16(kNftTraceMessage), 0, 14),
      BPF_STMT(BPF_LDX | BPF_IMM, NFTA_TRACE_TABLE),
      BPF_STMT(BPF_LD | BPF_IMM, first_attribute),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_NLATTR)),
      BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 10, 0),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
  }};
  for (std::size_t n = 0; n < words.size(); ++n) {
    const auto left = static_cast<std::uint8_t>(2 * (words.size() - n - 1));
    code[7 + 2 * n] = BPF_STMT(BPF_LD | BPF_W | BPF_IND, static_cast<std::uint32_t>(sizeof(nlattr) + 4 * n));
    code[8 + 2 * n] = BPF_JUMP(BPF_JMP | BPF_JEQ, be32toh(words[n]), 0, static_cast<std::uint8_t>(left + 1));
  }
  code[15] = BPF_STMT(BPF_RET | BPF_K, 0);
  code[16] = BPF_STMT(BPF_RET | BPF_K, ~0U);
  const sock_fprog program{.len = code.size(), .filter = code.data()};
  const int trace_group = NFNLGRP_NFTRACE;
  const int change_group = NFNLGRP_NFTABLES;
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0 ||
      mnl_socket_setsockopt(socket.get(), NETLINK_ADD_MEMBERSHIP, const_cast<int*>(&trace_group), sizeof(int)) != 0 ||
      mnl_socket_setsockopt(socket.get(), NETLINK_ADD_MEMBERSHIP, const_cast<int*>(&change_group), sizeof(int)) != 0) {
    return Error::from_errno(errno, what);
  }
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof(receive_buffer)) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));  // up to net.core.rmem_max
  }
  return socket;
}

// The messages of one socket, read by one thread.
class TraceReader {
 public:
  TraceReader(Socket socket, NftChains chains) : socket_(std::move(socket)), messages_(std::move(chains)) {}

  [[nodiscard]] int fd() const { return mnl_socket_get_fd(socket_.get()); }
  [[nodiscard]] std::uint64_t messages() const { return messages_.count(); }

  // Adds waiting verdicts to `decisions`; false: there are more.
  Result<bool> read(std::vector<NftDecision>& decisions) {
    for (int n = 0; n < kMessagesPerBatch; ++n) {
      const auto length = mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
      if (length < 0) {
        if (errno == EAGAIN) return true;
        if (errno == EINTR) continue;
        if (errno != ENOBUFS) return Error::from_errno(errno, "read nftables' trace");
        messages_.forget_chains();  // a lost message may have announced a change; the socket counts the losses
        continue;
      }
      messages_.read(std::span(buffer_).first(static_cast<std::size_t>(length)), epoch_now_ns(), decisions);
    }
    return false;
  }

 private:
  Socket socket_;
  NftTraceMessages messages_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(std::size_t{1} << 16);
};

}  // namespace

struct NftTrace::Impl {
  Impl(TraceReader traces, NftTables owned) : reader(std::move(traces)), tables(std::move(owned)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (!thread.joinable()) return;
    {
      const std::lock_guard lock(mutex);
      ending = true;
    }
    awaken();
    thread.join();
  }

  void awaken() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake.get(), &one, sizeof one);  // fails only if full: it wakes, too
  }

  // The thread.
  void run() {
    std::array<pollfd, 2> waits{{{.fd = reader.fd(), .events = POLLIN}, {.fd = wake.get(), .events = POLLIN}}};
    std::vector<NftDecision> batch;
    for (bool empty = true;;) {
      if (empty) ::poll(waits.data(), waits.size(), -1);
      std::uint64_t woken = 0;
      [[maybe_unused]] const auto taken = ::read(wake.get(), &woken, sizeof woken);
      std::uint64_t now_asked = 0;
      {
        const std::lock_guard lock(mutex);
        if (ending) return;
        now_asked = asked;
      }
      auto read = reader.read(batch);
      empty = !read || *read;
      const std::lock_guard lock(mutex);
      statistics.messages = reader.messages();
      statistics.verdicts += batch.size();
      for (NftDecision& one : batch) {
        if (waiting.size() < kMaxWaiting) {
          waiting.push_back(std::move(one));
        } else {
          ++statistics.lost;
        }
      }
      batch.clear();
      if (empty) answered = now_asked;
      if (!read) {
        failure = read.take_error();
        answered = ~std::uint64_t{0};
      }
      settled.notify_all();
      if (failure) return;
    }
  }

  TraceReader reader;  // used only by the thread, except for its socket's options
  NftTables tables;
  UniqueFd wake;

  mutable std::mutex mutex;  // for everything below
  std::condition_variable settled;
  std::vector<NftDecision> waiting;
  NftTraceStatistics statistics;
  std::optional<Error> failure;
  std::uint64_t asked = 0;
  std::uint64_t answered = 0;  // the socket was empty after that question
  bool ending = false;

  std::thread thread;
};

NftTrace::NftTrace(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
NftTrace::NftTrace(NftTrace&& other) noexcept = default;
NftTrace& NftTrace::operator=(NftTrace&& other) noexcept = default;
NftTrace::~NftTrace() = default;

Result<NftTrace> NftTrace::start(const NftTraceOptions& options) {
  auto name = table_name();
  if (!name) return name.take_error();
  auto socket = open_socket(*name, options.receive_buffer);
  if (!socket) return socket.take_error();
  auto tables = NftTables::make(options, *name);
  if (!tables) return tables.take_error();
  auto lister = NftLister::start();
  if (!lister) return lister.take_error();
  NftChains chains(
      [lister = std::make_shared<NftLister>(lister.take())](const std::string& what) { return lister->list(what); });
  auto impl = std::make_unique<Impl>(TraceReader(socket.take(), std::move(chains)), tables.take());
  impl->wake = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!impl->wake) return Error::from_errno(errno, "trace nftables' rules");

  auto thread = start_thread("reads nftables' trace", [&self = *impl] {
    // Each thread has sets of its own. When root changes the user all threads lose theirs, but for the bounding set.
    drop_bounding_set();
    if (!may_change_user()) (void)keep_capabilities(0);
    self.run();
  });
  if (!thread) return thread.take_error();
  impl->thread = thread.take();
  return NftTrace(std::move(impl));
}

Result<> NftTrace::drain(const std::function<void(const RuleVerdict&)>& handler) {
  std::vector<NftDecision> taken;
  std::optional<Error> failure;
  {
    const std::lock_guard lock(impl_->mutex);
    taken.swap(impl_->waiting);
    failure.swap(impl_->failure);
  }
  for (const NftDecision& decision : taken) {
    handler(decision.view());
  }
  if (failure) return std::move(*failure);
  return ok();
}

void NftTrace::settle(std::chrono::milliseconds patience) {
  std::unique_lock lock(impl_->mutex);
  const std::uint64_t mine = ++impl_->asked;
  impl_->awaken();
  impl_->settled.wait_for(lock, patience, [&] { return impl_->answered >= mine; });
}

NftTraceStatistics NftTrace::statistics() const {
  NftTraceStatistics statistics;
  {
    const std::lock_guard lock(impl_->mutex);
    statistics = impl_->statistics;
  }
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof(memory);
  if (::getsockopt(impl_->reader.fd(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0) {
    statistics.lost += memory[SK_MEMINFO_DROPS];
  }
  return statistics;
}

const std::string& NftTrace::description() const {
  return impl_->tables.description();
}

}  // namespace ringtap
