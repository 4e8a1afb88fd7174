// SPDX-License-Identifier: Apache-2.0
// The audio encoder: Opus is decoded again, G.711 is compared with the recommendation's decoder.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <opus/opus.h>
#include "failing_alloc.h"
#include "media_tools.h"
#include "rtc_audio_codec.h"
#include "rtc_audio_encoder.h"
#include "rtc_capture.h"
#include "rtc_port.h"

#define PATIENCE 5000 // milliseconds
#define MOST 128

typedef struct {
	rtc_audio_encoder *encoder;
	test_sink output;
	rtc_frame_pool *pool;
	uint64_t times[MOST];
	uint8_t packets[MOST][1300];
	uint32_t sizes[MOST], rates[MOST];
	uint64_t pushed; // samples per channel
	uint64_t start;
	int error;           // of the newest failure
	atomic_int failures; // counted on the encoder's thread
	double frequency;
	double amplitude;
} bench;

static void got_packet(test_sink *sink, rtc_frame *packet)
{
	bench *b = sink->context;
	if (sink->count >= MOST)
		return;
	b->times[sink->count] = packet->time;
	b->sizes[sink->count] = packet->size;
	b->rates[sink->count] = packet->sampleRate;
	memcpy(b->packets[sink->count], packet->data, packet->size);
}

static void failed(void *context, int error, const char *message)
{
	(void)message;
	((bench *)context)->error = error;
	((bench *)context)->failures++;
}

static bench *open_bench(const rtc_codec *codec, uint32_t bitrate)
{
	bench *b = calloc(1, sizeof *b);
	b->start = 5000000;
	b->frequency = 1000;
	b->amplitude = 16384;
	b->pool = rtc_frame_pool_new(4, 48000 * 2 * 2 / 10);
	test_sink_init(&b->output, got_packet, b);
	rtc_audio_encoder_options options = {.codec = codec, .bitrate = bitrate, .failed = failed, .context = b};
	int error;
	b->encoder = rtc_audio_encoder_new(&options, &error);
	assert_non_null(b->encoder);
	assert_int_equal(rtc_source_connect(rtc_audio_encoder_source(b->encoder), &b->output.sink), 0);
	return b;
}

static void close_bench(bench *b)
{
	rtc_audio_encoder_close(b->encoder);
	rtc_frame_pool_close(b->pool);
	rtc_sink_release(&b->output.sink);
	free(b);
}

// A tone at half scale.
static void push(bench *b, uint32_t rate, uint8_t channels, uint32_t samples)
{
	rtc_frame *frame = rtc_frame_pool_get(b->pool);
	assert_non_null(frame);
	frame->format = RTC_FORMAT_PCM;
	frame->sampleRate = rate;
	frame->channels = channels;
	frame->samples = samples;
	frame->size = samples * channels * 2;
	frame->time = b->start + b->pushed * 1000000 / rate;
	int16_t *out = (int16_t *)frame->data;
	for (uint32_t i = 0; i < samples; i++, b->pushed++)
		for (int channel = 0; channel < channels; channel++)
			*out++ = (int16_t)(b->amplitude * sin(2 * M_PI * b->frequency * (double)b->pushed / rate));
	rtc_sink *sink = rtc_audio_encoder_sink(b->encoder);
	sink->frame(sink, frame);
	rtc_frame_release(frame);
}

static void push_and_wait(bench *b, uint32_t rate, uint8_t channels, uint32_t samples, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		push(b, rate, channels, samples);
		uint32_t complete = (uint32_t)(b->pushed / (rate / 50));
		assert_true(test_sink_wait(&b->output, complete, PATIENCE));
	}
}

static void opus_carries_a_tone(uint32_t rate, uint8_t channels, uint32_t frameSamples)
{
	bench *b = open_bench(&rtc_codec_opus, 32000);
	push_and_wait(b, rate, channels, frameSamples, rate / frameSamples); // a second
	int error;
	OpusDecoder *decoder = opus_decoder_create(48000, channels, &error);
	assert_non_null(decoder);
	double sum = 0, bytes = 0;
	for (int i = 0; i < 50; i++) {
		int16_t pcm[960 * 2];
		assert_int_equal(opus_decode(decoder, b->packets[i], (int)b->sizes[i], pcm, 960, 0), 960);
		assert_int_equal(b->times[i], b->start + (uint64_t)i * 20000);
		bytes += b->sizes[i];
		for (int j = 0; i >= 10 && j < 960 * channels; j++)
			sum += (double)pcm[j] * pcm[j];
	}
	opus_decoder_destroy(decoder);
	double level = sqrt(sum / (40.0 * 960 * channels));
	assert_true(fabs(level - 16384 / sqrt(2)) < 1200);
	assert_true(bytes * 8 > 32000 * 0.5 && bytes * 8 < 32000 * 1.3);
	close_bench(b);
}

