// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "cli/options.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/option_table.hpp"

namespace ringtap {
namespace {

Result<Options> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "ringtap");
  return parse_options(static_cast<int>(words.size()), words.data());
}

Options parsed(std::vector<const char*> words) {
  auto options = parse(std::move(words));
  EXPECT_TRUE(options) << options.error().text();
  return options ? options.take() : Options{};
}

TEST(Options, DefaultsAreTcpdumps) {
  const Options options = parsed({});
  EXPECT_EQ(options.action, Action::kCapture);
  EXPECT_TRUE(options.capture.interfaces.empty());
  EXPECT_EQ(options.capture.taps, kTcTaps);
  EXPECT_EQ(options.capture.snaplen, 262144U);
  EXPECT_TRUE(options.capture.promiscuous && options.output.print && options.filter.optimise);
  EXPECT_EQ(options.text_style.time, TimeStyle::kClock);
  EXPECT_FALSE(options.text_style.nanoseconds);
}

TEST(Options, ShortOptionsBundleAsWithGetopt) {
  const Options options = parsed({"-nnvvXSs0", "-c5", "-ieth0", "-ttt", "port", "80", "and", "host", "h"});
  EXPECT_EQ(options.text_style.dissect.no_names, 2);
  EXPECT_EQ(options.text_style.dissect.verbosity, 2);
  EXPECT_EQ(options.text_style.dump, DumpStyle::kHexAndAscii);
  EXPECT_FALSE(options.text_style.dump_link_header);
  EXPECT_TRUE(options.text_style.dissect.absolute_seq);
  EXPECT_EQ(options.capture.snaplen, 262144U);
  EXPECT_EQ(options.limits.count, 5U);
  EXPECT_EQ(options.capture.interfaces, std::vector<std::string>{"eth0"});
  EXPECT_EQ(options.text_style.time, TimeStyle::kSincePrevious);
  EXPECT_EQ(options.filter.expression, "port 80 and host h");
}

TEST(Options, WordsOfTheExpressionMayStandBeforeAndBetweenOptions) {
  EXPECT_EQ(parsed({"tcp", "-n", "port", "-i", "lo", "80"}).filter.expression, "tcp port 80");
  EXPECT_EQ(parsed({"-i", "lo", "--", "ip[2:2] - 4 > 10"}).filter.expression, "ip[2:2] - 4 > 10");
  EXPECT_EQ(parsed({"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0"}).filter.expression,
            "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0");
}

TEST(Options, AnInterfaceTakesOneWordAndMayBeRepeated) {
  const Options options = parsed({"-i", "eth0", "-i", "lo", "arp"});
  EXPECT_EQ(options.capture.interfaces, (std::vector<std::string>{"eth0", "lo"}));
  EXPECT_EQ(options.filter.expression, "arp");
}

TEST(Options, TheFileFormatFollowsNameInterfacesAndTaps) {
  EXPECT_EQ(parsed({"-w", "x.pcap"}).output.format, FileFormat::kPcap);
  EXPECT_EQ(parsed({"-w", "x"}).output.format, FileFormat::kPcap);
  EXPECT_EQ(parsed({"-w", "x.pcapng"}).output.format, FileFormat::kPcapng);
  EXPECT_EQ(parsed({"-w", "x.pcap", "-i", "a", "-i", "b"}).output.format, FileFormat::kPcapng);
  EXPECT_EQ(parsed({"-w", "x.pcap", "--tap", "xdp,tc"}).output.format, FileFormat::kPcapng);
  EXPECT_EQ(parsed({"-w", "x.pcapng", "--format", "pcap"}).output.format, FileFormat::kPcap);
  EXPECT_TRUE(parsed({"-r", "x", "-w", "y"}).output.format_follows_packets);
  EXPECT_FALSE(parsed({"-r", "x", "-w", "y", "--format", "pcap"}).output.format_follows_packets);
  EXPECT_FALSE(parsed({"-w", "y"}).output.format_follows_packets);
}

TEST(Options, WritingAFileSuppressesTextUnlessPrintIsGiven) {
  EXPECT_FALSE(parsed({"-w", "x"}).output.print);
  EXPECT_TRUE(parsed({"-w", "x", "--print"}).output.print);
}

TEST(Options, TapsAndDirectionTogetherSayWhereToLook) {
  EXPECT_EQ(parsed({"--tap", "xdp"}).capture.taps, TapSet{Tap::kXdp});
  EXPECT_EQ(parsed({"-Q", "out"}).capture.taps, TapSet{Tap::kTcEgress});
  EXPECT_EQ(parsed({"--tap", "xdp,tc", "-Q", "in"}).capture.taps, (TapSet{Tap::kXdp, Tap::kTcIngress}));
  EXPECT_EQ(parsed({"--tap", "stack,packet,drop", "-Q", "out"}).capture.taps,
            (TapSet{Tap::kStackOut, Tap::kPacketOut, Tap::kDrop}));
  EXPECT_EQ(parsed({"--tap", "netfilter,socket"}).capture.taps, (TapSet{Tap::kNetfilter, Tap::kSocket}));
}

TEST(Options, SeveralTapsOfOneDeviceNeedPcapng) {
  EXPECT_EQ(parsed({"--tap", "tc", "-w", "x"}).output.format, FileFormat::kPcap);
  EXPECT_EQ(parsed({"--tap", "stack", "-w", "x"}).output.format, FileFormat::kPcap);
  EXPECT_EQ(parsed({"--tap", "tc,stack", "-w", "x"}).output.format, FileFormat::kPcapng);
  EXPECT_EQ(parsed({"--tap", "drop", "-w", "x"}).output.format,
            FileFormat::kPcapng);  // the reason has no place in pcap
}

TEST(Options, OfSeveralDumpsTcpdumpsOrderDecides) {
  EXPECT_EQ(parsed({"-x", "-A", "-X"}).text_style.dump, DumpStyle::kHexAndAscii);
  EXPECT_EQ(parsed({"-A", "-x"}).text_style.dump, DumpStyle::kHex);
  EXPECT_EQ(parsed({"-x", "-XX"}).text_style.dump, DumpStyle::kHexAndAscii);
  EXPECT_TRUE(parsed({"-xx"}).text_style.dump_link_header);
}

TEST(Options, GivenTwiceTheLastOneCounts) {
  const Options options = parsed({"-s", "0", "-s", "96", "-c", "1", "-c", "2", "-w", "a", "-w", "b"});
  EXPECT_EQ(options.capture.snaplen, 96U);
  EXPECT_EQ(options.limits.count, 2U);
  EXPECT_EQ(options.output.path, "b");
}

