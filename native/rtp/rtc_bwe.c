// SPDX-License-Identifier: Apache-2.0
#include "rtc_bwe.h"

#include <math.h>
#include <string.h>
#include "rtc_bwe_delay.h"

#define INCREASE 0.08f // a second (section 5.5)
#define DECREASE 0.85f
#define HEADROOM 1.5f // of what is acknowledged, and
#define HEADROOM_BITS 10000.0f
#define RESPONSE 100000.0f  // microseconds that the detector takes
#define FIRST_WINDOW 500000 // microseconds of arrivals that make a sample of what comes through
#define WINDOW 150000
#define LOW 0.6f           // of what came through before, or the other way round, in
#define OTHERS 2           // windows: the mean would follow in a second only, and much later to more
#define LOSS_WINDOW 250000 // microseconds, and
#define LOSS_PACKETS 20
#define LOSS_LITTLE 0.02f
#define LOSS_MUCH 0.10f
#define LOSS_OWN 0.15f    // most that is taken for the way's own: more than that a queue that is always full loses
#define LOSS_MOST 0.30f   // beyond it what comes through is all that the way carries
#define LOSS_PAUSE 300000 // microseconds between two decreases, and a round trip
#define QUEUE_TIME 80000  // microseconds by which a round trip is longer than the least
#define LEAST_TRIP_RISE 0.0005f
#define FULL_QUEUE 2000000 // microseconds since the delay has grown
#define SILENCE 3000000    // microseconds without feedback
#define SILENCE_STEP 1000000
#define PROBE_INTERVAL 2000000 // microseconds, doubled by probes that find nothing
#define PROBE_INTERVAL_MOST 5000000
#define PROBE_QUIET 1000000 // after the delay has grown
#define PROBE_TIME 20000    // microseconds that one takes
#define PROBE_BYTES 6000    // at least, unless that would take longer than
#define PROBE_LONGEST 60000 // microseconds, and then
#define PROBE_LEAST 2000
#define PROBE_PACKETS 4    // acknowledged at least
#define PROBE_WAIT 1000000 // microseconds until it is given up
#define PACING 2.5f
#define UNKNOWN_PACING 20000000u // bit/s: the first pictures tell what the way carries

static uint32_t hold(const rtc_bwe *bwe, float rate)
{
	if (!(rate > (float)bwe->minimum))
		return bwe->minimum;
	return rate < (float)bwe->maximum ? (uint32_t)rate : bwe->maximum;
}

// What there is use for, and a little more, so that an encoder at its limit is never held back.
static float useful(const rtc_bwe *bwe)
{
	return 1.25f * (float)(bwe->wanted ? bwe->wanted : bwe->maximum);
}

static void settle(rtc_bwe *bwe)
{
	uint32_t target = bwe->delayRate;
	if (bwe->lossRate < target)
		target = bwe->lossRate;
	if (bwe->remb < target)
		target = bwe->remb;
	bwe->target = hold(bwe, (float)target);
}

void rtc_bwe_init(rtc_bwe *bwe, uint32_t minimum, uint32_t start, uint32_t maximum, uint64_t now)
{
	memset(bwe, 0, sizeof *bwe);
	bwe->minimum = minimum;
	bwe->maximum = maximum;
	bwe->target = bwe->delayRate = hold(bwe, (float)start);
	bwe->lossRate = bwe->remb = UINT32_MAX;
	bwe->roundTrip = 100000;
	bwe->lastChange = bwe->lastProbe = now;
	bwe->nextCluster = 1;
	rtc_bwe_delay_init(&bwe->delay);
}

void rtc_bwe_set_wanted(rtc_bwe *bwe, uint32_t bitsPerSecond)
{
	bwe->wanted = bitsPerSecond;
}

void rtc_bwe_round_trip(rtc_bwe *bwe, uint64_t microseconds)
{
	float trip = (float)microseconds;
	if (microseconds >= 10000000)
		return;
	bwe->roundTrip = 0.75f * bwe->roundTrip + 0.25f * trip;
	if (bwe->leastTrip <= 0 || trip < bwe->leastTrip)
		bwe->leastTrip = trip;
	else
		bwe->leastTrip += LEAST_TRIP_RISE * (trip - bwe->leastTrip); // routes change
}

