// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What a batch costs on its way, in CPU time: `fleet_bench URL MB RANDOM [FILE]` sends so many MB of each of two hosts
// through a session of its own, as an agent does with what its capture writes, and merges them into FILE, as the one
// who collects does. Frames have 1000 bytes, of which RANDOM cannot be compressed. One line of key=value for each half.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "file/file_writer.hpp"
#include "file/pcapng_writer.hpp"
#include "file/shared_pipe.hpp"
#include "fleet/batch_builder.hpp"
#include "fleet/batch_sender.hpp"
#include "fleet/fleet_source.hpp"
#include "fleet/stream.hpp"

namespace ringtap {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kFrame = 1000;
constexpr std::size_t kHeaders = 42;
constexpr std::size_t kFull = 252 * 1024;  // as AgentSession

double seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double most_memory_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

// A capture, by its own thread; its CPU time is not counted.
void generate(std::unique_ptr<ByteWriter> out, std::uint64_t frames, std::size_t random, double& cpu) {
  std::vector<std::byte> noise(1 << 20);
  std::uint64_t state = 88172645463325252;
  for (std::byte& byte : noise) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<std::byte>(state);
  }
  PcapngWriter writer(std::move(out), PcapngOptions{});
  Interface interface;
  interface.name = "eth0";
  bool works = static_cast<bool>(writer.on_interface(interface));
  const std::string line = "GET /index.html HTTP/1.1 Host: www.example.com Accept: text/html;q=0.9,*/*;q=0.8 ";
  std::array<std::byte, kFrame> frame{};
  for (std::size_t i = 0; i < kFrame; ++i) frame[i] = static_cast<std::byte>(line[i % line.size()]);
  const std::uint64_t start = 1'700'000'000'000'000'000;
  for (std::uint64_t i = 0; works && i < frames; ++i) {
    std::memcpy(frame.data() + kHeaders, noise.data() + i * 997 % (noise.size() - random), random);
    std::memcpy(frame.data() + 18, &i, sizeof(i));
    RecordView record;
    record.time_ns = start + i * 1000;
    record.data = frame;
    record.wire_len = kFrame;
    record.tap = Tap::kTcIngress;
    record.direction = Direction::kIn;
    works = static_cast<bool>(writer.on_record(record));
  }
  static_cast<void>(writer.finish());
  cpu = seconds(CLOCK_THREAD_CPUTIME_ID);
}

// The CPU time it took.
Result<double> send_host(const FleetConnection& servers, const std::string& session, const std::string& host,
                         std::uint64_t frames, std::size_t random) {
  auto nats = Nats::prepare(servers, "fleet_bench", agent_inbox(host));
  if (!nats) return nats.take_error();
  if (auto connected = (*nats)->connect(3s); !connected) return connected.take_error();
  auto sender =
      BatchSender::start(nats.take(), {.session = session, .host = host, .boot = host, .queue_bytes = 64 << 20});
  if (!sender) return sender.take_error();
  auto pipe = SharedPipeReader::create();
  if (!pipe) return pipe.take_error();
  std::array<int, 2> bell{};
  if (::pipe2(bell.data(), O_CLOEXEC) != 0) return Error::from_errno(errno, "make a pipe");
  const UniqueFd rings(bell[0]);
  auto writer = SharedPipeWriter::attach(pipe->fd(), UniqueFd(bell[1]));
  if (!writer) return writer.take_error();
  double generating = 0;
  std::atomic<bool> is_over = false;
  const double begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
  std::thread generator([&, out = writer.take()]() mutable {
    generate(std::move(out), frames, random, generating);
    is_over = true;
  });
  BatchBuilder builder;
  std::uint64_t packets = 0;
  const auto put = [&] {
    // A capture would drop; here the servers are waited for.
    while ((*sender)->counts().queued_bytes > (48U << 20)) std::this_thread::sleep_for(1ms);
    const BuiltSection section = builder.take(pipe->waiting());
    packets += section.packets;
    (*sender)->put(section, section.last_ns);
    pipe->take(section.used);
  };
  for (bool was_over = false;; was_over = is_over) {
    if (auto looked = builder.look(pipe->waiting(), kFull, SharedPipeMemory::kMostWaiting); !looked) {
      return looked.take_error();
    }
    if (builder.is_full()) {
      put();
      continue;
    }
    if (was_over) break;
    std::this_thread::sleep_for(1ms);
  }
  generator.join();
  if (!builder.is_empty()) put();
  Fields ending;
  ending.add("end.delivered", packets).add("end.identity", "balanced");
  if (!(*sender)->finish(std::move(ending), ~std::uint64_t{0} / 2, 30s)) return Error("not everything was stored");
  return seconds(CLOCK_PROCESS_CPUTIME_ID) - begun - generating;
}

