// SPDX-License-Identifier: Apache-2.0
#include "rtc_playout.h"

#include <math.h>
#include <string.h>
#include "rtc_audio_codec.h"
#include "rtc_jitter.h"
#include "rtc_port.h"

#define QUIET 400        // of 32,768: nobody hears whether 20 ms of this are left out
#define NOTICEABLE 5000  // microseconds of excess that are left alone
#define IMPATIENT 40000  // beyond it, quiet packets are left out
#define DESPERATE 250000 // beyond it, any
#define CORRECTION 4     // microseconds of excess for each millionth of speed
#define FASTEST 20000    // millionths: a third of a semitone
#define SLOWEST (-10000)
#define SMOOTHING 16 // reads over which the excess is taken
#define ONE_STEP 0x100000000ull
#define HISTORY 1     // samples before the present one, for the interpolation
#define AHEAD 3       // and after it
#define NARROWEST 400 // of a second: what decoders make is a multiple of it

struct rtc_playout {
	pthread_mutex_t lock; // guards what follows
	rtc_jitter *jitter;
	uint32_t clockRate; // of it
	uint64_t sent;      // of a packet; 0: not known
	uint32_t timestamp; // of that
	rtc_playout_statistics statistics;
	// Of the reading thread alone:
	rtc_playout_head head; // sent 0: none
	uint32_t held;
	uint32_t sampleRate;
	uint32_t ticks; // of a second: the clock rate when it was taken from the buffer
	uint8_t channels;
	uint8_t playing, concealing;
	const rtc_codec *codec;
	rtc_audio_decoder *decoder;
	int64_t excess;            // smoothed
	uint64_t step;             // through the samples, in units of 1 / ONE_STEP
	uint64_t position;         // between the first two that are due
	uint32_t capacity, filled; // samples per channel in `pcm`, of which the first HISTORY were played
	uint8_t payload[RTC_JITTER_PAYLOAD];
	int16_t pcm[];
};

rtc_playout *rtc_playout_new(uint32_t sampleRate, uint8_t channels, uint32_t bytes)
{
	// One packet of the longest, beside what a read takes.
	uint32_t capacity = sampleRate / 1000 * 170;
	rtc_playout *playout = rtc_calloc(1, sizeof *playout + (size_t)capacity * channels * sizeof(int16_t));
	if (!playout)
		return NULL;
	playout->clockRate = sampleRate;
	playout->jitter = rtc_jitter_new(sampleRate, bytes);
	if (!playout->jitter) {
		rtc_free(playout);
		return NULL;
	}
	pthread_mutex_init(&playout->lock, NULL);
	playout->sampleRate = sampleRate;
	playout->channels = channels;
	playout->step = ONE_STEP;
	playout->capacity = capacity;
	playout->filled = HISTORY;
	return playout;
}

void rtc_playout_free(rtc_playout *playout)
{
	if (!playout)
		return;
	if (playout->decoder)
		playout->decoder->destroy(playout->decoder);
	rtc_jitter_free(playout->jitter);
	pthread_mutex_destroy(&playout->lock);
	rtc_free(playout);
}

void rtc_playout_put(rtc_playout *playout, const rtc_frame *frame)
{
	if (frame->format != RTC_FORMAT_ENCODED || !frame->codec || frame->codec->isVideo)
		return;
	pthread_mutex_lock(&playout->lock);
	if (frame->codec->clockRate != playout->clockRate) { // the buffer counts in its ticks
		playout->clockRate = frame->codec->clockRate;
		rtc_jitter_reset(playout->jitter, playout->clockRate);
	}
	if (rtc_jitter_put(playout->jitter, frame->sequence, frame->timestamp, frame->codec, frame->data, frame->size,
					   frame->time))
		playout->statistics.packets++;
	playout->sent = frame->sent;
	playout->timestamp = frame->timestamp;
	pthread_mutex_unlock(&playout->lock);
}

static int16_t *end(rtc_playout *playout)
{
	return playout->pcm + (size_t)playout->filled * playout->channels;
}

