// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/nats.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/now.hpp"
#include "base/thread.hpp"
#include "fleet/batch.hpp"
#include "fleet/nats_library.hpp"
#include "fleet/nkey.hpp"
#include "ringtap/unique_fd.hpp"

namespace ringtap {
namespace {

const NatsFunctions& nats() {
  return nats_library().functions;
}

constexpr const char* kNotPermitted = "not permitted";

Result<std::string> file_text(const std::string& option, const std::string& path) {
  constexpr std::size_t kMost = std::size_t{1} << 20;
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return Error::from_errno(errno, option + " " + path, ErrorKind::kUsage);
  std::string text(kMost, '\0');
  std::size_t size = 0;
  while (size < kMost) {
    const ssize_t got = ::read(file.get(), text.data() + size, kMost - size);
    if (got < 0) return Error::from_errno(errno, option + " " + path, ErrorKind::kUsage);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

std::vector<std::string> servers_of(const std::string& list) {
  std::vector<std::string> servers;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    if (comma > at) servers.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return servers;
}

// An Error of libnats.
Error failed(natsStatus status, const std::string& what) {
  if (status == NATS_CONNECTION_AUTH_FAILED || status == NATS_NOT_PERMITTED) return Error(what + ": " + kNotPermitted);
  natsStatus last = NATS_OK;
  const char* const text = nats().nats_GetLastError(&last);
  std::string why = nats().natsStatus_GetText(status);
  if (last == status && text != nullptr && *text != '\0') why = text;
  // "(conn.c:2088): No server available": where in libnats is of no use.
  if (const std::size_t at = why.find("): "); why.starts_with('(') && at != std::string::npos) why.erase(0, at + 3);
  if (why.find("uthorization") != std::string::npos) return Error(what + ": " + kNotPermitted + " (" + why + ")");
  Error error(what + ": " + why);
  if (status != NATS_NO_SERVER) return error;
  return std::move(error).hint("--nats URL names one of the servers; docs/fleet.md has their set-up");
}

}  // namespace

void NatsMessage::Free::operator()(natsMsg* message) const {
  nats().natsMsg_Destroy(message);
}

std::string_view NatsMessage::subject() const {
  const char* const text = nats().natsMsg_GetSubject(message_.get());
  return text == nullptr ? std::string_view() : text;
}

std::string_view NatsMessage::reply() const {
  const char* const text = nats().natsMsg_GetReply(message_.get());
  return text == nullptr ? std::string_view() : text;
}

std::string_view NatsMessage::text() const {
  const int size = nats().natsMsg_GetDataLength(message_.get());
  return size <= 0 ? std::string_view()
                   : std::string_view(nats().natsMsg_GetData(message_.get()), static_cast<std::size_t>(size));
}

std::span<const std::byte> NatsMessage::data() const {
  return std::as_bytes(std::span(text()));
}

int NatsMessage::status() const {
  const char* value = nullptr;
  if (nats().natsMsgHeader_Get(message_.get(), "Status", &value) != NATS_OK || value == nullptr) return 0;
  int status = 0;
  std::from_chars(value, value + std::strlen(value), status);
  return status;
}

std::optional<NatsMessage> Mailbox::take(Deadline deadline) {
  std::unique_lock lock(mutex_);
  filled_.wait_until(lock, deadline, [this] { return woken_ || !messages_.empty(); });
  woken_ = false;
  if (messages_.empty()) return std::nullopt;
  std::optional<NatsMessage> message = std::move(messages_.front());
  messages_.pop_front();
  bytes_ -= message->data().size();
  return message;
}

void Mailbox::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  filled_.notify_one();
}

void Mailbox::put(NatsMessage message) {
  const std::lock_guard lock(mutex_);
  const std::size_t size = message.data().size();
  if (messages_.size() == kMostMessages || bytes_ + size > kMostBytes) {
    ++dropped_;
    return;
  }
  bytes_ += size;
  messages_.push_back(std::move(message));
  if (bell_ == Bell::kRings) filled_.notify_one();
}

std::uint64_t Mailbox::dropped() {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

struct Nats::Callbacks {
  static void on_message(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsMsg* message,
                         void* mailbox) noexcept {
    static_cast<Mailbox*>(mailbox)->put(NatsMessage(message));
  }
  static void on_error(natsConnection* connection, natsSubscription* /*subscription*/, natsStatus status,
                       void* self) noexcept {
    if (status != NATS_NOT_PERMITTED && status != NATS_CONNECTION_AUTH_FAILED) return;
    const char* text = nullptr;
    (void)nats().natsConnection_GetLastError(connection, &text);
    auto& nats_of = *static_cast<Nats*>(self);
    const std::lock_guard lock(nats_of.mutex_);
    nats_of.refusal_ = text == nullptr || *text == '\0' ? nats().natsStatus_GetText(status) : text;
  }
  // libnats 3.4 leaves a signature out if its first byte is 0, one in 256, and the server then refuses whom it knows.
  // An error before that is no refusal, and a server's next nonce gives another signature.
  static natsStatus on_nonce(char** /*error*/, unsigned char** signature, int* size, const char* nonce,
                             void* self) noexcept {
    auto& nats_of = *static_cast<Nats*>(self);
    const natsStatus status = nats().nats_Sign(nats_of.seed_.c_str(), nonce, signature, size);
    if (status != NATS_OK || **signature != 0) return status;
    std::free(*signature);
    *signature = nullptr;
    *size = 0;
    nats_of.is_signature_useless_ = true;
    return NATS_ERR;
  }
};

Result<std::unique_ptr<Nats>> Nats::prepare(const FleetConnection& settings, const std::string& name,
                                            const std::string& inbox) {
  if (!nats_library().missing.empty()) {
    return Error("captures over many hosts need libnats: " + nats_library().missing)
        .hint("Debian: the package libnats3.4");
  }
  std::unique_ptr<Nats> made(new Nats(settings, name, inbox));
  if (servers_of(settings.url).empty()) return Error("--nats: there is no server in it", ErrorKind::kUsage);
  if (!settings.seed_file.empty()) {
    auto text = file_text("--nkey", settings.seed_file);
    if (!text) return text.take_error();
    auto pair = parse_nkey(*text);
    if (!pair) return std::move(pair.take_error()).context("--nkey " + settings.seed_file);
    made->seed_ = pair->seed;
    made->public_key_ = pair->public_key;
  }
  const std::array<std::pair<const std::string*, std::pair<const char*, std::string*>>, 3> files = {
      {{&settings.authorities_file, {"--tls-ca", &made->authorities_}},
       {&settings.certificate_file, {"--tls-cert", &made->certificate_}},
       {&settings.key_file, {"--tls-key", &made->key_}}}};
  for (const auto& [path, into] : files) {
    if (path->empty()) continue;
    auto text = file_text(into.first, *path);
    if (!text) return text.take_error();
    *into.second = text.take();
  }
  return made;
}

Nats::~Nats() {
  if (connection_ != nullptr) nats().natsConnection_Close(connection_);
  for (const Subscribed& one : subscribed_) nats().natsSubscription_Destroy(one.subscription);
  if (connection_ != nullptr) nats().natsConnection_Destroy(connection_);
}

Result<> Nats::connect(std::chrono::milliseconds patience) {
  const SignalsBlocked blocked;  // of the threads that libnats starts
  natsOptions* options = nullptr;
  natsStatus status = nats().natsOptions_Create(&options);
  const auto set = [&](auto function, auto... values) {
    if (status == NATS_OK) status = function(options, values...);
  };
  const std::vector<std::string> servers = servers_of(settings_.url);
  std::vector<const char*> urls;
  bool is_secure = !authorities_.empty() || !certificate_.empty();
  for (const std::string& server : servers) {
    urls.push_back(server.c_str());
    is_secure = is_secure || server.starts_with("tls://");
  }
  set(nats().natsOptions_SetServers, urls.data(), static_cast<int>(urls.size()));
  set(nats().natsOptions_SetName, name_.c_str());
  set(nats().natsOptions_SetCustomInboxPrefix, inbox_.c_str());
  set(nats().natsOptions_SetTimeout, static_cast<std::int64_t>(patience.count()));
  set(nats().natsOptions_SetMaxReconnect, -1);
  set(nats().natsOptions_SetReconnectWait, std::int64_t{200});
  set(nats().natsOptions_SetReconnectJitter, std::int64_t{100}, std::int64_t{300});
  set(nats().natsOptions_SetReconnectBufSize, 64 * 1024);  // who sends much looks whether there is a server
  set(nats().natsOptions_SetSendAsap, true);  // what is sent is large, or waited for: no thread has to be woken for it
  set(nats().natsOptions_SetPingInterval, std::int64_t{2000});
  set(nats().natsOptions_SetErrorHandler, &Callbacks::on_error, static_cast<void*>(this));
  if (is_secure) set(nats().natsOptions_SetSecure, true);
  if (!authorities_.empty()) set(nats().natsOptions_SetCATrustedCertificates, authorities_.c_str());
  if (!certificate_.empty()) set(nats().natsOptions_SetCertificatesChain, certificate_.c_str(), key_.c_str());
  if (!seed_.empty()) {
    set(nats().natsOptions_SetNKey, public_key_.c_str(), &Callbacks::on_nonce, static_cast<void*>(this));
  }
  const auto attempt = [&] {
    is_signature_useless_ = false;
    return nats().natsConnection_Connect(&connection_, options);
  };
  if (status == NATS_OK) {
    constexpr int kMostAttempts = 4;  // one in 256 needs a second
    status = attempt();
    for (int i = 1; i < kMostAttempts && status != NATS_OK && is_signature_useless_; ++i) status = attempt();
  }
  Result<> result;
  if (status != NATS_OK) {
    connection_ = nullptr;
    result = failed(status, "connect to " + settings_.url);
  }
  nats().natsOptions_Destroy(options);
  return result;
}

bool Nats::is_connected() const {
  return connection_ != nullptr && nats().natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED;
}

std::string Nats::server() const {
  std::array<char, 256> url{};
  if (nats().natsConnection_GetConnectedUrl(connection_, url.data(), url.size()) != NATS_OK) return settings_.url;
  return url.data();
}

std::size_t Nats::max_payload() const {
  constexpr std::int64_t kHeaders = 4096;
  return static_cast<std::size_t>(std::max(nats().natsConnection_GetMaxPayload(connection_) - kHeaders, kHeaders));
}

Result<> Nats::subscribe(const std::string& subject, std::shared_ptr<Mailbox> mailbox) {
  const SignalsBlocked blocked;
  natsSubscription* subscription = nullptr;
  const natsStatus status = nats().natsConnection_Subscribe(&subscription, connection_, subject.c_str(),
                                                            &Callbacks::on_message, mailbox.get());
  if (status != NATS_OK) return failed(status, "subscribe to " + subject);
  // The mailbox has limits of its own.
  nats().natsSubscription_SetPendingLimits(subscription, -1, -1);
  subscribed_.push_back({subscription, std::move(mailbox)});
  return ok();
}

std::string Nats::new_inbox() const {
  return inbox_ + "." + new_session_name();
}

Result<NatsMessage> Nats::make_message(const std::string& subject, std::span<const std::byte> payload,
                                       const std::string& reply, const std::string& id) {
  natsMsg* made = nullptr;
  natsStatus status =
      nats().natsMsg_Create(&made, subject.c_str(), reply.empty() ? nullptr : reply.c_str(),
                            reinterpret_cast<const char*>(payload.data()), static_cast<int>(payload.size()));
  NatsMessage message(made);
  if (status == NATS_OK && !id.empty()) status = nats().natsMsgHeader_Set(made, "Nats-Msg-Id", id.c_str());
  if (status != NATS_OK) return failed(status, "make a message");
  return message;
}

Result<> Nats::publish(const NatsMessage& message) {
  const natsStatus status = nats().natsConnection_PublishMsg(connection_, message.message_.get());
  return status == NATS_OK ? ok() : failed(status, "send to " + std::string(message.subject()));
}

Result<> Nats::publish(const std::string& subject, std::span<const std::byte> payload, const std::string& reply,
                       const std::string& id) {
  auto message = make_message(subject, payload, reply, id);
  return message ? publish(*message) : Result<>(message.take_error());
}

Result<> Nats::publish(const std::string& subject, std::string_view payload, const std::string& reply) {
  return publish(subject, std::as_bytes(std::span(payload)), reply);
}

Result<NatsMessage> Nats::request(const std::string& subject, std::string_view payload,
                                  std::chrono::milliseconds patience) {
  natsMsg* answer = nullptr;
  const natsStatus status =
      nats().natsConnection_Request(&answer, connection_, subject.c_str(), payload.data(),
                                    static_cast<int>(payload.size()), static_cast<std::int64_t>(patience.count()));
  if (status == NATS_OK) return NatsMessage(answer);
  if (const std::string refused = take_refusal(); !refused.empty()) {
    return Error(std::string(kNotPermitted) + ": " + refused);
  }
  if (status == NATS_NO_RESPONDERS) {
    return Error("no server with JetStream answers")
        .hint("nats-server needs -js, and a leader if it is one of several");
  }
  return failed(status, "ask " + subject);
}

Result<> Nats::flush(std::chrono::milliseconds patience) {
  const natsStatus status =
      nats().natsConnection_FlushTimeout(connection_, static_cast<std::int64_t>(patience.count()));
  return status == NATS_OK ? ok() : failed(status, "wait for the server");
}

std::string Nats::take_refusal() {
  const std::lock_guard lock(mutex_);
  return std::exchange(refusal_, {});
}

}  // namespace ringtap
