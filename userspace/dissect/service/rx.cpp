// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Rx, the remote procedure calls of AFS, http://web.mit.edu/kolya/afs/rx/rx-spec: headers, acknowledgments, and which
// procedure is called. Arguments and replies, which tcpdump prints, are not read.
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 28;
enum PacketType : std::uint8_t { kData = 1, kAck = 2 };
constexpr Token kTypes[] = {{kData, "data"},  {kAck, "ack"},   {3, "busy"},  {4, "abort"},  {5, "ackall"},
                            {6, "challenge"}, {7, "response"}, {8, "debug"}, {9, "params"}, {13, "version"}};

constexpr std::uint8_t kClientInit = 1;
constexpr std::uint8_t kLastFlag = 0x20;
constexpr Token kFlags[] = {
    {kClientInit, "client-init"}, {2, "req-ack"}, {4, "last-pckt"}, {8, "more-pckts"}, {16, "free-pckt"}};

constexpr std::size_t kAckHeader = 18;
constexpr Token kReasons[] = {{1, "ack requested"},
                              {2, "duplicate packet"},
                              {3, "out of sequence"},
                              {4, "exceeds window"},
                              {5, "no buffer space"},
                              {6, "ping"},
                              {7, "ping response"},
                              {8, "delay"},
                              {9, "idle"}};

constexpr Token kFileServerCalls[] = {
    {130, "fetch-data"},
    {131, "fetch-acl"},
    {132, "fetch-status"},
    {133, "store-data"},
    {134, "store-acl"},
    {135, "store-status"},
    {136, "remove-file"},
    {137, "create-file"},
    {138, "rename"},
    {139, "symlink"},
    {140, "link"},
    {141, "makedir"},
    {142, "rmdir"},
    {143, "oldsetlock"},
    {144, "oldextlock"},
    {145, "oldrellock"},
    {146, "get-stats"},
    {147, "give-cbs"},
    {148, "get-vlinfo"},
    {149, "get-vlstats"},
    {150, "set-vlstats"},
    {151, "get-rootvl"},
    {152, "check-token"},
    {153, "get-time"},
    {154, "nget-vlinfo"},
    {155, "bulk-stat"},
    {156, "setlock"},
    {157, "extlock"},
    {158, "rellock"},
    {159, "xstat-ver"},
    {160, "get-xstat"},
    {161, "dfs-lookup"},
    {162, "dfs-flushcps"},
    {163, "dfs-symlink"},
    {220, "residency"},
    {65536, "inline-bulk-status"},
    {65537, "fetch-data-64"},
    {65538, "store-data-64"},
    {65539, "give-up-all-cbs"},
    {65540, "get-caps"},
    {65541, "cb-rx-conn-addr"},
};

constexpr Token kCallbackCalls[] = {
    {204, "callback"},      {205, "initcb"},         {206, "probe"},
    {207, "getlock"},       {208, "getce"},          {209, "xstatver"},
    {210, "getxstat"},      {211, "initcb2"},        {212, "whoareyou"},
    {213, "initcb3"},       {214, "probeuuid"},      {215, "getsrvprefs"},
    {216, "getcellservdb"}, {217, "getlocalcell"},   {218, "getcacheconf"},
    {65536, "getce64"},     {65537, "getcellbynum"}, {65538, "tellmeaboutyourself"},
};

constexpr Token kProtectionCalls[] = {
    {500, "new-user"},     {501, "where-is-it"},       {502, "dump-entry"},
    {503, "add-to-group"}, {504, "name-to-id"},        {505, "id-to-name"},
    {506, "delete"},       {507, "remove-from-group"}, {508, "get-cps"},
    {509, "new-entry"},    {510, "list-max"},          {511, "set-max"},
    {512, "list-entry"},   {513, "change-entry"},      {514, "list-elements"},
    {515, "same-mbr-of"},  {516, "set-fld-sentry"},    {517, "list-owned"},
    {518, "get-cps2"},     {519, "get-host-cps"},      {520, "update-entry"},
    {521, "list-entries"}, {530, "list-super-groups"},
};

