// SPDX-License-Identifier: Apache-2.0
#include "rtc_player.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "rtc_port.h"
#include "rtc_sync.h"

#define STACK (36 * 1024) // bytes: what Opus takes
#define PERIOD (1000000u / RTC_PLAYER_FRAMES_PER_SECOND)
#define LATE 200000u // microseconds behind its time, after which a device without a clock begins anew
#define LARGEST_RATE 48000u
#define LARGEST_CHANNELS 2u
#define LOUDEST 4.0f
#define HEARD 4 // frames at who hears what is played

// One stream. The player and the connection have a reference each; the last frees it.
typedef struct {
	rtc_sink sink; // first
	rtc_playout *playout;
	rtc_sync *sync; // with the pictures of its sender; may be NULL
} stream;

struct rtc_player {
	rtc_source heard; // first: the last reference frees the player
	pthread_t thread;
	rtc_player_device *device;
	rtc_player_options options;
	rtc_player_listener listener;
	pthread_mutex_t lock; // guards what follows
	pthread_cond_t wake;
	uint8_t closing, failed;
	stream *streams[RTC_PLAYER_STREAMS];
	float volume;
	rtc_player_statistics statistics;
	// Of the thread alone:
	rtc_frame_pool *pool; // for who hears what is played
	double energy;
	uint32_t measured; // frames since the newest level
};

int rtc_player_fail(rtc_player_error *error, const char *code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	error->code = code;
	vsnprintf(error->message, sizeof error->message, format, arguments);
	va_end(arguments);
	return -1;
}

static void destroyStream(rtc_sink *sink)
{
	rtc_playout_free(((stream *)sink)->playout);
	rtc_sync_release(((stream *)sink)->sync);
	free(sink);
}

static void onFrame(rtc_sink *sink, rtc_frame *frame)
{
	rtc_playout_put(((stream *)sink)->playout, frame);
}

// With the lock held: those whose source is gone are, too.
static void prune(rtc_player *player)
{
	player->statistics.streams = 0;
	for (int i = 0; i < RTC_PLAYER_STREAMS; i++) {
		stream *one = player->streams[i];
		if (!one)
			continue;
		if (rtc_sink_is_connected(&one->sink))
			player->statistics.streams++;
		else {
			player->streams[i] = NULL;
			rtc_sink_release(&one->sink);
		}
	}
}

// Waits until there is something to play. Returns how many streams are retained at `streams`; 0: it closes.
static int takeStreams(rtc_player *player, stream *streams[RTC_PLAYER_STREAMS], int *waited)
{
	int count = 0;
	pthread_mutex_lock(&player->lock);
	prune(player);
	*waited = !player->statistics.streams;
	while (!player->closing && (!player->statistics.streams || player->failed)) {
		pthread_cond_wait(&player->wake, &player->lock);
		prune(player);
	}
	for (int i = 0; i < RTC_PLAYER_STREAMS && !player->closing; i++)
		if (player->streams[i]) {
			streams[count] = player->streams[i];
			rtc_sink_retain(&streams[count++]->sink);
		}
	pthread_mutex_unlock(&player->lock);
	return count;
}

static int hasStreams(rtc_player *player)
{
	pthread_mutex_lock(&player->lock);
	prune(player);
	int there = player->statistics.streams && !player->closing;
	pthread_mutex_unlock(&player->lock);
	return there;
}

// Reads what a stream gives, and tells its pictures when it is heard.
static void readStream(const rtc_player *player, const stream *one, int16_t *pcm, uint32_t samples, uint64_t now)
{
	rtc_playout_head head;
	if (one->sync)
		rtc_playout_hold(one->playout, rtc_sync_hold(one->sync, now));
	rtc_playout_read(one->playout, now, pcm, samples);
	if (!one->sync || !rtc_playout_take_head(one->playout, &head))
		return;
	const rtc_sync_sound sound = {
		.sent = head.sent, .time = head.time + player->device->delay, .early = head.early, .held = head.held};
	rtc_sync_hear(one->sync, &sound);
}

