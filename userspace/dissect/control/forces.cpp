// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// ForCES, RFC 5810, in SCTP (RFC 5811): a header, then a tree of TLVs that name operations on a forwarding element's
// components.
#include "dissect/control/printers.hpp"
#include "dissect/hexdump.hpp"

namespace ringtap {
namespace {

constexpr std::size_t kHeader = 24;
constexpr std::size_t kTlv = 4;
enum Message : std::uint8_t { kSetup = 1, kTeardown = 2, kRedirect = 6, kHeartbeat = 15, kResponse = 17, kLast = 20 };
constexpr std::string_view kMessages[] = {"",
                                          "Association Setup",
                                          "Association TearDown",
                                          "Config",
                                          "Query",
                                          "Event Notification",
                                          "Packet Redirect",
                                          "",
                                          "",
                                          "",
                                          "",
                                          "",
                                          "",
                                          "",
                                          "",
                                          "HeartBeat",
                                          "",
                                          "Association Response",
                                          "",
                                          "Config Response",
                                          "Query Response"};
constexpr std::string_view kIdentifiers[] = {"FE", "CE", "ForCESreserved", "AllMulticast"};
constexpr std::string_view kAcknowledgments[] = {"NoACK", "SuccessACK", "FailureACK", "AlwaysACK"};
constexpr std::string_view kExecutions[] = {"EMReserved", "execute-all-or-none", "execute-until-failure",
                                            "continue-execute-on-failure"};
constexpr std::string_view kTransactions[] = {"StartofTransaction", "MiddleofTransaction", "EndofTransaction", "abort"};

enum Type : std::uint16_t {
  kPathData = 0x110,
  kKeyInfo = 0x111,
  kFullData = 0x112,
  kSparseData = 0x113,
  kResult = 0x114,
  kMetadata = 0x115,
  kRedirectData = 0x116
};
constexpr Token kTopTypes[] = {
    {0x1, "REDIRECT"}, {0x10, "ASResult"}, {0x11, "ASTreason"}, {0x1000, "LFBselect"}, {kPathData, "PATH-DATA"}};
constexpr Token kDataTypes[] = {{kPathData, "PATH-DATA"},       {kKeyInfo, "KEYINFO"}, {kFullData, "FULLDATA"},
                                {kSparseData, "SPARSEDATA"},    {kResult, "RESULT"},   {kMetadata, "METADATA"},
                                {kRedirectData, "REDIRECTDATA"}};
constexpr std::string_view kReasons[] = {"Normal Teardown", "Loss of Heartbeats", "Out of bandwidth", "Out of Memory",
                                         "Application Crash"};
constexpr std::string_view kResponses[] = {"Success", "FE ID invalid", "permission denied", "Unknown"};
constexpr std::string_view kClasses[] = {"Invalid TLV", "FEObj LFB", "FEProtoObj LFB"};
constexpr std::string_view kResults[] = {"SUCCESS",
                                         "INVALID HEADER",
                                         "LENGTH MISMATCH",
                                         "VERSION MISMATCH",
                                         "INVALID DESTINATION PID",
                                         "LFB UNKNOWN",
                                         "LFB NOT FOUND",
                                         "LFB INSTANCE ID NOT FOUND",
                                         "INVALID PATH",
                                         "COMPONENT DOES NOT EXIST",
                                         "EXISTS ALREADY",
                                         "NOT FOUND",
                                         "READ ONLY",
                                         "INVALID ARRAY CREATION",
                                         "VALUE OUT OF RANGE",
                                         "CONTENTS TOO LONG",
                                         "INVALID PARAMETERS",
                                         "INVALID MESSAGE TYPE",
                                         "INVALID FLAGS",
                                         "INVALID TLV",
                                         "EVENT ERROR",
                                         "NOT SUPPORTED",
                                         "MEMORY ERROR",
                                         "INTERNAL ERROR"};

// What an operation may carry (RFC 5810 7.1.7), and in which message it may be.
enum Data : std::uint8_t { kFull = 1, kSparse = 2, kOutcome = 4 };
enum class Form { kPaths, kReply, kNothing };
struct Operation {
  std::string_view name;
  std::uint32_t messages;  // bits by type
  std::uint8_t data = 0;
  Form form = Form::kPaths;
};
constexpr std::uint32_t kConfig = 1U << 3;
constexpr std::uint32_t kQuery = 1U << 4;
constexpr std::uint32_t kConfigResponse = 1U << 19;
constexpr std::uint32_t kQueryResponse = 1U << 20;
constexpr std::uint32_t kReport = 1U << 5 | 1U << kSetup;
constexpr Operation kOperations[] = {{"Reserved", 0},
                                     {"Set", kConfig, kFull | kSparse},
                                     {"SetProp", kConfig, kFull | kSparse},
                                     {"SetResp", kConfigResponse, kOutcome},
                                     {"SetPropResp", kConfigResponse, kOutcome},
                                     {"Del", kConfig},
                                     {"DelResp", kConfigResponse, kOutcome},
                                     {"Get", kQuery},
                                     {"GetProp", kQuery},
                                     {"GetResp", kQueryResponse, kFull | kSparse | kOutcome},
                                     {"GetPropResp", kQueryResponse, kFull | kOutcome},
                                     {"Report", kReport, kFull | kSparse},
                                     {"Commit", kConfig, 0, Form::kNothing},
                                     {"RCommit", kConfigResponse, kOutcome, Form::kReply},
                                     {"RTRCOMP", kConfig, 0, Form::kNothing}};

struct Tlv {
  std::uint16_t type;
  std::size_t size;  // with its header
  Cursor data;
};
Tlv tlv_at(const Cursor& cursor) {
  const std::size_t size = cursor.be16(2);
  return {cursor.be16(0), size, cursor.from(kTlv).with_length(size < kTlv ? 0 : size - kTlv)};
}
bool is_sound(const Tlv& tlv, const Cursor& cursor) {
  return tlv.size >= kTlv && tlv.size <= cursor.length();
}
constexpr std::size_t padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

constexpr std::size_t kBlanks = 64;
constexpr std::string_view kNewLineAndBlanks = "\n                                                                ";
static_assert(kNewLineAndBlanks.size() == kBlanks + 1);
std::string_view line_of(std::size_t indent) {
  return kNewLineAndBlanks.substr(0, 1 + std::min(indent, kBlanks));
}

class Forces {
 public:
  Forces(Context& context, std::uint8_t message) : context_(context), message_(message) {}
  // False where the message is to be dumped.
  bool top(Cursor rest);

