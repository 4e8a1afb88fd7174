// SPDX-License-Identifier: Apache-2.0
// Private to native/dtls: one association as Mbed TLS sees it.
#ifndef RTC_DTLS_SESSION_H
#define RTC_DTLS_SESSION_H

#include <stdatomic.h>
#include "rtc_certificate.h"
#include "rtc_dtls_queue.h"
#include "rtc_dtls_reassembly.h"
#include "rtc_dtls_worker.h"

// Bytes of heap, on a 64-bit host with the defaults of Mbed TLS 2.28: 35 KB are its two record buffers of 16 KB and a
// little, 8 KB the queue, 5 KB a server's reassembly until the ClientHello is whole, up to 9 KB the handshake, 3 KB the
// rest. A client keeps 5 KB once it is connected (see rtc_dtls_park.h), a server 48. A chip sets
// MBEDTLS_SSL_IN_CONTENT_LEN to 4096 and MBEDTLS_SSL_OUT_CONTENT_LEN to 2048 (CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN):
// then 6 KB instead of 35.
struct rtc_dtls {
	rtc_dtls_task task; // first
	rtc_dtls_options options;
	rtc_dtls_queue queue;
	rtc_dtls_reassembly *hello; // a server's, until its ClientHello is whole
	mbedtls_ssl_config config;
	mbedtls_ssl_context ssl;
	uint64_t intermediate, final; // of the retransmission timer; final is 0 when it does not run
	uint64_t deadline;            // of the handshake
	uint64_t doubt;               // when it ends for an alert in the clear; 0: there was none
	int peerAlert;                // what it said
	int stepping;                 // an alert of our own is held back
	uint8_t alert[64];
	size_t alertSize;
	int matched, mismatched; // the remote certificate against the fingerprints
	int exported;
	uint8_t material[RTC_SRTP_MATERIAL];
	atomic_int state, reason, error;
	char cipherSuite[64];
	uint8_t *parked; // the serialized context while it is not in `ssl`
	size_t parkedSize;
};

// An alert that comes in the clear may be forged. If it is the peer's, the handshake goes no further: it ends when it
// has not for so long, in microseconds, in which a lost flight is sent again six times.
#define RTC_DTLS_DOUBT 5000000u

int rtc_dtls_session_init(rtc_dtls *dtls); // 0, or Mbed TLS's error
int rtc_dtls_session_open(rtc_dtls *dtls); // a fresh context by the same configuration
void rtc_dtls_session_free(rtc_dtls *dtls);
int rtc_dtls_session_step(rtc_dtls *dtls);         // of the handshake; as mbedtls_ssl_handshake_step
int rtc_dtls_session_is_over(rtc_dtls *dtls);      // the handshake is done
uint16_t rtc_dtls_session_profile(rtc_dtls *dtls); // of SRTP, 0 for none

#endif
