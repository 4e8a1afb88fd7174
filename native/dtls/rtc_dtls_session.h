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
// MBEDTLS_SSL_OUT_CONTENT_LEN to 2048 (CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN): then 18 KB instead of 35. What comes in
// may be 16 KB for the sake of TLS's servers, which have the same options.
//
// While it is connecting, the context is the DTLS thread's alone. From then on `lock` guards it, and what is marked.
struct rtc_dtls {
	rtc_dtls_task task;       // first
	rtc_dtls_options options; // `srtp` is guarded by `lock`
	atomic_uint refs;
	pthread_mutex_t lock;
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
	int concluded;    // the keys are there for whoever comes later; guarded by `lock`, as is:
	uint16_t profile; // of SRTP
	atomic_int state, reason, error;
	char cipherSuite[64];
	uint8_t *parked; // the serialized context while it is not in `ssl`; guarded by `lock`
	size_t parkedSize;
	// The segment above:
	pthread_mutex_t delivery; // held while a handler runs, and taken before `lock`
	atomic_int hasHandlers;
	rtc_dtls_handlers handlers;
	uint8_t *plain;          // RTC_DTLS_PLAIN bytes, guarded by `delivery`
	const uint8_t *incoming; // a datagram that does not go through the queue; guarded by `lock`
	size_t incomingSize;
	rtc_transmit *transmit; // from begin to end
	atomic_uint_least64_t recordsSent, recordsReceived, bytesSent, bytesReceived;
};

// An alert that comes in the clear may be forged. If it is the peer's, the handshake goes no further: it ends when it
// has not for so long, in microseconds, in which a lost flight is sent again six times.
#define RTC_DTLS_DOUBT 5000000u

// The state, and those who hear of it.
void rtc_dtls_enter(rtc_dtls *dtls, rtc_dtls_state state, rtc_dtls_reason reason, int error);
// What an error of Mbed TLS means for the state.
void rtc_dtls_fail_with(rtc_dtls *dtls, int error);

// rtc_dtls_data.c, what follows the handshake:
int rtc_dtls_must_wait(int error); // for the next datagram
// Hands the keys to SRTP, when both are there; with `lock`. 0, or as rtc_dtls_set_srtp.
int rtc_dtls_give_keys(rtc_dtls *dtls);
// A datagram for the segment above, on the transport's thread.
void rtc_dtls_deliver(rtc_dtls *dtls, const uint8_t *data, size_t size);

int rtc_dtls_session_init(rtc_dtls *dtls);                                // 0, or Mbed TLS's error
int rtc_dtls_session_open(rtc_dtls *dtls);                                // a fresh context by the same configuration
void rtc_dtls_session_set_round_trip(rtc_dtls *dtls, uint32_t roundTrip); // milliseconds; before the first step
void rtc_dtls_session_free(rtc_dtls *dtls);
int rtc_dtls_session_step(rtc_dtls *dtls);         // of the handshake; as mbedtls_ssl_handshake_step
int rtc_dtls_session_is_over(rtc_dtls *dtls);      // the handshake is done
uint16_t rtc_dtls_session_profile(rtc_dtls *dtls); // of SRTP, 0 for none

#endif