// A queue that is full has a delay that does not grow: it has to drain before more is sent.
static int hasQueue(const rtc_bwe *bwe)
{
	return bwe->leastTrip > 0 && bwe->roundTrip > bwe->leastTrip + QUEUE_TIME;
}

static rtc_bwe_cluster *findCluster(rtc_bwe *bwe, uint8_t id)
{
	for (int i = 0; i < RTC_BWE_CLUSTERS; i++)
		if (id && bwe->clusters[i].id == id)
			return &bwe->clusters[i];
	return NULL;
}

void rtc_bwe_sent(rtc_bwe *bwe, uint32_t size, uint8_t cluster, uint64_t now)
{
	rtc_bwe_cluster *probe = findCluster(bwe, cluster);
	bwe->lastSent = now;
	if (!probe)
		return;
	probe->sentBytes += size;
	probe->sentPackets++;
}

// Section 5.1 of the draft's estimator of what comes through: a Bayesian mean of windows, which follows a change of
// several sigma at once and noise slowly.
static void measureThroughput(rtc_bwe *bwe, const rtc_bwe_packet *packet)
{
	rtc_bwe_throughput *it = &bwe->throughput;
	int64_t elapsed = packet->arrived - (int64_t)it->start;
	int64_t window = it->rate > 0 ? WINDOW : FIRST_WINDOW;
	if (!it->start || elapsed < 0 || elapsed > 4 * window) {
		it->start = (uint64_t)packet->arrived;
		it->bytes = packet->size;
		return;
	}
	if (elapsed >= window) {
		float sample = (float)it->bytes * 8e6f / (float)elapsed;
		int isOther = sample < LOW * it->rate || it->rate < LOW * sample;
		it->others = isOther ? (uint8_t)(it->others + 1) : 0;
		if (it->others == OTHERS) { // the way has become another, or the application
			it->rate = sample;
			it->variance = 50;
			it->others = 0;
		} else if (it->rate > 0) {
			float deviation = 10 * fabsf(it->rate - sample) / it->rate;
			float noise = deviation * deviation + 0.01f, prior = it->variance + 5;
			it->rate = (noise * it->rate + prior * sample) / (noise + prior);
			it->variance = noise * prior / (noise + prior);
		} else {
			it->rate = sample;
			it->variance = 50;
		}
		it->start = (uint64_t)packet->arrived;
		it->bytes = 0;
	}
	it->bytes += packet->size;
}

// Where the delay has grown, the way carries about what came through just then.
static void learnCapacity(rtc_bwe *bwe, float rate)
{
	if (bwe->capacity <= 0) {
		bwe->capacity = rate;
		bwe->capacityDeviation = 0.4f;
		return;
	}
	float error = rate - bwe->capacity;
	bwe->capacity += 0.05f * error;
	float relative = error * error / bwe->capacity / 1000; // of kbit/s, as the draft's implementations reckon
	bwe->capacityDeviation = 0.95f * bwe->capacityDeviation + 0.05f * relative;
	if (bwe->capacityDeviation < 0.4f)
		bwe->capacityDeviation = 0.4f;
	if (bwe->capacityDeviation > 2.5f)
		bwe->capacityDeviation = 2.5f;
}

// Whether what comes through is three deviations away from what the way carried before: it is another now.
static int isOther(const rtc_bwe *bwe, float through)
{
	float away = (through - bwe->capacity) / 3;
	return away * away > bwe->capacityDeviation * bwe->capacity * 1000;
}

static void decrease(rtc_bwe *bwe, uint64_t now)
{
	float trip = bwe->roundTrip < 10000 ? 10000 : bwe->roundTrip > 200000 ? 200000 : bwe->roundTrip;
	float through = bwe->throughput.rate;
	int halves = through > 0 && through < 0.5f * (float)bwe->delayRate;
	bwe->lastOveruse = now;
	if (bwe->lastDecrease && (float)(now - bwe->lastDecrease) < trip && !halves)
		return;
	bwe->overuses++;
	bwe->lastDecrease = now;
	if (through <= 0)
		through = (float)bwe->delayRate;
	if (bwe->capacity > 0 && through < bwe->capacity && isOther(bwe, through))
		bwe->capacity = 0;
	float rate = DECREASE * through;
	if (rate < (float)bwe->delayRate)
		bwe->delayRate = hold(bwe, rate);
	learnCapacity(bwe, through);
	bwe->probing = 0;
}

