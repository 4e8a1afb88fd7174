// SPDX-License-Identifier: Apache-2.0
// Packets of any codec, order, time and contents, between reads: sound comes out, and everything stays in its bounds.
// Each step is a byte that says what, one for the size, two for the order and the time, and the packet.
#include <stdlib.h>
#include <string.h>
#include "rtc_audio_codec.h"
#include "rtc_playout.h"

#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

#define RATE 16000
#define CHUNK (RATE / 50)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const rtc_codec *const codecs[] = {&rtc_codec_opus, &rtc_codec_pcmu, &rtc_codec_pcma};
	int16_t *pcm = malloc(CHUNK * 2 * sizeof *pcm); // of exact size, for the sanitizer
	rtc_playout_statistics statistics;
	rtc_playout_head head;
	if (!size)
		return free(pcm), 0;
	uint8_t channels = (uint8_t)(1 + (data[0] & 1));
	rtc_playout *playout = rtc_playout_new(RATE, channels, RTC_PLAYOUT_BYTES);
	CHECK(playout && pcm);
	uint64_t now = 1000000;
	uint32_t sequence = 0x10000, timestamp = 0;
	for (data++, size--; size > 4;) {
		uint8_t step = data[0];
		size_t length = data[1] < size - 4 ? data[1] : size - 4;
		uint8_t *payload = malloc(length + 1);
		memcpy(payload, data + 4, length);
		rtc_frame frame = {.format = RTC_FORMAT_ENCODED, .codec = codecs[step % 3], .data = payload};
		frame.size = (uint32_t)length;
		frame.time = now;
		frame.sequence = sequence += step & 0x40 ? (uint32_t)(int8_t)data[2] : 1;
		frame.timestamp = timestamp += step & 0x80 ? (uint32_t)(int8_t)data[3] * 1000u : frame.codec->clockRate / 50;
		frame.sent = step & 0x20 ? (uint64_t)(int64_t)(int8_t)data[3] << (data[2] & 63) : 0;
		rtc_playout_put(playout, &frame);
		free(payload);
		for (int reads = step >> 3 & 3; reads; reads--) {
			now += 20000;
			rtc_playout_hold(playout, step & 0x20 ? data[2] * 2000u : 0);
			rtc_playout_read(playout, now, pcm, CHUNK);
			if (rtc_playout_take_head(playout, &head))
				CHECK(head.sent);
		}
		data += 4 + length;
		size -= 4 + length;
	}
	rtc_playout_get_statistics(playout, &statistics);
	CHECK(statistics.level >= 0 && statistics.level <= 1 &&
		  statistics.concealedSamples <= statistics.samplesReceived * 2 + RATE);
	rtc_playout_free(playout);
	free(pcm);
	return 0;
}