TEST(Options, DurationsHaveUnits) {
  EXPECT_EQ(parsed({"--duration", "2.3us"}).limits.duration, std::chrono::nanoseconds(2300));
  EXPECT_FALSE(parse({"--duration", "0.1e-3us"}));
  using namespace std::chrono_literals;
  EXPECT_EQ(parsed({"--duration", "500ms"}).limits.duration, 500ms);
  EXPECT_EQ(parsed({"--duration", "5s"}).limits.duration, 5s);
  EXPECT_EQ(parsed({"--duration", "2m"}).limits.duration, 2min);
  EXPECT_EQ(parsed({"--duration", "1.5"}).limits.duration, 1500ms);
}

TEST(Options, WhatIsLeftOutOnPurposeIsOffUnlessAskedFor) {
  const Options plain = parsed({"-i", "lo"});
  EXPECT_EQ(plain.capture.reduction.slice_layer, 0);
  EXPECT_EQ(plain.capture.reduction.sample, 0U);
  EXPECT_EQ(plain.capture.reduction.max_pps, 0U);
  EXPECT_EQ(plain.capture.reduction.time_batch.count(), 0);
  const Options less = parsed({"--slice", "l4+20", "--sample", "1/8", "--max-pps", "1000", "--time-batch", "10us"});
  EXPECT_EQ(less.capture.reduction.slice_layer, 4);
  EXPECT_EQ(less.capture.reduction.slice_more, 20U);
  EXPECT_EQ(less.capture.reduction.sample, 8U);
  EXPECT_EQ(less.capture.reduction.max_pps, 1000U);
  EXPECT_EQ(less.capture.reduction.time_batch, std::chrono::microseconds(10));
  EXPECT_EQ(parsed({"--slice", "l2"}).capture.reduction.slice_layer, 2);
}

TEST(Options, AFilterFileReplacesTheWordsAndMayHaveComments) {
  const std::string path = ::testing::TempDir() + "ringtap_filter_" + std::to_string(getpid());
  std::ofstream(path) << "tcp # web\n  port 80\n";
  const Options options = parsed({"-F", path.c_str(), "udp"});
  unlink(path.c_str());
  EXPECT_EQ(options.filter.expression.find('#'), std::string::npos);
  EXPECT_NE(options.filter.expression.find("tcp"), std::string::npos);
  EXPECT_NE(options.filter.expression.find("port 80"), std::string::npos);
  EXPECT_EQ(options.filter.expression.find("udp"), std::string::npos);
}

struct Wrong {
  std::vector<const char*> words;
  const char* said;
};

TEST(Options, AFilterFileMustBeText) {
  const auto complaint = [](const char* path) {
    auto options = parse({"-F", path});
    EXPECT_FALSE(options);
    return options ? "" : options.error().text();
  };
  EXPECT_EQ(complaint("/tmp"), "-F /tmp: Is a directory");
  const std::string path = ::testing::TempDir() + "/zero_bytes";
  std::ofstream(path) << "port 53" << '\0' << " and host h\n";
  EXPECT_EQ(complaint(path.c_str()), "-F " + path + ": not text, it has zero bytes");
  EXPECT_EQ(complaint("/dev/zero"), "-F /dev/zero: longer than 64 MiB");
  EXPECT_FALSE(parse({"-V", "/tmp"}));
}

TEST(Options, RefusesWrongValuesByNameAndAsUsage) {
  const std::vector<Wrong> cases = {
      {{"-c", "0"}, "-c 0"},
      {{"-c", "x"}, "-c x"},
      {{"-c", "-1"}, ""},
      {{"-s", "300000"}, "-s 300000"},
      {{"-B", "0"}, "-B 0"},
      {{"-B", "99999999999999999999"}, "-B"},
      {{"--duration", "0s"}, "--duration 0s"},
      {{"--duration", "5 parsecs"}, "--duration"},
      {{"--duration", "1e300h"}, "--duration"},
      {{"--tap", "tcx"}, "tcx"},
      {{"--tap", "tc,"}, "--tap"},
      {{"--tap", ""}, "--tap"},
      {{"-w", ""}, "-w"},
      {{"-i", ""}, "-i"},
      {{"-w", "-", "--print"}, "-w -"},
      {{"--monitor-mode"}, "-I"},
      {{"--xdp-mode", "native"}, "--tap xdp"},
      {{"--tap", "xdp", "--xdp-mode", "fast"}, "fast"},
      {{"-Q", "sideways"}, "sideways"},
      {{"--consume"}, "--tap xdp"},
      {{"--force", "--tap", "xdp"}, "--consume"},
      {{"--tap", "xdp", "-Q", "out"}, "-Q out"},
      {{"-r", "x", "--tap", "tc"}, "-r"},
      {{"-r", "x", "--strict-loss"}, "--strict-loss"},
      {{"-r", "x", "--ready-file", "y"}, "--ready-file"},
      {{"-V", "/dev/null"}, "-V /dev/null"},
      {{"-V", "/nonexistent/list"}, "/nonexistent/list"},
      {{"-V", "x", "-r", "y"}, "-V and -r are mutually exclusive."},
      {{"--slice", "l5"}, "--slice l5"},
      {{"--slice", "l4+"}, "--slice l4+"},
      {{"--slice", "l4+x"}, "--slice l4+x"},
      {{"--slice", "l44"}, "--slice l44"},
      {{"--slice", "l4", "--tap", "drop"}, "--slice"},
      {{"--max-pps", "10", "--tap", "packet"}, "--max-pps"},
      {{"--sample", "2/3"}, "--sample 2/3"},
      {{"--sample", "1/0"}, "--sample 1/0"},
      {{"--sample", "1"}, "--sample 1"},
      {{"--max-pps", "0"}, "--max-pps 0"},
      {{"--max-pps", "1e3"}, "--max-pps 1e3"},
      {{"--max-pps", "1", "-r", "x"}, "--max-pps"},
      {{"--time-batch", "1s"}, "--time-batch 1s"},
      {{"--time-batch", "soon"}, "--time-batch soon"},
      {{"--format", "snoop"}, "snoop"},
      {{"--time-stamp-precision", "pico"}, "pico"},
      {{"-tttttt"}, "-t"},
      {{"-F", "/nonexistent/filter"}, "/nonexistent/filter"},
      {{"--no-such-option"}, "--no-such-option"},
      {{"-w"}, "-w"},
      {{"-I"}, "-I"},
      {{"-Z"}, "--relinquish-privileges"},
      {{"-y", ""}, "--linktype"},
      {{"-C", "0", "-w", "x"}, "-C 0"},
      {{"-C", "k", "-w", "x"}, "-C k"},
      {{"-C", "1x", "-w", "x"}, "-C 1x"},
      {{"-C", "1.5", "-w", "x"}, "-C 1.5"},
      {{"-C", "99999999999999g", "-w", "x"}, "-C"},
      {{"-G", "0", "-w", "x"}, "-G 0"},
      {{"-W", "0", "-C", "1", "-w", "x"}, "-W 0"},
      {{"-W", "2", "-w", "x"}, "-W needs -C or -G"},
      {{"-z", "gzip", "-w", "x"}, "-z needs -C or -G"},
      {{"-C", "1"}, "-w"},
      {{"-G", "1", "-w", "-"}, "-w"},
      {{"-j", "adapter"}, "-j adapter"},
      {{"-s", "1m"}, "-s 1m"},
      {{"-s", "k"}, "-s k"},
      {{"-B", "0m"}, "-B 0m"},
      {{"--skip", "-1"}, ""},
      {{"--threads", "0", "-w", "x"}, "--threads 0"},
      {{"--threads", "2"}, "--threads needs -w"},
      {{"--threads", "2", "-w", "-", "--file-per-thread"}, "--file-per-thread needs -w"},
      {{"--file-per-thread", "-w", "x"}, "--file-per-thread needs --threads"},
      {{"--threads", "2", "-w", "-", "--output-memory", "3"}, "--output-memory"},
      {{"--threads", "2", "-w", "x", "--print"}, "--print"},
      {{"--threads", "2", "-w", "x", "-c", "5"}, "-c and --skip"},
      {{"--threads", "2", "-w", "x", "--who"}, "--who"},
      {{"--threads", "2", "-w", "x", "--gate"}, "--gate"},
      {{"--threads", "2", "-w", "x", "--follow"}, "--follow"},
      {{"--threads", "2", "-w", "x", "--tap", "tc,stack"}, "the taps tc and xdp"},
      {{"--output-memory", "3"}, "--output-memory needs -w -"},
      {{"--output-memory", "3", "-w", "x"}, "--output-memory needs -w -"},
      {{"--output-memory", "2", "-w", "-"}, "--output-memory 2"},
      {{"--print-sampling", "0"}, "--print-sampling 0"},
      {{"--n"}, "--nano, --netns, --no-optimize"},
      {{"compare", "--lengths"}, "--lengths"},
  };
  for (const Wrong& wrong : cases) {
    auto options = parse(wrong.words);
    ASSERT_FALSE(options) << wrong.words[0];
    EXPECT_EQ(options.error().kind(), ErrorKind::kUsage);
    EXPECT_NE(options.error().text().find(wrong.said), std::string::npos) << options.error().text();
    EXPECT_FALSE(options.error().hint().empty());
  }
}