constexpr Token kVolumeLocationCalls[] = {
    {501, "create-entry"},        {502, "delete-entry"},
    {503, "get-entry-by-id"},     {504, "get-entry-by-name"},
    {505, "get-new-volume-id"},   {506, "replace-entry"},
    {507, "update-entry"},        {508, "setlock"},
    {509, "releaselock"},         {510, "list-entry"},
    {511, "list-attrib"},         {512, "linked-list"},
    {513, "get-stats"},           {514, "probe"},
    {515, "get-addrs"},           {516, "change-addr"},
    {517, "create-entry-n"},      {518, "get-entry-by-id-n"},
    {519, "get-entry-by-name-n"}, {520, "replace-entry-n"},
    {521, "list-entry-n"},        {522, "list-attrib-n"},
    {523, "linked-list-n"},       {524, "update-entry-by-name"},
    {525, "create-entry-u"},      {526, "get-entry-by-id-u"},
    {527, "get-entry-by-name-u"}, {528, "replace-entry-u"},
    {529, "list-entry-u"},        {530, "list-attrib-u"},
    {531, "linked-list-u"},       {532, "regaddr"},
    {533, "get-addrs-u"},         {534, "list-attrib-n2"},
};

constexpr Token kAuthenticationCalls[] = {
    {1, "auth-old"},      {2, "change-pw"},        {3, "get-ticket-old"},  {4, "set-pw"},     {5, "set-fields"},
    {6, "create-user"},   {7, "delete-user"},      {8, "get-entry"},       {9, "list-entry"}, {10, "get-stats"},
    {11, "debug"},        {12, "get-pw"},          {13, "get-random-key"}, {14, "unlock"},    {15, "lock-status"},
    {21, "authenticate"}, {22, "authenticate-v2"}, {23, "get-ticket"},
};

constexpr Token kVolumeCalls[] = {
    {100, "create-volume"},
    {101, "delete-volume"},
    {102, "restore"},
    {103, "forward"},
    {104, "end-trans"},
    {105, "clone"},
    {106, "set-flags"},
    {107, "get-flags"},
    {108, "trans-create"},
    {109, "dump"},
    {110, "get-nth-volume"},
    {111, "set-forwarding"},
    {112, "get-name"},
    {113, "get-status"},
    {114, "sig-restore"},
    {115, "list-partitions"},
    {116, "list-volumes"},
    {117, "set-id-types"},
    {118, "monitor"},
    {119, "partition-info"},
    {120, "reclone"},
    {121, "list-one-volume"},
    {122, "nuke"},
    {123, "set-date"},
    {124, "x-list-volumes"},
    {125, "x-list-one-volume"},
    {126, "set-info"},
    {127, "x-list-partitions"},
    {128, "forward-multiple"},
    {65536, "convert-ro"},
    {65537, "get-size"},
    {65538, "dump-v2"},
};

constexpr Token kOverseerCalls[] = {
    {80, "create-bnode"},
    {81, "delete-bnode"},
    {82, "set-status"},
    {83, "get-status"},
    {84, "enumerate-instance"},
    {85, "get-instance-info"},
    {86, "get-instance-parm"},
    {87, "add-superuser"},
    {88, "delete-superuser"},
    {89, "list-superusers"},
    {90, "list-keys"},
    {91, "add-key"},
    {92, "delete-key"},
    {93, "set-cell-name"},
    {94, "get-cell-name"},
    {95, "get-cell-host"},
    {96, "add-cell-host"},
    {97, "delete-cell-host"},
    {98, "set-t-status"},
    {99, "shutdown-all"},
    {100, "restart-all"},
    {101, "startup-all"},
    {102, "set-noauth-flag"},
    {103, "re-bozo"},
    {104, "restart"},
    {105, "start-bozo-install"},
    {106, "uninstall"},
    {107, "get-dates"},
    {108, "exec"},
    {109, "prune"},
    {110, "set-restart-time"},
    {111, "get-restart-time"},
    {112, "start-bozo-log"},
    {113, "wait-all"},
    {114, "get-instance-strings"},
    {115, "get-restricted"},
    {116, "set-restricted"},
};

constexpr Token kUbikCalls[] = {
    {10000, "vote-beacon"},        {10001, "vote-debug-old"},  {10002, "vote-sdebug-old"}, {10003, "vote-getsyncsite"},
    {10004, "vote-debug"},         {10005, "vote-sdebug"},     {10006, "vote-xdebug"},     {10007, "vote-xsdebug"},
    {20000, "disk-begin"},         {20001, "disk-commit"},     {20002, "disk-lock"},       {20003, "disk-write"},
    {20004, "disk-getversion"},    {20005, "disk-getfile"},    {20006, "disk-sendfile"},   {20007, "disk-abort"},
    {20008, "disk-releaselocks"},  {20009, "disk-truncate"},   {20010, "disk-probe"},      {20011, "disk-writev"},
    {20012, "disk-interfaceaddr"}, {20013, "disk-setversion"},
};

