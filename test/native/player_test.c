// SPDX-License-Identifier: Apache-2.0
// Streams are mixed into a file in real time; what cannot be played is told.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "rtc_audio_codec.h"
#include "rtc_player.h"
#include "rtc_port.h"
#include "rtc_sync.h"

#define RATE 16000u
#define CHUNK (RATE / 50)

typedef struct {
	rtc_source source;
	rtc_audio_codec *encoder;
	uint32_t sequence;
	uint64_t samples;
	double tone;
	uint64_t ahead; // its clock less ours, where it is known
} talker;

static const rtc_player_options options = {.sampleRate = RATE, .channels = 1, .path = ""};
static atomic_uint levels, failures;

static void onLevel(void *context)
{
	(void)context;
	levels++;
}

static void onFailure(void *context, const rtc_player_error *error)
{
	(void)context;
	assert_non_null(error->code);
	failures++;
}

static const rtc_player_listener listener = {.failed = onFailure, .heard = onLevel, .interval = 100};

static void destroyTalker(rtc_source *source)
{
	(void)source;
}

static void begin(talker *it, double tone)
{
	*it = (talker){.encoder = rtc_codec_opus.audio->make(RATE, 1, 32000), .tone = tone, .sequence = 0x10000};
	rtc_source_init(&it->source, destroyTalker);
}

static void end(talker *it)
{
	rtc_source_disconnect_all(&it->source);
	assert_int_equal(it->source.refs, 1);
	rtc_source_release(&it->source);
	it->encoder->destroy(it->encoder);
}

static void say(talker *it)
{
	int16_t pcm[CHUNK];
	uint8_t data[400];
	rtc_frame frame = {.format = RTC_FORMAT_ENCODED, .codec = &rtc_codec_opus, .data = data, .time = rtc_now()};
	for (uint32_t i = 0; i < CHUNK; i++)
		pcm[i] = (int16_t)(6000 * sin(2 * M_PI * it->tone * (double)it->samples++ / RATE));
	frame.size = (uint32_t)it->encoder->encode(it->encoder, pcm, CHUNK, data, sizeof data);
	frame.sequence = it->sequence++;
	frame.timestamp = (frame.sequence & 0xffff) * 960;
	frame.sent = it->ahead ? frame.time + it->ahead : 0;
	rtc_source_deliver(&it->source, &frame);
}

static double strength(const int16_t *pcm, uint32_t count, double tone)
{
	double re = 0, im = 0;
	for (uint32_t i = 0; i < count; i++) {
		re += pcm[i] * cos(2 * M_PI * tone * i / RATE);
		im += pcm[i] * sin(2 * M_PI * tone * i / RATE);
	}
	return sqrt(re * re + im * im) * 2 / count;
}

static void streamsAreMixedIntoAFile(void **unused)
{
	(void)unused;
	char path[] = "/tmp/rtc_player_XXXXXX";
	uint8_t head[44];
	static int16_t pcm[RATE * 2];
	talker first, second;
	rtc_playout_statistics counted;
	rtc_player_statistics statistics;
	rtc_player_error error = {0};
	close(mkstemp(path));
	rtc_player_options to = options;
	to.path = path;
	rtc_player_device *device = rtc_player_find("file")(&to, &error);
	assert_non_null(device);
	rtc_player *player = rtc_player_new(device, &to, &listener);
	begin(&first, 500);
	begin(&second, 1300);
	assert_int_equal(rtc_player_play(player, &first.source), 0);
	assert_int_equal(rtc_player_play(player, &first.source), EEXIST);
	assert_int_equal(rtc_player_play(player, &second.source), 0);
	uint64_t start = rtc_now();
	for (int i = 0; i < 60; i++) {
		say(&first);
		say(&second);
		while (rtc_now() < start + (uint64_t)(i + 1) * 20000)
			usleep(1000);
	}
	assert_int_equal(rtc_player_get_stream_statistics(player, &first.source, &counted), 0);
	assert_true(counted.packets == 60 && counted.samplesReceived > 30 * CHUNK);
	rtc_player_get_statistics(player, &statistics);
	assert_true(statistics.streams == 2 && statistics.frames > 30 && levels > 3 && statistics.level > 0.1);
	assert_int_equal(rtc_player_stop(player, &second.source), 0);
	assert_int_equal(rtc_player_stop(player, &second.source), ENOENT);
	assert_int_equal(rtc_player_get_stream_statistics(player, &second.source, &counted), ENOENT);
	end(&first);
	end(&second);
	rtc_player_get_statistics(player, &statistics);
	assert_int_equal(statistics.streams, 0);
	rtc_player_close(player);
	FILE *file = fopen(path, "rb");
	assert_int_equal(fread(head, 1, sizeof head, file), sizeof head);
	size_t count = fread(pcm, sizeof *pcm, sizeof pcm / sizeof *pcm, file);
	fclose(file);
	unlink(path);
	assert_true(!memcmp(head, "RIFF", 4) && head[24] == (RATE & 0xff) && head[25] == RATE >> 8);
	assert_int_equal(head[40] | head[41] << 8 | head[42] << 16, count * 2);
	assert_true(count > RATE / 2 && count < RATE * 2);
	// On a busy machine packets are late, and what is made up is softer: somewhere both are heard together.
	int together = 0;
	for (size_t from = 0; from + RATE / 10 <= count; from += RATE / 20)
		together += strength(pcm + from, RATE / 10, 500) > 3000 && strength(pcm + from, RATE / 10, 1300) > 3000;
	assert_true(together > 2);
}