TEST(Options, AnUnknownOptionNamesTheOneThatIsMeant) {
  const auto hint = [](std::vector<const char*> words) {
    auto options = parse(std::move(words));
    EXPECT_FALSE(options);
    return options ? "" : options.error().hint();
  };
  EXPECT_EQ(hint({"--snapshot-lenght", "96"}), "did you mean --snapshot-length?");
  EXPECT_EQ(hint({"--strictloss"}), "did you mean --strict-loss?");
  EXPECT_EQ(hint({"compare", "--nftrule"}), "did you mean --nft-rule?");
  EXPECT_EQ(hint({"--any-vlna=yes"}), "did you mean --any-vlan?");
  EXPECT_NE(hint({"--completely-different"}).find("ringtap -h"), std::string::npos);
  EXPECT_NE(hint({"-k"}).find("ringtap -h"), std::string::npos);
}

TEST(Options, ALongOptionMayBeCutAsFarAsItStaysDistinct) {
  EXPECT_TRUE(parsed({"--numb"}).text_style.number);
  EXPECT_EQ(parsed({"--snap=96"}).capture.snaplen, 96U);
  EXPECT_EQ(parsed({"--snapshot", "96"}).capture.snaplen, 96U);
  EXPECT_TRUE(parsed({"--print"}).output.print);  // whole, though --print-sampling begins so
  EXPECT_EQ(parsed({"--vers"}).action, Action::kShowVersion);
  EXPECT_EQ(parsed({"compare", "--dur", "2s"}).limits.duration, std::chrono::seconds(2));
  EXPECT_EQ(parsed({"-n", "--", "--numb"}).filter.expression, "--numb");
}

TEST(Options, SizesHaveUnits) {
  EXPECT_EQ(parsed({"-B", "100"}).capture.buffer_bytes, 100U << 10);
  EXPECT_EQ(parsed({"-B", "64m"}).capture.buffer_bytes, 64U << 20);
  EXPECT_EQ(parsed({"-B", "1G"}).capture.buffer_bytes, 1U << 30);
  EXPECT_EQ(parsed({"-s", "10k"}).capture.snaplen, 10240U);
}

TEST(Options, OnFilesAnInterfaceIsNotUsedAndADirectionSelects) {
  const Options options = parsed({"-i", "eth0", "-r", "x", "-Q", "in", "udp", "or", "tcp"});
  EXPECT_EQ(options.action, Action::kReadFile);
  ASSERT_EQ(options.notes.size(), 1U);
  EXPECT_NE(options.notes[0].find("-i is not used"), std::string::npos);
  EXPECT_EQ(options.filter.expression, "udp or tcp");
  EXPECT_EQ(options.selection.direction, Direction::kIn);
  EXPECT_EQ(parsed({"-r", "x", "-Q", "out"}).selection.direction, Direction::kOut);
  EXPECT_EQ(parsed({"-r", "x", "-Q", "inout", "udp"}).selection.direction, Direction::kUnknown);
  EXPECT_TRUE(parsed({"-i", "eth0"}).notes.empty());
}

