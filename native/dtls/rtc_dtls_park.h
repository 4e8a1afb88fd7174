// SPDX-License-Identifier: Apache-2.0
// Private to native/dtls: an association that has nothing to do but to wait for its end gives its record buffers back,
// 35 KB of 45 on a host. What is left is serialized (about 1 KB), and restored when a datagram comes or it closes.
//
// A server cannot: it keeps its last flight for as long as the client may ask for it again. Nor can a build without
// MBEDTLS_SSL_CONTEXT_SERIALIZATION (CONFIG_MBEDTLS_SSL_CONTEXT_SERIALIZATION).
#ifndef RTC_DTLS_PARK_H
#define RTC_DTLS_PARK_H

#include "rtc_dtls_session.h"

void rtc_dtls_park(rtc_dtls *dtls);   // where it cannot, all stays as it is
int rtc_dtls_unpark(rtc_dtls *dtls);  // 0, also when it was not parked; or Mbed TLS's error: it is parked still
void rtc_dtls_forget(rtc_dtls *dtls); // frees what is parked

#endif
