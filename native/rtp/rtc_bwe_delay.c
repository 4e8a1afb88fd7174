// SPDX-License-Identifier: Apache-2.0
#include "rtc_bwe_delay.h"

#include <math.h>
#include <string.h>

#define GROUP_TIME 5000    // microseconds within which packets are one group
#define BURST_MOST 100000  // microseconds of arrival that one group may span
#define CLOCK_LEAP 3000000 // microseconds: the receiver's clock was set, or it lies
#define SMOOTHING 0.9f
#define GAIN 4.0f
#define DELTAS_MOST 60
#define OVERUSE_TIME 10.0f // milliseconds
#define THRESHOLD 12.5f    // milliseconds, at first
#define THRESHOLD_LEAST 6.0f
#define THRESHOLD_MOST 600.0f
#define THRESHOLD_UP 0.0087f
#define THRESHOLD_DOWN 0.039f
#define OUTLIER 15.0f // milliseconds above the threshold: a change of route does not move it

void rtc_bwe_delay_init(rtc_bwe_delay *delay)
{
	memset(delay, 0, sizeof *delay);
	delay->threshold = THRESHOLD;
}

static void forget(rtc_bwe_delay *delay)
{
	float threshold = delay->threshold;
	rtc_bwe_delay_init(delay);
	delay->threshold = threshold;
}

static float slopeOf(const rtc_bwe_delay *delay)
{
	float meanTime = 0, meanDelay = 0, numerator = 0, denominator = 0;
	int32_t base = delay->trend[delay->trendNext].time;
	for (int i = 0; i < RTC_BWE_TREND; i++) {
		meanTime += (float)(delay->trend[i].time - base) / 4;
		meanDelay += delay->trend[i].delay;
	}
	meanTime /= RTC_BWE_TREND;
	meanDelay /= RTC_BWE_TREND;
	for (int i = 0; i < RTC_BWE_TREND; i++) {
		float x = (float)(delay->trend[i].time - base) / 4 - meanTime;
		numerator += x * (delay->trend[i].delay - meanDelay);
		denominator += x * x;
	}
	return denominator > 0 ? numerator / denominator : delay->slope;
}

static void adapt(rtc_bwe_delay *delay, float gradient, uint64_t now)
{
	float size = fabsf(gradient);
	uint64_t elapsed = delay->thresholdUpdated ? now - delay->thresholdUpdated : 0;
	delay->thresholdUpdated = now;
	if (size > delay->threshold + OUTLIER)
		return;
	float gain = size < delay->threshold ? THRESHOLD_DOWN : THRESHOLD_UP;
	delay->threshold += gain * (size - delay->threshold) * (float)(elapsed < 100000 ? elapsed : 100000) / 1000;
	if (delay->threshold < THRESHOLD_LEAST)
		delay->threshold = THRESHOLD_LEAST;
	if (delay->threshold > THRESHOLD_MOST)
		delay->threshold = THRESHOLD_MOST;
}

static void detect(rtc_bwe_delay *delay, float slope, float sentDelta, uint64_t now)
{
	float gradient = slope * (float)(delay->deltas < DELTAS_MOST ? delay->deltas : DELTAS_MOST) * GAIN;
	if (gradient > delay->threshold) {
		delay->overTime += delay->overCount ? sentDelta : sentDelta / 2;
		if (delay->overCount < UINT8_MAX)
			delay->overCount++;
		if (delay->overTime > OVERUSE_TIME && delay->overCount > 1 && slope >= delay->slope) {
			delay->overTime = 0;
			delay->overCount = 0;
			delay->usage = RTC_BWE_OVERUSE;
		}
	} else {
		delay->overTime = 0;
		delay->overCount = 0;
		delay->usage = gradient < -delay->threshold ? RTC_BWE_UNDERUSE : RTC_BWE_NORMAL;
	}
	delay->slope = slope;
	adapt(delay, gradient, now);
}

// A group is complete: how much later it came than it was sent, next to the one before it.
static void compare(rtc_bwe_delay *delay, uint64_t now)
{
	const rtc_bwe_group *current = &delay->current, *previous = &delay->previous;
	int64_t sent = (int64_t)(current->lastSent - previous->lastSent);
	int64_t arrived = current->lastArrived - previous->lastArrived;
	if (sent < 0 || arrived < -GROUP_TIME || arrived - sent > CLOCK_LEAP || sent - arrived > CLOCK_LEAP) {
		forget(delay);
		return;
	}
	float later = (float)(arrived - sent) / 1000;
	if (delay->deltas < UINT32_MAX)
		delay->deltas++;
	if (delay->deltas == 1)
		delay->firstArrival = current->lastArrived;
	delay->delay += later;
	delay->smoothed = SMOOTHING * delay->smoothed + (1 - SMOOTHING) * delay->delay;
	delay->trend[delay->trendNext].time = (int32_t)((current->lastArrived - delay->firstArrival) / 250);
	delay->trend[delay->trendNext].delay = delay->smoothed;
	delay->trendNext = (uint8_t)((delay->trendNext + 1) % RTC_BWE_TREND);
	if (delay->trendCount < RTC_BWE_TREND)
		delay->trendCount++;
	if (delay->trendCount == RTC_BWE_TREND)
		detect(delay, slopeOf(delay), (float)sent / 1000, now);
}

static int belongs(const rtc_bwe_group *group, const rtc_bwe_packet *packet)
{
	if (packet->sent - group->firstSent <= GROUP_TIME)
		return 1;
	// A burst on the way: it came together, although it was sent apart.
	int64_t arrived = packet->arrived - group->lastArrived, sent = (int64_t)(packet->sent - group->lastSent);
	return arrived <= GROUP_TIME && arrived < sent && packet->arrived - group->firstArrived < BURST_MOST;
}

void rtc_bwe_delay_take(rtc_bwe_delay *delay, const rtc_bwe_packet *packet, uint64_t now)
{
	rtc_bwe_group *current = &delay->current;
	if (current->packets && packet->sent < current->firstSent) // came to be known late
		return;
	if (current->packets && !belongs(current, packet)) {
		if (delay->previous.packets)
			compare(delay, now);
		delay->previous = delay->current;
		current->packets = 0;
	}
	if (!current->packets++) {
		current->firstSent = packet->sent;
		current->firstArrived = packet->arrived;
		current->lastArrived = packet->arrived;
	}
	current->lastSent = packet->sent;
	if (packet->arrived > current->lastArrived)
		current->lastArrived = packet->arrived;
}
