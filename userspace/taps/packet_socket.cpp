// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "taps/packet_socket.hpp"

#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <sys/socket.h>

// After libpcap, whose struct bpf_insn would else be that of classic filters of the kernel.
#include <linux/filter.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/limit_text.hpp"
#include "base/now.hpp"
#include "loader/attachment.hpp"

namespace ringtap {
namespace {

constexpr std::uint32_t kShortSnaplen = 512;
constexpr int kMoreSnaplen = 16;

LinkType link_type_of_dlt(int dlt) {
  return dlt == DLT_RAW ? LinkType::kRaw : static_cast<LinkType>(dlt);  // no other that Linux has differs
}

// Activates; an Error says what it is about.
Result<> activate(pcap_t* pcap, const std::string& what) {
  errno = 0;
  const int status = pcap_activate(pcap);
  if (status >= 0) return ok();
  const int err = errno;
  std::string text = pcap_geterr(pcap);
  if (text.empty()) text = pcap_statustostr(status);
  std::replace(text.begin(), text.end(), '\n', ' ');
  Error error(what + ": " + text);
  // libpcap gives no errno, but its text.
  if (const char* const reason = std::strerror(err); err != 0 && text.ends_with(reason) && !limit_text(err).empty()) {
    return std::move(error).hint(limit_text(err));
  }
  if (status != PCAP_ERROR_PERM_DENIED) return error;
  return std::move(error).hint(
      "needs CAP_NET_RAW: run ringtap with sudo, or grant it once: setcap cap_net_raw=ep $(command -v ringtap)");
}

std::string task(const std::string& device) {
  return "open an AF_PACKET socket on " + device;
}

// The beginning of a filter that goes on with packets of the tap's direction only.
std::vector<sock_filter> direction_filter(Tap tap) {
  const auto skipped = static_cast<std::uint8_t>(tap == Tap::kPacketOut ? 1 : 0);
  return {{.code = BPF_LD | BPF_B | BPF_ABS,
           .jt = 0,
           .jf = 0,
           .k = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)},
          {.code = BPF_JMP | BPF_JEQ | BPF_K,
           .jt = skipped,
           .jf = static_cast<std::uint8_t>(1 - skipped),
           .k = PACKET_OUTGOING},
          {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0}};
}

PacketType packet_type_of(LinkType link_type, std::span<const std::byte> data) {
  const bool is_cooked = link_type == LinkType::kLinuxSll || link_type == LinkType::kNetlink;
  if (is_cooked && data.size() > 1) return static_cast<PacketType>(data[1]);
  return link_type == LinkType::kEthernet ? packet_type_of_address(data) : PacketType::kUnknown;
}

}  // namespace

struct PacketSocket::Handle {
  pcap_t* pcap = nullptr;
  const Clock* clock = nullptr;  // during a refresh
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (pcap != nullptr) pcap_close(pcap);
  }
};

PacketSocket::PacketSocket(PacketSocketOptions options)
    : options_(std::move(options)), handle_(std::make_unique<Handle>()) {}
PacketSocket::~PacketSocket() = default;

