// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The procedures of AFS's servers with their arguments and replies, as the .xg files of OpenAFS define them: XDR (RFC
// 4506), but characters of fixed arrays are words.
#include "dissect/service/rx_calls.hpp"

#include <algorithm>
#include <ctime>
#include <limits>
#include <string_view>

#include "dissect/service/rx_state.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

// What `arguments` and `reply` may have between their text:
//   %d %u %q: a signed or unsigned word, two words. %s: a string. %k: a string that is not printed.
//   %v %V: an array of 64 or 65 characters. %_: a word that is not printed. %p: two words, "1.2".
//   %t: a time, as it is here. %y: a flag. %F %L: a file, a list of files. %S: the status to store.
//   %A: an access list. %C: callbacks. %U: a UUID. %T: a volume's type. %I: a list of volumes.
//   %i %n: a list of numbers, of names. %G %H: a server, a list of servers.
//   %E %N %W: an entry of the volume location server: the first form, with 13 servers, with their UUIDs.
struct Procedure {
  std::uint32_t number;
  std::string_view name;
  std::string_view arguments = {};
  std::string_view reply = {};
};

constexpr Procedure kFileServerCalls[] = {{130, "fetch-data", "%F offset%u length%u"},
                                          {131, "fetch-acl", "%F", "%A"},
                                          {132, "fetch-status", "%F"},
                                          {133, "store-data", "%F%S offset%u length%u flen%u"},
                                          {134, "store-acl", "%F%A"},
                                          {135, "store-status", "%F%S"},
                                          {136, "remove-file", "%F%s"},
                                          {137, "create-file", "%F%s%S", " new%F"},
                                          {138, "rename", " old%F%s new%F%s"},
                                          {139, "symlink", "%F%s link to%s"},
                                          {140, "link", "%F%s link to%F"},
                                          {141, "makedir", "%F%s%S", " new%F"},
                                          {142, "rmdir", "%F%s"},
                                          {143, "oldsetlock", "%F"},
                                          {144, "oldextlock", "%F"},
                                          {145, "oldrellock", "%F"},
                                          {146, "get-stats"},
                                          {147, "give-cbs"},
                                          {148, "get-vlinfo", "%s"},
                                          {149, "get-vlstats", " volid%u"},
                                          {150, "set-vlstats", " volid%u"},
                                          {151, "get-rootvl", "", " root volume%s"},
                                          {152, "check-token"},
                                          {153, "get-time", "", "%t"},
                                          {154, "nget-vlinfo", " volname%s"},
                                          {155, "bulk-stat", "%L"},
                                          {156, "setlock", "%F"},
                                          {157, "extlock", "%F"},
                                          {158, "rellock", "%F"},
                                          {159, "xstat-ver"},
                                          {160, "get-xstat"},
                                          {161, "dfs-lookup"},
                                          {162, "dfs-flushcps"},
                                          {163, "dfs-symlink"},
                                          {220, "residency"},
                                          {65536, "inline-bulk-status", "%L"},
                                          {65537, "fetch-data-64", "%F offset%q length%q"},
                                          {65538, "store-data-64", "%F%S offset%q length%q flen%q"},
                                          {65539, "give-up-all-cbs"},
                                          {65540, "get-caps"},
                                          {65541, "cb-rx-conn-addr", " addr%u"}};

constexpr Procedure kCallbackCalls[] = {{204, "callback", "%C"},
                                        {205, "initcb"},
                                        {206, "probe"},
                                        {207, "getlock"},
                                        {208, "getce"},
                                        {209, "xstatver"},
                                        {210, "getxstat"},
                                        {211, "initcb2"},
                                        {212, "whoareyou"},
                                        {213, "initcb3", "", "%U"},
                                        {214, "probeuuid", " afsuuid%U"},
                                        {215, "getsrvprefs"},
                                        {216, "getcellservdb"},
                                        {217, "getlocalcell"},
                                        {218, "getcacheconf"},
                                        {65536, "getce64"},
                                        {65537, "getcellbynum"},
                                        {65538, "tellmeaboutyourself"}};

