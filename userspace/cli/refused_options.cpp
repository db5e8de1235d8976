// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include <array>

#include "cli/option_table.hpp"

namespace ringtap {
namespace {

constexpr const char* kRecords = "not for record, which writes pcapng segments: see -d, --segment and --keep";
constexpr const char* kOneFile = "not for compare, which writes one file";
constexpr const char* kNotPrinted = "not for compare, which does not print packets";
constexpr const char* kNoChoice = "not for compare, which follows packets in both directions and writes pcapng";
constexpr const char* kShowsNothing = "not for compare; use it without the word compare";
constexpr const char* kWhole =
    "not for compare, which follows every packet of a file from its first record to its last";
constexpr const char* kOneClock = "not for compare; time stamps always come from the kernel";

constexpr std::array kRefused = {
    RefusedRow{"-E", kAllForms, "decrypting IPsec is not supported"},
    RefusedRow{"-I,--monitor-mode", kAllForms, "monitor mode is not supported"},
    RefusedRow{"-f", kAllForms, "printing only foreign addresses as numbers is not supported; use -n"},

    RefusedRow{"-w", kRecordForm, kRecords},
    RefusedRow{"-C", kRecordForm, kRecords},
    RefusedRow{"-G", kRecordForm, kRecords},
    RefusedRow{"-W", kRecordForm, kRecords},
    RefusedRow{"-z", kRecordForm, kRecords},
    RefusedRow{"--format", kRecordForm, kRecords},
    RefusedRow{"--print", kRecordForm, "not for record, which does not print packets; see them with -r or query"},

    // A comparison writes one file, and only in addition to its report; it needs its privileges until the end.
    RefusedRow{"-C", kCompareForm, kOneFile},
    RefusedRow{"-G", kCompareForm, kOneFile},
    RefusedRow{"-W", kCompareForm, kOneFile},
    RefusedRow{"-z", kCompareForm, kOneFile},
    RefusedRow{"-Z", kCompareForm, "not for compare, which needs its privileges until it ends"},
    RefusedRow{"-y", kCompareForm, "not for compare, which takes the link type of the interfaces"},
    RefusedRow{"-j,--time-stamp-type", kCompareForm, kOneClock},
    RefusedRow{"-J,--list-time-stamp-types", kCompareForm, kOneClock},
    RefusedRow{"-g,--ip-oneline", kCompareForm, kNotPrinted},
    RefusedRow{"-H", kCompareForm, kNotPrinted},
    RefusedRow{"-m", kCompareForm, kNotPrinted},
    RefusedRow{"-u", kCompareForm, kNotPrinted},
    RefusedRow{"-M", kCompareForm, kNotPrinted},
    RefusedRow{"--lengths", kCompareForm, kNotPrinted},
    RefusedRow{"--print-sampling", kCompareForm, kNotPrinted},
    RefusedRow{"--skip", kCompareForm, kNotPrinted},
    RefusedRow{"--from", kCompareForm, kWhole},
    RefusedRow{"--to", kCompareForm, kWhole},
    RefusedRow{"-A", kCompareForm, kNotPrinted},
    RefusedRow{"-b", kCompareForm, kNotPrinted},
    RefusedRow{"-T", kCompareForm, kNotPrinted},
    RefusedRow{"-e", kCompareForm, kNotPrinted},
    RefusedRow{"-K", kCompareForm, kNotPrinted},
    RefusedRow{"-l", kCompareForm, kNotPrinted},
    RefusedRow{"-L", kCompareForm, kShowsNothing},
    RefusedRow{"-N", kCompareForm, kNotPrinted},
    RefusedRow{"-q", kCompareForm, kNotPrinted},
    RefusedRow{"-Q", kCompareForm, kNoChoice},
    RefusedRow{"-S", kCompareForm, kNotPrinted},
    RefusedRow{"-U", kCompareForm, kNotPrinted},
    RefusedRow{"-x", kCompareForm, kNotPrinted},
    RefusedRow{"-X", kCompareForm, kNotPrinted},
    RefusedRow{"-#", kCompareForm, kNotPrinted},
    RefusedRow{"-D", kCompareForm, kShowsNothing},
    RefusedRow{"-d", kCompareForm, kShowsNothing},
    RefusedRow{"-F", kCompareForm, "not for compare, which takes the filter from the command line only"},
    RefusedRow{"--dump-ebpf", kCompareForm, kShowsNothing},
    RefusedRow{"--format", kCompareForm, kNoChoice},
    RefusedRow{"--consume", kCompareForm, "not for compare, which lets every packet continue"},
    RefusedRow{"--count", kCompareForm, kNotPrinted},
    RefusedRow{"--print", kCompareForm, kNotPrinted},
};

}  // namespace

std::span<const RefusedRow> refused_options() {
  return kRefused;
}

}  // namespace ringtap
