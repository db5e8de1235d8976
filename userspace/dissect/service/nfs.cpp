// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// NFS, versions 2 (RFC 1094) and 3 (RFC 1813), over ONC RPC (RFC 5531). Later versions are printed as if they were one
// of the two, as tcpdump 4.99.3 does.
#include <cstring>

#include "dissect/service/nfs_state.hpp"
#include "dissect/service/printers.hpp"
#include "dissect/text.hpp"

namespace ringtap {
namespace {

constexpr std::uint16_t kPort = 2049;
enum MessageType : std::uint32_t { kCall = 0, kReply = 1 };

enum Procedure : std::uint32_t {
  kNull,
  kGetAttr,
  kSetAttr,
  kLookup,
  kAccess,
  kReadLink,
  kRead,
  kWrite,
  kCreate,
  kMkdir,
  kSymlink,
  kMknod,
  kRemove,
  kRmdir,
  kRename,
  kLink,
  kReadDir,
  kReadDirPlus,
  kFsStat,
  kFsInfo,
  kPathConf,
  kCommit,
  kNoop
};
// The procedures of version 2 by their number.
constexpr Procedure kVersion2[] = {kNull,   kGetAttr, kSetAttr, kNoop, kLookup,  kReadLink, kRead,  kNoop,    kWrite,
                                   kCreate, kRemove,  kRename,  kLink, kSymlink, kMkdir,    kRmdir, kReadDir, kFsStat};
constexpr Token kErrors[] = {{1, "Operation not permitted"},
                             {2, "No such file or directory"},
                             {5, "Input/output error"},
                             {6, "Device not configured"},
                             {11, "Resource deadlock avoided"},
                             {12, "Cannot allocate memory"},
                             {13, "Permission denied"},
                             {17, "File exists"},
                             {18, "Cross-device link"},
                             {19, "Operation not supported by device"},
                             {20, "Not a directory"},
                             {21, "Is a directory"},
                             {22, "Invalid argument"},
                             {26, "Text file busy"},
                             {27, "File too large"},
                             {28, "No space left on device"},
                             {30, "Read-only file system"},
                             {31, "Too many links"},
                             {45, "Operation not supported"},
                             {62, "Too many levels of symbolic links"},
                             {63, "File name too long"},
                             {66, "Directory not empty"},
                             {69, "Disc quota exceeded"},
                             {70, "Stale NFS file handle"},
                             {71, "Too many levels of remote in path"},
                             {99, "Write cache flushed to disk"},
                             {10001, "Illegal NFS file handle"},
                             {10002, "Update synchronization mismatch"},
                             {10003, "READDIR/READDIRPLUS cookie is stale"},
                             {10004, "Operation not supported"},
                             {10005, "Buffer or request is too small"},
                             {10006, "Unspecified error on server"},
                             {10007, "Object of that type not supported"},
                             {10008, "Request couldn't be completed in time"}};
constexpr Token kTypes[] = {{0, "NON"}, {1, "REG"}, {2, "DIR"}, {3, "BLK"}, {4, "CHR"}, {5, "LNK"}, {7, "FIFO"}};
constexpr Token kAccessBits[] = {{0x01, "NFS_ACCESS_READ"},   {0x02, "NFS_ACCESS_LOOKUP"},
                                 {0x04, "NFS_ACCESS_MODIFY"}, {0x08, "NFS_ACCESS_EXTEND"},
                                 {0x10, "NFS_ACCESS_DELETE"}, {0x20, "NFS_ACCESS_EXECUTE"}};
constexpr std::string_view kStable[] = {"unstable", "datasync", "filesync"};
constexpr Token kAcceptStates[] = {
    {1, "PROG_UNAVAIL"}, {2, "PROG_MISMATCH"}, {3, "PROC_UNAVAIL"}, {4, "GARBAGE_ARGS"}, {5, "SYSTEM_ERR"}};
constexpr std::string_view kAuthStates[] = {"OK",
                                            "Bogus Credentials (seal broken)",
                                            "Rejected Credentials (client should begin new session)",
                                            "Bogus Verifier (seal broken)",
                                            "Verifier expired or was replayed",
                                            "Credentials are too weak",
                                            "Bogus response verifier",
                                            "Unknown failure"};

// How many bytes the attributes of a file take in either version.
constexpr std::size_t kAttributes2 = 68;
constexpr std::size_t kAttributes3 = 84;

// One call or reply: where it is read, and how its version lays things out.
class Message {
 public:
  Message(Context& context, const Cursor& body, bool version3) : context_(context), rest_(body), version3_(version3) {}