 private:
  [[nodiscard]] bool detailed() const { return context_.verbose(3); }
  void dump(const Cursor& bytes, std::size_t size, std::string_view indent) {
    dump_hex(context_.out, bytes.bytes().first(std::min(size, bytes.captured())), indent);
  }
  void boxed(const Cursor& bytes, std::size_t size, std::size_t indent) {
    const std::string_view line = line_of(indent);
    context_.put(line.substr(1), '[');
    dump(bytes, size, line);
    context_.put(line, ']');
  }
  void messy(std::string_view what, const Tlv& tlv, const Cursor& rest) {
    context_.put("\n\t\tMessy ", what, " TLV header, type (0x", Hex{tlv.type}, ")\n\t\texcess of ",
                 static_cast<std::uint32_t>(rest.length() - tlv.size), " Bytes ");
  }
  bool association(const Cursor& data, bool teardown);
  bool redirect(Cursor rest);
  void metadata(Cursor rest);
  bool select(Cursor rest);
  bool operation(const Operation& operation, const Tlv& tlv);
  void invalid_operation(const Tlv& tlv, const Cursor& rest);
  bool paths(Cursor rest, std::size_t indent);
  bool path(Cursor rest, std::size_t indent);
  bool content(const Tlv& tlv, std::size_t indent);
  bool sparse(Cursor rest, std::size_t indent);
  bool result(const Tlv& tlv, std::size_t indent);