constexpr Procedure kProtectionCalls[] = {{500, "new-user", "%s id%u oldid%u"},
                                          {501, "where-is-it", " id%d"},
                                          {502, "dump-entry", " pos%d"},
                                          {503, "add-to-group", " uid%d gid%d"},
                                          {504, "name-to-id", "%n", " ids:%i"},
                                          {505, "id-to-name", " ids:%i", "%n"},
                                          {506, "delete", " id%d"},
                                          {507, "remove-from-group", " uid%d gid%d"},
                                          {508, "get-cps", " id%d", "%i"},
                                          {509, "new-entry", "%s flag%u oid%u"},
                                          {510, "list-max", "", " maxuid%d maxgid%d"},
                                          {511, "set-max", " id%d gflag%d"},
                                          {512, "list-entry", " id%d"},
                                          {513, "change-entry", " id%d%s oldid%d newid%d"},
                                          {514, "list-elements", " id%d", "%i"},
                                          {515, "same-mbr-of", " uid%d gid%d"},
                                          {516, "set-fld-sentry"},
                                          {517, "list-owned", " id%d", "%i"},
                                          {518, "get-cps2", " id%d", "%i"},
                                          {519, "get-host-cps", " id%d", "%i"},
                                          {520, "update-entry", " id%d%s"},
                                          {521, "list-entries"},
                                          {530, "list-super-groups", " id%d"}};

constexpr Procedure kVolumeLocationCalls[] = {{501, "create-entry", "%V"},
                                              {502, "delete-entry", " volid%d%T"},
                                              {503, "get-entry-by-id", " volid%d%T", "%E"},
                                              {504, "get-entry-by-name", "%s", "%E"},
                                              {505, "get-new-volume-id", " bump%d", " newvol%u"},
                                              {506, "replace-entry", " volid%d%T%V"},
                                              {507, "update-entry", " volid%d%T"},
                                              {508, "setlock", " volid%d%T"},
                                              {509, "releaselock", " volid%d%T"},
                                              {510, "list-entry", " index%d", " count%d nextindex%d%E"},
                                              {511, "list-attrib"},
                                              {512, "linked-list"},
                                              {513, "get-stats"},
                                              {514, "probe"},
                                              {515, "get-addrs"},
                                              {516, "change-addr"},
                                              {517, "create-entry-n", "%V"},
                                              {518, "get-entry-by-id-n", " volid%d%T", "%N"},
                                              {519, "get-entry-by-name-n", "%s", "%N"},
                                              {520, "replace-entry-n", " volid%d%T%V"},
                                              {521, "list-entry-n", " index%d", " count%d nextindex%d%N"},
                                              {522, "list-attrib-n"},
                                              {523, "linked-list-n"},
                                              {524, "update-entry-by-name", "%s"},
                                              {525, "create-entry-u"},
                                              {526, "get-entry-by-id-u", "", "%W"},
                                              {527, "get-entry-by-name-u", "%s", "%W"},
                                              {528, "replace-entry-u"},
                                              {529, "list-entry-u", "", " count%d nextindex%d%N"},
                                              {530, "list-attrib-u"},
                                              {531, "linked-list-u"},
                                              {532, "regaddr"},
                                              {533, "get-addrs-u"},
                                              {534, "list-attrib-n2"}};

constexpr Procedure kAuthenticationCalls[] = {{1, "auth-old", " principal%s%s"},
                                              {2, "change-pw", " principal%s%s"},
                                              {3, "get-ticket-old", " kvno%d domain%s%k principal%s%s"},
                                              {4, "set-pw", " principal%s%s kvno%d"},
                                              {5, "set-fields", " principal%s%s"},
                                              {6, "create-user", " principal%s%s"},
                                              {7, "delete-user", " principal%s%s"},
                                              {8, "get-entry", " principal%s%s"},
                                              {9, "list-entry"},
                                              {10, "get-stats"},
                                              {11, "debug"},
                                              {12, "get-pw", " name%s"},
                                              {13, "get-random-key"},
                                              {14, "unlock", " principal%s%s"},
                                              {15, "lock-status", " principal%s%s"},
                                              {21, "authenticate", " principal%s%s"},
                                              {22, "authenticate-v2", " principal%s%s"},
                                              {23, "get-ticket", " kvno%d domain%s%k principal%s%s"}};