static float additive(const rtc_bwe *bwe)
{
	float frame = (float)bwe->delayRate / 8 / 30;
	float packet = frame / (float)((int)(frame / 1200) + 1);
	float step = packet * 8 * 1e6f / (2 * (bwe->roundTrip + RESPONSE));
	return step > 4000 ? step : 4000;
}

static void increase(rtc_bwe *bwe, uint64_t now)
{
	float seconds = (float)(now - bwe->lastChange) / 1e6f, rate = (float)bwe->delayRate;
	float through = bwe->throughput.rate;
	if (seconds > 1)
		seconds = 1;
	if (bwe->capacity > 0 && through > bwe->capacity && isOther(bwe, through))
		bwe->capacity = 0;
	float next = bwe->capacity > 0 ? rate + additive(bwe) * seconds : rate + (INCREASE * rate + 1000) * seconds;
	// An application that sends little proves nothing.
	float most = through > 0 ? HEADROOM * through + HEADROOM_BITS : next;
	if (next > most)
		next = most;
	if (next > useful(bwe))
		next = useful(bwe);
	if (next > rate)
		bwe->delayRate = hold(bwe, next);
}

static float baseline(const rtc_bwe *bwe)
{
	float least = LOSS_OWN;
	for (int i = 0; i < bwe->lossCount; i++)
		if (bwe->losses[i] < least)
			least = bwe->losses[i];
	return bwe->lossCount < 3 ? 0 : least;
}

// Section 6, above what the way loses however little is sent.
static void judgeLoss(rtc_bwe *bwe, float loss, uint64_t now)
{
	// Of some tens of packets a tenth is lost or a fifth by chance alone: two windows tell more.
	loss = bwe->loss = bwe->lossCount ? (bwe->loss + loss) / 2 : loss;
	bwe->losses[bwe->lossNext] = loss;
	bwe->lossNext = (uint8_t)((bwe->lossNext + 1) % RTC_BWE_LOSS_WINDOWS);
	if (bwe->lossCount < RTC_BWE_LOSS_WINDOWS)
		bwe->lossCount++;
	float more = loss - baseline(bwe);
	if (more > LOSS_MUCH) {
		if (bwe->lastLossDecrease && (float)(now - bwe->lastLossDecrease) < LOSS_PAUSE + bwe->roundTrip)
			return;
		bwe->lastLossDecrease = now;
		float rate = (float)bwe->target * (1 - 0.5f * more), through = DECREASE * bwe->throughput.rate;
		// A queue that is full does not grow: what comes through is all that the way carries.
		int isFull = more > LOSS_MOST || (bwe->lastOveruse && now - bwe->lastOveruse < FULL_QUEUE);
		if (isFull && through > 0 && through < rate)
			rate = through;
		bwe->lossRate = hold(bwe, rate);
	} else if (more <= LOSS_LITTLE && bwe->lossRate != UINT32_MAX) {
		float next = (float)bwe->lossRate * 1.04f + 1000;
		bwe->lossRate = next > 2 * (float)bwe->delayRate ? UINT32_MAX : hold(bwe, next);
	}
}

static void countLoss(rtc_bwe *bwe, uint32_t received, uint32_t lost, uint64_t now)
{
	bwe->received += received;
	bwe->lost += lost;
	if (!bwe->windowStart)
		bwe->windowStart = now;
	uint32_t all = bwe->received + bwe->lost;
	if (all < LOSS_PACKETS || now - bwe->windowStart < LOSS_WINDOW)
		return;
	judgeLoss(bwe, (float)bwe->lost / (float)all, now);
	bwe->received = bwe->lost = 0;
	bwe->windowStart = now;
}

