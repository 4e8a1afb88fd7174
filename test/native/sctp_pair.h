// SPDX-License-Identifier: Apache-2.0
// Two associations over DTLS over UDP on this host. SCTP's packets are lost and come late as a seed tells it, and are
// counted: linked with -Wl,--wrap=rtc_dtls_write.
#ifndef SCTP_PAIR_H
#define SCTP_PAIR_H

#include "rtc_sctp.h"

typedef struct {
	uint32_t seed;
	int loss, reorder;                                 // percent of the packets
	uint16_t streams;                                  // 0: 128
	uint32_t window, sendQueue, receiveQueue, largest; // 0: what suits a desktop
	int unread[2];                                     // that side's events are left alone
} sctp_pair_options;

typedef struct {
	uint32_t packets, data, again; // DATA chunks, and those whose TSN has been sent before
	uint32_t lost;
} sctp_wire;

typedef struct sctp_pair sctp_pair;
// Connected when it returns, unless a side is unread.
sctp_pair *sctp_pair_open(const sctp_pair_options *options);
rtc_sctp *sctp_pair_side(sctp_pair *pair, int side);
rtc_dtls *sctp_pair_dtls(sctp_pair *pair, int side);
// The next event of a side that is no RTC_SCTP_EVENT_SENT, of which the bytes are added up. Fails after 30 s. The
// caller's, to be freed.
rtc_sctp_event *sctp_pair_await(sctp_pair *pair, int side);
rtc_sctp_event *sctp_pair_poll(sctp_pair *pair, int side, unsigned milliseconds); // NULL: none in that time
uint64_t sctp_pair_sent(sctp_pair *pair, int side);                               // bytes of RTC_SCTP_EVENT_SENT
sctp_wire sctp_pair_wire(sctp_pair *pair, int side);                              // what that side has sent
// Sends as soon as there is room.
void sctp_pair_send(sctp_pair *pair, int side, uint16_t stream, uint32_t ppid, const void *data, uint32_t size);
void sctp_pair_close_side(sctp_pair *pair, int side);
void sctp_pair_close(sctp_pair *pair);

#endif
