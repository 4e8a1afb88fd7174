// SPDX-License-Identifier: Apache-2.0
// A recorder, and frames that an input makes: of any codec, size and content, at times that go on, back or leap, read
// in parts of any size, and ended at any time. Each step is a byte that says what, one for the size and one for the
// time, and the payload. What it writes is read again as boxes: they add up, and no track's time goes back.
#include <stdlib.h>
#include <string.h>
#include "rtc_recorder.h"

#define CAPACITY 4096
#define WRITTEN (1 << 20)
#define CHECK(condition)                                                                                               \
	do {                                                                                                               \
		if (!(condition))                                                                                              \
			abort();                                                                                                   \
	} while (0)

static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000};
static const rtc_codec opus = {.name = "opus", .clockRate = 48000};
static uint8_t written[WRITTEN];
static size_t writtenSize;

static void onReady(void *context)
{
	(void)context;
}

static void drain(rtc_recorder *recorder, size_t most)
{
	size_t size;
	while (writtenSize + 4096 <= WRITTEN && (size = rtc_recorder_read(recorder, written + writtenSize, most)))
		writtenSize += size;
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t get64(const uint8_t *at)
{
	return (uint64_t)get32(at) << 32 | get32(at + 4);
}

typedef struct {
	const uint8_t *data; // behind its head
	size_t size;
} box;

// The box of a type at `*at`, over which it passes.
static box take(const uint8_t **at, const uint8_t *end, const char *type)
{
	CHECK(end - *at >= 8);
	size_t size = get32(*at);
	CHECK(size >= 8 && size <= (size_t)(end - *at) && !memcmp(*at + 4, type, 4));
	box one = {*at + 8, size - 8};
	*at += size;
	return one;
}

static uint64_t ends[2]; // of the tracks

// Its samples lie in mdat behind those of the track before it. Returns where they end.
static size_t checkTrack(const uint8_t **at, const uint8_t *end, size_t offset, const uint8_t *payload)
{
	box traf = take(at, end, "traf");
	const uint8_t *in = traf.data, *inEnd = traf.data + traf.size;
	box tfhd = take(&in, inEnd, "tfhd"), tfdt = take(&in, inEnd, "tfdt"), trun = take(&in, inEnd, "trun");
	CHECK(in == inEnd && tfhd.size == 8 && tfdt.size == 12 && trun.size >= 12);
	uint32_t id = get32(tfhd.data + 4), count = get32(trun.data + 4);
	CHECK((id == 1 || id == 2) && count && trun.size == 12 + (size_t)count * 12);
	CHECK(get32(trun.data + 8) == offset);
	uint64_t time = get64(tfdt.data + 4);
	CHECK(time >= ends[id - 1]);
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *entry = trun.data + 12 + (size_t)i * 12;
		uint32_t duration = get32(entry), size = get32(entry + 4);
		CHECK(duration); // of what was left out behind it, too
		CHECK(get32(entry + 8) == (id == 2 ? 0x02000000u : get32(entry + 8)));
		for (uint32_t in = 0; id == 1 && in < size;) { // lengths and NAL units
			CHECK(size - in > 4);
			uint32_t nal = get32(payload + offset + in);
			CHECK(nal && nal <= size - in - 4);
			in += nal + 4;
		}
		time += duration;
		offset += size;
	}
	ends[id - 1] = time;
	return offset;
}

static void check(void)
{
	const uint8_t *at = written, *end = written + writtenSize;
	uint32_t sequence = 0;
	memset(ends, 0, sizeof ends);
	if (!writtenSize)
		return;
	take(&at, end, "ftyp");
	take(&at, end, "moov");
	while (at < end) {
		const uint8_t *begin = at;
		box moof = take(&at, end, "moof"), mdat = take(&at, end, "mdat");
		const uint8_t *in = moof.data, *inEnd = moof.data + moof.size;
		box header = take(&in, inEnd, "mfhd");
		CHECK(header.size == 8 && get32(header.data + 4) == ++sequence && mdat.size);
		size_t offset = (size_t)(mdat.data - begin);
		while (in < inEnd)
			offset = checkTrack(&in, inEnd, offset, begin);
		CHECK(offset == (size_t)(mdat.data - begin) + mdat.size);
	}
}

static void destroy(rtc_source *source)
{
	(void)source;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t sets[] = {0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 9, 0, 0, 1, 0x68, 0xce, 1, 0, 0, 1, 0x65};
	static const int64_t steps[] = {33333, 20000, 0, -20000, 5000000, -30000000, 40000000, INT64_MIN / 2};
	rtc_recorder_options options = {.capacity = CAPACITY, .channels = 1, .ready = onReady};
	rtc_source sources[2];
	uint8_t payload[2048];
	uint64_t times[2] = {1000000, 1000000};
	int error;
	writtenSize = 0;
	if (size && *data & 1)
		options.channels = 0;
	rtc_recorder *recorder = rtc_recorder_new(&options, &error);
	CHECK(recorder);
	for (int i = 0; i < 2; i++) {
		rtc_source_init(&sources[i], destroy);
		CHECK(!rtc_source_connect(&sources[i], rtc_recorder_sink(recorder, (rtc_mp4_track)i)));
	}
	while (size > 3) {
		uint8_t step = data[0], isSound = step & 1 && options.channels;
		size_t length = data[1] * (step & 2 ? 4u : 1u), head = 0;
		times[isSound] += (uint64_t)steps[data[2] & (step & 4 ? 7 : 0)] + (data[2] >> 3);
		size_t most = 1 + data[2] * 16u;
		data += 3, size -= 3;
		if (step & 8 && !isSound) {
			memcpy(payload, sets, sizeof sets);
			head = sizeof sets;
		}
		size_t given = length < size ? length : size;
		memset(payload + head, step, length);
		memcpy(payload + head, data, given);
		data += given, size -= given;
		rtc_frame frame = {
			.data = payload,
			.size = (uint32_t)(head + length),
			.capacity = sizeof payload,
			.time = times[isSound],
			.format = step & 16 && step & 32 ? RTC_FORMAT_PCM : RTC_FORMAT_ENCODED,
			.codec = (step & 64 && step & 4) != isSound ? &opus : &h264,
			.key = !!(step & 8),
			.width = step,
			.height = 240,
			.sampleRate = 48000,
			.samples = step & 128 ? 960 : 0,
		};
		atomic_init(&frame.refs, 1);
		rtc_source_deliver(&sources[isSound], &frame);
		CHECK(frame.refs == 1);
		if (step & 16)
			drain(recorder, most < 4096 ? most : 4096);
		if (step == 0xee)
			rtc_recorder_finish(recorder);
	}
	rtc_recorder_finish(recorder);
	drain(recorder, 4096);
	check();
	rtc_recorder_statistics statistics;
	rtc_recorder_get_statistics(recorder, &statistics);
	CHECK(statistics.bytes == writtenSize);
	rtc_recorder_close(recorder);
	CHECK(sources[0].refs == 1 && sources[1].refs == 1);
	rtc_source_release(&sources[0]);
	rtc_source_release(&sources[1]);
	return 0;
}