// Every option either acts on files or is refused there: none is taken and ignored.
TEST(Options, WithFilesEachActsOrIsRefused) {
  // Those that have the same effect on files, or say at once that they have none. A new option belongs either here or
  // among those that act on captures alone.
  const std::set<std::string> acting = {"-i",
                                        "-Q",
                                        "-s",
                                        "--slice",
                                        "-r",
                                        "-V",
                                        "-D",
                                        "-j",
                                        "-y",
                                        "--from",
                                        "--to",
                                        "-F",
                                        "--any-vlan",
                                        "--pid",
                                        "--comm",
                                        "--uid",
                                        "--cgroup",
                                        "--container",
                                        "--pod",
                                        "-O",
                                        "-d",
                                        "--dump-ebpf",
                                        "-c",
                                        "--skip",
                                        "-w",
                                        "-C",
                                        "-G",
                                        "-W",
                                        "-z",
                                        "--format",
                                        "--print",
                                        "--print-sampling",
                                        "--json",
                                        "--count",
                                        "-U",
                                        "-l",
                                        "--immediate-mode",
                                        "--time-stamp-precision",
                                        "--micro",
                                        "--nano",
                                        "-n",
                                        "-N",
                                        "-t",
                                        "-e",
                                        "-v",
                                        "-q",
                                        "-S",
                                        "-K",
                                        "--color",
                                        "--compat",
                                        "-x",
                                        "-X",
                                        "-A",
                                        "-b",
                                        "-g",
                                        "-u",
                                        "-H",
                                        "-m",
                                        "-M",
                                        "-T",
                                        "--lengths",
                                        "-#",
                                        "-Z",
                                        "--sandbox",
                                        "--sync"};
  const std::map<std::string, const char*> values = {
      {"--tap", "tc"},         {"--xdp-mode", "native"}, {"-B", "64m"},           {"--sample", "1/2"},
      {"--max-pps", "5"},      {"--time-batch", "10us"}, {"--duration", "5s"},    {"--ready-file", "x"},
      {"--netns", "web"},      {"--metrics", "unix:x"},  {"--metrics-file", "x"}, {"--threads", "2"},
      {"--output-memory", "3"}};
  for (const OptionRow& row : option_table()) {
    if ((row.forms & kCaptureForm) == 0) continue;
    const std::string name = std::string(row.names).substr(0, std::string(row.names).find(','));
    SCOPED_TRACE(name);
    EXPECT_EQ(acting.contains(name), row.acts_on != ActsOn::kCaptures);
    if (acting.contains(name)) continue;
    std::vector<const char*> words = {"-r", "x", name.c_str()};
    if (row.value_word != nullptr) words.push_back(values.at(name));
    const auto refused = parse(words);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text(), "-r cannot be used together with " + name);
  }
  EXPECT_FALSE(parse({"compare", "-r", "x", "-s", "64"}));
  EXPECT_FALSE(parse({"compare", "-r", "x", "--duration", "1s"}));
  EXPECT_FALSE(parse({"--from", "07:00"}));  // without a file
}

TEST(Options, ChooseProcessesAndImplyWho) {
  EXPECT_FALSE(parsed({}).capture.who);
  const Options options = parsed({"--pid", "1", "--pid", "4711", "--comm", "nginx", "--uid", "33", "--cgroup", "/a",
                                  "--container", "web-1", "--pod", "shop/web"});
  EXPECT_TRUE(options.capture.who);
  EXPECT_EQ(options.capture.of.pids, (std::vector<std::uint32_t>{1, 4711}));
  EXPECT_EQ(options.capture.of.names, std::vector<std::string>{"nginx"});
  EXPECT_EQ(options.capture.of.uids, std::vector<std::uint32_t>{33});
  EXPECT_EQ(options.capture.of.cgroups, std::vector<std::string>{"/a"});
  EXPECT_EQ(options.capture.of.containers, std::vector<std::string>{"web-1"});
  EXPECT_EQ(options.capture.of.pods, std::vector<std::string>{"shop/web"});
  EXPECT_EQ(options.output.format, FileFormat::kPcapng);
  // Of files those whose owners were recorded.
  const Options of_file = parsed({"-r", "x", "--pid", "1", "--container", "web-1"});
  EXPECT_EQ(of_file.selection.of.pids, std::vector<std::uint32_t>{1});
  EXPECT_TRUE(of_file.selection.selects());
  EXPECT_FALSE(of_file.capture.of.selects());
  EXPECT_TRUE(parse({"drops", "-r", "x", "--pid", "1"}));
  EXPECT_FALSE(parse({"drops", "--pid", "1"}));
  EXPECT_FALSE(parse({"--pid", "4194304"}));
  EXPECT_FALSE(parse({"--comm", "longer than 15 bytes"}));
  EXPECT_FALSE(parse({"--who", "--tap", "xdp"}));
  EXPECT_FALSE(parse({"--pid", "1", "--tap", "tc,drop"}));
  EXPECT_FALSE(parse({"--who", "--tap", "tc,drop", "--", "true"}));
  EXPECT_TRUE(parse({"--who", "--tap", "tc,drop"}));
  EXPECT_FALSE(parsed({"--who", "-i", "any"}).capture.may_choose_taps);  // AF_PACKET knows nobody
  std::vector<const char*> many;
  for (std::size_t i = 0; i <= OwnerSelection::kMost; ++i) many.insert(many.end(), {"--uid", "1"});
  EXPECT_FALSE(parse(many));
}

TEST(Options, OfNamespacesRuleOutWhatWouldKeepThem) {
  const Options options = parsed({"--netns", "web", "--netns", "all", "-i", "any"});
  EXPECT_EQ(options.capture.namespaces, (std::vector<std::string>{"web", "all"}));
  EXPECT_FALSE(options.capture.may_choose_taps);
  EXPECT_EQ(options.output.format, FileFormat::kPcapng);
  EXPECT_TRUE(parsed({"--container", "web-1"}).capture.looks_into_namespaces());
  EXPECT_TRUE(parse({"drops", "--netns", "web"}));
  EXPECT_TRUE(parse({"--netns", "web", "--tap", "tc,xdp,stack,socket,drop"}));
  EXPECT_FALSE(parse({"--netns", "web", "--tap", "tc,packet"}));
  EXPECT_FALSE(parse({"--netns", "web", "--tap", "netfilter"}));
  EXPECT_FALSE(parse({"--netns", "web", "--tap", "xdp", "--consume", "-i", "eth0"}));
  EXPECT_FALSE(parse({"--netns", "..", "-i", "eth0"}));
}