  static std::string_view name(Procedure procedure) { return kProcedures[procedure].name; }
  // Neither for kNull nor for kNoop.
  void print_call(Procedure procedure) { (this->*kProcedures[procedure].put_call)(); }
  void print_result(Procedure procedure) { (this->*kProcedures[procedure].put_result)(); }

 private:
  struct ProcedureRow {
    std::string_view name;
    void (Message::*put_call)() = nullptr;
    void (Message::*put_result)() = nullptr;
  };
  static const ProcedureRow kProcedures[];  // by Procedure

  void skip(std::size_t count) {
    if (!rest_.has(count)) rest_.truncated();
    rest_.skip(count);
  }
  static std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

  void put_handle();
  void put_handle_word_for_word(std::size_t size);
  void put_raw_handle(std::size_t size);
  void put_name();
  void take_set_attributes();
  void put_set_attributes();
  void put_call_with_name();
  void put_call_access();
  void put_call_read();
  void put_call_write();
  void put_call_symlink();
  void put_call_mknod();
  void put_call_rename();
  void put_call_link();
  void put_call_readdir();
  void put_call_readdirplus();
  void put_call_commit();

  bool good();
  void put_type(std::uint32_t type);
  void put_type_and_mode();
  void put_attributes(bool all);
  void put_attributes2(bool all);
  void put_attributes3(bool all);
  bool put_optional_attributes(std::string_view label);
  void put_or_skip_attributes(std::string_view label);
  void put_change();
  void put_new_object();
  void put_verifier(std::string_view label);
  void put_time();
  void put_result_of_getattr();
  void put_result_of_setattr();
  void put_result_of_lookup();
  void put_result_of_access();
  void put_result_of_readlink();
  void put_result_of_read();
  void put_result_of_write();
  void put_result_of_create();
  void put_result_of_symlink();
  void put_result_of_remove();
  void put_result_of_rename();
  void put_result_of_link();
  void put_result_of_readdir();
  void put_result_of_fsstat();
  void put_result_of_fsinfo();
  void put_result_of_pathconf();
  void put_result_of_commit();

  struct SetTime {
    bool present = false;
    std::uint32_t seconds = 0, nanoseconds = 0;
  };