Result<std::unique_ptr<PacketSocket>> PacketSocket::open(const PacketSocketOptions& options) {
  const std::string what = task(options.device);
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  std::unique_ptr<PacketSocket> made(new PacketSocket(options));
  pcap_t*& pcap = made->handle_->pcap;
  pcap = pcap_create(options.device.c_str(), text.data());
  if (pcap == nullptr) return Error(what + ": " + text.data());
  pcap_set_buffer_size(pcap, static_cast<int>(std::min<std::uint64_t>(options.buffer_bytes, INT32_MAX)));
  pcap_set_timeout(pcap, kBlockTimeoutMs);
  // With a small snaplen a slot for each packet (TPACKET_V2) rather than blocks of 256 KiB, of which slow traffic fills
  // one every kBlockTimeoutMs with little, so that a small buffer is full after few of them. libpcap makes the slot up
  // to two bytes too small for the snaplen.
  const bool has_slots = options.snaplen <= kShortSnaplen;
  pcap_set_immediate_mode(pcap, has_slots ? 1 : 0);
  pcap_set_snaplen(pcap, static_cast<int>(options.snaplen) + (has_slots ? kMoreSnaplen : 0));
  pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
  if (auto activated = activate(pcap, what); !activated) return activated.take_error();
  made->link_type_ = link_type_of_dlt(pcap_datalink(pcap));
  // libpcap takes the name, which may mean another device by now.
  sockaddr_ll bound{};
  socklen_t size = sizeof(bound);
  if (getsockname(pcap_fileno(pcap), reinterpret_cast<sockaddr*>(&bound), &size) != 0 ||
      static_cast<std::uint32_t>(bound.sll_ifindex) != options.ifindex) {
    return Error(what + ": the name now means another interface");
  }
  // Also in the kernel, below, so that only packets of the direction take room.
  if (pcap_setdirection(pcap, options.tap == Tap::kPacketOut ? PCAP_D_OUT : PCAP_D_IN) != 0) {
    return Error(what + ": " + pcap_geterr(pcap));
  }
  if (!options.filter.empty()) {
    // Not by pcap_setfilter(): that one applies the filter in user space to the blocks that may be begun already, where
    // bytes beyond the snaplen and the direction are not known. Here what came before is told by its time.
    bpf_program program{};
    if (pcap_compile(pcap, &program, options.filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
      return Error(what + ": " + pcap_geterr(pcap));
    }
    std::vector<sock_filter> filter = direction_filter(options.tap);
    std::transform(
        program.bf_insns, program.bf_insns + program.bf_len, std::back_inserter(filter),
        [](const auto& insn) { return sock_filter{.code = insn.code, .jt = insn.jt, .jf = insn.jf, .k = insn.k}; });
    pcap_freecode(&program);
    made->stop();
    wait_for_running_programs();
    made->begin_ns_ = epoch_now_ns();
    const bool short_enough = filter.size() <= BPF_MAXINSNS;
    // Of a "cooked" packet the kernel has the header elsewhere than libpcap puts it.
    const bool has_header = made->link_type_ == LinkType::kEthernet || made->link_type_ == LinkType::kRaw;
    if (!short_enough || !has_header ||
        !made->attach_filter({static_cast<unsigned short>(filter.size()), filter.data()})) {
      PacketSocketOptions whole = options;
      whole.filter.clear();
      whole.snaplen = RINGTAP_MAX_SNAPLEN;
      whole.recheck = true;
      return open(whole);
    }
  }
  if (options.filter.empty()) {
    std::vector<sock_filter> filter = direction_filter(options.tap);
    filter.push_back({.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = RINGTAP_MAX_SNAPLEN});
    made->attach_filter({static_cast<unsigned short>(filter.size()), filter.data()});
  }
  if (pcap_setnonblock(pcap, 1, text.data()) != 0) return Error(what + ": " + text.data());
  return made;
}

Result<LinkType> PacketSocket::link_type_of(const std::string& device) {
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  Handle handle;
  handle.pcap = pcap_create(device.c_str(), text.data());
  if (handle.pcap == nullptr) return Error(task(device) + ": " + text.data());
  if (auto activated = activate(handle.pcap, task(device)); !activated) return activated.take_error();
  return link_type_of_dlt(pcap_datalink(handle.pcap));
}

bool PacketSocket::refresh(const Clock& clock) {
  // What was popped makes room; views of the head are made anew below.
  if (begin_ != 0) {
    auto* bytes = reinterpret_cast<std::byte*>(queue_.data());
    std::memmove(bytes, bytes + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  handle_->clock = &clock;
  const auto take = [](u_char* self, const pcap_pkthdr* header, const u_char* data) {
    PacketSocket& socket = *reinterpret_cast<PacketSocket*>(self);
    const std::uint32_t kept = std::min(header->caplen, socket.options_.snaplen);
    const std::size_t size =
        (sizeof(ringtap_event) + kept + RINGTAP_RECORD_ALIGN - 1) / RINGTAP_RECORD_ALIGN * RINGTAP_RECORD_ALIGN;
    const std::size_t words = (socket.end_ + size) / sizeof(std::uint64_t);
    if (socket.queue_.size() < words) socket.queue_.resize(std::max(words, 2 * socket.queue_.size()));
    const std::uint64_t epoch_ns =
        static_cast<std::uint64_t>(header->ts.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(header->ts.tv_usec);
    if (epoch_ns < socket.begin_ns_) return;
    const ringtap_event event{.monotonic_ns = socket.handle_->clock->monotonic_ns_of(epoch_ns),
                              .ifindex = socket.options_.ifindex,
                              .wire_len = header->len,
                              .cap_len = kept,
                              .rx_queue = RINGTAP_RX_QUEUE_UNKNOWN,
                              .slot = socket.options_.slot,
                              .tap = static_cast<std::uint8_t>(event_tap_of(socket.options_.tap)),
                              .pkt_type = static_cast<std::uint8_t>(
                                  packet_type_of(socket.link_type_, {reinterpret_cast<const std::byte*>(data), kept})),
                              .csum = RINGTAP_CSUM_UNKNOWN,
                              .flags = static_cast<std::uint8_t>(socket.options_.recheck ? RINGTAP_EVENT_RECHECK : 0)};
    auto* at = reinterpret_cast<std::byte*>(socket.queue_.data()) + socket.end_;
    std::memcpy(at, &event, sizeof(event));
    std::memcpy(at + sizeof(event), data, kept);
    socket.end_ += size;
  };
  pcap_dispatch(handle_->pcap, -1, take, reinterpret_cast<u_char*>(this));
  handle_->clock = nullptr;
  load_head();
  return ready();
}

void PacketSocket::load_head() {
  head_.reset();
  if (begin_ == end_) return;
  const auto* header =
      reinterpret_cast<const ringtap_event*>(reinterpret_cast<const std::byte*>(queue_.data()) + begin_);
  head_ = EventView{header, nullptr, {reinterpret_cast<const std::byte*>(header + 1), header->cap_len}};
}

void PacketSocket::pop() {
  const std::size_t size = sizeof(ringtap_event) + head_->data.size();
  begin_ += (size + RINGTAP_RECORD_ALIGN - 1) / RINGTAP_RECORD_ALIGN * RINGTAP_RECORD_ALIGN;
  ++delivered_;
  load_head();
}

void PacketSocket::stop() {
  sock_filter nothing[] = {{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0}};
  attach_filter({.len = 1, .filter = nothing});
}

bool PacketSocket::attach_filter(const sock_fprog& program) const {
  return setsockopt(pcap_fileno(handle_->pcap), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

std::uint64_t PacketSocket::dropped() {
  pcap_stat stat{};
  return pcap_stats(handle_->pcap, &stat) == 0 ? stat.ps_drop : 0;
}

int PacketSocket::fd() const {
  return pcap_get_selectable_fd(handle_->pcap);
}

}  // namespace ringtap