static void test_opus(void **state)
{
	(void)state;
	opus_carries_a_tone(48000, 1, 960);
	opus_carries_a_tone(48000, 2, 480);
	opus_carries_a_tone(16000, 1, 400); // 25 ms: packets do not fall together with frames
}

static void test_opus_bitrate_changes(void **state)
{
	(void)state;
	bench *b = open_bench(&rtc_codec_opus, 16000);
	push_and_wait(b, 48000, 1, 960, 25);
	rtc_audio_encoder_set_bitrate(b->encoder, 96000);
	push_and_wait(b, 48000, 1, 960, 25);
	uint32_t before = 0, after = 0;
	for (int i = 10; i < 25; i++) {
		before += b->sizes[i];
		after += b->sizes[i + 25];
	}
	assert_true(after > 2 * before);
	close_bench(b);
}

static void limit(bench *b, rtc_audio_limits limits)
{
	rtc_audio_encoder_set_limits(b->encoder, &limits);
}

// The packet that comes `ahead` packets from now.
static const uint8_t *packet_after(bench *b, uint8_t channels, uint32_t ahead)
{
	push_and_wait(b, 48000, channels, 960, ahead);
	return b->packets[(test_sink_count(&b->output) - 1)];
}

// Of SILK with one frame of 20 ms: whether it tells of the one before, too (RFC 6716 section 4.2.4).
static int has_fec(const uint8_t *packet)
{
	return packet[1] >> 6 & 1;
}

static void test_opus_keeps_to_what_is_played(void **state)
{
	(void)state;
	bench *b = open_bench(&rtc_codec_opus, 20000);
	limit(b, (rtc_audio_limits){.playbackRate = 16000});
	const uint8_t *packet = packet_after(b, 1, 10);
	assert_int_equal(opus_packet_get_bandwidth(packet), OPUS_BANDWIDTH_WIDEBAND);
	assert_false(has_fec(packet));
	limit(b, (rtc_audio_limits){.playbackRate = 16000, .fec = 1});
	assert_true(has_fec(packet_after(b, 1, 10)));
	close_bench(b);
	b = open_bench(&rtc_codec_opus, 20000);
	limit(b, (rtc_audio_limits){.playbackRate = 8000});
	assert_int_equal(opus_packet_get_bandwidth(packet_after(b, 1, 10)), OPUS_BANDWIDTH_NARROWBAND);
	close_bench(b);
}

static void test_opus_keeps_to_channels_and_bitrate(void **state)
{
	(void)state;
	bench *b = open_bench(&rtc_codec_opus, 96000);
	assert_int_equal(opus_packet_get_nb_channels(packet_after(b, 2, 10)), 2);
	limit(b, (rtc_audio_limits){.mono = 1});
	assert_int_equal(opus_packet_get_nb_channels(packet_after(b, 2, 20)), 1);
	rtc_audio_encoder_statistics statistics;
	limit(b, (rtc_audio_limits){.bitrate = 24000});
	packet_after(b, 2, 25);
	uint32_t bytes = 0;
	for (int i = 30; i < 55; i++)
		bytes += b->sizes[i];
	rtc_audio_encoder_get_statistics(b->encoder, &statistics);
	assert_int_equal(statistics.targetBitrate, 24000);
	assert_true(bytes < 24000 / 8 / 2 * 1.3);
	close_bench(b);
}

// Silence is told of once in 400 ms, where nobody needs more; the times of what is sent are those of the samples.
static void test_opus_leaves_silence_out(void **state)
{
	(void)state;
	bench *b = open_bench(&rtc_codec_opus, 32000);
	limit(b, (rtc_audio_limits){.dtx = 1, .fec = 1});
	packet_after(b, 1, 10);
	b->amplitude = 0;
	rtc_audio_encoder_statistics statistics;
	for (int i = 0; i < 100; i++) {
		push(b, 48000, 1, 960);
		do {
			usleep(500);
			rtc_audio_encoder_get_statistics(b->encoder, &statistics);
		} while (statistics.framesEncoded + statistics.framesSpared < b->pushed / 960);
	}
	assert_in_range(statistics.framesEncoded, 10 + 4, 10 + 40);
	assert_int_equal(statistics.framesDropped, 0);
	b->amplitude = 16384;
	uint32_t count = test_sink_count(&b->output);
	push(b, 48000, 1, 960);
	assert_true(test_sink_wait(&b->output, count + 1, PATIENCE));
	assert_int_equal(b->times[count], b->start + 110 * 20000);
	close_bench(b);
}

