// SPDX-License-Identifier: Apache-2.0
// SRTP and SRTCP of one peer over libsrtp: the keys come from DTLS in C and go nowhere else (RFC 5764).
#ifndef RTC_SRTP_H
#define RTC_SRTP_H

#include <stddef.h>
#include <stdint.h>
#include "rtc_port.h"
#include "rtc_transport.h"

typedef struct rtc_srtp rtc_srtp;

// Protection profiles, by their DTLS-SRTP numbers (RFC 5764 section 4.1.2, RFC 7714 section 14.2). NULL ciphers and
// 32-bit tags have no place here.
enum {
	RTC_SRTP_AES128_CM_SHA1_80 = 0x0001,
	RTC_SRTP_AEAD_AES_128_GCM = 0x0007,
};
#define RTC_SRTP_TRAILER 20                      // most bytes that protection adds: SRTCP index 4 and a GCM tag 16
#define RTC_SRTP_MATERIAL 60                     // most keying material: twice a key of 16 and a salt of 14
size_t rtc_srtp_material_size(uint16_t profile); // 0 for an unknown profile; GCM only where libsrtp has it

// Starts libsrtp, which the first session would else wait for: its own tests, and those of a crypto library that it
// loads (25 ms with NSS on a desktop). Can be called again without effect.
void rtc_srtp_prepare(void);

// Reference counted. NULL and an errno value in *error when there is no memory, or libsrtp does not start.
rtc_srtp *rtc_srtp_new(rtc_path *path, int *error);
rtc_srtp *rtc_srtp_retain(rtc_srtp *srtp);
void rtc_srtp_release(rtc_srtp *srtp); // accepts NULL; closes it with the last reference
// Forgets keys and handlers; none is running when it returns. Not from a handler. Idempotent.
void rtc_srtp_close(rtc_srtp *srtp);

// Forgets the keys and what they have protected, but no handler: those of a new DTLS association may follow. Not from a
// handler. Without effect when closed.
void rtc_srtp_reset(rtc_srtp *srtp);

// `material` is client key, server key, client salt, server salt (RFC 5764 section 4.2), of which it keeps no copy.
// Once, until rtc_srtp_reset. 0, EINVAL for an unknown profile, a wrong size, or when keyed or closed; ENOMEM.
int rtc_srtp_set_keys(rtc_srtp *srtp, uint16_t profile, const uint8_t *material, size_t size, int isClient);
int rtc_srtp_ready(rtc_srtp *srtp);

// What takes the decrypted packets, on the network thread. All handlers see every packet. Any function may be NULL.
// Packets are at least 12 bytes (RTP) or 8 (RTCP) long; no more has been checked of what is inside.
typedef void (*rtc_srtp_handler)(void *context, const uint8_t *packet, size_t size);
typedef void (*rtc_srtp_ready_handler)(void *context); // keys are there: on the DTLS thread
#define RTC_SRTP_HANDLERS 8
// `ready` is not called for keys that are there already: add, then ask rtc_srtp_ready. 0, or ENOSPC.
int rtc_srtp_add_handler(rtc_srtp *srtp, rtc_srtp_handler rtp, rtc_srtp_handler rtcp, rtc_srtp_ready_handler ready,
						 void *context);
// Waits until none of its handlers is running: not from a handler, nor with a lock held that a handler takes.
void rtc_srtp_remove_handler(rtc_srtp *srtp, void *context);

// Sends a run of packets: begin locks the session and its path; write a packet at the buffer, then commit protects it
// in place and queues it. NULL before the keys are there, without a selected address, and when closed.
// Locks are taken in this order: the session's send lock, then the transport's. A handler may send.
typedef struct rtc_srtp_transmit rtc_srtp_transmit;
rtc_srtp_transmit *rtc_srtp_begin(rtc_srtp *srtp);
int rtc_srtp_has_way(rtc_srtp *srtp);                  // whether it is worth while to begin
uint8_t *rtc_srtp_buffer(rtc_srtp_transmit *transmit); // RTC_MTU bytes; after each commit, ask again
// 0; EMSGSIZE, or EINVAL when libsrtp refuses the packet (no header, a sequence number sent long before): it is not
// sent.
int rtc_srtp_commit(rtc_srtp_transmit *transmit, size_t size, int isRtcp);
uint32_t rtc_srtp_end(rtc_srtp_transmit *transmit); // how many packets could not be sent, as rtc_transmit_end

// What the RTP session has to do on the network thread, as rtc_path_add_task and its like.
void rtc_srtp_add_task(rtc_srtp *srtp, rtc_task *task);
void rtc_srtp_wake_task(rtc_srtp *srtp, rtc_task *task);
void rtc_srtp_remove_task(rtc_srtp *srtp, rtc_task *task);
// Whether a packet may be sent again under its own sequence number. Not with GCM: another header with the same nonce
// would give its key away (RFC 7714 section 8.4).
int rtc_srtp_may_repeat(rtc_srtp *srtp);

// SSRCs that a peer may use at once. libsrtp keeps about 1.5 KB for each, its replay window among them (RFC 3711
// section 3.3.2): without it, what was recorded could be sent again. So one more finds room only when another was
// silent for RTC_SRTP_SILENCE, and that one is never let in again; nor is any new one, once RTC_SRTP_RETIRED have gone
// that way.
#define RTC_SRTP_SSRCS 16
#define RTC_SRTP_SILENCE 30000000u // microseconds
#define RTC_SRTP_RETIRED 64

typedef struct {
	uint64_t unprotectFailed; // not authentic, or malformed
	uint64_t replayed;
	uint64_t ssrcRefused; // of an SSRC that finds no room, or found it once
	uint64_t protectFailed;
	uint16_t profile; // 0 before the keys
} rtc_srtp_statistics;
void rtc_srtp_get_statistics(rtc_srtp *srtp, rtc_srtp_statistics *statistics);

#endif