static uint32_t room(const rtc_playout *playout)
{
	return playout->capacity - playout->filled;
}

// Samples that have been made, and not played.
static uint32_t pending(const rtc_playout *playout)
{
	return playout->filled - HISTORY;
}

static uint32_t toSamples(const rtc_playout *playout, uint32_t ticks)
{
	return (uint32_t)((uint64_t)ticks * playout->sampleRate / playout->ticks);
}

static uint32_t toTicks(const rtc_playout *playout, uint32_t samples)
{
	return (uint32_t)((uint64_t)samples * playout->ticks / playout->sampleRate);
}

static void countConcealed(rtc_playout *playout, uint32_t samples, int isSilent)
{
	rtc_playout_statistics *statistics = &playout->statistics;
	pthread_mutex_lock(&playout->lock);
	statistics->concealedSamples += samples;
	statistics->silentConcealedSamples += isSilent ? samples : 0;
	statistics->concealmentEvents += !playout->concealing;
	pthread_mutex_unlock(&playout->lock);
	playout->concealing = 1;
}

static void addSilence(rtc_playout *playout, uint32_t samples)
{
	if (samples > room(playout))
		samples = room(playout);
	memset(end(playout), 0, (size_t)samples * playout->channels * sizeof(int16_t));
	playout->filled += samples;
}

// Makes up at least `samples`; `next` is the packet after the lost one, where it is there.
static uint32_t conceal(rtc_playout *playout, const uint8_t *next, size_t size, uint32_t samples)
{
	uint32_t unit = playout->sampleRate / NARROWEST;
	samples = (samples + unit - 1) / unit * unit;
	if (samples > room(playout) / unit * unit)
		samples = room(playout) / unit * unit;
	if (!playout->decoder || playout->decoder->conceal(playout->decoder, next, size, end(playout), samples) < 0)
		addSilence(playout, samples);
	else
		playout->filled += samples;
	return samples;
}

static void choose(rtc_playout *playout, const rtc_codec *codec)
{
	if (codec == playout->codec)
		return;
	if (playout->decoder)
		playout->decoder->destroy(playout->decoder);
	const rtc_audio_class *class = codec->audio;
	playout->decoder = class && class->makeDecoder ? class->makeDecoder(playout->sampleRate, playout->channels) : NULL;
	playout->codec = playout->decoder ? codec : NULL; // without memory: tried again
}

static int isQuiet(const rtc_playout *playout, const int16_t *pcm, uint32_t samples)
{
	for (uint32_t i = 0; i < samples * playout->channels; i++)
		if (pcm[i] > QUIET || pcm[i] < -QUIET)
			return 0;
	return 1;
}

static uint64_t toMicroseconds(const rtc_playout *playout, uint32_t samples)
{
	return (uint64_t)samples * 1000000 / playout->sampleRate;
}

// With the lock held, before the packet is added to what is due.
static void noteHead(rtc_playout *playout, const rtc_jitter_packet *packet, int64_t excess, uint64_t now)
{
	int64_t since = (int32_t)(packet->timestamp - playout->timestamp);
	playout->head.sent = playout->sent ? playout->sent + (uint64_t)(since * 1000000 / playout->clockRate) : 0;
	playout->head.time = now + toMicroseconds(playout, pending(playout));
	playout->head.early = -excess;
	playout->head.held = playout->held;
}

// Makes quiet sound older, by as much of it again.
static void repeat(rtc_playout *playout, uint32_t samples)
{
	size_t bytes = (size_t)samples * playout->channels * sizeof(int16_t);
	if (room(playout) < samples)
		return;
	memcpy(end(playout), (char *)end(playout) - bytes, bytes);
	playout->filled += samples;
	playout->statistics.samplesInserted += samples;
}

