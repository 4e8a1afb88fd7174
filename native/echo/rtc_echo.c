// SPDX-License-Identifier: Apache-2.0
#include "rtc_echo.h"
#include "rtc_echo_canceller.h"
#include "rtc_port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_PER_SECOND 50
#define OUTPUT 8         // frames that sinks may hold
#define ROOM 16          // frames of what is played
#define BEHIND 2         // frames that what is played is kept behind: so threads may tremble
#define LONGEST_BEHIND 8 // more is another pace
#define SILENCE 200000u  // microseconds without anything new, after which nothing is played

struct rtc_echo {
	rtc_sink microphone; // first
	rtc_sink loudspeaker;
	rtc_source source;
	atomic_uint ends; // of the three, how many live
	uint32_t sampleRate, samples;
	rtc_frame_pool *pool;
	rtc_echo_canceller *canceller; // the microphone's thread's own, as is what is played now
	int16_t *played;
	pthread_mutex_t lock;   // guards what follows
	int16_t *ring;          // of ROOM frames
	uint64_t written, read; // samples since the begin; what is read may be ahead: it is passed over when it comes
	uint64_t heard;         // microseconds: when something came last
	uint8_t isPlaying;
	rtc_echo_statistics statistics;
};

static void endReleased(rtc_echo *echo)
{
	if (atomic_fetch_sub(&echo->ends, 1) != 1)
		return;
	rtc_echo_canceller_free(echo->canceller);
	rtc_frame_pool_close(echo->pool);
	pthread_mutex_destroy(&echo->lock);
	rtc_free(echo->ring);
	free(echo->played);
	free(echo);
}

static void microphoneDestroyed(rtc_sink *sink)
{
	endReleased((rtc_echo *)sink);
}

static rtc_echo *ofLoudspeaker(rtc_sink *sink)
{
	return (rtc_echo *)((char *)sink - offsetof(rtc_echo, loudspeaker));
}

static void loudspeakerDestroyed(rtc_sink *sink)
{
	endReleased(ofLoudspeaker(sink));
}

static void sourceDestroyed(rtc_source *source)
{
	endReleased((rtc_echo *)((char *)source - offsetof(rtc_echo, source)));
}

static int fits(const rtc_echo *echo, const rtc_frame *frame)
{
	return frame->format == RTC_FORMAT_PCM && frame->sampleRate == echo->sampleRate && frame->channels == 1 &&
		   frame->samples == echo->samples && frame->size >= echo->samples * sizeof(int16_t);
}

// On the player's thread: 20 ms are going to be played.
static void onPlayed(rtc_sink *sink, rtc_frame *frame)
{
	rtc_echo *echo = ofLoudspeaker(sink);
	if (!fits(echo, frame))
		return;
	pthread_mutex_lock(&echo->lock);
	memcpy(echo->ring + echo->written / echo->samples % ROOM * echo->samples, frame->data,
		   echo->samples * sizeof(int16_t));
	echo->written += echo->samples;
	echo->heard = rtc_now();
	pthread_mutex_unlock(&echo->lock);
}

// With the lock held. What was played while a frame of the microphone was heard; 0: nothing was.
static int takePlayed(rtc_echo *echo, int *isNew)
{
	uint64_t ready = echo->written / echo->samples, at = echo->read / echo->samples;
	if (!echo->heard || rtc_now() - echo->heard > SILENCE) {
		echo->isPlaying = 0;
		return 0;
	}
	if (!echo->isPlaying || (ready > at && ready - at > LONGEST_BEHIND) || at > ready + LONGEST_BEHIND) {
		if (ready < BEHIND)
			return 0;
		*isNew = echo->isPlaying;
		echo->statistics.restarts += echo->isPlaying;
		echo->isPlaying = 1;
		at = ready - BEHIND;
	}
	if (at < ready)
		memcpy(echo->played, echo->ring + at % ROOM * echo->samples, echo->samples * sizeof(int16_t));
	else
		memset(echo->played, 0, echo->samples * sizeof(int16_t)); // it comes too late
	echo->read = (at + 1) * echo->samples;
	return 1;
}

