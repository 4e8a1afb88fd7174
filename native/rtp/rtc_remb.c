// SPDX-License-Identifier: Apache-2.0
#include "rtc_remb.h"

#include <string.h>
#include "rtc_bwe_delay.h"
#include "rtc_rtcp.h"

#define JUDGED 100000     // microseconds between two judgements
#define TOLD 200000       // and between two packets, but for a rate that has fallen by more than
#define FALL 32           // a part of it
#define LEAP (3 << 18)    // 2^-18 s: the sender's clock was set, or it lies
#define HEADROOM 1.5f     // of what comes through, at first
#define MAXIMUM 100000000 // bit/s

void rtc_remb_init(rtc_remb *remb, uint64_t now)
{
	memset(remb, 0, sizeof *remb);
	rtc_bwe_init(&remb->bwe, RTC_BWE_MINIMUM, RTC_BWE_START, MAXIMUM, now);
}

// Microseconds on a clock that runs as the sender's, and agrees with this one when it begins.
static uint64_t sentAt(rtc_remb *remb, const uint8_t *stamp, uint64_t now)
{
	if (!stamp)
		return now;
	uint32_t time = (uint32_t)stamp[0] << 16 | (uint32_t)stamp[1] << 8 | stamp[2];
	int32_t later = (int32_t)((time - remb->stamp) << 8) / 256;
	remb->stamp = time;
	if (remb->sent && later > -LEAP && later < LEAP)
		remb->sent += later;
	else {
		remb->sent = (int64_t)((now << 12) / 15625); // 2^18 / 10^6
		rtc_bwe_delay_init(&remb->bwe.delay);
	}
	return (uint64_t)(remb->sent * 15625) >> 12;
}

void rtc_remb_take(rtc_remb *remb, const uint8_t *stamp, size_t size, uint64_t now)
{
	rtc_bwe_packet packet = {.arrived = (int64_t)now, .size = (uint32_t)size};
	packet.sent = sentAt(remb, stamp, now);
	rtc_bwe_acknowledge(&remb->bwe, &packet, now);
	if (!remb->due)
		remb->due = now + JUDGED;
}

void rtc_remb_judge(rtc_remb *remb, int64_t lost, uint64_t now)
{
	rtc_bwe *bwe = &remb->bwe;
	if (!remb->due || now < remb->due)
		return;
	if (!bwe->acknowledged) { // nothing came: it waits for that
		remb->due = 0;
		return;
	}
	int wasKnown = bwe->known;
	int64_t more = lost - remb->lost;
	remb->lost = lost;
	rtc_bwe_feedback(bwe, more < 0 ? 0 : more > UINT16_MAX ? UINT16_MAX : (uint32_t)more, now);
	if (bwe->known && !wasKnown)
		rtc_bwe_begin(bwe, HEADROOM * bwe->throughput.rate);
	remb->due = now + JUDGED;
	remb->isWorth = bwe->known && (now - remb->told >= TOLD || bwe->target < remb->rate - remb->rate / FALL);
}

size_t rtc_remb_write(rtc_remb *remb, uint8_t *buffer, uint32_t ssrc, const uint32_t *sources, size_t count,
					  uint64_t now)
{
	if (!remb->isWorth)
		return 0;
	remb->isWorth = 0;
	remb->told = now;
	remb->rate = remb->bwe.target;
	return rtc_rtcp_write_remb(buffer, ssrc, remb->rate, sources, count);
}

uint32_t rtc_remb_rate(const rtc_remb *remb)
{
	return remb->bwe.known ? remb->bwe.target : 0;
}
