// SPDX-License-Identifier: Apache-2.0
#include "rtc_rtp_reception.h"

#include <string.h>
#include "rtc_rtp.h"

// RFC 3550 section A.1. Its probation is SRTP's: what is not authentic does not come here.
#define MAX_DROPOUT 3000
#define MAX_MISORDER 100
#define CYCLE 0x10000u
#define CREDIBLE_TRANSIT 5 // seconds by which two packets' ways may differ, for the jitter
#define CLOCK_LEAP 500000  // microseconds by which pairs of times may differ: beyond it a clock was set
#define LOST_MAXIMUM 0x7fffff
#define LOST_MINIMUM (-0x800000)

void rtc_rtp_reception_init(rtc_rtp_reception *reception, uint32_t clockRate)
{
	memset(reception, 0, sizeof *reception);
	reception->clockRate = clockRate;
}

// Counting begins with this packet, one cycle up: what was sent before it may come after it.
static void start(rtc_rtp_reception *reception, uint16_t sequence, uint32_t cycles)
{
	reception->first = reception->highest = cycles | sequence;
	reception->packets = 0;
	reception->expectedBefore = reception->receivedBefore = 0;
	reception->isSuspicious = 0;
}

// Section A.8, for the first packet of each sampling instant alone: the packets of one picture have the same timestamp,
// and leave one after the other.
static void measureJitter(rtc_rtp_reception *reception, uint32_t timestamp, uint64_t now)
{
	uint32_t transit = rtc_rtp_ticks(now, reception->clockRate) - timestamp;
	int32_t difference = (int32_t)(transit - reception->transit);
	uint32_t magnitude = difference < 0 ? 0u - (uint32_t)difference : (uint32_t)difference;
	int isFirst = reception->packets == 0;
	if (!isFirst && timestamp == reception->timestamp)
		return;
	if (!isFirst && magnitude < CREDIBLE_TRANSIT * reception->clockRate)
		reception->jitter += magnitude - ((reception->jitter + 8) >> 4);
	reception->transit = transit;
	reception->timestamp = timestamp;
}

uint32_t rtc_rtp_reception_extend(const rtc_rtp_reception *reception, uint16_t sequence)
{
	return reception->highest + (uint32_t)(int16_t)(sequence - (uint16_t)reception->highest);
}

rtc_rtp_reception_result rtc_rtp_reception_take(rtc_rtp_reception *reception, uint16_t sequence, uint32_t timestamp,
												uint64_t now, uint32_t *extended)
{
	rtc_rtp_reception_result result = RTC_RTP_RECEPTION_TAKEN;
	if (!reception->started) {
		start(reception, sequence, CYCLE);
		reception->started = 1;
	}
	uint16_t ahead = (uint16_t)(sequence - (uint16_t)reception->highest);
	if (ahead >= MAX_DROPOUT && ahead <= CYCLE - MAX_MISORDER) {
		if (!reception->isSuspicious || sequence != reception->badSequence) {
			reception->badSequence = (uint16_t)(sequence + 1);
			reception->isSuspicious = 1;
			reception->jumps++;
			return RTC_RTP_RECEPTION_JUMPED;
		}
		start(reception, sequence, (reception->highest & ~(CYCLE - 1)) + 2 * CYCLE);
		result = RTC_RTP_RECEPTION_RESTARTED;
	}
	*extended = rtc_rtp_reception_extend(reception, sequence);
	if (*extended < reception->first) // sent before the first, come after it
		reception->first = *extended;
	int isNewest = *extended > reception->highest || !reception->packets;
	if (isNewest) {
		reception->highest = *extended;
		reception->isSuspicious = 0;
		measureJitter(reception, timestamp, now);
	}
	reception->packets++;
	return result;
}

static uint64_t timeOf(uint64_t ntp)
{
	return (ntp >> 32) * 1000000 + ((ntp & UINT32_MAX) * 1000000 >> 32);
}