Result<> collect(const FleetConnection& servers, const std::string& session, const std::string& path) {
  auto nats = Nats::prepare(servers, "fleet_bench", kFleetInbox);
  if (!nats) return nats.take_error();
  if (auto connected = (*nats)->connect(3s); !connected) return connected;
  auto source =
      FleetSource::open(**nats, {.session = session, .hosts = {"a", "b"}, .tell = [](const std::string& text) {
                                   std::fprintf(stderr, "%s\n", text.c_str());
                                 }});
  if (!source) return source.take_error();
  auto file = FileWriter::create(path);
  if (!file) return file.take_error();
  PcapngWriter sink(file.take(), PcapngOptions{});
  const double begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double begun_wall = seconds(CLOCK_MONOTONIC);
  for (;;) {
    auto state = (*source)->turn(sink, ~std::uint64_t{0}, 50ms);
    if (!state) return state.take_error();
    if (*state == SourceState::kEnd) break;
  }
  if (auto finished = sink.finish(); !finished) return finished;
  std::uint64_t handed = 0;
  for (const FleetHostAccount& host : (*source)->accounts()) handed += host.handed;
  const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - begun;
  const double megabytes = static_cast<double>(handed) * kFrame / 1e6;
  std::printf("collector: MB=%.0f packets=%llu cpu_s=%.2f wall_s=%.2f MB_per_core_s=%.0f memory_MiB=%.0f\n", megabytes,
              static_cast<unsigned long long>(handed), cpu, seconds(CLOCK_MONOTONIC) - begun_wall, megabytes / cpu,
              most_memory_mib());
  return ok();
}

Result<> measure(const FleetConnection& servers, std::uint64_t megabytes, std::size_t random, const std::string& path) {
  const std::string session = new_session_name();
  {
    auto nats = Nats::prepare(servers, "fleet_bench", kFleetInbox);
    if (!nats) return nats.take_error();
    if (auto connected = (*nats)->connect(3s); !connected) return connected;
    if (auto made = create_stream(**nats, session, std::uint64_t{4} << 30); !made) return made.take_error();
  }
  const double base = most_memory_mib();
  for (const char* const host : {"a", "b"}) {
    auto cpu = send_host(servers, session, host, megabytes * 1'000'000 / kFrame, random);
    if (!cpu) return cpu.take_error();
    std::printf("agent: MB=%llu cpu_s=%.2f for_700_MB=%.2f memory_MiB=%.0f\n",
                static_cast<unsigned long long>(megabytes), *cpu, *cpu * 700 / static_cast<double>(megabytes),
                most_memory_mib() - base);
  }
  return collect(servers, session, path);
}

}  // namespace
}  // namespace ringtap

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: fleet_bench URL MB RANDOM [FILE]\n", stderr);
    return 2;
  }
  ringtap::FleetConnection servers;
  servers.url = argv[1];
  const auto result = ringtap::measure(servers, std::strtoull(argv[2], nullptr, 10),
                                       std::strtoull(argv[3], nullptr, 10), argc > 4 ? argv[4] : "/dev/null");
  if (result) return 0;
  std::fprintf(stderr, "fleet_bench: %s\n", result.error().text().c_str());
  return 1;
}
