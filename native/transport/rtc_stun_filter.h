// SPDX-License-Identifier: Apache-2.0
// Which STUN messages of a network may reach the control plane, and the bounded queue in which they wait for it. Not
// thread-safe: its transport locks.
#ifndef RTC_STUN_FILTER_H
#define RTC_STUN_FILTER_H

#include "rtc_transport.h"

#define RTC_UFRAG_SIZE 32          // bytes of a local ufrag; ICE allows 256 (RFC 8839 section 5.4), ours are short
#define RTC_STUN_TRANSACTIONS 128  // requests that may wait for an answer; the oldest gives way
#define RTC_STUN_LIFE 60000000     // microseconds for which an answer is awaited; RFC 8489 section 6.2.1 takes 39.5 s
#define RTC_STUN_ANSWERS 8         // per transaction: its retransmissions may each be answered
#define RTC_STUN_QUEUE_BYTES 16384 // messages of ICE take some 100 bytes

typedef enum {
	RTC_STUN_PASS,
	RTC_STUN_MALFORMED,
	RTC_STUN_UNKNOWN,    // no known ufrag, or no such transaction
	RTC_STUN_INDICATION, // carries nothing for ICE
	RTC_STUN_OVER_RATE,
} rtc_stun_verdict;

typedef struct {
	char text[RTC_UFRAG_SIZE];
	uint8_t size; // 0: free
	uint16_t owner;
	uint32_t tokens; // of the bucket, in microseconds of credit
	uint64_t filled; // rtc_now() of the last credit
} rtc_stun_ufrag;

typedef struct {
	uint8_t id[12];
	uint8_t answers; // that may still come; 0: free
	uint16_t owner;
	uint64_t sent;
} rtc_stun_transaction;

typedef struct {
	rtc_stun_ufrag ufrags[RTC_UFRAGS];
	rtc_stun_transaction transactions[RTC_STUN_TRANSACTIONS];
	uint32_t next;              // transaction to be replaced
	uint32_t count, head, used; // messages, the first one's place, bytes taken
	uint8_t queue[RTC_STUN_QUEUE_BYTES];
} rtc_stun_filter;

// 0, EEXIST, ENOSPC, EINVAL
int rtc_stun_filter_add(rtc_stun_filter *filter, const char *ufrag, uint16_t owner, uint64_t now);
void rtc_stun_filter_remove(rtc_stun_filter *filter, const char *ufrag);

// Notes a request that is being sent (again), so that its answers are let in. Other messages are ignored.
void rtc_stun_filter_sent(rtc_stun_filter *filter, const uint8_t *data, size_t size, uint16_t owner, uint64_t now);

// Judges a datagram whose first byte is below 4. For RTC_STUN_PASS, *length is the message's without what trails it,
// and *owner whose ufrag or transaction it bears.
rtc_stun_verdict rtc_stun_filter_check(rtc_stun_filter *filter, const uint8_t *data, size_t size, uint64_t now,
									   size_t *length, uint16_t *owner);

int rtc_stun_queue_push(rtc_stun_filter *filter, const uint8_t *data, size_t size,
						const rtc_stun_origin *origin); // 0, ENOBUFS
// As rtc_transport_read_stun.
int rtc_stun_queue_pop(rtc_stun_filter *filter, uint8_t *buffer, size_t size, rtc_stun_origin *origin);

#endif