static void decode(rtc_playout *playout, const rtc_jitter_packet *packet, uint64_t now)
{
	choose(playout, packet->codec);
	int16_t *made = end(playout);
	int samples = playout->decoder
					  ? playout->decoder->decode(playout->decoder, playout->payload, packet->size, made, room(playout))
					  : -1;
	rtc_playout_statistics *statistics = &playout->statistics;
	pthread_mutex_lock(&playout->lock);
	if (samples < 0)
		statistics->undecodable++;
	else {
		int64_t excess =
			rtc_jitter_excess(playout->jitter, now, 0) + (int64_t)toMicroseconds(playout, pending(playout));
		int64_t shortest = -(int64_t)toMicroseconds(playout, (uint32_t)samples) - NOTICEABLE;
		int isQuietPacket = isQuiet(playout, made, (uint32_t)samples);
		rtc_jitter_played(playout->jitter, toTicks(playout, (uint32_t)samples));
		int isLeftOut = excess > DESPERATE || (excess > IMPATIENT && playout->excess > IMPATIENT && isQuietPacket);
		if (isLeftOut)
			statistics->samplesRemoved += (uint32_t)samples;
		else {
			uint64_t waited = now - packet->arrival + toMicroseconds(playout, pending(playout));
			noteHead(playout, packet, excess, now);
			playout->filled += (uint32_t)samples;
			statistics->jitterBufferDelay += waited * (uint32_t)samples;
			statistics->jitterBufferEmitted += (uint32_t)samples;
			if (isQuietPacket && excess < shortest && playout->excess < shortest)
				repeat(playout, (uint32_t)samples);
		}
	}
	pthread_mutex_unlock(&playout->lock);
	playout->concealing = 0;
}

static void starve(rtc_playout *playout)
{
	uint32_t samples = conceal(playout, NULL, 0, playout->sampleRate / 50);
	countConcealed(playout, samples, 0);
	pthread_mutex_lock(&playout->lock);
	rtc_jitter_concealed(playout->jitter, toTicks(playout, samples));
	pthread_mutex_unlock(&playout->lock);
}

// Makes more of what is due. `wanted`: samples that are missing.
static void more(rtc_playout *playout, uint64_t now, uint32_t wanted)
{
	rtc_jitter_packet packet;
	pthread_mutex_lock(&playout->lock);
	rtc_jitter_result result = rtc_jitter_get(playout->jitter, now, &packet, playout->payload);
	playout->ticks = playout->clockRate;
	pthread_mutex_unlock(&playout->lock);
	int wasPlaying = playout->playing;
	playout->playing = result != RTC_JITTER_IDLE;
	switch (result) {
	case RTC_JITTER_PACKET:
		decode(playout, &packet, now);
		break;
	case RTC_JITTER_LOST:
		countConcealed(
			playout,
			conceal(playout, packet.size ? playout->payload : NULL, packet.size, toSamples(playout, packet.ticks)), 0);
		break;
	case RTC_JITTER_STARVED:
		starve(playout);
		break;
	case RTC_JITTER_PAUSE:
		conceal(playout, NULL, 0, toSamples(playout, packet.ticks));
		break;
	case RTC_JITTER_IDLE:
		if (wasPlaying)
			playout->excess = 0;
		addSilence(playout, wanted);
		break;
	}
}

// How fast samples are to be played, so that they become as old as they should be.
static void follow(rtc_playout *playout, uint64_t now)
{
	pthread_mutex_lock(&playout->lock);
	int64_t excess = rtc_jitter_excess(playout->jitter, now, toMicroseconds(playout, pending(playout)));
	playout->statistics.jitterBufferTarget = rtc_jitter_target(playout->jitter);
	pthread_mutex_unlock(&playout->lock);
	playout->excess += (excess - playout->excess) / SMOOTHING;
	int64_t millionths = 0;
	if (playout->playing && (playout->excess > NOTICEABLE || playout->excess < -NOTICEABLE))
		millionths = playout->excess / CORRECTION;
	millionths = millionths > FASTEST ? FASTEST : millionths < SLOWEST ? SLOWEST : millionths;
	playout->step = ONE_STEP + (uint64_t)(millionths * (int64_t)(ONE_STEP / 1000000));
}