static void countProbe(rtc_bwe_cluster *probe, const rtc_bwe_packet *packet)
{
	if (!probe->packets++) {
		probe->firstSent = probe->lastSent = packet->sent;
		probe->firstArrived = probe->lastArrived = packet->arrived;
		probe->firstSize = packet->size;
	}
	if (packet->sent >= probe->lastSent) {
		probe->lastSent = packet->sent;
		probe->lastSize = packet->size;
	}
	if (packet->arrived > probe->lastArrived)
		probe->lastArrived = packet->arrived;
	probe->bytes += packet->size;
}

// The rate at which a probe came through, 0 when it says nothing.
static float probeRate(const rtc_bwe_cluster *probe)
{
	int64_t received = probe->lastArrived - probe->firstArrived;
	uint64_t sent = probe->lastSent - probe->firstSent;
	if (probe->packets < PROBE_PACKETS || probe->bytes < probe->sentBytes * 4 / 5 || received > PROBE_WAIT ||
		sent > PROBE_WAIT || (received <= 0 && !sent))
		return 0;
	float out = sent ? (float)(probe->bytes - probe->lastSize) * 8e6f / (float)sent : INFINITY;
	float in = received > 0 ? (float)(probe->bytes - probe->firstSize) * 8e6f / (float)received : INFINITY;
	if (in > 2 * out)
		return 0;
	if (in < 0.9f * out)
		return in * 0.95f;
	return in < out ? in : out;
}

static void endProbe(rtc_bwe *bwe, rtc_bwe_cluster *probe, float rate)
{
	int isFirst = !bwe->known;
	probe->id = 0;
	if (rate <= 0)
		return;
	if (rate > useful(bwe))
		rate = useful(bwe);
	bwe->known = 1;
	if (rate > (float)bwe->delayRate * 1.1f)
		bwe->probing = 0; // there is more: the next one comes soon
	else if (bwe->probing < UINT8_MAX)
		bwe->probing++;
	if (rate > (float)bwe->delayRate || isFirst)
		bwe->delayRate = hold(bwe, rate);
	if (bwe->lossRate != UINT32_MAX && rate > (float)bwe->lossRate)
		bwe->lossRate = hold(bwe, rate);
}

static void judgeProbes(rtc_bwe *bwe, uint64_t now)
{
	for (int i = 0; i < RTC_BWE_CLUSTERS; i++) {
		rtc_bwe_cluster *probe = &bwe->clusters[i];
		if (!probe->id || !probe->ended)
			continue;
		int complete = probe->packets == probe->sentPackets;
		float rate = complete || now - probe->ended > 2 * (uint64_t)bwe->roundTrip + 100000 ? probeRate(probe) : 0;
		if (rate > 0 || complete)
			endProbe(bwe, probe, rate);
	}
}

void rtc_bwe_acknowledge(rtc_bwe *bwe, const rtc_bwe_packet *packet, uint64_t now)
{
	if (bwe->delay.usage == RTC_BWE_OVERUSE && !bwe->acknowledged)
		bwe->delay.usage = RTC_BWE_NORMAL; // that was heard of
	bwe->acknowledged++;
	measureThroughput(bwe, packet);
	rtc_bwe_delay_take(&bwe->delay, packet, now);
	bwe->isOver |= bwe->delay.usage == RTC_BWE_OVERUSE;
	rtc_bwe_cluster *probe = findCluster(bwe, packet->cluster);
	if (probe)
		countProbe(probe, packet);
}

void rtc_bwe_feedback(rtc_bwe *bwe, uint32_t lost, uint64_t now)
{
	uint32_t count = bwe->acknowledged;
	bwe->lastFeedback = now;
	if (bwe->throughput.rate > 0)
		bwe->known = 1;
	if (bwe->isOver)
		decrease(bwe, now);
	else if (count && bwe->delay.usage == RTC_BWE_NORMAL && bwe->known && !hasQueue(bwe))
		increase(bwe, now);
	if (count)
		bwe->lastChange = now;
	bwe->acknowledged = bwe->isOver = 0;
	judgeProbes(bwe, now);
	countLoss(bwe, count, lost, now);
	settle(bwe);
}

void rtc_bwe_begin(rtc_bwe *bwe, float rate)
{
	bwe->delayRate = hold(bwe, rate);
	settle(bwe);
}

