// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#include "fleet/nats_library.hpp"

namespace ringtap {

const SharedLibrary<NatsFunctions>& nats_library() {
  static const SharedLibrary<NatsFunctions> library("libnats.so.3.4", [](SharedLibrary<NatsFunctions>& found) {
    found.find(found.functions.natsConnection_Close, "natsConnection_Close");
    found.find(found.functions.natsConnection_Connect, "natsConnection_Connect");
    found.find(found.functions.natsConnection_Destroy, "natsConnection_Destroy");
    found.find(found.functions.natsConnection_FlushTimeout, "natsConnection_FlushTimeout");
    found.find(found.functions.natsConnection_GetConnectedUrl, "natsConnection_GetConnectedUrl");
    found.find(found.functions.natsConnection_GetLastError, "natsConnection_GetLastError");
    found.find(found.functions.natsConnection_GetMaxPayload, "natsConnection_GetMaxPayload");
    found.find(found.functions.natsConnection_PublishMsg, "natsConnection_PublishMsg");
    found.find(found.functions.natsConnection_Request, "natsConnection_Request");
    found.find(found.functions.natsConnection_Status, "natsConnection_Status");
    found.find(found.functions.natsConnection_Subscribe, "natsConnection_Subscribe");
    found.find(found.functions.natsMsgHeader_Get, "natsMsgHeader_Get");
    found.find(found.functions.natsMsgHeader_Set, "natsMsgHeader_Set");
    found.find(found.functions.natsMsg_Create, "natsMsg_Create");
    found.find(found.functions.natsMsg_Destroy, "natsMsg_Destroy");
    found.find(found.functions.natsMsg_GetData, "natsMsg_GetData");
    found.find(found.functions.natsMsg_GetDataLength, "natsMsg_GetDataLength");
    found.find(found.functions.natsMsg_GetReply, "natsMsg_GetReply");
    found.find(found.functions.natsMsg_GetSubject, "natsMsg_GetSubject");
    found.find(found.functions.natsOptions_Create, "natsOptions_Create");
    found.find(found.functions.natsOptions_Destroy, "natsOptions_Destroy");
    found.find(found.functions.natsOptions_SetCATrustedCertificates, "natsOptions_SetCATrustedCertificates");
    found.find(found.functions.natsOptions_SetCertificatesChain, "natsOptions_SetCertificatesChain");
    found.find(found.functions.natsOptions_SetCustomInboxPrefix, "natsOptions_SetCustomInboxPrefix");
    found.find(found.functions.natsOptions_SetErrorHandler, "natsOptions_SetErrorHandler");
    found.find(found.functions.natsOptions_SetMaxReconnect, "natsOptions_SetMaxReconnect");
    found.find(found.functions.natsOptions_SetNKey, "natsOptions_SetNKey");
    found.find(found.functions.natsOptions_SetName, "natsOptions_SetName");
    found.find(found.functions.natsOptions_SetPingInterval, "natsOptions_SetPingInterval");
    found.find(found.functions.natsOptions_SetReconnectBufSize, "natsOptions_SetReconnectBufSize");
    found.find(found.functions.natsOptions_SetReconnectJitter, "natsOptions_SetReconnectJitter");
    found.find(found.functions.natsOptions_SetReconnectWait, "natsOptions_SetReconnectWait");
    found.find(found.functions.natsOptions_SetSecure, "natsOptions_SetSecure");
    found.find(found.functions.natsOptions_SetSendAsap, "natsOptions_SetSendAsap");
    found.find(found.functions.natsOptions_SetServers, "natsOptions_SetServers");
    found.find(found.functions.natsOptions_SetTimeout, "natsOptions_SetTimeout");
    found.find(found.functions.natsStatus_GetText, "natsStatus_GetText");
    found.find(found.functions.natsSubscription_Destroy, "natsSubscription_Destroy");
    found.find(found.functions.natsSubscription_SetPendingLimits, "natsSubscription_SetPendingLimits");
    found.find(found.functions.nats_GetLastError, "nats_GetLastError");
    found.find(found.functions.nats_Sign, "nats_Sign");
  });
  return library;
}

}  // namespace ringtap