static void noMoreThanItsStreams(void **unused)
{
	(void)unused;
	talker talkers[RTC_PLAYER_STREAMS + 1];
	rtc_player_error error = {0};
	rtc_player *player = rtc_player_new(rtc_player_find("none")(&options, &error), &options, &listener);
	for (int i = 0; i <= RTC_PLAYER_STREAMS; i++) {
		begin(&talkers[i], 500);
		assert_int_equal(rtc_player_play(player, &talkers[i].source), i < RTC_PLAYER_STREAMS ? 0 : ENOSPC);
	}
	end(&talkers[0]); // its place is free again
	assert_int_equal(rtc_player_play(player, &talkers[RTC_PLAYER_STREAMS].source), 0);
	rtc_player_close(player);
	for (int i = 1; i <= RTC_PLAYER_STREAMS; i++)
		end(&talkers[i]);
}

// Whatever is under way, everything comes back.
static void closesAtAnyMoment(void **unused)
{
	(void)unused;
	rtc_player_error error = {0};
	for (int i = 0; i < 40; i++) {
		talker it;
		rtc_player *player = rtc_player_new(rtc_player_find("none")(&options, &error), &options, &listener);
		begin(&it, 500);
		rtc_player_play(player, &it.source);
		for (int k = 0; k < i % 4; k++)
			say(&it);
		usleep((useconds_t)(i * 500));
		if (i % 2)
			rtc_player_stop(player, &it.source);
		if (i % 3) {
			rtc_player_close(player);
			end(&it);
		} else {
			end(&it);
			rtc_player_close(player);
		}
	}
}

typedef struct {
	rtc_player_device device;
	int left;
} fragile;

static int writeUntilItBreaks(rtc_player_device *device, const int16_t *pcm, uint32_t samples, rtc_player_error *error)
{
	(void)pcm;
	(void)samples;
	return ((fragile *)device)->left-- ? 0 : rtc_player_fail(error, "media/device-failed", "%s", "pulled out");
}

typedef struct {
	rtc_sink sink; // first
	atomic_uint frames, loud;
} listener_sink;

static void onPlayed(rtc_sink *sink, rtc_frame *frame)
{
	listener_sink *it = (listener_sink *)sink;
	const int16_t *pcm = (const int16_t *)frame->data;
	assert_true(frame->format == RTC_FORMAT_PCM && frame->sampleRate == RATE && frame->samples == CHUNK);
	assert_int_equal(frame->size, CHUNK * 2);
	for (uint32_t i = 0; i < CHUNK; i++)
		if (pcm[i] > 3000) {
			it->loud++;
			break;
		}
	it->frames++;
}

static void leftAlone(rtc_sink *sink)
{
	(void)sink;
}

// Who hears what is played gets it as it goes to the device, and nothing after the player has closed.
static void whatIsPlayedIsHeard(void **unused)
{
	(void)unused;
	rtc_player_error error = {0};
	talker it;
	listener_sink heard = {.frames = 0};
	rtc_sink_init(&heard.sink, leftAlone, onPlayed);
	rtc_player *player = rtc_player_new(rtc_player_find("none")(&options, &error), &options, &listener);
	begin(&it, 500);
	assert_int_equal(rtc_source_connect(rtc_player_heard(player), &heard.sink), 0);
	assert_int_equal(rtc_player_play(player, &it.source), 0);
	for (int i = 0; i < 500 && heard.loud < 5; i++) {
		say(&it);
		usleep(20000);
	}
	assert_true(heard.loud >= 5);
	rtc_player_close(player);
	assert_null(heard.sink.source);
	uint32_t frames = heard.frames;
	usleep(50000);
	assert_int_equal(heard.frames, frames);
	assert_int_equal(heard.sink.refs, 1);
	rtc_sink_release(&heard.sink);
	end(&it);
}