// ---- G.711

// Tables 2a and 2b of the recommendation, by their construction.
static int decode_ulaw(uint8_t code)
{
	code = (uint8_t)~code;
	int magnitude = (((code & 0x0F) << 3) + 132) << (code >> 4 & 7);
	return code & 0x80 ? 132 - magnitude : magnitude - 132;
}

static int decode_alaw(uint8_t code)
{
	code ^= 0x55;
	int segment = code >> 4 & 7, magnitude = (code & 0x0F) << 4;
	magnitude += segment ? 0x108 : 8;
	if (segment > 1)
		magnitude <<= segment - 1;
	return code & 0x80 ? magnitude : -magnitude;
}

static void test_g711_reference_values(void **state)
{
	(void)state;
	assert_int_equal(rtc_g711_ulaw(0), 0xFF);
	assert_int_equal(rtc_g711_ulaw(32767), 0x80);
	assert_int_equal(rtc_g711_ulaw(-32768), 0x00);
	assert_int_equal(rtc_g711_ulaw(-1), 0x7F);
	assert_int_equal(rtc_g711_ulaw(1000), 0xCE);
	assert_int_equal(rtc_g711_alaw(0), 0xD5);
	assert_int_equal(rtc_g711_alaw(-1), 0x55);
	assert_int_equal(rtc_g711_alaw(32767), 0xAA);
	assert_int_equal(rtc_g711_alaw(-32768), 0x2A);
	assert_int_equal(rtc_g711_alaw(1000), 0xFA);
}

static void test_g711_of_every_sample(void **state)
{
	(void)state;
	for (int sample = -32768; sample <= 32767; sample++) {
		int magnitude = abs(sample) > 32635 ? 32635 : abs(sample);
		int ulaw = decode_ulaw(rtc_g711_ulaw((int16_t)sample)), alaw = decode_alaw(rtc_g711_alaw((int16_t)sample));
		// Half a step: 1/32 of the magnitude in each segment, and the first segment's own.
		assert_true(abs(abs(ulaw) - magnitude) <= (magnitude + 132) / 32 + 1);
		assert_true(abs(abs(alaw) - abs(sample)) <= abs(sample) / 32 + 8);
	}
	for (int code = 0; code < 256; code++) {
		if (code != 0x7F) // minus zero
			assert_int_equal(rtc_g711_ulaw((int16_t)decode_ulaw((uint8_t)code)), code);
		assert_int_equal(rtc_g711_alaw((int16_t)decode_alaw((uint8_t)code)), code);
	}
}

static void test_g711_packets(void **state)
{
	(void)state;
	bench *b = open_bench(&rtc_codec_pcmu, 64000);
	push_and_wait(b, 8000, 1, 160, 10);
	assert_int_equal(b->sizes[9], 160);
	assert_int_equal(b->times[9], b->start + 9 * 20000);
	for (int i = 0; i < 160; i++)
		assert_int_equal(b->packets[0][i], rtc_g711_ulaw((int16_t)(b->amplitude * sin(2 * M_PI * 1000 * i / 8000))));
	close_bench(b);
}

// The level of what comes out, relative to what goes in.
static double g711_gain(uint32_t rate, double frequency)
{
	bench *b = open_bench(&rtc_codec_pcma, 64000);
	b->frequency = frequency;
	push_and_wait(b, rate, 1, rate / 50, 50);
	double sum = 0;
	for (int i = 10; i < 50; i++) {
		assert_int_equal(b->sizes[i], 160);
		assert_int_equal(b->times[i], b->start + (uint64_t)i * 20000);
		for (int j = 0; j < 160; j++)
			sum += pow(decode_alaw(b->packets[i][j]), 2);
	}
	close_bench(b);
	return sqrt(sum / (40 * 160)) / (16384 / sqrt(2));
}

static void test_g711_of_a_source_at_another_rate(void **state)
{
	(void)state;
	static const uint32_t rates[] = {16000, 24000, 48000};
	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
		assert_true(fabs(g711_gain(rates[i], 1000) - 1) < 0.02);
		assert_true(fabs(g711_gain(rates[i], 3100) - 1) < 0.05);
		assert_true(g711_gain(rates[i], 4500) < 0.01); // else it would come back as 3.5 kHz
		assert_true(g711_gain(rates[i], rates[i] / 2 - 500) < 0.01);
	}
}