constexpr Procedure kVolumeCalls[] = {{100, "create-volume", " partition%u name%s type%u parent%u", " volid%u trans%u"},
                                      {101, "delete-volume", " trans%u"},
                                      {102, "restore", " totrans%u flags%u"},
                                      {103, "forward", " fromtrans%u fromdate%t%G desttrans%d"},
                                      {104, "end-trans", " trans%u", "%u"},
                                      {105, "clone", " trans%u purgevol%u newtype%u newname%s", " newvol%u"},
                                      {106, "set-flags", " trans%u flags%u"},
                                      {107, "get-flags", " trans%u", "%u"},
                                      {108, "trans-create", " vol%u partition%u flags%u", " trans%u"},
                                      {109, "dump", " fromtrans%u fromdate%t"},
                                      {110, "get-nth-volume", " index%u", " volume%u partition%u"},
                                      {111, "set-forwarding", " tid%u newsite%u"},
                                      {112, "get-name", " tid", "%s"},
                                      {113, "get-status", " tid",
                                       " volid%u nextuniq%u type%u parentid%u clone%u backup%u restore%u maxquota%u "
                                       "minquota%u owner%u create%t access%t update%t expire%t backup%t copy%t"},
                                      {114, "sig-restore", " name%s type%u pid%u cloneid%u"},
                                      {115, "list-partitions"},
                                      {116, "list-volumes", " partition%u flags%u", "%I"},
                                      {117, "set-id-types", " tid%u name%s type%u pid%u clone%u backup%u"},
                                      {118, "monitor"},
                                      {119, "partition-info", " name%s"},
                                      {120, "reclone", " tid%u"},
                                      {121, "list-one-volume", " partid%u volid%u", "%I"},
                                      {122, "nuke", " partid%u volid%u"},
                                      {123, "set-date", " tid%u date%t"},
                                      {124, "x-list-volumes", " partid%u volid%u"},
                                      {125, "x-list-one-volume", " partid%u volid%u"},
                                      {126, "set-info", " tid%u"},
                                      {127, "x-list-partitions"},
                                      {128, "forward-multiple", " fromtrans%u fromdate%t%H"},
                                      {65536, "convert-ro", " partid%u volid%u"},
                                      {65537, "get-size"},
                                      {65538, "dump-v2", " fromtrans%u fromdate%t flags%u"}};

constexpr Procedure kOverseerCalls[] = {{80, "create-bnode", " type%s instance%s"},
                                        {81, "delete-bnode", "%s"},
                                        {82, "set-status", "%s status%d"},
                                        {83, "get-status", "%s"},
                                        {84, "enumerate-instance", "%d"},
                                        {85, "get-instance-info", "%s"},
                                        {86, "get-instance-parm", "%s num%d"},
                                        {87, "add-superuser", "%s"},
                                        {88, "delete-superuser", "%s"},
                                        {89, "list-superusers", "%d"},
                                        {90, "list-keys", "%d"},
                                        {91, "add-key", "%d"},
                                        {92, "delete-key", "%d"},
                                        {93, "set-cell-name", "%s"},
                                        {94, "get-cell-name"},
                                        {95, "get-cell-host", "%d"},
                                        {96, "add-cell-host", "%s"},
                                        {97, "delete-cell-host", "%s"},
                                        {98, "set-t-status", "%s status%d"},
                                        {99, "shutdown-all"},
                                        {100, "restart-all"},
                                        {101, "startup-all"},
                                        {102, "set-noauth-flag"},
                                        {103, "re-bozo"},
                                        {104, "restart", "%s"},
                                        {105, "start-bozo-install", "%s size%d flags%d date%d"},
                                        {106, "uninstall", "%s"},
                                        {107, "get-dates"},
                                        {108, "exec", "%s"},
                                        {109, "prune"},
                                        {110, "set-restart-time"},
                                        {111, "get-restart-time"},
                                        {112, "start-bozo-log", "%s"},
                                        {113, "wait-all"},
                                        {114, "get-instance-strings", "%s"},
                                        {115, "get-restricted"},
                                        {116, "set-restricted"}};