// Between p[1] and p[2], by a cubic through all four (Catmull and Rom).
static int16_t interpolate(const int16_t *p, size_t stride, float t)
{
	float a = p[0], b = p[stride], c = p[2 * stride], d = p[3 * stride];
	float value = b + 0.5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
	return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : lrintf(value));
}

// Plays `samples`, which are there, and forgets those that they were made of.
static void play(rtc_playout *playout, int16_t *pcm, uint32_t samples)
{
	size_t channels = playout->channels;
	uint64_t position = playout->position;
	if (playout->step == ONE_STEP && !position)
		memcpy(pcm, playout->pcm + HISTORY * channels, samples * channels * sizeof *pcm);
	else
		for (uint32_t i = 0; i < samples; i++) {
			const int16_t *from = playout->pcm + (size_t)((position + i * playout->step) >> 32) * channels;
			float between = (float)((position + i * playout->step) & (ONE_STEP - 1)) / (float)ONE_STEP;
			for (size_t channel = 0; channel < channels; channel++)
				*pcm++ = interpolate(from + channel, channels, between);
		}
	position += samples * playout->step;
	uint32_t used = (uint32_t)(position >> 32);
	playout->position = position & (ONE_STEP - 1);
	playout->filled -= used;
	memmove(playout->pcm, playout->pcm + used * channels, playout->filled * channels * sizeof *pcm);
	pthread_mutex_lock(&playout->lock);
	if (used > samples)
		playout->statistics.samplesRemoved += used - samples;
	else
		playout->statistics.samplesInserted += samples - used;
	pthread_mutex_unlock(&playout->lock);
}

static void account(rtc_playout *playout, const int16_t *pcm, uint32_t samples)
{
	float sum = 0;
	uint32_t count = samples * playout->channels;
	for (uint32_t i = 0; i < count; i++)
		sum += (float)pcm[i] * (float)pcm[i];
	float square = count ? sum / (float)count / (32768.0f * 32768.0f) : 0;
	double seconds = (double)samples / playout->sampleRate;
	pthread_mutex_lock(&playout->lock);
	playout->statistics.samplesReceived += samples;
	playout->statistics.level = sqrtf(square);
	playout->statistics.energy += square * seconds;
	playout->statistics.duration += seconds;
	pthread_mutex_unlock(&playout->lock);
}

void rtc_playout_read(rtc_playout *playout, uint64_t now, int16_t *pcm, uint32_t samples)
{
	follow(playout, now);
	// Each turn brings something, or gives up: a stream of packets that cannot be decoded ends in silence.
	uint32_t needed = (uint32_t)((playout->position + samples * playout->step) >> 32) + HISTORY + AHEAD;
	for (int turns = 0; playout->filled < needed; turns++) {
		if (turns == RTC_JITTER_PACKETS)
			addSilence(playout, needed - playout->filled);
		else
			more(playout, now, needed - playout->filled);
	}
	play(playout, pcm, samples);
	account(playout, pcm, samples);
}

void rtc_playout_hold(rtc_playout *playout, uint32_t microseconds)
{
	pthread_mutex_lock(&playout->lock);
	rtc_jitter_hold(playout->jitter, microseconds);
	playout->held = microseconds;
	pthread_mutex_unlock(&playout->lock);
}

int rtc_playout_take_head(rtc_playout *playout, rtc_playout_head *head)
{
	*head = playout->head;
	playout->head.sent = 0;
	return head->sent != 0;
}

void rtc_playout_get_statistics(rtc_playout *playout, rtc_playout_statistics *statistics)
{
	rtc_jitter_statistics counted;
	pthread_mutex_lock(&playout->lock);
	*statistics = playout->statistics;
	rtc_jitter_get_statistics(playout->jitter, &counted);
	pthread_mutex_unlock(&playout->lock);
	statistics->packetsDiscarded = counted.late + counted.overflowed + counted.skipped;
	statistics->packetsLost = counted.lost;
}