// A tone goes on from packet to packet: a click would be loud where there is nothing else.
static void test_g711_of_another_rate_is_seamless(void **state)
{
	(void)state;
	bench *b = open_bench(&rtc_codec_pcmu, 64000);
	push_and_wait(b, 48000, 1, 960, 10);
	int previous = 0, largest = 0;
	for (int i = 160; i < 1600; i++) {
		int sample = decode_ulaw(b->packets[i / 160][i % 160]);
		int expected = i > 160 ? abs(sample - previous) : 0;
		largest = expected > largest ? expected : largest;
		previous = sample;
	}
	assert_true(largest < 16384 * 2 * M_PI * 1000 / 8000 * 1.05); // the steepest of a sine, and G.711's own step
	close_bench(b);
}

// ---- formats and times

static void test_format_follows_the_source(void **state)
{
	(void)state;
	bench *b = open_bench(&rtc_codec_opus, 32000);
	push_and_wait(b, 48000, 1, 960, 5);
	b->start += 100000;
	b->pushed = 0;
	push(b, 16000, 2, 320);
	assert_true(test_sink_wait(&b->output, 6, PATIENCE));
	assert_int_equal(b->rates[5], 16000);
	assert_int_equal(b->times[5], b->start);
	close_bench(b);
}

static void test_unfit_format_is_reported_once(void **state)
{
	(void)state;
	bench *b = open_bench(&rtc_codec_opus, 32000);
	for (int i = 0; i < 5; i++)
		push(b, 44100, 1, 882);
	bench *g711 = open_bench(&rtc_codec_pcma, 64000);
	push(g711, 44100, 1, 882);
	usleep(50000);
	assert_int_equal(b->failures, 1);
	assert_int_equal(g711->failures, 1);
	rtc_audio_encoder_statistics statistics;
	rtc_audio_encoder_get_statistics(b->encoder, &statistics);
	assert_int_equal(statistics.framesDropped, 5);
	b->pushed = 0;
	push_and_wait(b, 48000, 1, 960, 1); // and it recovers
	close_bench(b);
	close_bench(g711);
}

// Opus's or G.711's state and the buffer find no memory for a while.
static void test_lack_of_memory_passes(void **state)
{
	(void)state;
	for (unsigned allowed = 0; allowed < 2; allowed++) { // first the buffer fails, then the codec
		for (int opus = 0; opus < 2; opus++) {
			bench *b = open_bench(opus ? &rtc_codec_opus : &rtc_codec_pcmu, 32000);
			rtc_frame_release(rtc_frame_pool_get(b->pool)); // it is there
			failing_alloc_start(1 + allowed, FAILING_ALLOC_REST);
			for (int i = 0; i < 20; i++) {
				push(b, 8000, 1, 160);
				usleep(10000);
			}
			failing_alloc_stop();
			assert_int_equal(b->failures, 1);
			assert_int_equal(b->error, ENOMEM);
			assert_int_equal(test_sink_count(&b->output), 0);
			for (int i = 0; i < PATIENCE / 10 && !test_sink_count(&b->output); i++) {
				push(b, 8000, 1, 160);
				usleep(10000);
			}
			assert_true(test_sink_count(&b->output) > 0);
			assert_int_equal(b->failures, 1);
			close_bench(b);
		}
	}
}

static void test_times_follow_a_gap(void **state)
{
	(void)state;
	bench *b = open_bench(&rtc_codec_pcma, 64000);
	push_and_wait(b, 8000, 1, 160, 3);
	b->start += 30000; // jitter: not a gap
	push_and_wait(b, 8000, 1, 160, 1);
	assert_int_equal(b->times[3], b->times[2] + 20000);
	b->start += 500000; // a gap
	push_and_wait(b, 8000, 1, 160, 2);
	assert_int_equal(b->times[4], b->start + 4 * 20000);
	assert_int_equal(b->times[5], b->times[4] + 20000);
	close_bench(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opus),
		cmocka_unit_test(test_opus_bitrate_changes),
		cmocka_unit_test(test_opus_keeps_to_what_is_played),
		cmocka_unit_test(test_opus_keeps_to_channels_and_bitrate),
		cmocka_unit_test(test_opus_leaves_silence_out),
		cmocka_unit_test(test_g711_reference_values),
		cmocka_unit_test(test_g711_of_every_sample),
		cmocka_unit_test(test_g711_packets),
		cmocka_unit_test(test_g711_of_a_source_at_another_rate),
		cmocka_unit_test(test_g711_of_another_rate_is_seamless),
		cmocka_unit_test(test_format_follows_the_source),
		cmocka_unit_test(test_unfit_format_is_reported_once),
		cmocka_unit_test(test_lack_of_memory_passes),
		cmocka_unit_test(test_times_follow_a_gap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