// A loudspeaker whose buffer is long.
static int dropAll(rtc_player_device *device, const int16_t *pcm, uint32_t samples, rtc_player_error *error)
{
	(void)device, (void)pcm, (void)samples, (void)error;
	return 0;
}

static void destroyDevice(rtc_player_device *device)
{
	free(device);
}

// Pictures are shown when sound of the same time is heard: after the jitter buffer, and the device's own delay. Where
// they are later, sound is held back.
static void soundAndPicturesAreOfOneTime(void **unused)
{
	(void)unused;
	enum { AHEAD = 9000000, DELAY = 400000, LATE = 700000 };
	talker it;
	rtc_playout_statistics counted;
	rtc_player_device *device = calloc(1, sizeof *device);
	*device = (rtc_player_device){.write = dropAll, .destroy = destroyDevice, .delay = DELAY};
	rtc_player *player = rtc_player_new(device, &options, &listener);
	begin(&it, 500);
	it.source.sync = rtc_sync_new();
	it.ahead = AHEAD;
	assert_int_equal(rtc_player_play(player, &it.source), 0);
	uint64_t wait = 0, now, target = 0;
	for (int i = 0; i < 500 && (wait < DELAY || target < 200000); i++) {
		say(&it);
		usleep(20000);
		now = rtc_now();
		uint64_t sooner = rtc_sync_show(it.source.sync, now + AHEAD, now, now) - now; // a picture that is here at once
		wait = sooner > wait ? sooner : wait;
		for (int k = 0; k < 2; k++)
			rtc_sync_show(it.source.sync, now + AHEAD - LATE, now, now);
		rtc_player_get_stream_statistics(player, &it.source, &counted);
		target = counted.jitterBufferTarget;
	}
	print_message("a picture waits for %u ms, sound for %u\n", (unsigned)(wait / 1000), (unsigned)(target / 1000));
	assert_in_range(wait, DELAY, RTC_SYNC_WAIT);
	assert_in_range(target, 200000, RTC_SYNC_HOLD + 400000);
	rtc_player_close(player);
	end(&it);
	rtc_sync_release(it.source.sync);
}

static void destroyFragile(rtc_player_device *device)
{
	free(device);
}

static void aBrokenDeviceIsToldOnce(void **unused)
{
	(void)unused;
	talker it;
	fragile *device = calloc(1, sizeof *device);
	device->device = (rtc_player_device){.write = writeUntilItBreaks, .destroy = destroyFragile};
	device->left = 3;
	failures = 0;
	rtc_player *player = rtc_player_new(&device->device, &options, &listener);
	begin(&it, 500);
	rtc_player_play(player, &it.source);
	for (int i = 0; i < 200 && !failures; i++) {
		say(&it);
		usleep(10000);
	}
	for (int i = 0; i < 200; i++)
		say(&it);
	assert_int_equal(failures, 1);
	rtc_player_close(player);
	end(&it);
}

static void whatIsMissingIsTold(void **unused)
{
	(void)unused;
	rtc_player_error error = {0};
	rtc_player_options to = options;
	to.path = "/no/such/folder/sound.wav";
	assert_null(rtc_player_find("file")(&to, &error));
	assert_string_equal(error.code, "media/file-unwritable");
	to.path = "no-such-device";
	assert_null(rtc_player_find("speaker")(&to, &error));
	assert_true(!strncmp(error.code, "media/", 6) && error.message[0]);
	assert_null(rtc_player_find("loudspeaker"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streamsAreMixedIntoAFile),
		cmocka_unit_test(noMoreThanItsStreams),
		cmocka_unit_test(closesAtAnyMoment),
		cmocka_unit_test(aBrokenDeviceIsToldOnce),
		cmocka_unit_test(whatIsMissingIsTold),
		cmocka_unit_test(whatIsPlayedIsHeard),
		cmocka_unit_test(soundAndPicturesAreOfOneTime),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