constexpr Procedure kUbikCalls[] = {{10000, "vote-beacon", "%y votestart%t dbversion%p tid%p", " vote no"},
                                    {10001, "vote-debug-old"},
                                    {10002, "vote-sdebug-old"},
                                    {10003, "vote-getsyncsite", " site%u"},
                                    {10004, "vote-debug"},
                                    {10005, "vote-sdebug"},
                                    {10006, "vote-xdebug"},
                                    {10007, "vote-xsdebug"},
                                    {20000, "disk-begin", " tid%p"},
                                    {20001, "disk-commit", " tid%p"},
                                    {20002, "disk-lock", " tid%p file%d pos%d length%d%_"},
                                    {20003, "disk-write", " tid%p file%d pos%d"},
                                    {20004, "disk-getversion", "", " dbversion%p"},
                                    {20005, "disk-getfile", " file%d"},
                                    {20006, "disk-sendfile", " file%d length%d dbversion%p"},
                                    {20007, "disk-abort", " tid%p"},
                                    {20008, "disk-releaselocks", " tid%p"},
                                    {20009, "disk-truncate", " tid%p file%d length%d"},
                                    {20010, "disk-probe", " tid%p"},
                                    {20011, "disk-writev"},
                                    {20012, "disk-interfaceaddr", " tid%p oldversion%p newversion%p"},
                                    {20013, "disk-setversion"}};

// By the server's port.
struct Service {
  std::uint16_t port;
  std::string_view name;
  std::span<const Procedure> calls;
  bool replicated = false;  // has the calls of Ubik as well
  bool takes_empty_replies = false;
};
constexpr Service kServices[] = {
    {7000, "fs", kFileServerCalls},
    {7001, "cb", kCallbackCalls},
    {7002, "pt", kProtectionCalls, true, true},
    {7003, "vldb", kVolumeLocationCalls, true, true},
    {7004, "kauth", kAuthenticationCalls, true},
    {7005, "vol", kVolumeCalls},
    {7007, "bos", kOverseerCalls},
};

constexpr Token kFileErrors[] = {{101, "salvage volume"}, {102, "no such vnode"}, {103, "no such volume"},
                                 {104, "volume exist"},   {105, "no service"},    {106, "volume offline"},
                                 {107, "voline online"},  {108, "diskfull"},      {109, "diskquota exceeded"},
                                 {110, "volume busy"},    {111, "volume moved"},  {112, "AFS IO error"}};
constexpr Token kVolumeTypes[] = {{0, "read-write"}, {1, "read-only"}, {2, "backup"}};
constexpr Token kRights[] = {{1, "r"}, {8, "l"}, {4, "i"}, {16, "d"}, {2, "w"}, {32, "k"}, {64, "a"}};

const Procedure* find(std::span<const Procedure> calls, std::uint32_t number) {
  for (const Procedure& call : calls) {
    if (call.number == number) return &call;
  }
  return nullptr;
}

const Service* find_service(std::uint16_t port) {
  for (const Service& service : kServices) {
    if (service.port == port) return &service;
  }
  return nullptr;
}

// Reads what a procedure carries. Words that are missing cut the packet's text; other missing parts end the reading,
// and are marked with the service's name.
class Reader {
 public:
  Reader(Context& context, const Cursor& body, std::string_view service)
      : context_(context), rest_(body), service_(service) {}
  void read(std::string_view format) {
    while (!format.empty() && good()) {
      const std::size_t directive = format.find('%');
      context_.put(format.substr(0, directive));
      if (directive == std::string_view::npos) return;
      item(format[directive + 1]);
      format.remove_prefix(directive + 2);
    }
  }

 private:
  [[nodiscard]] bool good() const { return !failed_ && !context_.truncated(); }
  void fail() {
    if (good()) context_.put(" [|", service_, ']');
    failed_ = true;
  }
  bool need(std::size_t size) {
    if (!rest_.has(size)) fail();
    return good();
  }
  std::uint32_t word() { return rest_.take_be32(); }
  void item(char directive);
  void octal(std::uint32_t value);
  void time();
  void string(bool shown);
  void array(std::size_t size);
  void file();
  template <class Each>
  void list(std::string_view separator, Each each);
  void numbers();
  void status();
  void access_list();
  void access_entries(std::string_view& text, std::int32_t count, char sign);
  void callbacks();
  void uuid();
  void server();
  void volume();
  void entry(std::size_t servers, bool has_type, bool has_uuids);

  Context& context_;
  Cursor rest_;
  std::string_view service_;
  bool failed_ = false;
};

