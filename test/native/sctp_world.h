// SPDX-License-Identifier: Apache-2.0
// Two associations in virtual time, on one thread: stands in for native/port, the path and DTLS. A side may be cut off,
// and whoever holds the wire speaks in its peer's place.
#ifndef SCTP_WORLD_H
#define SCTP_WORLD_H

#include "rtc_sctp.h"

extern uint64_t sctpWorldNow; // rtc_now()

// What a side has said of itself, as its peer has to know it (RFC 9260 section 3.3.2); 0 before.
typedef struct {
	uint32_t tag, firstTsn;
} sctp_world_identity;

// Opens a side (0 or 1), whose DTLS is connected; `options` without path, DTLS, and whom to tell. NULL and *error as
// rtc_sctp_new.
rtc_sctp *sctp_world_open(int side, const rtc_sctp_options *options, int *error);
// The last packet of a side that began with such a chunk, INIT ACK (2) or COOKIE ECHO (10); NULL when there was none.
const uint8_t *sctp_world_last(int side, unsigned type, size_t *size);
void sctp_world_close(int side); // also one that is not open
sctp_world_identity sctp_world_identity_of(int side);
// What the sides send is lost from now on, or is not.
void sctp_world_cut(int isCut);
// Of what the sides send, each so-manieth packet is lost. 0: none is.
void sctp_world_lose(uint32_t each);
// Of the packets that begin with such a chunk, all are lost. 256: none is.
void sctp_world_lose_chunk(unsigned type);
// Of what a side sends, the answers to resets (RFC 6525 section 4.4) are lost, or are not; nor do its own resets name
// the one that they may answer, which only usrsctp does.
void sctp_world_lose_answers(int side, int areLost);
// What a side sends goes by a link from now on, and is lost as a seed tells it.
typedef struct {
	uint32_t rate;  // bit/s, with the headers below SCTP; 0: any
	uint32_t delay; // microseconds
	uint32_t queue; // microseconds that wait for the rate at most
	uint32_t loss;  // of 1,000
} sctp_world_link;
void sctp_world_set_link(int side, const sctp_world_link *link, uint32_t seed);
// One packet arrives, at the end of its room, so that any overrun is seen.
void sctp_world_arrive(int side, const uint8_t *packet, size_t size);
void sctp_world_run(uint64_t microseconds);
// Sends nothing more to the peer, as if DTLS were closed.
void sctp_world_disconnect(int side);

#endif