void rtc_bwe_limit(rtc_bwe *bwe, uint64_t bitsPerSecond)
{
	bwe->remb = bitsPerSecond < UINT32_MAX ? (uint32_t)bitsPerSecond : UINT32_MAX;
	if (!bwe->lastFeedback) { // a receiver that estimates by itself: nothing else is known
		bwe->known = 1;
		bwe->delayRate = hold(bwe, useful(bwe));
	}
	settle(bwe);
}

void rtc_bwe_report(rtc_bwe *bwe, float loss, uint64_t now)
{
	if (bwe->lastFeedback)
		return;
	judgeLoss(bwe, loss, now);
	settle(bwe);
}

int rtc_bwe_is_silent(const rtc_bwe *bwe, uint64_t now)
{
	return bwe->lastFeedback && now - bwe->lastFeedback > SILENCE;
}

void rtc_bwe_time(rtc_bwe *bwe, uint64_t now)
{
	for (int i = 0; i < RTC_BWE_CLUSTERS; i++)
		if (bwe->clusters[i].id && bwe->clusters[i].ended && now - bwe->clusters[i].ended > PROBE_WAIT)
			endProbe(bwe, &bwe->clusters[i], probeRate(&bwe->clusters[i]));
	int isInVain = rtc_bwe_is_silent(bwe, now) && now - bwe->lastSent < SILENCE_STEP;
	if (isInVain && now - bwe->lastBackOff >= SILENCE_STEP) {
		bwe->lastBackOff = now;
		bwe->delayRate = hold(bwe, 0.8f * (float)bwe->delayRate);
	}
	settle(bwe);
}

static uint32_t probeBytes(float rate)
{
	uint32_t bytes = (uint32_t)(rate / 8 * PROBE_TIME / 1e6f), most = (uint32_t)(rate / 8 * PROBE_LONGEST / 1e6f);
	if (bytes >= PROBE_BYTES)
		return bytes;
	return most > PROBE_BYTES ? PROBE_BYTES : most < PROBE_LEAST ? PROBE_LEAST : most;
}

uint8_t rtc_bwe_probe(rtc_bwe *bwe, uint64_t now, uint32_t *rate, uint32_t *bytes)
{
	rtc_bwe_cluster *probe = NULL;
	for (int i = 0; i < RTC_BWE_CLUSTERS && !probe; i++)
		if (!bwe->clusters[i].id)
			probe = &bwe->clusters[i];
	if (!probe)
		return 0;
	uint64_t interval = (uint64_t)PROBE_INTERVAL << (bwe->probing < 2 ? bwe->probing : 2);
	if (interval > PROBE_INTERVAL_MOST)
		interval = PROBE_INTERVAL_MOST;
	int isFirst = !bwe->probes;
	int isQuiet = !hasQueue(bwe) && (!bwe->lastOveruse || now - bwe->lastOveruse > PROBE_QUIET);
	int isUseful = (float)bwe->target * 1.1f < useful(bwe) && bwe->loss - baseline(bwe) < LOSS_MUCH;
	if (!isFirst && (!bwe->known || !isQuiet || !isUseful || now - bwe->lastProbe < interval))
		return 0;
	float next = isFirst ? (float)UNKNOWN_PACING : 2 * (float)bwe->target;
	if (!isFirst && next > 1.1f * useful(bwe))
		next = 1.1f * useful(bwe);
	memset(probe, 0, sizeof *probe);
	probe->id = bwe->nextCluster;
	bwe->nextCluster = (uint8_t)(bwe->nextCluster % UINT8_MAX + 1);
	probe->rate = *rate = (uint32_t)next;
	*bytes = isFirst ? PROBE_BYTES : probeBytes(next);
	bwe->lastProbe = now;
	bwe->probes++;
	return probe->id;
}

void rtc_bwe_probed(rtc_bwe *bwe, uint8_t cluster, uint64_t now)
{
	rtc_bwe_cluster *probe = findCluster(bwe, cluster);
	if (!probe)
		return;
	if (probe->sentPackets < PROBE_PACKETS)
		probe->id = 0;
	else
		probe->ended = now;
}

uint32_t rtc_bwe_pacing(const rtc_bwe *bwe)
{
	if (!bwe->known)
		return UNKNOWN_PACING;
	return (uint32_t)(PACING * (float)bwe->target);
}