void Reader::item(char directive) {
  switch (directive) {
    case 'd': {
      const std::uint32_t value = word();
      return context_.put(' ', Signed{static_cast<std::int32_t>(value)});
    }
    case 'u': {
      const std::uint32_t value = word();
      return context_.put(' ', value);
    }
    case 'o': {
      const std::uint32_t value = word();
      return octal(value);
    }
    case 'q': {
      const std::uint64_t value = rest_.take_be64();
      return context_.put(' ', value);
    }
    case 'p': {
      if (!need(8)) return;
      const std::uint32_t first = word();
      const std::uint32_t second = word();
      return context_.put(' ', first, '.', second);
    }
    case 'y': {
      const std::uint32_t value = word();
      return context_.put(value != 0 ? " syncsite yes" : " syncsite no");
    }
    case 'T': {
      const std::string_view name = token(kVolumeTypes, word());
      return context_.put(name.empty() ? "" : " type ", name);
    }
    case '_':
      word();
      return;
    case 't':
      return time();
    case 's':
      return string(true);
    case 'k':
      return string(false);
    case 'I':
      return list(",", [this] { volume(); });
    case 'v':
      return array(64);
    case 'V':
      return array(65);
    case 'F':
      return file();
    case 'L':
      return list(",", [this] { file(); });
    case 'i':
      return numbers();
    case 'n':
      return list("", [this] { array(64); });
    case 'S':
      return status();
    case 'A':
      return access_list();
    case 'C':
      return callbacks();
    case 'U':
      return uuid();
    case 'G':
      return server();
    case 'H':
      return list(",", [this] { server(); });
    case 'E':
      return entry(8, true, false);
    case 'N':
      return entry(13, false, false);
    case 'W':
      return entry(13, false, true);
    default:
      return;
  }
}

void Reader::octal(std::uint32_t value) {
  context_.put(' ');
  int shift = 30;
  while (shift > 0 && value >> shift == 0) shift -= 3;
  for (; shift >= 0; shift -= 3) context_.put(static_cast<char>('0' + (value >> shift & 7)));
}

void Reader::time() {
  const std::time_t seconds = static_cast<std::int32_t>(word());
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  const auto two = [](int number) { return Padded{static_cast<std::uint64_t>(number), 2}; };
  context_.put(' ', Padded{static_cast<std::uint64_t>(parts.tm_year) + 1900, 4}, '/', two(parts.tm_mon + 1), '/',
               two(parts.tm_mday), ' ', two(parts.tm_hour), ':', two(parts.tm_min), ':', two(parts.tm_sec));
}

void Reader::string(bool shown) {
  constexpr std::uint32_t kMost = 256;
  const std::uint32_t size = word();
  if (!good()) return;
  if (size > kMost) return fail();
  if (shown) {
    context_.put(" \"");
    context_.out.escaped(rest_.bytes().first(std::min<std::size_t>(size, rest_.captured())));
  }
  if (!need(size)) return;
  if (shown) context_.put('"');
  // What is not printed is not padded for tcpdump, either.
  rest_.skip(shown ? (size + 3) & ~3U : size);
}

// A name in an array of characters, each in a word.
void Reader::array(std::size_t size) {
  if (!need(4 * size)) return;
  context_.put(" \"");
  for (std::size_t i = 0; i < size; ++i) {
    const auto byte = static_cast<std::uint8_t>(rest_.be32(4 * i));
    if (byte == 0) break;
    context_.out.escaped(byte);
  }
  context_.put('"');
  rest_.skip(4 * size);
}

void Reader::file() {
  if (!need(12)) return;
  context_.put(" fid ", rest_.be32(0), '/', rest_.be32(4), '/', rest_.be32(8));
  rest_.skip(12);
}

void Reader::server() {
  if (!need(12)) return;
  const std::uint32_t parts[] = {word(), word(), word()};
  context_.put(" server ", parts[0], ':', parts[1], ':', parts[2]);
}

void Reader::volume() {
  constexpr std::size_t kNotPrinted = 84;
  context_.put(" name");
  array(32);
  if (!good()) return;
  context_.put(" volid");
  item('u');
  if (!good()) return;
  context_.put(" type");
  rest_.skip(kNotPrinted);
}