// What it names is where it looks, whoever's the packets are.
TEST(Options, OfAComparisonNameNamespaces) {
  const Options options = parsed({"compare", "--netns", "web", "--container", "db-1", "--pod", "shop/web"});
  EXPECT_EQ(options.capture.namespaces, (std::vector<std::string>{"web", "container:db-1", "pod:shop/web"}));
  EXPECT_FALSE(options.capture.of.selects());
  EXPECT_FALSE(options.capture.who);
  EXPECT_TRUE(parsed({"compare", "--container", "db-1"}).capture.looks_into_namespaces());
  EXPECT_TRUE(options.capture.taps.contains(Tap::kNetfilter));
  EXPECT_FALSE(options.capture.taps.contains_any(kPacketTaps));
  EXPECT_TRUE(parsed({"compare"}).capture.taps.contains_any(kPacketTaps));
  EXPECT_TRUE(parse({"compare", "--netns", "web", "--tap", "xdp,netfilter,drop"}));
  EXPECT_FALSE(parse({"compare", "--netns", "web", "--tap", "packet,drop"}));
  EXPECT_FALSE(parse({"compare", "--netns", "web", "--nft-rule"}));
  EXPECT_FALSE(parse({"compare", "-r", "x", "--netns", "web"}));
}

TEST(Options, TakeACommandOnlyWithWho) {
  const Options options = parsed({"--who", "-i", "eth0", "tcp", "--", "curl", "-s", "x"});
  EXPECT_EQ(options.command, (std::vector<std::string>{"curl", "-s", "x"}));
  EXPECT_EQ(options.filter.expression, "tcp");
  EXPECT_TRUE(parsed({"-n", "--", "tcp"}).command.empty());
  EXPECT_EQ(parsed({"-n", "--", "tcp"}).filter.expression, "tcp");
}

TEST(Options, AQueryReadsAFolderAsFilesAreRead) {
  const Options options = parsed({"query", "dir", "-n", "--from", "-10m", "-Q", "in", "host", "h", "--count"});
  EXPECT_EQ(options.action, Action::kQuery);
  EXPECT_EQ(options.folder, "dir");
  EXPECT_EQ(options.filter.expression, "host h");
  EXPECT_EQ(options.selection.direction, Direction::kIn);
  EXPECT_TRUE(options.selection.from && options.output.count_only);
  EXPECT_TRUE(parsed({"query", "dir", "-w", "x"}).output.format_follows_packets);
  EXPECT_EQ(parsed({"query", "-c", "5", "dir"}).folder, "dir");
  EXPECT_FALSE(parse({"query"}));
  EXPECT_FALSE(parse({"query", "dir", "-i", "eth0"}));
  EXPECT_FALSE(parse({"query", "dir", "-r", "x"}));
  EXPECT_FALSE(parse({"query", "dir", "-B", "1000"}));
}

TEST(Options, JsonTakesAListOrNone) {
  EXPECT_EQ(parsed({"--json"}).text_style.json.fields, kUsualJsonFields);
  const JsonFields two =
      json_fields_where([](const JsonFieldRow& row) { return row.name == "src_ip" || row.name == "ringtap.reason"; });
  EXPECT_EQ(parsed({"--json=src_ip,ringtap.reason"}).text_style.json.fields, two);
  const Options apart = parsed({"--json=fields", "src_ip,ringtap.reason", "udp"});
  EXPECT_EQ(apart.text_style.json.fields, two);
  EXPECT_EQ(apart.filter.expression, "udp");
  EXPECT_EQ(parsed({"--json", "udp"}).filter.expression, "udp");
  EXPECT_TRUE(parsed({"--json", "-w", "x"}).output.print);
  EXPECT_FALSE(parse({"--json=fields"}));
  EXPECT_FALSE(parse({"--json=src"}));
}

TEST(Options, AreThoseOfWiresharkIfItAsks) {
  using Question = ExtcapOptions::Question;
  EXPECT_EQ(parsed({"--extcap-interfaces", "--extcap-version=4.0"}).extcap.question, Question::kInterfaces);
  const Options check = parsed({"--extcap-interface", "ringtap:eth0:xdp", "--extcap-capture-filter", "tcp port 80"});
  EXPECT_EQ(check.action, Action::kExtcap);
  EXPECT_EQ(check.extcap.question, Question::kFilterCheck);
  EXPECT_EQ(check.capture.taps, TapSet{Tap::kXdp});
  EXPECT_EQ(check.filter.expression, "tcp port 80");
  const Options capture =
      parsed({"--capture", "--extcap-interface", "ringtap:drops", "--fifo", "f", "--snaplen", "99"});
  EXPECT_EQ(capture.action, Action::kCapture);
  EXPECT_EQ(capture.capture.interfaces, std::vector<std::string>{"any"});
  EXPECT_EQ(capture.capture.taps, TapSet{Tap::kDrop});
  EXPECT_EQ(capture.capture.snaplen, 99U);
  EXPECT_EQ(capture.output.path, "f");
  EXPECT_EQ(capture.output.format, FileFormat::kPcapng);
  EXPECT_FALSE(parse({"--capture", "--extcap-interface", "ringtap:eth0"}));
  EXPECT_FALSE(parse({"--extcap-config", "--extcap-interface", "eth0"}));
  EXPECT_FALSE(parse({"--capture", "-i", "eth0"}));
}

TEST(Options, SumsAreOfFilesOrInterfacesAndDropsOfAll) {
  const Options drops = parsed({"drops", "udp"});
  EXPECT_EQ(drops.action, Action::kCapture);
  EXPECT_EQ(drops.capture.interfaces, std::vector<std::string>{"any"});
  EXPECT_EQ(drops.capture.taps, TapSet{Tap::kDrop});
  EXPECT_TRUE(drops.output.summary && drops.output.summary->drops_only && !drops.output.print);
  const Options stats = parsed({"stats", "-r", "x", "--json", "--rows", "5"});
  EXPECT_EQ(stats.action, Action::kReadFile);
  EXPECT_TRUE(stats.output.summary && stats.output.summary->json && stats.output.summary->rows == 5);
  EXPECT_FALSE(parse({"stats", "-w", "x"}));
}