// Adds up what all streams give.
static void mix(rtc_player *player, stream *const *streams, int count, int16_t *pcm, uint32_t samples, uint64_t now)
{
	int16_t one[LARGEST_RATE / RTC_PLAYER_FRAMES_PER_SECOND * LARGEST_CHANNELS];
	uint32_t values = samples * player->options.channels, clipped = 0;
	float volume;
	double energy = 0;
	pthread_mutex_lock(&player->lock);
	volume = player->volume;
	pthread_mutex_unlock(&player->lock);
	readStream(player, streams[0], pcm, samples, now);
	for (int i = 1; i < count; i++) {
		readStream(player, streams[i], one, samples, now);
		for (uint32_t k = 0; k < values; k++) {
			int32_t sum = pcm[k] + one[k];
			clipped += sum > INT16_MAX || sum < INT16_MIN;
			pcm[k] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
		}
	}
	for (uint32_t k = 0; k < values; k++) {
		float value = (float)pcm[k] * volume;
		if (volume != 1) {
			clipped += value > INT16_MAX || value < INT16_MIN;
			pcm[k] = (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
		}
		energy += (double)pcm[k] * pcm[k];
	}
	player->energy += energy / values / (32768.0 * 32768.0);
	pthread_mutex_lock(&player->lock);
	player->statistics.clipped += clipped;
	pthread_mutex_unlock(&player->lock);
}

static void measure(rtc_player *player)
{
	if (!player->listener.interval ||
		++player->measured * 1000 / RTC_PLAYER_FRAMES_PER_SECOND < player->listener.interval)
		return;
	pthread_mutex_lock(&player->lock);
	player->statistics.level = (float)sqrt(player->energy / player->measured);
	pthread_mutex_unlock(&player->lock);
	player->energy = 0;
	player->measured = 0;
	if (player->listener.heard)
		player->listener.heard(player->listener.context);
}

// Tells those who hear what is played.
static void share(rtc_player *player, const int16_t *pcm, uint32_t samples)
{
	uint32_t size = samples * player->options.channels * (uint32_t)sizeof *pcm;
	pthread_mutex_lock(&player->heard.lock);
	int isHeard = player->heard.count > 0;
	pthread_mutex_unlock(&player->heard.lock);
	if (isHeard && !player->pool)
		player->pool = rtc_frame_pool_new(HEARD, size);
	rtc_frame *frame = isHeard && player->pool ? rtc_frame_pool_get(player->pool) : NULL;
	if (!frame)
		return;
	memcpy(frame->data, pcm, size);
	frame->size = size;
	frame->format = RTC_FORMAT_PCM;
	frame->time = rtc_now();
	frame->sampleRate = player->options.sampleRate;
	frame->channels = player->options.channels;
	frame->samples = samples;
	rtc_source_deliver(&player->heard, frame);
	rtc_frame_release(frame);
}

// Waits for the time of the next frame, where the device does not.
static void keepTime(rtc_player *player, uint64_t *due)
{
	uint64_t now = rtc_now();
	if (player->device->hasClock)
		return;
	*due += PERIOD;
	if (now > *due + LATE) {
		pthread_mutex_lock(&player->lock);
		player->statistics.late++;
		pthread_mutex_unlock(&player->lock);
		*due = now;
	}
	if (*due > now)
		usleep((useconds_t)(*due - now));
}

// Plays until there is nothing more to play. Returns 0, or -1 when the device fails.
static int perform(rtc_player *player, rtc_player_error *error)
{
	int16_t pcm[LARGEST_RATE / RTC_PLAYER_FRAMES_PER_SECOND * LARGEST_CHANNELS];
	uint32_t samples = player->options.sampleRate / RTC_PLAYER_FRAMES_PER_SECOND;
	stream *streams[RTC_PLAYER_STREAMS];
	rtc_player_device *device = player->device;
	int waited, result = device->start ? device->start(device, error) : 0;
	uint64_t due = rtc_now();
	while (!result && hasStreams(player)) {
		int count = takeStreams(player, streams, &waited);
		if (!count)
			break;
		mix(player, streams, count, pcm, samples, rtc_now());
		for (int i = 0; i < count; i++)
			rtc_sink_release(&streams[i]->sink);
		share(player, pcm, samples);
		result = device->write(device, pcm, samples, error);
		pthread_mutex_lock(&player->lock);
		player->statistics.frames += !result;
		pthread_mutex_unlock(&player->lock);
		measure(player);
		keepTime(player, &due);
	}
	if (device->stop)
		device->stop(device);
	return result;
}

static void *run(void *argument)
{
	rtc_player *player = argument;
	stream *streams[RTC_PLAYER_STREAMS];
	int waited, count;
	while ((count = takeStreams(player, streams, &waited))) {
		rtc_player_error error = {0};
		for (int i = 0; i < count; i++)
			rtc_sink_release(&streams[i]->sink);
		if (!perform(player, &error))
			continue;
		pthread_mutex_lock(&player->lock);
		player->failed = 1;
		pthread_mutex_unlock(&player->lock);
		player->listener.failed(player->listener.context, &error);
	}
	return NULL;
}

static void destroyPlayer(rtc_source *source)
{
	rtc_player *player = (rtc_player *)source;
	rtc_frame_pool_close(player->pool);
	pthread_cond_destroy(&player->wake);
	pthread_mutex_destroy(&player->lock);
	free(player);
}

rtc_source *rtc_player_heard(rtc_player *player)
{
	return &player->heard;
}

rtc_player *rtc_player_new(rtc_player_device *device, const rtc_player_options *options,
						   const rtc_player_listener *listener)
{
	rtc_player *player = calloc(1, sizeof *player);
	if (!player) {
		device->destroy(device);
		return NULL;
	}
	rtc_source_init(&player->heard, destroyPlayer);
	pthread_mutex_init(&player->lock, NULL);
	pthread_cond_init(&player->wake, NULL);
	player->device = device;
	player->options = *options;
	player->options.path = NULL; // the caller's
	player->listener = *listener;
	player->volume = 1;
	const rtc_thread_options thread = {.name = "rtc-player", .stack = STACK, .priority = 7};
	if (rtc_thread_start(&player->thread, &thread, run, player) == 0)
		return player;
	device->destroy(device);
	rtc_source_release(&player->heard);
	return NULL;
}

// With the lock held. The place of what plays a source, -1: none.
static int find(rtc_player *player, const rtc_source *source)
{
	for (int i = 0; i < RTC_PLAYER_STREAMS; i++) {
		if (player->streams[i] && rtc_sink_is_fed_by(&player->streams[i]->sink, source))
			return i;
	}
	return -1;
}

static stream *makeStream(const rtc_player *player)
{
	stream *one = calloc(1, sizeof *one);
	if (!one)
		return NULL;
	one->playout = rtc_playout_new(player->options.sampleRate, player->options.channels, RTC_PLAYOUT_BYTES);
	if (one->playout)
		rtc_sink_init(&one->sink, destroyStream, onFrame);
	else {
		free(one);
		one = NULL;
	}
	return one;
}

static int place(rtc_player *player, const rtc_source *source)
{
	pthread_mutex_lock(&player->lock);
	int found = find(player, source), free = -ENOSPC;
	prune(player);
	for (int i = 0; i < RTC_PLAYER_STREAMS && free < 0; i++)
		if (!player->streams[i])
			free = i;
	pthread_mutex_unlock(&player->lock);
	return found < 0 ? free : -EEXIST;
}

int rtc_player_play(rtc_player *player, rtc_source *source)
{
	int index = place(player, source);
	if (index < 0)
		return -index;
	stream *one = makeStream(player);
	if (!one)
		return ENOMEM;
	if (source->sync)
		one->sync = rtc_sync_retain(source->sync);
	int error = rtc_source_connect(source, &one->sink);
	if (error) {
		rtc_sink_release(&one->sink);
		return error;
	}
	pthread_mutex_lock(&player->lock);
	player->streams[index] = one; // places are taken on this thread alone
	pthread_cond_signal(&player->wake);
	pthread_mutex_unlock(&player->lock);
	return 0;
}

int rtc_player_stop(rtc_player *player, rtc_source *source)
{
	pthread_mutex_lock(&player->lock);
	int index = find(player, source);
	stream *one = index < 0 ? NULL : player->streams[index];
	if (one)
		player->streams[index] = NULL;
	pthread_mutex_unlock(&player->lock);
	if (!one)
		return ENOENT;
	rtc_sink_disconnect(&one->sink);
	rtc_sink_release(&one->sink);
	return 0;
}

void rtc_player_set_volume(rtc_player *player, float volume)
{
	pthread_mutex_lock(&player->lock);
	player->volume = volume < 0 ? 0 : volume > LOUDEST ? LOUDEST : volume;
	pthread_mutex_unlock(&player->lock);
}

void rtc_player_get_statistics(rtc_player *player, rtc_player_statistics *statistics)
{
	pthread_mutex_lock(&player->lock);
	prune(player);
	*statistics = player->statistics;
	pthread_mutex_unlock(&player->lock);
}

int rtc_player_get_stream_statistics(rtc_player *player, const rtc_source *source, rtc_playout_statistics *statistics)
{
	pthread_mutex_lock(&player->lock);
	int index = find(player, source);
	if (index >= 0)
		rtc_playout_get_statistics(player->streams[index]->playout, statistics);
	pthread_mutex_unlock(&player->lock);
	return index < 0 ? ENOENT : 0;
}

void rtc_player_close(rtc_player *player)
{
	pthread_mutex_lock(&player->lock);
	player->closing = 1;
	pthread_cond_signal(&player->wake);
	pthread_mutex_unlock(&player->lock);
	pthread_join(player->thread, NULL);
	for (int i = 0; i < RTC_PLAYER_STREAMS; i++)
		if (player->streams[i]) {
			rtc_sink_disconnect(&player->streams[i]->sink);
			rtc_sink_release(&player->streams[i]->sink);
		}
	player->device->destroy(player->device);
	rtc_source_disconnect_all(&player->heard);
	rtc_source_release(&player->heard);
}