template <class Each>
void Reader::list(std::string_view separator, Each each) {
  const std::uint32_t count = word();
  if (!good()) return;
  if (count == 0) return context_.put(" <none!>");
  for (std::uint32_t i = 0; i < count && good(); ++i) {
    each();
    if (i + 1 < count && good()) context_.put(separator);
  }
}

void Reader::numbers() {
  const std::uint32_t count = word();
  if (!good()) return;
  if (count == 0) return context_.put(" <none!>");
  for (std::uint32_t i = 0; i < count && good(); ++i) item('d');
}

void Reader::status() {
  enum Mask : std::uint32_t { kDate = 1, kOwner = 2, kGroup = 4, kMode = 8, kSegment = 16, kFlush = 1024 };
  if (!need(24)) return;
  const std::uint32_t mask = word();
  if (!good()) return;
  if (mask != 0) context_.put(" StoreStatus");
  const auto field = [&](std::uint32_t bit, std::string_view name, char directive) {
    if ((mask & bit) == 0) return static_cast<void>(word());
    context_.put(name);
    item(directive);
  };
  field(kDate, " date", 't');
  field(kOwner, " owner", 'u');
  field(kGroup, " group", 'u');
  field(kMode, " mode", 'o');
  field(kSegment, " segsize", 'u');
  if ((mask & kFlush) != 0 && good()) context_.put(" fsync");
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
void skip_spaces(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

// A decimal number at the start of `text`, which is shortened; false if there is none.
bool take_number(std::string_view& text, std::int32_t& number) {
  skip_spaces(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::uint64_t value = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    value = value > (kMost - digit) / 10 ? kMost : value * 10 + digit;
  }
  number = static_cast<std::int32_t>(static_cast<std::uint32_t>(negative ? 0 - value : value));
  return true;
}

// Text: how many entries grant and how many deny, then names with their rights.
void Reader::access_list() {
  constexpr std::uint32_t kMost = 1023;
  const std::uint32_t size = word();
  if (!good() || !need(size) || size > kMost) return;
  std::string_view text(reinterpret_cast<const char*>(rest_.data()), size);
  text = text.substr(0, text.find('\0'));
  std::int32_t granting = 0;
  std::int32_t denying = 0;
  if (!take_number(text, granting) || !take_number(text, denying)) return;
  access_entries(text, granting, '+');
  access_entries(text, denying, '-');
}

void Reader::access_entries(std::string_view& text, std::int32_t count, char sign) {
  for (std::int32_t i = 0; i < count && !text.empty(); ++i) {
    skip_spaces(text);
    const std::string_view name =
        text.substr(0, static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_space) - text.begin()));
    text.remove_prefix(name.size());
    std::int32_t rights = 0;
    if (!take_number(text, rights)) {
      text = {};
      return;
    }
    context_.put(' ', sign, '{');
    for (const char c : name) context_.out.escaped(static_cast<std::uint8_t>(c));
    context_.put(' ');
    for (const Token& right : kRights) {
      if ((static_cast<std::uint32_t>(rights) & right.value) != 0) context_.put(right.name);
    }
    context_.put('}');
  }
}

void Reader::callbacks() {
  list(",", [this] { file(); });
  if (!good()) return;
  const std::uint32_t count = word();
  if (!good()) return;
  if (count != 0) context_.put(';');
  for (std::uint32_t i = 0; i < count && good(); ++i) {
    context_.put(" ver");
    item('u');
    context_.put(" expires");
    item('t');
    word();
  }
}

void Reader::uuid() {
  if (!need(44)) return;
  const std::uint32_t low = word();
  const std::uint32_t middle = word();
  const std::uint32_t high = word();
  context_.put(' ', Hex{low, 8}, Hex{middle, 4}, Hex{high, 4});
  for (int i = 0; i < 8 && good(); ++i) {
    const std::uint32_t byte = word();
    context_.put(Hex{byte & 0xff, 2});
  }
}