// By the server's port.
struct Service {
  std::uint16_t port;
  std::string_view name;
  std::span<const Token> calls;
  bool replicated;  // has the calls of Ubik as well
};
constexpr Service kServices[] = {
    {7000, "fs", kFileServerCalls, false},       {7001, "cb", kCallbackCalls, false},
    {7002, "pt", kProtectionCalls, true},        {7003, "vldb", kVolumeLocationCalls, true},
    {7004, "kauth", kAuthenticationCalls, true}, {7005, "vol", kVolumeCalls, false},
    {7007, "bos", kOverseerCalls, false},
};

void put_flags(Context& context, std::uint8_t type, std::uint8_t flags) {
  std::string_view before = " <";
  const auto put_flag = [&](std::string_view name) {
    context.put(before, name, '>');
    before = ",<";
  };
  for (const Token& flag : kFlags) {
    if ((flags & flag.value) != 0) put_flag(flag.name);
  }
  if ((flags & kLastFlag) == 0) return;
  if (type == kData) put_flag("jumbogram");
  if (type == kAck) put_flag("slow-start");
}

// Runs of packets that were received, or not: " acked 9,11-12".
void put_runs(Context& context, std::string_view name, const Cursor& received, std::uint32_t first,
              std::uint8_t which) {
  const std::size_t count = received.length();
  std::string_view before = name;
  for (std::size_t i = 0; i < count; ++i) {
    if (received.u8(i) != which) continue;
    std::size_t last = i;
    while (last + 1 < count && received.u8(last + 1) == which) ++last;
    context.put(before, static_cast<std::uint32_t>(first + i));
    if (last > i) context.put('-', static_cast<std::uint32_t>(first + last));
    before = ",";
    i = last;
  }
}

// False when it is cut, and nothing more is to be printed of the body.
bool put_ack(Context& context, const Cursor& body) {
  if (body.readable() < kAckHeader) return false;
  if (context.verbose(3)) context.put(" bufspace ", body.be16(0), " maxskew ", body.be16(2));
  const std::uint32_t first = body.be32(4);
  const std::uint32_t serial = body.be32(12);
  const std::uint8_t reason = body.u8(16);
  const std::size_t count = body.u8(17);
  context.put(" first ", first, " serial ", serial, " reason ");
  context.put_name(token(kReasons, reason), '#', reason);
  const Cursor received = body.from(kAckHeader);
  if (received.readable() < count) return false;
  put_runs(context, " acked ", received.first(count), first, 1);
  put_runs(context, " nacked ", received.first(count), first, 0);
  return true;
}

void put_call(Context& context, const Cursor& body, const Service& service) {
  const std::uint32_t number = body.be32(0);
  context.put(' ', service.name);
  const std::string_view ubik = service.replicated ? token(kUbikCalls, number) : std::string_view();
  context.put(ubik.empty() ? " call " : " ubik call ");
  context.put_name(name_or(ubik, token(service.calls, number)), "op#", number);
}

}  // namespace

void print_rx(Context& context, Cursor packet, const Transport& transport) {
  context.protocol("rx");
  const std::size_t length = packet.length();
  if (packet.readable() < kHeader) return context.put(" [|rx] (", length, ')');
  const std::uint8_t type = packet.u8(20);
  const std::uint8_t flags = packet.u8(21);
  const std::uint32_t sequence = packet.be32(12);
  context.put(" rx ");
  context.put_name(token(kTypes, type), "type ", type);
  if (context.verbose()) {
    if (context.verbose(2)) context.put(" cid ", Hex{packet.be32(4), 8}, " call# ", packet.be32(8));
    context.put(" seq ", sequence, " ser ", packet.be32(16));
    if (context.verbose(3)) context.put(" secindex ", packet.u8(23), " serviceid ", packet.be16(26));
    if (context.verbose(2)) put_flags(context, type, flags);
  }
  const Cursor body = packet.from(kHeader);
  if (type == kData && sequence == 1 && (flags & kClientInit) != 0 && length > kHeader) {
    for (const Service& service : kServices) {
      if (service.port != transport.destination_port) continue;
      put_call(context, body, service);
      break;
    }
  } else if (type == kAck && !put_ack(context, body)) {
    context.put(" [|ack]");
  }
  context.put(" (", length, ')');
}

}  // namespace ringtap