TEST(Options, SeveralFilesAreRead) {
  EXPECT_EQ(parsed({"-r", "x", "-r", "y"}).read_paths, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(parsed({"compare", "-r", "x", "-r", "y"}).read_paths.size(), 2U);
}

TEST(Options, MomentsOfFilesAreAbsoluteOfTheDayOrSinceTheFirstPacket) {
  EXPECT_FALSE(parse({"-r", "x", "--to", "2554-12-31T00:00:00Z"}));  // more nanoseconds than 64 bits count
  using Base = FileTime::Base;
  const auto from = [](const char* text) {
    const auto options = parse({"-r", "x", "--from", text});
    EXPECT_TRUE(options) << text;
    const FileTime time = options ? options->selection.from.value_or(FileTime{}) : FileTime{};
    return std::pair(time.base, time.ns);
  };
  constexpr std::uint64_t kSecond = 1'000'000'000;
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  tzset();
  EXPECT_EQ(from("@1700000000.5"), std::pair(Base::kEpoch, 1'700'000'000 * kSecond + kSecond / 2));
  EXPECT_EQ(from("2023-11-14T22:13:20Z"), std::pair(Base::kEpoch, 1'700'000'000 * kSecond));
  EXPECT_EQ(from("2023-11-14T20:13:20-02:00"), std::pair(Base::kEpoch, 1'700'000'000 * kSecond));
  EXPECT_EQ(from("2023-11-14T23:13:20.000000001"), std::pair(Base::kEpoch, 1'700'000'000 * kSecond + 1));
  EXPECT_EQ(from("2023-07-01 00:00"), std::pair(Base::kEpoch, 1'688'162'400 * kSecond));  // in summer
  EXPECT_EQ(from("2023-07-01"), std::pair(Base::kEpoch, 1'688'162'400 * kSecond));
  EXPECT_EQ(from("07:01:02.5"), std::pair(Base::kDay, 25262 * kSecond + kSecond / 2));
  EXPECT_EQ(from("07:01"), std::pair(Base::kDay, 25260 * kSecond));
  EXPECT_EQ(from("+2m"), std::pair(Base::kFirstPacket, 120 * kSecond));
  EXPECT_EQ(from("-10m"), std::pair(Base::kBeforeNow, 600 * kSecond));
  ::unsetenv("TZ");
  tzset();
  for (const char* wrong : {"7:01", "07:60", "24:00", "07:01x", "2023-02-30", "2023-13-01", "2023-11-14T", "@", "@-1",
                            "@1.", "@1.0000000001", "+", "+x", "-", "-x", "now", "2023-11-14T07:00+1", "99999-01-01"}) {
    const auto options = parse({"-r", "x", "--from", wrong});
    ASSERT_FALSE(options) << wrong;
    EXPECT_EQ(options.error().text().rfind("--from ", 0), 0U) << options.error().text();
  }
  EXPECT_FALSE(parse({"-r", "x", "--from", "@2", "--to", "@1"}));
  EXPECT_FALSE(parse({"-r", "x", "--from", "-1m", "--to", "-2m"}));
  EXPECT_TRUE(parse({"-r", "x", "--from", "-2m", "--to", "-1m"}));
  EXPECT_TRUE(parse({"-r", "x", "--from", "23:50", "--to", "00:10"}));
}

TEST(Options, OfNewerTcpdumpsMeanWhatTheyMeanThere) {
  const Options options = parsed({"-g", "-u", "--lengths", "--skip", "5", "--print-sampling", "10", "-j", "host"});
  EXPECT_TRUE(options.text_style.dissect.ip_one_line);
  EXPECT_TRUE(options.text_style.dissect.raw_nfs_handles);
  EXPECT_TRUE(options.text_style.lengths);
  EXPECT_EQ(options.limits.skip, 5U);
  EXPECT_EQ(options.text_style.print_every, 10U);
  EXPECT_TRUE(options.text_style.dissect.absolute_seq);
  EXPECT_TRUE(parsed({"-w", "x", "--print-sampling", "10"}).output.print);
  EXPECT_EQ(parsed({"-J"}).action, Action::kListTimeStampTypes);
  EXPECT_TRUE(parsed({"-H"}).text_style.dissect.mesh_headers);
  EXPECT_EQ(parsed({"-H", "-m", "x"}).notes.size(), 1U);
}

TEST(Options, NoValueOfARepeatedOneIsEmpty) {
  EXPECT_FALSE(parse({"-r", "", "-r", "x"}));
  EXPECT_FALSE(parse({"-i", "", "-i", "lo"}));
}

TEST(Options, FilesMayFollowEachOther) {
  const Options options = parsed({"-w", "x", "-C", "100", "-W", "5", "-G", "3600", "-z", "gzip"});
  EXPECT_EQ(options.output.rotation.bytes, 100'000'000U);
  EXPECT_EQ(options.output.rotation.files, 5U);
  EXPECT_EQ(options.output.rotation.seconds, 3600U);
  EXPECT_EQ(options.output.rotate_command, "gzip");
  EXPECT_EQ(parsed({"-w", "x", "-C", "3k"}).output.rotation.bytes, 3072U);
  EXPECT_EQ(parsed({"-w", "x", "-C", "3M"}).output.rotation.bytes, 3U << 20);
  EXPECT_EQ(parsed({"-w", "x", "-C", "3g"}).output.rotation.bytes, std::uint64_t{3} << 30);
}

TEST(Options, AListNamesFilesOneALine) {
  char path[] = "/tmp/ringtap-options-test-XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  close(fd);
  std::ofstream(path) << "a.pcap\n\n b c.pcap\n-";
  EXPECT_EQ(parsed({"-V", path}).read_paths, (std::vector<std::string>{"a.pcap", " b c.pcap", "-"}));
  EXPECT_EQ(parsed({"-V", path}).action, Action::kReadFile);
  EXPECT_EQ(parsed({"compare", "-V", path}).read_paths.size(), 3U);
  EXPECT_EQ(parsed({"-r", "x"}).read_paths, std::vector<std::string>{"x"});
  unlink(path);
}

TEST(Options, HelpAndVersionAreTextForStandardOutput) {
  EXPECT_EQ(parsed({"--version"}).action, Action::kShowVersion);
  for (const char* word : {"-h", "--help"}) {
    const Options options = parsed({word});
    EXPECT_EQ(options.action, Action::kShowText);
    EXPECT_NE(options.text.find("ringtap"), std::string::npos);
  }
}

TEST(Options, CompareHasOptionsOfItsOwn) {
  const Options options = parsed({"compare", "-i", "eth0", "-i", "eth1", "-c", "5", "--each", "--json", "-t", "-v",
                                  "--nft-rule", "-w", "x", "udp", "port", "53"});
  EXPECT_EQ(options.action, Action::kCompareLive);
  EXPECT_EQ(options.capture.interfaces, (std::vector<std::string>{"eth0", "eth1"}));
  EXPECT_EQ(options.capture.taps, kAllTaps);
  EXPECT_EQ(options.capture.snaplen, 256U);
  EXPECT_EQ(parsed({"compare", "-s", "0"}).capture.snaplen, 262144U);
  EXPECT_EQ(options.limits.count, 5U);
  EXPECT_TRUE(options.compare.each && options.compare.json && options.nft_rule);
  EXPECT_FALSE(options.compare.show_time);
  EXPECT_EQ(options.compare.verbosity, 1);
  EXPECT_EQ(options.output.format, FileFormat::kPcapng);
  EXPECT_EQ(options.filter.expression, "udp port 53");
  EXPECT_EQ(parsed({"compare", "--tap", "xdp,end"}).capture.taps, (TapSet{Tap::kXdp, Tap::kEnd}));
  EXPECT_EQ(parsed({"compare", "-h"}).action, Action::kShowText);
}

TEST(Options, CompareRefusesByNameWhatItHasNoUseFor) {
  for (const char* option : {"-x", "-e", "-q", "-F", "-D", "--count", "--consume", "-C", "-z", "-Z", "-y", "-T"}) {
    const auto result = parse({"compare", option});
    ASSERT_FALSE(result) << option;
    EXPECT_EQ(result.error().kind(), ErrorKind::kUsage);
    EXPECT_EQ(result.error().text().rfind(option, 0), 0U) << result.error().text();
  }
  EXPECT_FALSE(parse({"compare", "--tap", "tap"}));
  EXPECT_FALSE(parse({"compare", "-r", "x", "--nft-rule"}));
  EXPECT_FALSE(parse({"compare", "-w", "-"}));
  EXPECT_FALSE(parse({"compare", "-tt"}));
  EXPECT_FALSE(parse({"--tap", "end"}));
}

TEST(Options, RecordTakesLimitsInWordsOfTheirKind) {
  const RecordSettings plain = parsed({"record", "-d", "x"}).output.record;
  EXPECT_EQ(plain.folder, "x");
  EXPECT_EQ(plain.segment_bytes, std::uint64_t{256} << 20);
  EXPECT_EQ(plain.segment_ns, 60'000'000'000U);
  EXPECT_EQ(plain.keep.free_percent, 5U);
  EXPECT_FALSE(plain.zstd_level);
  const Options options = parsed({"record", "-d", "x", "--keep", "2T,7d,free=10G", "--segment", "64M,5m", "--compress",
                                  "zstd:-5", "--threads", "3", "--stats", "10s", "tcp"});
  const RecordSettings& record = options.output.record;
  EXPECT_EQ(options.action, Action::kCapture);
  EXPECT_EQ(options.filter.expression, "tcp");
  EXPECT_FALSE(options.output.print);
  EXPECT_EQ(record.keep.bytes, std::uint64_t{2} << 40);
  EXPECT_EQ(record.keep.age_ns, std::uint64_t{7} * 86400 * 1'000'000'000);
  EXPECT_EQ(record.keep.free_bytes, std::uint64_t{10} << 30);
  EXPECT_EQ(record.keep.free_percent, 0U);
  EXPECT_EQ(record.segment_bytes, std::uint64_t{64} << 20);
  EXPECT_EQ(record.segment_ns, 300'000'000'000U) << "a time, not a size";
  EXPECT_EQ(record.zstd_level, -5);
  EXPECT_EQ(record.compressors, 3U);
  EXPECT_EQ(record.stats_ns, 10'000'000'000U);
  EXPECT_EQ(parsed({"record", "-d", "x", "-r", "y"}).action, Action::kReadFile);
  const EventSettings event = parsed({"record",
                                      "-d",
                                      "x",
                                      "--tap",
                                      "tc,drop",
                                      "--memory",
                                      "512M",
                                      "--before",
                                      "1m",
                                      "--after",
                                      "5s",
                                      "--trigger",
                                      "tcp port 443",
                                      "--trigger-drop",
                                      "NETFILTER_DROP>100/s",
                                      "--trigger-loss",
                                      "--trigger-rate",
                                      ">5000 pps",
                                      "--trigger-every",
                                      "10m"})
                                  .output.record.event;
  EXPECT_EQ(event.memory_bytes, std::uint64_t{512} << 20);
  EXPECT_EQ(event.before_ns, 60'000'000'000U);
  EXPECT_EQ(event.after_ns, 5'000'000'000U);
  EXPECT_EQ(event.expression, "tcp port 443");
  EXPECT_EQ(event.drop_reason, "NETFILTER_DROP");
  EXPECT_EQ(event.drops_per_second, 100U);
  EXPECT_TRUE(event.loss);
  EXPECT_EQ(event.pps, 5000U);
  EXPECT_EQ(event.every_ns, 600'000'000'000U);
  EXPECT_EQ(parsed({"trigger", "x"}).action, Action::kTrigger);
  EXPECT_FALSE(parse({"trigger"}));
  EXPECT_FALSE(parse({"trigger", "x", "y"}));
  EXPECT_FALSE(parse({"record", "-d", "x", "--trigger-loss"})) << "without memory there is nothing to write";
  EXPECT_FALSE(parse({"record", "-d", "x", "--memory", "1G", "--trigger-drop", "any"})) << "no tap sees drops";
}

TEST(Options, RecordRefusesByNameWhatIsWrong) {
  const std::vector<std::vector<const char*>> wrong = {{"--keep", "1x"},
                                                       {"--keep", "free=100%"},
                                                       {"--keep", "free="},
                                                       {"--keep", ","},
                                                       {"--keep", "-1G"},
                                                       {"--keep", "100M"},
                                                       {"--keep", "90s"},
                                                       {"--segment", "1k"},
                                                       {"--segment", "1G,0s"},
                                                       {"--segment", "1G,100ms"},
                                                       {"--segment", "64m,5m"},
                                                       {"--compress", "gzip"},
                                                       {"--compress", "zstd:"},
                                                       {"--compress", "zstd:99"},
                                                       {"--compress", "zstd:fast"},
                                                       {"--threads", "0"},
                                                       {"--stats", "1ms"},
                                                       {"--memory", "1k"},
                                                       {"--trigger-drop", "no such"},
                                                       {"--trigger-drop", "any>0"},
                                                       {"--trigger-rate", "many"},
                                                       {"--before", "soon"},
                                                       {"-w", "y"},
                                                       {"-C", "1"},
                                                       {"--format", "pcap"}};
  for (std::vector<const char*> words : wrong) {
    const std::string option = words.front();
    words.insert(words.begin(), {"record", "-d", "x"});
    const auto result = parse(words);
    ASSERT_FALSE(result) << option << " " << words.back();
    EXPECT_EQ(result.error().kind(), ErrorKind::kUsage);
    EXPECT_EQ(result.error().text().rfind(option, 0), 0U) << result.error().text();
  }
  EXPECT_FALSE(parse({"record"}));
  EXPECT_FALSE(parse({"--keep", "1G"}));
}

TEST(FleetOptions, AreAVerbThenAFilterOrASession) {
  const auto capture = parse({"fleet", "capture", "--hosts", "a*", "-i", "any", "-s", "96", "-p", "udp", "port", "53"});
  ASSERT_TRUE(capture) << capture.error().text();
  EXPECT_EQ(capture->action, Action::kFleet);
  EXPECT_EQ(capture->fleet.verb, FleetVerb::kCapture);
  EXPECT_EQ(capture->fleet.hosts, "a*");
  EXPECT_EQ(capture->filter.expression, "udp port 53");
  EXPECT_EQ(capture->fleet.capture_options,
            (std::vector<std::string>{"--interface=any", "--snapshot-length=96", "--no-promiscuous-mode"}));
  EXPECT_EQ(capture->output.format, FileFormat::kPcapng);
  const auto compared = parse({"fleet", "compare", "-i", "any", "--each", "--json", "udp"});
  ASSERT_TRUE(compared) << compared.error().text();
  EXPECT_EQ(compared->fleet.verb, FleetVerb::kCompare);
  EXPECT_TRUE(compared->compare.each && compared->compare.json && compared->follow);
  EXPECT_EQ(compared->capture.taps, kCaptureTaps);
  EXPECT_EQ(compared->fleet.capture_options,
            (std::vector<std::string>{"--interface=any", "--tap=xdp,tc,stack,netfilter,socket,drop,packet",
                                      "--snapshot-length=256", "--follow"}));
  const auto stop = parse({"fleet", "stop", "20261129T000000-00000001"});
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->fleet.session, "20261129T000000-00000001");
  for (const auto& words : std::vector<std::vector<const char*>>{{"fleet"},
                                                                 {"fleet", "begin"},
                                                                 {"fleet", "stop"},
                                                                 {"fleet", "collect", "a", "b"},
                                                                 {"fleet", "status", "udp"},
                                                                 {"fleet", "compare", "-c", "1"},
                                                                 {"fleet", "compare", "-w", "-"},
                                                                 {"fleet", "compare", "--max-pps", "10"},
                                                                 {"fleet", "compare", "--sample", "1/4"},
                                                                 {"fleet", "compare", "--slice", "l4"},
                                                                 {"fleet", "compare", "-Q", "in"},
                                                                 {"fleet", "capture", "--each"},
                                                                 {"fleet", "capture", "--tls-cert", "x"},
                                                                 {"fleet", "capture", "--require", "some"},
                                                                 {"agent", "udp"},
                                                                 {"agent", "--queue", "1"}}) {
    EXPECT_FALSE(parse(words)) << words.back();
  }
}

TEST(AgentOptions, SayWhatIsAllowed) {
  const auto options = parse({"agent", "--allow", "taps=tc:xdp,pps=1000,snaplen=96,sessions=2,duration=10m"});
  ASSERT_TRUE(options) << options.error().text();
  const AgentLimits& limits = options->agent.limits;
  ASSERT_TRUE(limits.taps);
  EXPECT_TRUE(limits.taps->contains(Tap::kXdp) && limits.taps->contains_any(kTcTaps));
  EXPECT_FALSE(limits.taps->contains(Tap::kDrop));
  EXPECT_EQ(limits.max_pps, 1000U);
  EXPECT_EQ(limits.snaplen, 96U);
  EXPECT_EQ(limits.max_sessions, 2U);
  EXPECT_EQ(limits.longest, std::chrono::minutes(10));
  for (const char* const list : {"taps", "taps=", "taps=gate", "pps=0", "snaplen=x", "sessions=100", "rate=1", ","}) {
    EXPECT_FALSE(parse({"agent", "--allow", list})) << list;
  }
}

// A flag takes no value, however it is written; one that would be dropped without a word is refused.
TEST(Options, AFlagRefusesAValue) {
  for (const FormRow& form : form_table()) {
    for (const OptionRow& row : option_table()) {
      if ((row.forms & form.form) == 0 || row.value_word != nullptr || row.may_have_value) continue;
      const std::string names = row.names;
      const std::size_t begin = names.find("--");
      if (begin == std::string::npos) continue;
      const std::string word = names.substr(begin) + "=x";
      std::vector<const char*> words;
      if (!form.word.empty()) words.push_back(form.word.data());
      words.push_back(word.c_str());
      const auto options = parse(words);
      ASSERT_FALSE(options) << word;
      EXPECT_EQ(options.error().text(), word + ": " + names.substr(begin) + " takes no value");
      EXPECT_EQ(options.error().kind(), ErrorKind::kUsage);
    }
  }
  EXPECT_FALSE(parse({"compare", "--json=true"}));
  EXPECT_FALSE(parse({"--help=x"}));
  EXPECT_FALSE(parse({"--no-opt=x"}));  // a part of --no-optimize
  EXPECT_TRUE(parse({"--json=src_ip"}));
  EXPECT_TRUE(parse({"-i", "lo", "--", "--each=x"}));  // a word of the expression
}

TEST(Options, ThePageOfAComparisonIsAFileOfItsOwn) {
  EXPECT_EQ(parsed({"compare", "--html", "x.html"}).output.html_path, "x.html");
  EXPECT_FALSE(parse({"compare", "--html", "-"}));
  EXPECT_FALSE(parse({"compare", "--html", "x", "-w", "x"}));
  EXPECT_FALSE(parse({"--html", "x"}));
}

TEST(Options, ColoursAreWordsOfThree) {
  EXPECT_EQ(parsed({}).text_style.color, ColorChoice::kAuto);
  EXPECT_EQ(parsed({"--color", "always"}).text_style.color, ColorChoice::kAlways);
  EXPECT_EQ(parsed({"compare", "--color=never"}).text_style.color, ColorChoice::kNever);
  EXPECT_FALSE(parse({"--color", "red"}));
}

TEST(Options, MetricsAreOfEveryLongRunAndNotOfFiles) {
  for (const char* form : {"compare", "stats", "drops"}) {
    EXPECT_EQ(parsed({form, "--metrics", "127.0.0.1:1"}).output.metrics.address, "127.0.0.1:1");
    EXPECT_FALSE(parse({form, "--metrics", "127.0.0.1:1", "-r", "x.pcapng"}));
  }
}

}  // namespace
}  // namespace ringtap
