// SPDX-License-Identifier: Apache-2.0
// What the way to here carries, as a receiver tells it to senders that have no transport-wide feedback
// (draft-alvestrand-rmcat-remb-03). It is judged as a sender does it (rtc_bwe.h), but for probes, which only a sender
// can make: a delay that grows, loss, and what comes through, of which it tells one and a half times at most. Delays
// are known by the times of sending that packets bear (abs-send-time); without them loss and the rate are all there is.
// No locks: its owner has them.
#ifndef RTC_REMB_H
#define RTC_REMB_H

#include "rtc_bwe.h"

#define RTC_REMB_SOURCES 8 // that one packet tells of

typedef struct {
	rtc_bwe bwe;
	int64_t sent;    // the newest packet's time of sending, in 2^-18 s, unwrapped; 0: none came
	uint32_t stamp;  // as it bore it
	int64_t lost;    // packets, when it was judged last
	uint64_t due;    // rtc_now() when it is judged next; 0: not before something comes
	uint64_t told;   // when
	uint32_t rate;   // bit/s that were told last; 0: nothing was
	uint8_t isWorth; // it is to be told again
} rtc_remb;

void rtc_remb_init(rtc_remb *remb, uint64_t now);
// A packet of `size` bytes came at `now`. `stamp`: the three bytes of its abs-send-time, NULL: it has none.
void rtc_remb_take(rtc_remb *remb, const uint8_t *stamp, size_t size, uint64_t now);
// Judges what came, if that is due. `lost`: packets that are missing by now, of all streams.
void rtc_remb_judge(rtc_remb *remb, int64_t lost, uint64_t now);
// Writes the RTCP packet, of RTC_RTCP_REMB_SIZE and four bytes for each source, if there is something to tell: each 200
// ms while packets come, and at once where less comes through than was told. Returns its size, 0: there is nothing.
size_t rtc_remb_write(rtc_remb *remb, uint8_t *buffer, uint32_t ssrc, const uint32_t *sources, size_t count,
					  uint64_t now);
// Bit/s; 0: not known yet.
uint32_t rtc_remb_rate(const rtc_remb *remb);

#endif