  Context& context_;
  std::uint8_t message_;
  std::uint8_t allowed_ = 0;
  unsigned depth_ = 0;
};

bool Forces::association(const Cursor& data, bool teardown) {
  const std::string_view name = teardown ? "illegal ASTresult" : "illegal ASRresult";
  if (data.length() != 4) {
    context_.put(name, "-TLV: ", data.length(), " bytes!\n");
    return false;
  }
  const std::uint32_t code = data.be32(0);
  if (context_.truncated()) return true;
  if (teardown ? code > 0xff : code >= std::size(kResponses)) {
    context_.put(name, " result code: ", code, "!\n");
    return false;
  }
  if (!detailed()) return true;
  if (teardown) {
    context_.put("Teardown reason:\n         ", code < std::size(kReasons) ? kReasons[code] : "Unknown Teardown reason",
                 '(', Hex{code}, ')');
  } else {
    context_.put("\n         ", kResponses[code], " (", Hex{code}, ')');
  }
  context_.put("\n         ");
  return true;
}

void Forces::metadata(Cursor rest) {
  context_.put("\n           METADATA length ", rest.length(), '\n');
  while (rest.length() > 8 && !context_.truncated()) {
    const std::uint32_t id = rest.be32(0);
    const std::uint32_t size = rest.be32(4);
    if (size < 8 || padded(size) > rest.length() || context_.truncated()) return;
    context_.put("           MetaID 0x", Hex{id}, " length ", size, '\n');
    if (detailed()) {
      dump(rest.from(8), size - 8, "\t\t[");
      context_.put(" ]\n");
    }
    rest.skip(padded(size));
  }
}

bool Forces::redirect(Cursor rest) {
  if (rest.length() < 8) {
    context_.put("\n\t\ttruncated Redirect TLV: ", 8 - rest.length(), " bytes missing! ");
    return false;
  }
  while (rest.length() >= kTlv && !context_.truncated()) {
    const Tlv tlv = tlv_at(rest);
    if (context_.truncated() || !is_sound(tlv, rest)) break;
    if (tlv.type == kMetadata) {
      metadata(tlv.data);
    } else if (tlv.type == kRedirectData) {
      context_.put("\n           Redirect Data length ", tlv.data.length());
      if (detailed()) {
        context_.put("\n\t\t[");
        dump(tlv.data, tlv.data.length(), "\n\t\t");
        context_.put("\n\t\t]");
      } else {
        context_.put('\n');
      }
    } else {
      context_.put("Unknown REDIRECT TLV 0x", Hex{tlv.type}, " len ", tlv.size, '\n');
    }
    rest.skip(padded(tlv.size));
  }
  if (rest.length() > 0 && !context_.truncated()) {
    context_.put("Bad Redirect data\n\n\t\tMessy Redirect TLV header, type (0x", Hex{rest.be16(0)}, ")\n\t\texcess of ",
                 static_cast<std::uint32_t>(rest.length() - rest.be16(2)), " Bytes ");
    return false;
  }
  return true;
}

void Forces::invalid_operation(const Tlv& tlv, const Cursor& rest) {
  context_.put(detailed() ? "" : "\n", "\t\tINValid oper-TLV type 0x", Hex{tlv.type}, " length ", tlv.size,
               " for this ForCES message\n");
  if (!detailed()) return;
  context_.put("         Data[");
  dump(rest, tlv.size, "\n         ");
  context_.put("\n         ]\n");
}

bool Forces::operation(const Operation& operation, const Tlv& tlv) {
  if (detailed())
    context_.put("          Oper TLV  ", operation.name, "(0x", Hex{tlv.type}, ") length ", tlv.size, '\n');
  constexpr std::size_t kLeast = 8;
  if (tlv.data.length() < kLeast) {
    context_.put("\t\tOper TLV  ", operation.name, "(0x", Hex{tlv.type}, ") length ", tlv.size,
                 "\n\t\tTruncated data size ", tlv.data.length(), " minimum required ", kLeast, '\n');
    if (detailed()) {
      context_.put("         Data[");
      dump(tlv.data, tlv.data.length(), "\n         ");
      context_.put("\n         ]\n");
    }
    return true;
  }
  allowed_ = operation.data;
  switch (operation.form) {
    case Form::kNothing:
      return true;
    case Form::kPaths:
      return paths(tlv.data, 10);
    case Form::kReply:
      break;
  }
  const Tlv inner = tlv_at(tlv.data);
  if (context_.truncated()) return true;
  const std::string_view name = token(kDataTypes, inner.type, "Unknown");
  context_.put("genoptlvprint - ", name, " TLV TLV type 0x", Hex{inner.type}, " len ", inner.size, '\n');
  if (!is_sound(inner, tlv.data)) {
    context_.put("\t\tMessy PATHDATA TLV header, type (0x", Hex{inner.type}, ")\n\t\texcess of ",
                 static_cast<std::uint32_t>(tlv.data.length() - inner.size), " Bytes ");
    return false;
  }
  if (detailed()) {
    context_.put("           ", name, " TLV, length ", inner.size, " (data length ", inner.data.length(), " Bytes)");
  }
  return path(inner.data, 12);
}

bool Forces::select(Cursor rest) {
  constexpr std::size_t kLeast = 12;
  if (rest.length() <= kLeast) {
    context_.put("\n\t\ttruncated lfb selector: ", kLeast - rest.length(), " bytes missing! ");
    return false;
  }
  const std::uint32_t id = rest.be32(0);
  const std::uint32_t instance = rest.be32(4);
  if (context_.truncated()) return true;
  if (detailed()) {
    context_.put("\n         ");
    if (id < std::size(kClasses)) {
      context_.put(kClasses[id]);
    } else {
      context_.put('#', Signed{static_cast<std::int32_t>(id)});
    }
    context_.put("(Classid ", Hex{id}, ") instance ", Hex{instance}, '\n');
  }
  rest.skip(8);
  while (rest.length() >= kTlv && !context_.truncated()) {
    const Tlv tlv = tlv_at(rest);
    if (context_.truncated()) return true;
    if (!is_sound(tlv, rest)) {
      messy("oper", tlv, rest);
      return false;
    }
    if (tlv.type >= std::size(kOperations) || (kOperations[tlv.type].messages >> message_ & 1) == 0) {
      invalid_operation(tlv, rest);
    } else if (!operation(kOperations[tlv.type], tlv)) {
      return true;
    }
    rest.skip(padded(tlv.size));
  }
  return true;
}

// Several paths, each in a TLV; what is not one is printed as if it were.
bool Forces::paths(Cursor rest, std::size_t indent) {
  while (rest.length() >= kTlv && !context_.truncated()) {
    const Tlv tlv = tlv_at(rest);
    if (context_.truncated()) return true;
    if (!is_sound(tlv, rest)) {
      messy("PATHDATA", tlv, rest);
      return false;
    }
    if (detailed()) {
      context_.put(line_of(indent + 1).substr(1), token(kDataTypes, tlv.type, "Unknown"), " TLV, length ", tlv.size,
                   " (data encapsulated ", tlv.data.length(), " Bytes)");
    }
    if (!path(tlv.data, indent + 2)) return false;
    rest.skip(padded(tlv.size));
  }
  return true;
}

bool Forces::path(Cursor rest, std::size_t indent) {
  if (rest.length() < 4) {
    context_.put_truncated();
    return false;
  }
  const std::uint16_t flags = rest.be16(0);
  const std::size_t count = rest.be16(2);
  if (context_.truncated() || depth_ >= kMaxDepth) return false;
  const std::string_view line = line_of(indent);
  if (detailed()) context_.put(line, "Pathdata: Flags 0x", Hex{flags}, " ID count ", count, '\n');
  rest.skip(4);
  const bool has_key = (flags & 1) != 0;
  const bool has_range = (flags & 2) != 0;
  if (has_key && has_range) {
    context_.put("\t\t\tIllegal to have both Table ranges and keys\n");
    return false;
  }
  if (rest.length() < 4 * count) {
    context_.put("\t\t\ttruncated IDs expected ", 4 * count, "B got ", rest.length(), "B\n");
    if (rest.length() > 0) {
      dump(rest, rest.length(), "\t\t\tID Data[");
    }
    context_.put("]\n");
    return false;
  }
  for (std::size_t i = 0; i < count && !context_.truncated(); ++i) {
    const std::uint32_t id = rest.take_be32();
    if (detailed() && !context_.truncated()) {
      context_.put(line.substr(1), "ID#", Padded{i + 1, 2}, ": ", id, '\n');
    }
  }
  if (context_.truncated()) return true;
  if (has_key || has_range) {
    constexpr std::size_t kRange = 12;
    if (rest.length() < kRange) {
      context_.put("pathlength ", rest.length(), " with key/range too short ", kRange, '\n');
      return false;
    }
    const std::uint32_t begin = rest.be32(4);
    const std::uint32_t end = rest.be32(8);
    if (context_.truncated()) return false;
    if (has_range && detailed()) context_.put(line.substr(1), "Table range: [", begin, ',', end, "]\n");
    if (has_key && begin < 4) {
      context_.put("key content length ", begin, " < 4\n");
      return false;
    }
    // tcpdump takes a key for the length of a key.
    rest.skip(has_range ? kRange : 4 + std::size_t{begin});
  }
  if (rest.length() == 0) return true;
  const Tlv tlv = tlv_at(rest);
  if (context_.truncated()) return true;
  const auto bad = [&] {
    dump(rest, rest.length(), "Bad Data val\n\t  [");
    context_.put("]\n");
    return false;
  };
  if (!is_sound(tlv, rest)) {
    context_.put(tlv.size < kTlv ? "xLV too short" : "xLV too long", " Outstanding bytes ", rest.length(),
                 " for TLV type 0x", Hex{tlv.type}, " TLV len ", tlv.size, '\n');
    return bad();
  }
  if (tlv.type < kPathData || tlv.type > kResult) {
    context_.put("Invalid path data content type 0x", Hex{tlv.type}, " len ", tlv.size, '\n');
    return bad();
  }
  ++depth_;
  const bool good = content(tlv, indent + 2);
  rest.skip(padded(tlv.size));
  const bool all = good && (rest.length() == 0 || paths(rest, indent));
  --depth_;
  return all;
}

bool Forces::result(const Tlv& tlv, std::size_t indent) {
  if (tlv.data.length() != 4) {
    context_.put("illegal RESULT-TLV: ", tlv.data.length(), " bytes!\n");
    return false;
  }
  const std::uint8_t code = tlv.data.u8(0);
  if (context_.truncated()) return false;
  constexpr std::uint8_t kUnspecified = 0xff;
  if (code >= std::size(kResults) && code != kUnspecified) {
    context_.put("illegal reserved result code: 0x", Hex{code}, "!\n");
    return false;
  }
  if (detailed()) {
    context_.put(line_of(indent + 2).substr(1), "Result: ", code == kUnspecified ? "UNSPECIFIED ERROR" : kResults[code],
                 " (code 0x", Hex{code}, ")\n");
  }
  return true;
}

// Index, length and value: components of a table that are not all there.
bool Forces::sparse(Cursor rest, std::size_t indent) {
  while (rest.length() > 0 && !context_.truncated()) {
    if (rest.length() < 8) {
      context_.put("Error: BAD SPARSEDATA-TLV!\n");
      return false;
    }
    const std::uint32_t index = rest.be32(0);
    const std::uint32_t size = rest.be32(4);
    if (context_.truncated()) return false;
    if (size > rest.length()) {
      context_.put("Error: xLV too long, rlen ", rest.length(), '\n');
      return false;
    }
    if (size < 8) {
      context_.put("Error: xLV too short, rlen ", rest.length(), '\n');
      return false;
    }
    if (detailed()) context_.put(line_of(indent + 1), "ILV: type ", Hex{index}, " length ", size, '\n');
    if (detailed()) dump(rest.from(8), size - 8, "\t\t[");
    rest.skip(padded(size));
  }
  return true;
}

bool Forces::content(const Tlv& tlv, std::size_t indent) {
  if (tlv.type == kPathData) {
    if (detailed()) {
      context_.put(line_of(indent).substr(1), "PATH-DATA TLV, length ", tlv.size, " (data encapsulated ",
                   tlv.data.length(), " Bytes)");
    }
    return path(tlv.data, indent + 1);
  }
  if (detailed()) {
    context_.put(line_of(indent).substr(1), token(kDataTypes, tlv.type), " TLV (Length ", tlv.size, " DataLen ",
                 tlv.data.length());
    const std::size_t pad = padded(tlv.size) - tlv.size;
    if (pad != 0) context_.put(" pad ", pad);
    context_.put(" Bytes)\n");
  }
  const unsigned needed = tlv.type == kKeyInfo ? 0 : 1U << (tlv.type - kFullData);
  if ((needed & allowed_) == 0) {
    context_.put("Illegal DATA encoding for type 0x", Hex{tlv.type}, " programmed ", needed, " got ", allowed_, '\n');
  }
  switch (tlv.type) {
    case kKeyInfo: {
      const std::uint32_t key = tlv.data.be32(0);
      if (context_.truncated()) return false;
      context_.put(line_of(indent).substr(1), "Keyinfo: Key 0x", Hex{key}, '\n');
      static_cast<void>(tlv.data.be32(4));
      if (context_.truncated()) return false;
      if (!tlv.data.has(12)) {
        context_.put_truncated();
        return false;
      }
      context_.put("Error: expecting FULLDATA!\n");
      return false;
    }
    case kFullData:
      if (detailed()) boxed(tlv.data, padded(tlv.data.length()), indent + 1);
      return true;
    case kSparseData:
      return sparse(tlv.data, indent);
    default:
      return result(tlv, indent);
  }
}

bool Forces::top(Cursor rest) {
  while (rest.length() > 0 && !context_.truncated()) {
    const Tlv tlv = tlv_at(rest);
    if (context_.truncated()) return true;
    if (!is_sound(tlv, rest)) {
      context_.put("\tMess TopTLV header: min 4, total ", rest.length(), " advertised ", tlv.size, ' ');
      return false;
    }
    const std::string_view name = token(kTopTypes, tlv.type);
    if (name.empty()) {
      context_.put("\n\tInvalid ForCES Top TLV type=0x", Hex{tlv.type});
      return false;
    }
    if (detailed()) {
      context_.put('\t', name, " TLV, length ", tlv.size, " (data length ", tlv.data.length(), " Bytes)");
    }
    rest.skip(padded(tlv.size));
    if (message_ == kTeardown || message_ == kResponse) {
      if (!association(tlv.data, message_ == kTeardown)) return false;
      if (rest.length() > 0) {
        context_.put("\tMess TopTLV header: min 4, total ", rest.length(), " advertised ", rest.be16(2), ' ');
        return false;
      }
    } else if (!(message_ == kRedirect ? redirect(tlv.data) : select(tlv.data))) {
      return false;
    }
  }
  return true;
}

void put_flags(Context& context, std::uint32_t flags) {
  const unsigned acknowledgment = flags >> 30;
  const unsigned execution = flags >> 22 & 3;
  const unsigned atomic = flags >> 21 & 1;
  const unsigned transaction = flags >> 19 & 3;
  context.put("\n\tForCES flags:\n\t  ", kAcknowledgments[acknowledgment], "(0x", Hex{acknowledgment},
              "), prio=", flags >> 27 & 7, ", ", kExecutions[execution], "(0x", Hex{execution}, "),\n\t  ");
  context.put(atomic != 0 ? "2PCtransaction" : "Standalone", "(0x", Hex{atomic}, "), ", kTransactions[transaction],
              "(0x", Hex{transaction}, ")\n\t  Extra flags: rsv(b5-7) 0x", Hex{flags >> 24 & 7}, " rsv(b13-31) 0x",
              Hex{flags & 0x7ffff}, '\n');
}

// False where the message is to be dumped.
bool put_message(Context& context, const Cursor& message, std::uint8_t type) {
  if (!message.has(kHeader)) {
    message.truncated();
    return true;
  }
  const std::size_t size = std::size_t{message.be16(2)} * 4;
  const std::uint32_t flags = message.be32(20);
  if (context.truncated()) return true;
  if (type > kLast || kMessages[type].empty()) {
    if (type == 18) {
      context.put("\n\tUnknown ForCES message type=0x", Hex{type});
    } else {
      context.put("Invalid ForCES message type ", type, '\n');
    }
    return false;
  }
  context.put("\n\tForCES ", kMessages[type], ' ');
  const std::size_t length = message.length();
  if (size < kHeader || padded(length) != size || length < kHeader) {
    context.put("Illegal ForCES pkt len - min ", kHeader, ", total recvd ", length, ", advertised ", size, ' ');
    return false;
  }
  if (context.verbose()) {
    const std::uint32_t source = message.be32(4);
    const std::uint32_t destination = message.be32(8);
    context.put("\n\tForCES Version ", unsigned{message.u8(0)} >> 4, " len ", size, "B flags 0x", Hex{flags, 8},
                " \n\tSrcID 0x", Hex{source}, '(', kIdentifiers[source >> 30], ") DstID 0x", Hex{destination}, '(',
                kIdentifiers[destination >> 30], ") Correlator 0x", Hex{message.be64(12)});
  }
  if (context.verbose(2)) put_flags(context, flags);
  const Cursor tlvs = message.from(kHeader);
  // RFC 5810 7: what a message must have.
  constexpr std::size_t kLeast = 8;
  if (type == kHeartbeat) {
    if (tlvs.length() < kLeast) return true;
    context.put("<0x1>Illegal Top level TLV!\n");
    return false;
  }
  if (tlvs.length() == 0 && type == kSetup) return true;
  if (tlvs.length() < kLeast) {
    context.put("\tTop level TLV Data missing!\n");
    return false;
  }
  return Forces(context, type).top(tlvs);
}

}  // namespace

void print_forces(Context& context, Cursor message) {
  context.protocol("forces");
  const std::uint8_t type = message.u8(1);
  const bool good = put_message(context, message, type);
  if (context.truncated()) return;
  const std::span<const std::uint8_t> bytes = message.bytes().first(message.readable());
  if (!good) {
    dump_hex(context.out, bytes, "\n\t[");
    context.put("\n\t]");
  } else if (context.verbose(4)) {
    context.put("\n\t  Raw ForCES message\n\t [");
    dump_hex(context.out, bytes, "\n\t ");
    context.put("\n\t ]");
  }
}

}  // namespace ringtap