static rtc_frame *cancel(rtc_echo *echo, rtc_frame *frame)
{
	int isNew = 0;
	pthread_mutex_lock(&echo->lock);
	int isPlayed = takePlayed(echo, &isNew);
	echo->statistics.frames++;
	echo->statistics.cancelled += isPlayed;
	pthread_mutex_unlock(&echo->lock);
	if (isNew)
		rtc_echo_canceller_reset(echo->canceller);
	if (!isPlayed)
		return rtc_frame_retain(frame);
	rtc_frame *out = rtc_frame_pool_get(echo->pool);
	if (!out)
		return NULL;
	rtc_echo_canceller_process(echo->canceller, (const int16_t *)frame->data, echo->played, (int16_t *)out->data);
	out->size = echo->samples * sizeof(int16_t);
	out->format = RTC_FORMAT_PCM;
	out->time = frame->time;
	out->sampleRate = frame->sampleRate;
	out->channels = 1;
	out->samples = frame->samples;
	return out;
}

static void count(rtc_echo *echo, uint64_t *counter)
{
	pthread_mutex_lock(&echo->lock);
	(*counter)++;
	pthread_mutex_unlock(&echo->lock);
}

// On the microphone's thread.
static void onHeard(rtc_sink *sink, rtc_frame *frame)
{
	rtc_echo *echo = (rtc_echo *)sink;
	int isFit = fits(echo, frame);
	rtc_frame *out = isFit ? cancel(echo, frame) : rtc_frame_retain(frame);
	if (!isFit)
		count(echo, &echo->statistics.unfit);
	if (out)
		rtc_source_deliver(&echo->source, out);
	else
		count(echo, &echo->statistics.dropped);
	rtc_frame_release(out);
}

rtc_echo *rtc_echo_new(uint32_t sampleRate, uint32_t tail, int *error)
{
	rtc_echo *echo = calloc(1, sizeof *echo);
	*error = rtc_echo_canceller_is_there() ? ENOMEM : ENOTSUP;
	if (!echo)
		return NULL;
	atomic_init(&echo->ends, 1);
	pthread_mutex_init(&echo->lock, NULL);
	echo->sampleRate = sampleRate;
	echo->samples = sampleRate / FRAMES_PER_SECOND;
	const rtc_echo_canceller_options options = {.sampleRate = sampleRate, .samples = echo->samples, .tail = tail};
	echo->canceller = rtc_echo_canceller_new(&options);
	echo->pool = rtc_frame_pool_new(OUTPUT, echo->samples * sizeof(int16_t));
	echo->ring = rtc_calloc(ROOM, echo->samples * sizeof(int16_t));
	echo->played = calloc(echo->samples, sizeof(int16_t));
	if (!echo->canceller || !echo->pool || !echo->ring || !echo->played) {
		endReleased(echo);
		return NULL;
	}
	rtc_sink_init(&echo->microphone, microphoneDestroyed, onHeard);
	rtc_sink_init(&echo->loudspeaker, loudspeakerDestroyed, onPlayed);
	rtc_source_init(&echo->source, sourceDestroyed);
	atomic_store(&echo->ends, 3);
	return echo;
}

rtc_sink *rtc_echo_microphone(rtc_echo *echo)
{
	return &echo->microphone;
}

rtc_sink *rtc_echo_loudspeaker(rtc_echo *echo)
{
	return &echo->loudspeaker;
}

rtc_source *rtc_echo_source(rtc_echo *echo)
{
	return &echo->source;
}

void rtc_echo_get_statistics(rtc_echo *echo, rtc_echo_statistics *statistics)
{
	pthread_mutex_lock(&echo->lock);
	*statistics = echo->statistics;
	pthread_mutex_unlock(&echo->lock);
}

void rtc_echo_close(rtc_echo *echo)
{
	rtc_sink_disconnect(&echo->microphone);
	rtc_sink_disconnect(&echo->loudspeaker);
	rtc_source_disconnect_all(&echo->source);
	rtc_sink_release(&echo->microphone);
	rtc_sink_release(&echo->loudspeaker);
	rtc_source_release(&echo->source);
}