static int64_t toMicroseconds(const rtc_rtp_reception *reception, uint32_t ticks)
{
	return (int64_t)(int32_t)ticks * 1000000 / reception->clockRate;
}

// Notes the newest pair of times. Returns by how much it is before what the median of all says.
static int64_t judgeClock(rtc_rtp_reception *reception, uint64_t time, uint32_t timestamp)
{
	int64_t sorted[RTC_RTP_RECEPTION_CLOCKS];
	uint8_t count = 0;
	reception->clocks[reception->nextClock].time = time;
	reception->clocks[reception->nextClock].timestamp = timestamp;
	reception->nextClock = (uint8_t)((reception->nextClock + 1) % RTC_RTP_RECEPTION_CLOCKS);
	if (reception->clockCount < RTC_RTP_RECEPTION_CLOCKS)
		reception->clockCount++;
	for (uint8_t i = 1; i <= reception->clockCount; i++) { // from the newest on
		uint8_t at = (uint8_t)((reception->nextClock + RTC_RTP_RECEPTION_CLOCKS - i) % RTC_RTP_RECEPTION_CLOCKS);
		uint64_t then = reception->clocks[at].time;
		int64_t wrong = (int64_t)(then - time) + toMicroseconds(reception, timestamp - reception->clocks[at].timestamp);
		if (wrong > CLOCK_LEAP || wrong < -CLOCK_LEAP) {
			reception->clockCount = count; // what came before is another clock's
			break;
		}
		uint8_t place = count++;
		for (; place && sorted[place - 1] > wrong; place--)
			sorted[place] = sorted[place - 1];
		sorted[place] = wrong;
	}
	return sorted[(count - 1) / 2];
}

void rtc_rtp_reception_reported(rtc_rtp_reception *reception, const rtc_rtcp_sender_info *info, uint64_t now)
{
	reception->sender = *info;
	reception->lastReport = (uint32_t)(info->ntp >> 16);
	reception->reportedAt = now;
	reception->reports++;
	reception->correction = judgeClock(reception, timeOf(info->ntp), info->timestamp);
}

uint64_t rtc_rtp_reception_sent(const rtc_rtp_reception *reception, uint32_t timestamp)
{
	if (!reception->lastReport)
		return 0;
	int64_t since = toMicroseconds(reception, timestamp - reception->sender.timestamp);
	return timeOf(reception->sender.ntp) + (uint64_t)(since + reception->correction);
}

static uint32_t expected(const rtc_rtp_reception *reception)
{
	return reception->started ? reception->highest - reception->first + 1 : 0;
}

int32_t rtc_rtp_reception_lost(const rtc_rtp_reception *reception)
{
	int64_t lost = (int64_t)expected(reception) - (int64_t)reception->packets;
	return lost > LOST_MAXIMUM ? LOST_MAXIMUM : lost < LOST_MINIMUM ? LOST_MINIMUM : (int32_t)lost;
}

// Section A.3.
void rtc_rtp_reception_report(rtc_rtp_reception *reception, uint64_t now, rtc_rtcp_report *report)
{
	uint32_t all = expected(reception), received = (uint32_t)reception->packets;
	uint32_t interval = all - reception->expectedBefore;
	int32_t lost = (int32_t)(interval - (received - reception->receivedBefore));
	reception->expectedBefore = all;
	reception->receivedBefore = received;
	memset(report, 0, sizeof *report);
	if (interval && lost > 0)
		report->fractionLost =
			(uint8_t)(((uint64_t)lost << 8) / interval > 255 ? 255 : ((uint64_t)lost << 8) / interval);
	report->packetsLost = rtc_rtp_reception_lost(reception);
	report->highestSequence = reception->highest - CYCLE;
	report->jitter = reception->jitter >> 4;
	report->lastReport = reception->lastReport;
	if (report->lastReport) {
		uint64_t delay = now - reception->reportedAt;
		report->delay = delay < 65535000000u ? (uint32_t)(delay * 65536 / 1000000) : UINT32_MAX;
	}
}
