// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Every option of every command as data: its names, the word for its value, its help and where the value is stored. A
// new option is a row here, and a line in the man page (a test compares the two). Constant; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.hpp"
#include "ringtap/result.hpp"

namespace ringtap {

// The forms of a command line, by their first word; a set of them says in which an option is allowed.
enum Form : std::uint16_t {
  kCaptureForm = 1,
  kCompareForm = 2,
  kRecordForm = 4,
  kQueryForm = 8,
  kTriggerForm = 16,
  kExtcapForm = 32,  // no first word, but options that only it has
  kDoctorForm = 64,
  kStatsForm = 128,
  kDropsForm = 256,
  kAgentForm = 512,
  kFleetForm = 1024,
  kServerForms = kAgentForm | kFleetForm,  // with NATS servers between hosts
  kSummaryForms = kStatsForm | kDropsForm,
  kRecordingForms = kCaptureForm | kRecordForm,  // packets of interfaces to files
  kTapForms = kRecordingForms | kStatsForm,      // where the taps may be chosen
  kOneHostForms = kCaptureForm | kQueryForm,
  kReadingForms = kOneHostForms | kFleetForm,                              // packets to people and files
  kMetricsForms = kRecordingForms | kCompareForm | kSummaryForms,          // that run long, and tell Prometheus
  kPacketForms = kCaptureForm | kRecordForm | kQueryForm | kSummaryForms,  // one after the other, not compared
  kLiveForms = kCaptureForm | kCompareForm | kRecordForm | kSummaryForms,  // packets of interfaces
  kAllForms = kLiveForms | kQueryForm,
  kOwnerForms = kRecordingForms | kQueryForm | kSummaryForms,  // where processes may be chosen
};
// Without a first word of its own, a capture.
struct FormRow {
  Form form;
  std::string_view word;
  const char* about;             // first in its help
  const char* folder = nullptr;  // its first argument; nullptr: it takes none
};
std::span<const FormRow> form_table();
const FormRow& extcap_form();

// The headings of the help.
enum class OptionGroup : std::uint8_t { kInput, kFilter, kEnd, kOutput, kEvent, kText, kHosts, kOther };
std::string_view group_title(OptionGroup group, Form form);

// Options while they are parsed: values that depend on several options wait here for interpret().
struct Draft {
  Options options;
  std::string list_path;
  std::string expression_file;
  std::string direction;
  std::string_view for_captures;  // a given option that acts on live captures alone; empty: none
  std::string_view for_files;     // … on files alone
  std::optional<TapSet> taps;
  std::optional<XdpMode> xdp_mode;
  std::optional<FileFormat> format;
  std::optional<TimePrecision> precision;
  bool nano = false;
  bool print = false;
  bool list_devices = false;
  bool list_link_types = false;
  bool list_time_stamp_types = false;
  int hex = 0;  // how often -x, -X and -A are given
  int hex_ascii = 0;
  int ascii = 0;
};

// What the command line says about one option.
struct Given {
  std::string_view name;                   // the first one: "-s"
  const std::vector<std::string>& values;  // at least one, unless it is a flag or may go without
  int times;

  [[nodiscard]] const std::string& value() const { return values.back(); }  // if it is repeated, the last one counts
};

// What an option acts on; given for anything else it is refused.
enum class ActsOn : std::uint8_t { kAny, kCaptures, kFiles };

struct OptionRow {
  const char* names;       // "-s,--snapshot-length"
  const char* value_word;  // in the help; nullptr: a flag
  OptionGroup group;
  Form forms;
  const char* help;
  Result<> (*set)(Draft& draft, const Given& given);
  std::string (*default_text)(const Options& defaults) = nullptr;  // for the help, from the actual value
  ActsOn acts_on = ActsOn::kAny;
  bool may_have_value = false;  // a flag that may be given as --name=VALUE
};
std::span<const OptionRow> option_table();

// tcpdump options that are refused with a reason: none of their letters may mean something else.
struct RefusedRow {
  const char* names;
  Form forms;
  const char* reason;
};
std::span<const RefusedRow> refused_options();

// The options without any argument.
Options default_options(Form form);

}  // namespace ringtap
