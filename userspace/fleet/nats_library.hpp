// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The functions of libnats 3.4 that are used, loaded when a connection is first made. libcrypto, which libnats brings
// along, makes the public key of a seed. Loading is for one thread; the functions are for any.
#pragma once

#include <nats/nats.h>

#include "base/shared_library.hpp"

namespace ringtap {

struct NatsFunctions {
  decltype(&::natsConnection_Close) natsConnection_Close = nullptr;
  decltype(&::natsConnection_Connect) natsConnection_Connect = nullptr;
  decltype(&::natsConnection_Destroy) natsConnection_Destroy = nullptr;
  decltype(&::natsConnection_FlushTimeout) natsConnection_FlushTimeout = nullptr;
  decltype(&::natsConnection_GetConnectedUrl) natsConnection_GetConnectedUrl = nullptr;
  decltype(&::natsConnection_GetLastError) natsConnection_GetLastError = nullptr;
  decltype(&::natsConnection_GetMaxPayload) natsConnection_GetMaxPayload = nullptr;
  decltype(&::natsConnection_PublishMsg) natsConnection_PublishMsg = nullptr;
  decltype(&::natsConnection_Request) natsConnection_Request = nullptr;
  decltype(&::natsConnection_Status) natsConnection_Status = nullptr;
  decltype(&::natsConnection_Subscribe) natsConnection_Subscribe = nullptr;
  decltype(&::natsMsgHeader_Get) natsMsgHeader_Get = nullptr;
  decltype(&::natsMsgHeader_Set) natsMsgHeader_Set = nullptr;
  decltype(&::natsMsg_Create) natsMsg_Create = nullptr;
  decltype(&::natsMsg_Destroy) natsMsg_Destroy = nullptr;
  decltype(&::natsMsg_GetData) natsMsg_GetData = nullptr;
  decltype(&::natsMsg_GetDataLength) natsMsg_GetDataLength = nullptr;
  decltype(&::natsMsg_GetReply) natsMsg_GetReply = nullptr;
  decltype(&::natsMsg_GetSubject) natsMsg_GetSubject = nullptr;
  decltype(&::natsOptions_Create) natsOptions_Create = nullptr;
  decltype(&::natsOptions_Destroy) natsOptions_Destroy = nullptr;
  decltype(&::natsOptions_SetCATrustedCertificates) natsOptions_SetCATrustedCertificates = nullptr;
  decltype(&::natsOptions_SetCertificatesChain) natsOptions_SetCertificatesChain = nullptr;
  decltype(&::natsOptions_SetCustomInboxPrefix) natsOptions_SetCustomInboxPrefix = nullptr;
  decltype(&::natsOptions_SetErrorHandler) natsOptions_SetErrorHandler = nullptr;
  decltype(&::natsOptions_SetMaxReconnect) natsOptions_SetMaxReconnect = nullptr;
  decltype(&::natsOptions_SetNKey) natsOptions_SetNKey = nullptr;
  decltype(&::natsOptions_SetName) natsOptions_SetName = nullptr;
  decltype(&::natsOptions_SetPingInterval) natsOptions_SetPingInterval = nullptr;
  decltype(&::natsOptions_SetReconnectBufSize) natsOptions_SetReconnectBufSize = nullptr;
  decltype(&::natsOptions_SetReconnectJitter) natsOptions_SetReconnectJitter = nullptr;
  decltype(&::natsOptions_SetReconnectWait) natsOptions_SetReconnectWait = nullptr;
  decltype(&::natsOptions_SetSecure) natsOptions_SetSecure = nullptr;
  decltype(&::natsOptions_SetSendAsap) natsOptions_SetSendAsap = nullptr;
  decltype(&::natsOptions_SetServers) natsOptions_SetServers = nullptr;
  decltype(&::natsOptions_SetTimeout) natsOptions_SetTimeout = nullptr;
  decltype(&::natsStatus_GetText) natsStatus_GetText = nullptr;
  decltype(&::natsSubscription_Destroy) natsSubscription_Destroy = nullptr;
  decltype(&::natsSubscription_SetPendingLimits) natsSubscription_SetPendingLimits = nullptr;
  decltype(&::nats_GetLastError) nats_GetLastError = nullptr;
  decltype(&::nats_Sign) nats_Sign = nullptr;
};

const SharedLibrary<NatsFunctions>& nats_library();

}  // namespace ringtap