void Reader::entry(std::size_t servers, bool has_type, bool has_uuids) {
  array(65);
  if (!good()) return;
  if (has_type) {
    if (!need(4)) return;
    rest_.skip(4);
  }
  context_.put(" numservers");
  const std::uint32_t count = rest_.be32(0);
  item('u');
  if (!good()) return;
  context_.put(" servers");
  for (std::size_t i = 0; i < servers && good(); ++i) {
    if (has_uuids) {
      constexpr std::size_t kUuid = 44;
      if (i < count) {
        context_.put(" afsuuid");
        uuid();
      } else {
        if (!need(kUuid)) return;
        rest_.skip(kUuid);
      }
      continue;
    }
    if (!need(4)) return;
    const std::uint8_t* address = rest_.block(0, 4);
    if (i < count) put_host4(context_, " ", address);
    word();
  }
  if (has_uuids) {
    if (!need(4 * servers)) return;
    rest_.skip(4 * servers);
  }
  if (good()) context_.put(" partitions");
  for (std::size_t i = 0; i < servers && good(); ++i) {
    const std::uint32_t partition = word();
    if (i >= count || !good()) continue;
    constexpr std::uint32_t kLetters = 26;
    if (partition <= kLetters) {
      context_.put(' ', static_cast<char>('a' + partition));
    } else {
      context_.put(' ', partition);
    }
  }
  if (!need(4 * servers)) return;
  rest_.skip(4 * servers);
  for (const std::string_view name : {" rwvol", " rovol", " backup"}) {
    context_.put(name);
    item('u');
  }
}

RxState::Call call_of(const IpHeader& ip, const RxPacket& packet, bool is_reply) {
  RxState::Call call;
  call.version = ip.version;
  call.number = packet.call;
  call.service = packet.service;
  const std::uint8_t* client = is_reply ? ip.destination : ip.source;
  const std::uint8_t* server = is_reply ? ip.source : ip.destination;
  std::copy_n(client, ip.address_size(), call.addresses.begin());
  std::copy_n(server, ip.address_size(), call.addresses.begin() + 16);
  return call;
}

struct Called {
  const Procedure* procedure;  // nullptr: not known
  bool is_ubik;
};
Called called(const Service& service, std::uint32_t number) {
  if (service.replicated) {
    if (const Procedure* ubik = find(kUbikCalls, number)) return {ubik, true};
  }
  return {find(service.calls, number), false};
}

void put_name(Context& context, const Service& service, const Called& call, std::uint32_t number,
              std::string_view what) {
  context.put(' ', service.name, call.is_ubik ? " ubik " : " ", what, ' ');
  context.put_name(call.procedure == nullptr ? std::string_view() : call.procedure->name, "op#", number);
}

}  // namespace

void put_rx_call(Context& context, const Cursor& body, const Transport& transport, const RxPacket& packet) {
  const Service* service = find_service(transport.destination_port);
  if (service == nullptr) return;
  const std::uint32_t number = body.be32(0);
  if (context.truncated()) return;
  RxState::Call call = call_of(transport.ip, packet, false);
  call.port = service->port;
  call.procedure = number;
  context.rx_state.add(call);
  const Called known = called(*service, number);
  put_name(context, *service, known, number, "call");
  if (known.procedure != nullptr)
    Reader(context, body.from(4), known.is_ubik ? "ubik" : service->name).read(known.procedure->arguments);
}

void put_rx_reply(Context& context, const Cursor& body, const Transport& transport, const RxPacket& packet,
                  bool is_abort) {
  const Service* service = find_service(transport.source_port);
  if (service == nullptr || (body.length() == 0 && !service->takes_empty_replies)) return;
  RxState::Call wanted = call_of(transport.ip, packet, true);
  wanted.port = service->port;
  const RxState::Call* call = context.rx_state.find(wanted);
  if (call == nullptr) return;
  const Called known = called(*service, call->procedure);
  put_name(context, *service, known, call->procedure, "reply");
  if (!is_abort) {
    if (known.procedure != nullptr)
      Reader(context, body, known.is_ubik ? "ubik" : service->name).read(known.procedure->reply);
    return;
  }
  constexpr std::uint32_t kBeacon = 10000;
  if (known.is_ubik && call->procedure == kBeacon) {
    context.put(" vote yes until");
    return Reader(context, body, service->name).read("%t");
  }
  constexpr std::uint16_t kFileServer = 7000;
  if (service->port != kFileServer) {
    context.put(" errcode");
    return Reader(context, body, service->name).read("%d");
  }
  const std::uint32_t code = body.be32(0);
  context.put(" error ");
  if (const std::string_view name = token(kFileErrors, code); !name.empty()) return context.put(name);
  context.put('#', Signed{static_cast<std::int32_t>(code)});
}

}  // namespace ringtap