  Context& context_;
  Cursor rest_;
  bool version3_;
  struct {
    bool mode = false, user = false, group = false;
    std::uint32_t mode_value = 0, user_value = 0, group_value = 0;
    SetTime times[2];  // of access, of modification
  } set_;
};

// What a handle means is the server's affair; tcpdump knows the device and file numbers of those that begin with them.
void Message::put_handle() {
  std::size_t size = 32;
  if (version3_) size = rest_.take_be32();
  if (context_.truncated()) return;
  if (!rest_.has(size)) return rest_.truncated();
  if (context_.options.raw_nfs_handles) return put_raw_handle(size);
  context_.put(" fh ");
  const std::uint32_t first = size >= 4 ? rest_.be32(0) : 1u << 31 | 1;
  const auto put_device = [&](std::uint32_t device, std::uint32_t file) {
    context_.put(device >> 8 & 0xff, ',', device & 0xff, '/', file);
  };
  if (size >= 16 && first >> 16 == 0) {
    put_device(first == 0 ? rest_.be32(4) & 0xffff : first, rest_.be32(12));
  } else if (size >= 16 && (first & 0xffff) == 0 && rest_.le32(4) >> 16 == 0) {
    put_device(rest_.le32(0), rest_.le32(12));
  } else {
    put_handle_word_for_word(size);
  }
  rest_.skip(padded(size));
}

void Message::put_handle_word_for_word(std::size_t size) {
  constexpr std::string_view kUnknown = "Unknown";
  context_.put(kUnknown.substr(0, size / 4), '/');
  put_upper_hex(context_, rest_, 0, std::min<std::size_t>(size, 32));
}

void Message::put_raw_handle(std::size_t size) {
  context_.put(" fh[");
  for (std::size_t at = 0; at + 4 <= size; at += 4) context_.put(at == 0 ? "" : ":", Hex{rest_.be32(at)});
  context_.put(']');
  rest_.skip(padded(size));
}

void Message::put_name() {
  constexpr std::size_t kMost = 0xfffffffc;  // that a multiple of four can be
  const std::size_t size = rest_.take_be32();
  if (!context_.truncated() && size > kMost) {
    context_.put("[cannot pad to 32-bit boundaries]");
    context_.put_invalid();
  }
  if (context_.truncated() || !rest_.has(size)) return rest_.truncated();
  context_.put('"');
  context_.out.escaped(rest_.bytes().first(size));
  context_.put('"');
  rest_.skip(std::min(padded(size), rest_.captured()));
}

// RFC 1813, sattr3. tcpdump 4.99.3 takes the size for one word where it has two, and reads on from there.
void Message::take_set_attributes() {
  const auto field = [&](bool& present, std::uint32_t& value) {
    present = rest_.take_be32() != 0;
    if (present) value = rest_.take_be32();
  };
  field(set_.mode, set_.mode_value);
  field(set_.user, set_.user_value);
  field(set_.group, set_.group_value);
  if (rest_.take_be32() != 0) skip(4);
  for (SetTime& time : set_.times) {
    time.present = rest_.take_be32() == 2;
    if (!time.present) continue;
    time.seconds = rest_.take_be32();
    time.nanoseconds = rest_.take_be32();
  }
}

void Message::put_set_attributes() {
  if (!context_.verbose()) return;
  if (set_.mode) {
    context_.put(" mode ");
    put_octal(context_, set_.mode_value);
  }
  if (set_.user) context_.put(" uid ", set_.user_value);
  if (set_.group) context_.put(" gid ", set_.group_value);
  const auto put_set_time = [&](std::string_view label, const SetTime& time) {
    if (time.present) context_.put(label, time.seconds, '.', Padded{time.nanoseconds, 6});
  };
  put_set_time(" atime ", set_.times[0]);
  put_set_time(" mtime ", set_.times[1]);
}

void Message::put_call_with_name() {
  put_handle();
  context_.put(' ');
  put_name();
}

void Message::put_call_access() {
  put_handle();
  const std::uint32_t access = rest_.be32(0);
  if ((access & ~0x3fu) != 0) return context_.put(' ', Hex{access, 4});
  if (access == 0x3f) return context_.put(" NFS_ACCESS_FULL");
  if (access == 0) return;
  context_.put(' ');
  context_.put_flags(kAccessBits, access, "|");
}

void Message::put_call_read() {
  put_handle();
  if (version3_) {
    const std::uint64_t offset = rest_.take_be64();
    return context_.put(' ', rest_.be32(0), " bytes @ ", offset);
  }
  context_.put(' ', rest_.be32(4), " bytes @ ", rest_.be32(0));
}

void Message::put_call_write() {
  put_handle();
  if (version3_) {
    const std::uint64_t offset = rest_.take_be64();
    const std::uint32_t count = rest_.take_be32();
    const std::uint32_t stable = rest_.take_be32();
    const std::uint32_t size = rest_.be32(0);
    context_.put(' ', size, " (", count, ") bytes @ ", offset);
    if (!context_.verbose()) return;
    context_.put(" <");
    if (stable < std::size(kStable)) {
      context_.put(kStable[stable]);
    } else {
      context_.put("unk ", stable);
    }
    return context_.put('>');
  }
  context_.put(' ', rest_.be32(12), " (", rest_.be32(8), ") bytes @ ", rest_.be32(4), " (", rest_.be32(0), ')');
}

void Message::put_call_symlink() {
  put_call_with_name();
  if (version3_) take_set_attributes();
  context_.put(" ->");
  put_name();
  put_set_attributes();
}

void Message::put_call_mknod() {
  put_call_with_name();
  const std::uint32_t type = rest_.take_be32();
  context_.put(' ');
  take_set_attributes();
  put_type(type);
  constexpr std::uint32_t kBlock = 3;
  constexpr std::uint32_t kCharacter = 4;
  if (context_.verbose() && (type == kBlock || type == kCharacter)) {
    context_.put(' ', rest_.take_be32());
    context_.put('/', rest_.take_be32());
  }
  put_set_attributes();
}

void Message::put_call_rename() {
  put_call_with_name();
  context_.put(" ->");
  put_call_with_name();
}

void Message::put_call_link() {
  put_handle();
  context_.put(" ->");
  put_call_with_name();
}

void Message::put_call_readdir() {
  put_handle();
  if (!version3_) {
    return context_.put(' ', rest_.be32(4), " bytes @ ", Signed{static_cast<std::int32_t>(rest_.be32(0))});
  }
  const std::uint64_t offset = rest_.take_be64();
  const std::uint8_t* verifier = rest_.block(0, 8);
  context_.put(' ', rest_.be32(8), " bytes @ ", Signed{static_cast<std::int64_t>(offset)});
  if (!context_.verbose()) return;
  context_.put(" verf ");
  for (unsigned i = 0; i < 8; ++i) context_.put(Hex{verifier[i], 2});
}

void Message::put_call_readdirplus() {
  put_handle();
  const std::uint64_t offset = rest_.take_be64();
  const std::uint8_t* verifier = rest_.block(0, 8);
  context_.put(' ', rest_.be32(8), " bytes @ ", offset);
  if (!context_.verbose()) return;
  context_.put(" max ", rest_.be32(12), " verf ");
  for (unsigned i = 0; i < 8; ++i) context_.put(Hex{verifier[i], 2});
}

void Message::put_call_commit() {
  put_handle();
  const std::uint64_t offset = rest_.take_be64();
  context_.put(' ', rest_.be32(0), " bytes @ ", offset);
}

// Takes the status; false when there was an error, which is named.
bool Message::good() {
  const std::uint32_t status = rest_.take_be32();
  if (context_.truncated()) return false;
  if (status == 0) return true;
  context_.put(" ERROR: ");
  context_.put_name(token(kErrors, status), "unk ", status);
  return false;
}

void Message::put_type(std::uint32_t type) {
  context_.put_name(token(kTypes, type), "unk-ft ", type);
}

void Message::put_time() {
  const std::uint32_t seconds = rest_.take_be32();
  context_.put(seconds, '.', Padded{rest_.take_be32(), 6});
}

void Message::put_type_and_mode() {
  const std::uint32_t type = rest_.be32(0);
  const std::uint32_t mode = rest_.be32(4);
  if (!rest_.has(20)) return rest_.truncated();  // with the owners after them
  context_.put(' ');
  put_type(type);
  context_.put(token(kTypes, type).empty() ? "  " : " ");
  put_octal(context_, mode);
}

void Message::put_attributes2(bool all) {
  put_type_and_mode();
  context_.put(" ids ", rest_.be32(12), '/', rest_.be32(16));
  context_.put(" sz ", rest_.be32(20));
  if (all && rest_.has(kAttributes2)) {
    context_.put(" nlink ", rest_.be32(8), " rdev 0x", Hex{rest_.be32(28)}, " fsid 0x", Hex{rest_.be32(36)},
                 " nodeid 0x", Hex{rest_.be32(40)}, " a/m/ctime ");
    rest_.skip(44);
    put_time();
    context_.put(' ');
    put_time();
    context_.put(' ');
    return put_time();
  }
  rest_.skip(kAttributes2);
}

void Message::put_attributes3(bool all) {
  put_type_and_mode();
  context_.put(" ids ", rest_.be32(12), '/', rest_.be32(16));
  context_.put(" sz ", rest_.be64(20));
  if (all && rest_.has(kAttributes3)) {
    context_.put(" nlink ", rest_.be32(8), " rdev ", rest_.be32(36), '/', rest_.be32(40), " fsid ", Hex{rest_.be64(44)},
                 " fileid ", Hex{rest_.be64(52)}, " a/m/ctime ");
    rest_.skip(60);
    put_time();
    context_.put(' ');
    put_time();
    context_.put(' ');
    return put_time();
  }
  rest_.skip(kAttributes3);
}

void Message::put_attributes(bool all) {
  if (version3_) {
    put_attributes3(all);
  } else {
    put_attributes2(all);
  }
}

// post_op_attr; true when there was one.
bool Message::put_optional_attributes(std::string_view label) {
  if (rest_.take_be32() == 0 || context_.truncated()) return false;
  context_.put(label);
  put_attributes(context_.verbose(2));
  return true;
}

// The same with -v, else no text.
void Message::put_or_skip_attributes(std::string_view label) {
  if (context_.verbose()) {
    put_optional_attributes(label);
  } else if (rest_.take_be32() != 0) {
    skip(kAttributes3);
  }
}

// wcc_data: what the object was, and what it is.
void Message::put_change() {
  const bool before = rest_.take_be32() != 0;
  if (context_.truncated()) return;
  if (before) {
    if (context_.verbose(2)) {
      context_.put(" PRE:");
      context_.put(" sz ", rest_.take_be64(), " mtime ");
      put_time();
      context_.put(" ctime ");
      put_time();
    } else {
      skip(24);
    }
  }
  put_optional_attributes(" POST:");
}

void Message::put_verifier(std::string_view label) {
  const std::uint8_t* verifier = rest_.block(0, 8);
  if (context_.truncated()) return;
  context_.put(label);
  for (unsigned i = 0; i < 8; ++i) context_.put(Hex{verifier[i], 2});
  rest_.skip(8);
}

// CREATE, MKDIR, SYMLINK and MKNOD of version 3.
void Message::put_new_object() {
  if (!good()) {
    if (!context_.truncated() && context_.verbose()) put_change();
    return;
  }
  if (rest_.take_be32() == 0) return;
  put_handle();
  if (!context_.verbose()) return;
  put_optional_attributes("");
  if (!context_.verbose(2)) return;
  context_.put(" dir attr:");
  put_change();
}

void Message::put_result_of_getattr() {
  if (good()) put_attributes(false);
}

void Message::put_result_of_setattr() {
  const bool fine = good();
  if (!version3_) {
    if (fine) put_attributes2(false);
  } else if (context_.verbose() && !context_.truncated()) {
    put_change();
  }
}

void Message::put_result_of_lookup() {
  if (!good()) {
    if (version3_ && context_.verbose(2) && !context_.truncated()) put_optional_attributes(" post dattr:");
    return;
  }
  put_handle();
  if (!version3_) {
    if (context_.verbose()) put_attributes2(context_.verbose(2));
    return;
  }
  if (!context_.verbose()) return;
  put_optional_attributes("");
  if (context_.verbose(2)) put_optional_attributes(" post dattr:");
}

void Message::put_result_of_access() {
  const bool fine = good();
  if (context_.truncated()) return;
  put_or_skip_attributes(" attr:");
  if (fine) context_.put(" c ", Hex{rest_.be32(0), 4});
}

void Message::put_result_of_readlink() {
  if (!good()) return;
  if (version3_) put_or_skip_attributes("");
  context_.put(' ');
  put_name();
}

void Message::put_result_of_read() {
  if (version3_) {
    if (!good()) {
      if (context_.verbose() && !context_.truncated()) put_optional_attributes("");
      return;
    }
    if (!context_.verbose()) {
      (void)rest_.take_be32();  // tcpdump looks whether attributes follow
      return;
    }
    put_optional_attributes("");
    context_.put(' ', rest_.be32(0), " bytes");
    context_.put(rest_.be32(4) != 0 ? " EOF" : "");
    return;
  }
  if (good() && context_.verbose()) put_attributes2(context_.verbose(2));
}

void Message::put_result_of_write() {
  if (!version3_) {
    if (good() && context_.verbose()) put_attributes2(context_.verbose(2));
    return;
  }
  const bool fine = good();
  if (context_.truncated() || !context_.verbose()) return;
  put_change();
  if (!fine) return;
  context_.put(' ', rest_.take_be32(), " bytes");
  if (!context_.verbose(2)) return;
  const std::uint32_t stable = rest_.take_be32();
  context_.put(" <");
  if (stable < std::size(kStable)) {
    context_.put(kStable[stable]);
  } else {
    context_.put("unk ", stable);
  }
  context_.put('>');
  put_verifier(" verf ");
}

void Message::put_result_of_create() {
  if (version3_) return put_new_object();
  if (!good()) return;
  put_handle();
  if (context_.verbose()) put_attributes2(context_.verbose(2));
}

void Message::put_result_of_symlink() {
  if (version3_) return put_new_object();
  good();
}

void Message::put_result_of_remove() {
  good();
  if (version3_ && context_.verbose() && !context_.truncated()) put_change();
}

void Message::put_result_of_rename() {
  good();
  if (!version3_ || !context_.verbose() || context_.truncated()) return;
  context_.put(" from:");
  put_change();
  context_.put(" to:");
  put_change();
}

void Message::put_result_of_link() {
  good();
  if (!version3_ || !context_.verbose() || context_.truncated()) return;
  put_optional_attributes(" file POST:");
  context_.put(" dir:");
  put_change();
}

void Message::put_result_of_readdir() {
  if (!version3_) {
    if (!good()) return;
    const std::uint32_t offset = rest_.be32(0);
    const std::uint32_t size = rest_.be32(4);
    return context_.put(" offset 0x", Hex{offset}, " size ", size, rest_.be32(8) != 0 ? "  eof" : " ");
  }
  const bool fine = good();
  if (context_.truncated() || !context_.verbose()) return;
  put_optional_attributes(" POST:");
  if (fine) put_verifier(" verf ");
}

void Message::put_result_of_fsstat() {
  if (!version3_) {
    if (!good()) return;
    return context_.put(" tsize ", rest_.be32(0), " bsize ", rest_.be32(4), " blocks ", rest_.be32(8), " bfree ",
                        rest_.be32(12), " bavail ", rest_.be32(16));
  }
  const bool fine = good();
  if (context_.truncated()) return;
  put_or_skip_attributes(" POST:");
  if (!fine || context_.truncated()) return;
  context_.put(" tbytes ", rest_.be64(0), " fbytes ", rest_.be64(8), " abytes ", rest_.be64(16));
  if (!context_.verbose()) return;
  context_.put(" tfiles ", rest_.be64(24), " ffiles ", rest_.be64(32), " afiles ", rest_.be64(40), " invar ",
               rest_.be32(48));
}

void Message::put_result_of_fsinfo() {
  const bool fine = good();
  if (context_.truncated()) return;
  put_or_skip_attributes(" POST:");
  if (!fine || context_.truncated()) return;
  context_.put(" rtmax ", rest_.be32(0), " rtpref ", rest_.be32(4), " wtmax ", rest_.be32(12), " wtpref ",
               rest_.be32(16), " dtpref ", rest_.be32(24));
  if (!context_.verbose()) return;
  context_.put(" rtmult ", rest_.be32(8), " wtmult ", rest_.be32(20), " maxfsz ", rest_.be64(28));
  context_.put(" delta ", rest_.be32(36), '.', Padded{rest_.be32(40), 6}, ' ');
}

void Message::put_result_of_pathconf() {
  const bool fine = good();
  if (context_.truncated()) return;
  put_or_skip_attributes(" POST:");
  if (!fine || context_.truncated()) return;
  context_.put(" linkmax ", rest_.be32(0), " namemax ", rest_.be32(4), rest_.be32(8) != 0 ? " notrunc" : " ",
               rest_.be32(12) != 0 ? " chownres" : " ", rest_.be32(16) != 0 ? " igncase" : " ",
               rest_.be32(20) != 0 ? " keepcase" : " ");
}

void Message::put_result_of_commit() {
  good();
  if (context_.truncated() || !context_.verbose()) return;
  put_change();
  if (context_.verbose(2)) put_verifier(" verf ");
}

constexpr Message::ProcedureRow Message::kProcedures[] = {
    {"null"},
    {"getattr", &Message::put_handle, &Message::put_result_of_getattr},
    {"setattr", &Message::put_handle, &Message::put_result_of_setattr},
    {"lookup", &Message::put_call_with_name, &Message::put_result_of_lookup},
    {"access", &Message::put_call_access, &Message::put_result_of_access},
    {"readlink", &Message::put_handle, &Message::put_result_of_readlink},
    {"read", &Message::put_call_read, &Message::put_result_of_read},
    {"write", &Message::put_call_write, &Message::put_result_of_write},
    {"create", &Message::put_call_with_name, &Message::put_result_of_create},
    {"mkdir", &Message::put_call_with_name, &Message::put_result_of_create},
    {"symlink", &Message::put_call_symlink, &Message::put_result_of_symlink},
    {"mknod", &Message::put_call_mknod, &Message::put_new_object},
    {"remove", &Message::put_call_with_name, &Message::put_result_of_remove},
    {"rmdir", &Message::put_call_with_name, &Message::put_result_of_remove},
    {"rename", &Message::put_call_rename, &Message::put_result_of_rename},
    {"link", &Message::put_call_link, &Message::put_result_of_link},
    {"readdir", &Message::put_call_readdir, &Message::put_result_of_readdir},
    {"readdirplus", &Message::put_call_readdirplus, &Message::put_result_of_readdir},
    {"fsstat", &Message::put_handle, &Message::put_result_of_fsstat},
    {"fsinfo", &Message::put_handle, &Message::put_result_of_fsinfo},
    {"pathconf", &Message::put_handle, &Message::put_result_of_pathconf},
    {"commit", &Message::put_call_commit, &Message::put_result_of_commit},
    {"nop"},
};

NfsState::Request request_of(const IpHeader& ip, std::uint32_t xid, bool from_server) {
  NfsState::Request request{.xid = xid, .version = ip.version};
  const std::size_t size = ip.address_size();
  std::memcpy(request.addresses.data(), from_server ? ip.destination : ip.source, size);
  std::memcpy(request.addresses.data() + 16, from_server ? ip.source : ip.destination, size);
  return request;
}

// The procedure's name; false when it has none.
bool put_procedure(Context& context, std::uint32_t version, std::uint32_t number, Procedure& procedure) {
  if (version != 3) number = number < std::size(kVersion2) ? kVersion2[number] : number <= kNoop + 3u ? kNoop : number;
  if (version == 3 && number > kCommit) {
    context.put(" proc-", number);
    return false;
  }
  if (number > kNoop) {
    context.put(" proc-", number);
    return false;
  }
  procedure = static_cast<Procedure>(number);
  context.put(' ', Message::name(procedure));
  return true;
}

// `size` is that of the message; a call is not read beyond it.
void print_call(Context& context, const Cursor& message, std::size_t size, const IpHeader& ip) {
  context.put("NFS request xid ", message.be32(0), ' ', size);
  if (!message.has(24)) return message.truncated();
  const std::uint32_t version = message.be32(16);
  const std::uint32_t number = message.be32(20);
  NfsState::Request request = request_of(ip, message.be32(0), false);
  request.program_version = version;
  request.procedure = number;
  context.nfs_state.add(request);
  Procedure procedure = kNull;
  if (!put_procedure(context, version, number, procedure) || procedure == kNull || procedure == kNoop) return;
  // Credentials and verifier, each a flavor, a length and the bytes.
  std::size_t at = 24;
  for (unsigned i = 0; i < 2; ++i) {
    const std::size_t length = message.be32(at + 4);
    if (context.truncated()) return;
    at += 8 + ((length + 3) & ~std::size_t{3});
    if (at > size || !message.has(at)) return message.truncated();
  }
  Message(context, message.from(at), version == 3).print_call(procedure);
}

void put_rejection(Context& context, const Cursor& message) {
  const std::uint32_t reason = message.be32(12);
  if (reason == 0) {
    return context.put("RPC Version mismatch (", message.be32(16), '-', message.be32(20), ')');
  }
  if (reason != 1) return context.put("Unknown reason for rejecting rpc message ", reason);
  const std::uint32_t state = message.be32(16);
  if (state < std::size(kAuthStates)) {
    context.put("Auth ", kAuthStates[state]);
  } else {
    context.put("Auth Invalid failure code ", state);
  }
}

void print_reply(Context& context, const Cursor& message, std::size_t size, const IpHeader& ip) {
  if (!message.has(12)) return message.truncated();
  const std::uint32_t state = message.be32(8);
  context.put("reply ");
  if (state == 1) {
    context.put("ERR ", size, ": ");
    return put_rejection(context, message);
  }
  if (state != 0) return context.put("Unknown rpc response code=", state, ' ', size);
  context.put("ok ", size);
  const NfsState::Request* request = context.nfs_state.find(request_of(ip, message.be32(0), true));
  if (request == nullptr) return;
  Procedure procedure = kNull;
  if (!put_procedure(context, request->program_version, request->procedure, procedure)) return;
  if (procedure == kNull || procedure == kNoop) return;
  const std::size_t verifier = message.be32(16);
  if (context.truncated()) return;
  const std::size_t at = 20 + verifier;
  const std::uint32_t accepted = message.be32(at);
  if (context.truncated()) return;
  if (accepted != 0) {
    context.put(' ');
    context.put_name(token(kAcceptStates, accepted), "ar_stat ", accepted);
    return;
  }
  Message(context, message.from(at + 4), request->program_version == 3).print_result(procedure);
}

bool print_message(Context& context, const Cursor& message, std::size_t size, const Transport& transport,
                   std::string_view before) {
  if (!message.has(8)) return false;
  const std::uint32_t type = message.be32(4);
  const bool call = transport.destination_port == kPort && type == kCall;
  if (!call && !(transport.source_port == kPort && type == kReply)) return false;
  context.protocol("nfs");
  context.put(before);
  if (call) {
    print_call(context, message, size, transport.ip);
  } else {
    context.put("NFS reply xid ", message.be32(0), ' ');
    print_reply(context, message, size, transport.ip);
  }
  return true;
}

}  // namespace

// A reply as one of NFS, and a call in the words of port mappers (RFC 1833 3), whatever program they are for.
void print_rpc(Context& context, Cursor datagram, const IpHeader& ip) {
  constexpr std::size_t kUdpHeader = 8;
  constexpr std::uint16_t kMapperPort = 111;
  constexpr std::string_view kProcedures[] = {"null", "set", "unset", "getport", "dump", "call"};
  constexpr std::uint32_t kDump = 4;
  const Cursor message = datagram.from(kUdpHeader);
  if (!message.has(8)) return datagram.truncated();
  const std::uint32_t id = message.be32(0);
  const auto put_host = [&context, &ip](const std::uint8_t* address) {
    if (ip.version == 4) return context.host4(address);
    context.host6(address);
  };
  if (message.be32(4) != kCall) {
    put_host(ip.source);
    context.put('.');
    context.udp_port(kPort);
    context.put(" > ");
    put_host(ip.destination);
    context.put('.', id, ": ");
    context.protocol("nfs");
    return print_reply(context, message, message.length(), ip);
  }
  context.protocol("sunrpc");
  const std::uint8_t* call = message.block(0, 32);
  if (context.truncated()) return;
  put_host(ip.source);
  context.put(".0x", Hex{id}, " > ");
  put_host(ip.destination);
  context.put('.');
  context.put_name(context.services.udp_port(kMapperPort), "0x", Hex{kMapperPort});
  const std::uint32_t procedure = load_be32(call + 20);
  const bool is_known = procedure < std::size(kProcedures);
  context.put(": ", message.length(), ' ');
  context.put_name(is_known ? kProcedures[procedure] : std::string_view(), " proc #", procedure);
  if (const std::uint32_t version = load_be32(call + 8); version != 2) context.put(" [rpcver ", version, ']');
  if (!is_known || procedure == kNull || procedure == kDump) return;
  context.put(context.services.empty() ? " " : " #", load_be32(call + 12), '.', load_be32(call + 16));
}

bool print_nfs_over_udp(Context& context, Cursor payload, const Transport& transport) {
  return print_message(context, payload, payload.length(), transport, "");
}

// RFC 5531 11: 31 bits of length precede each part of a message; only the first part of a segment is looked at.
bool print_nfs_over_tcp(Context& context, Cursor payload, const Transport& transport) {
  constexpr std::size_t kMark = 4;
  if (!payload.has(kMark) || payload.length() < kMark) return false;
  const std::size_t size = std::min<std::size_t>(payload.be32(0) & 0x7fffffff, payload.length() - kMark);
  return print_message(context, payload.from(kMark), size, transport, ": ");
}

}  // namespace ringtap
