// SPDX-License-Identifier: Apache-2.0
// Packets become the frames that they were cut of, in order, from a key frame on; whatever comes, in bounds.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_assembly.h"
#include "rtc_depacketizer.h"
#include "rtc_h264.h"
#include "rtc_payload.h"
#include "rtc_port.h"

#define BYTES 65536
#define LARGEST 40000

static const rtc_codec h264 = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};
static const rtc_codec other = {.name = "H264", .isVideo = 1, .clockRate = 90000, .payload = &rtc_payload_h264};

typedef struct {
	rtc_assembly *assembly;
	uint32_t sequence, timestamp;
	uint8_t sent[LARGEST];
	size_t sentSize;
	uint8_t data[LARGEST];
	rtc_frame frame;
	struct {
		rtc_assembly_packet packet;
		uint8_t payload[RTC_MTU];
	} packets[64];
	unsigned count;
} fixture;

static fixture *begin(void)
{
	fixture *f = calloc(1, sizeof *f);
	f->assembly = rtc_assembly_new(BYTES);
	assert_non_null(f->assembly);
	f->sequence = 0x1fff0;
	f->frame.data = f->data;
	f->frame.capacity = sizeof f->data;
	return f;
}

static void finish(fixture *f)
{
	rtc_assembly_free(f->assembly);
	free(f);
}

// Cuts an access unit of `size` bytes of a slice into f->packets.
static void cut(fixture *f, int key, size_t size)
{
	static const uint8_t parameters[] = {0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 0, 1, 0x68, 4, 5};
	static const uint8_t slice[] = {0, 0, 0, 1};
	rtc_nal_packetizer packetizer;
	int last = 0;
	f->sentSize = 0;
	if (key == 1) {
		memcpy(f->sent, parameters, sizeof parameters);
		f->sentSize = sizeof parameters;
	}
	memcpy(f->sent + f->sentSize, slice, sizeof slice);
	f->sentSize += sizeof slice;
	f->sent[f->sentSize++] = key ? 0x65 : 0x41;
	memset(f->sent + f->sentSize, 0x80 | (f->timestamp / 3000 & 0x3f), size);
	f->sentSize += size;
	assert_int_equal(rtc_h264_packetizer_init(&packetizer, f->sent, f->sentSize, 1, 1100), 0);
	f->timestamp += 3000;
	for (f->count = 0; !last; f->count++) {
		rtc_assembly_packet *packet = &f->packets[f->count].packet;
		uint8_t *payload = f->packets[f->count].payload;
		*packet =
			(rtc_assembly_packet){.sequence = f->sequence++, .timestamp = f->timestamp, .codec = &h264, .arrival = 7};
		packet->size = rtc_nal_packetizer_next(&packetizer, payload, &last);
		packet->payload = payload;
		packet->marker = (uint8_t)last;
	}
}

static rtc_assembly_result put(fixture *f, unsigned index)
{
	return rtc_assembly_put(f->assembly, &f->packets[index].packet);
}

static void putAll(fixture *f)
{
	for (unsigned i = 0; i < f->count; i++)
		assert_int_equal(put(f, i), RTC_ASSEMBLY_KEPT);
}

static void isGiven(fixture *f)
{
	assert_true(rtc_assembly_is_ready(f->assembly) && rtc_assembly_is_ready(f->assembly));
	assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), 1);
	assert_int_equal(f->frame.size, f->sentSize);
	assert_memory_equal(f->data, f->sent, f->sentSize);
	assert_true(f->frame.timestamp == f->timestamp && f->frame.codec == &h264 && f->frame.time == 7);
	assert_false(rtc_assembly_needs_key(f->assembly));
	assert_int_equal(rtc_assembly_next(f->assembly), f->sequence);
}

static void framesComeOut(void **unused)
{
	(void)unused;
	fixture *f = begin();
	for (int i = 0; i < 100; i++) {
		cut(f, i % 10 == 0, i % 3 ? 100 : 20000);
		putAll(f);
		isGiven(f);
		assert_int_equal(f->frame.key, i % 10 == 0);
		assert_false(rtc_assembly_is_ready(f->assembly));
		assert_int_equal(put(f, 0), RTC_ASSEMBLY_LATE);
	}
	finish(f);
}

// Though the microseconds of 32 bits wrap around meanwhile.
static void framesHaveTheTimeOfTheirFirstPacket(void **unused)
{
	(void)unused;
	fixture *f = begin();
	const uint64_t wraps = 3ull << 32;
	for (int i = 0; i < 3; i++) {
		cut(f, i == 0, 3000);
		for (unsigned j = 0; j < f->count; j++)
			f->packets[j].packet.arrival = wraps + 100000u * (unsigned)i + j * 1000 - 101500;
		putAll(f);
		assert_true(rtc_assembly_is_ready(f->assembly));
		assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), 1);
		assert_int_equal(f->frame.time, wraps + 100000u * (unsigned)i - 101500);
	}
	finish(f);
}

// And the time at which nothing of them was missing any more, nor of those before them.
static void framesTellWhenTheyWereWhole(void **unused)
{
	(void)unused;
	fixture *f = begin();
	const uint64_t wraps = 5ull << 32;
	rtc_assembly_packet lost;
	uint8_t payload[RTC_MTU];
	cut(f, 1, 3000);
	for (unsigned j = 0; j < f->count; j++) {
		f->packets[j].packet.arrival = wraps - 50000 + j * 1000;
		if (j != 1)
			assert_int_equal(put(f, j), RTC_ASSEMBLY_KEPT);
	}
	lost = f->packets[1].packet;
	memcpy(payload, lost.payload, lost.size);
	lost.payload = payload;
	lost.arrival = wraps + 120000;
	cut(f, 0, 3000);
	for (unsigned j = 0; j < f->count; j++) {
		f->packets[j].packet.arrival = wraps - 17000 + j * 1000;
		assert_int_equal(put(f, j), RTC_ASSEMBLY_KEPT);
	}
	assert_false(rtc_assembly_is_ready(f->assembly));
	assert_int_equal(rtc_assembly_put(f->assembly, &lost), RTC_ASSEMBLY_KEPT);
	for (int i = 0; i < 2; i++) {
		assert_true(rtc_assembly_is_ready(f->assembly));
		assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), 1);
		assert_int_equal(f->frame.whole, wraps + 120000);
	}
	cut(f, 0, 3000);
	for (unsigned j = 0; j < f->count; j++) {
		f->packets[j].packet.arrival = wraps + 150000 + j * 1000;
		assert_int_equal(put(f, j), RTC_ASSEMBLY_KEPT);
	}
	assert_true(rtc_assembly_is_ready(f->assembly));
	assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), 1);
	assert_int_equal(f->frame.whole, wraps + 150000 + (f->count - 1) * 1000);
	finish(f);
}

// What was one row of blocks is another's after packets of all sizes, in any order.
static void scatteredBlocksAreRead(void **unused)
{
	(void)unused;
	fixture *f = begin();
	uint32_t random = 1;
	for (int i = 0; i < 400; i++) {
		cut(f, i == 0, 1 + (random = random * 1664525 + 1013904223) % 12000);
		for (unsigned j = 0; j < f->count; j++)
			put(f, (j * 7 + (unsigned)i) % f->count);
		for (unsigned j = 0; j < f->count; j++)
			put(f, j);
		isGiven(f);
	}
	finish(f);
}

static void anyOrderWillDo(void **unused)
{
	(void)unused;
	fixture *f = begin();
	for (int i = 0; i < 20; i++) {
		cut(f, i == 0, 8000);
		for (unsigned j = f->count; j-- > 0;) {
			assert_false(rtc_assembly_is_ready(f->assembly));
			assert_int_equal(put(f, j), RTC_ASSEMBLY_KEPT);
			assert_int_equal(put(f, j), RTC_ASSEMBLY_LATE); // twice
		}
		isGiven(f);
	}
	finish(f);
}

static void itBeginsWithAKeyFrame(void **unused)
{
	(void)unused;
	fixture *f = begin();
	for (int i = 0; i < 5; i++) {
		cut(f, 0, 3000);
		putAll(f);
		assert_false(rtc_assembly_is_ready(f->assembly));
	}
	cut(f, 1, 3000);
	putAll(f);
	isGiven(f);
	cut(f, 0, 3000);
	putAll(f);
	isGiven(f);
	finish(f);
}

static void aLossWaitsForAKeyFrame(void **unused)
{
	(void)unused;
	fixture *f = begin();
	cut(f, 1, 3000);
	putAll(f);
	isGiven(f);
	cut(f, 0, 3000);
	put(f, 0);
	put(f, 2);
	for (int i = 0; i < 3; i++) {
		cut(f, i == 1, 3000);
		putAll(f);
	}
	assert_false(rtc_assembly_is_ready(f->assembly)); // the missing one may still come
	rtc_assembly_skip(f->assembly);
	assert_true(rtc_assembly_needs_key(f->assembly));
	assert_true(rtc_assembly_is_ready(f->assembly));
	assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), 1);
	assert_true(f->frame.key && rtc_assembly_is_ready(f->assembly));
	isGiven(f);
	cut(f, 0, 3000);
	put(f, 1); // what is given up begins later
	rtc_assembly_skip(f->assembly);
	put(f, 0);
	put(f, 2);
	assert_false(rtc_assembly_is_ready(f->assembly));
	cut(f, 1, 3000);
	putAll(f);
	isGiven(f);
	finish(f);
}

// A key frame that was given does not come again, should its packets do.
static void timeDoesNotGoBack(void **unused)
{
	(void)unused;
	fixture *f = begin();
	cut(f, 1, 3000);
	putAll(f);
	isGiven(f);
	rtc_assembly_skip(f->assembly);
	for (unsigned i = 0; i < f->count; i++)
		assert_int_equal(put(f, i), RTC_ASSEMBLY_LATE);
	assert_false(rtc_assembly_is_ready(f->assembly));
	finish(f);
}

static void parametersMayComeApart(void **unused)
{
	(void)unused;
	static const uint8_t sets[] = {24, 0, 4, 0x67, 1, 2, 3, 0, 3, 0x68, 4, 5};
	rtc_assembly_packet packet = {.payload = sets, .size = sizeof sets, .codec = &h264, .marker = 1};
	fixture *f = begin();
	cut(f, 2, 3000); // they may be in what came before it
	putAll(f);
	assert_false(rtc_assembly_is_ready(f->assembly));
	packet.sequence = f->sequence++;
	packet.timestamp = f->timestamp;
	assert_int_equal(rtc_assembly_put(f->assembly, &packet), RTC_ASSEMBLY_KEPT);
	assert_true(rtc_assembly_is_ready(f->assembly));
	assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), 0);
	for (int i = 0; i < 3; i++) {
		cut(f, 2, 3000);
		putAll(f);
		assert_true(rtc_assembly_is_ready(f->assembly));
		assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), 1);
		assert_int_equal(f->frame.size, f->sentSize + 15);
		assert_memory_equal(f->data, "\0\0\0\1\x67\1\2\3\0\0\0\1\x68\4\5", 15);
		assert_memory_equal(f->data + 15, f->sent, f->sentSize);
	}
	finish(f);
}

static void markersAreNotNeeded(void **unused)
{
	(void)unused;
	fixture *f = begin();
	rtc_assembly_packet padding = {.codec = &h264};
	for (int i = 0; i < 10; i++) {
		cut(f, i == 0, 3000);
		f->packets[f->count - 1].packet.marker = 0;
		putAll(f);
		if (i) {
			assert_true(rtc_assembly_is_ready(f->assembly));
			assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), 1);
		}
		assert_false(rtc_assembly_is_ready(f->assembly));
		padding.sequence = f->sequence++; // does not end it
		padding.timestamp = f->timestamp;
		assert_int_equal(rtc_assembly_put(f->assembly, &padding), RTC_ASSEMBLY_KEPT);
		assert_false(rtc_assembly_is_ready(f->assembly));
	}
	finish(f);
}

static void anotherCodecBeginsAnew(void **unused)
{
	(void)unused;
	fixture *f = begin();
	cut(f, 1, 100);
	putAll(f);
	isGiven(f);
	cut(f, 0, 100);
	f->packets[0].packet.codec = &other;
	putAll(f);
	assert_true(rtc_assembly_is_ready(f->assembly));
	assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), -1);
	assert_true(rtc_assembly_needs_key(f->assembly));
	finish(f);
}

// Frames without an end, packets without a beginning, numbers from everywhere: what is held stays in bounds, and a
// whole key frame is found after it.
static void floodsAreSurvived(void **unused)
{
	(void)unused;
	fixture *f = begin();
	unsigned overflows = 0;
	srand(3);
	cut(f, 1, 3000);
	putAll(f);
	isGiven(f);
	for (unsigned i = 0; i < 200000; i++) {
		uint8_t payload[RTC_MTU] = {(uint8_t)(rand() % 4 ? 0x7c : 0x67), (uint8_t)rand()};
		rtc_assembly_packet packet = {.codec = &h264, .payload = payload, .size = (size_t)rand() % sizeof payload};
		packet.sequence = f->sequence + (i & 1024 ? (uint32_t)rand() % 5000 : i & 4 ? 1 : 3);
		packet.marker = i & 2048 ? rand() % 50 == 0 : 0;
		packet.timestamp = i & 512 ? 5 : (uint32_t)rand() % 3;
		f->sequence += i & 1;
		overflows += rtc_assembly_put(f->assembly, &packet) == RTC_ASSEMBLY_OVERFLOWED;
		for (int j = 0; j < 10 && rtc_assembly_is_ready(f->assembly); j++)
			rtc_assembly_get(f->assembly, &f->frame);
	}
	assert_true(overflows > 0);
	f->sequence += 10000;
	rtc_assembly_skip(f->assembly);
	cut(f, 1, 30000);
	putAll(f);
	while (rtc_assembly_is_ready(f->assembly) && rtc_assembly_get(f->assembly, &f->frame) <= 0)
		;
	assert_int_equal(f->frame.size, f->sentSize);
	assert_memory_equal(f->data, f->sent, f->sentSize);
	cut(f, 0, 39950); // larger than there is room for
	f->frame.capacity = 30000;
	putAll(f);
	assert_true(rtc_assembly_is_ready(f->assembly));
	assert_int_equal(rtc_assembly_get(f->assembly, &f->frame), -1);
	assert_true(rtc_assembly_needs_key(f->assembly));
	finish(f);
}

static void keyFramesThatHaveBegunSurviveAFlood(void **unused)
{
	(void)unused;
	fixture *f = begin();
	for (int i = 0; i < 20; i++) { // about all that there is room for
		cut(f, 0, 2700);
		putAll(f);
	}
	cut(f, 1, 20000);
	putAll(f);
	isGiven(f);
	finish(f);
}

static void malformedPayloadsAreRefused(void **unused)
{
	(void)unused;
	static const struct {
		int error;
		size_t size;
		uint8_t payload[12];
	} cases[] = {
		{0, 2, {0x41, 1}},
		{0, 1, {0x0a}}, // end of sequence
		{EBADMSG, 2, {0x40, 1}},
		{EBADMSG, 3, {25, 1, 1}}, // STAP-B
		{EBADMSG, 3, {31, 1, 1}},
		{EBADMSG, 1, {24}},
		{EBADMSG, 3, {24, 0, 0}},
		{EBADMSG, 4, {24, 0, 2, 0x41}},     // longer than there is
		{EBADMSG, 5, {24, 0, 1, 0x41, 0}},  // a rest
		{EBADMSG, 6, {24, 0, 3, 24, 0, 1}}, // one in another
		{0, 5, {24, 0, 2, 0x41, 1}},
		{EBADMSG, 2, {0x7c, 0x81}},    // nothing in it
		{EBADMSG, 3, {0x7c, 0x01, 1}}, // without a beginning
		{EBADMSG, 3, {0x7c, 0x9c, 1}}, // of a fragment
		{0, 3, {0x7c, 0xc1, 1}},
		{0, 3, {0x7c, 0x81, 1}},
	};
	rtc_unit unit = {.size = 0};
	uint8_t data[64];
	const rtc_depacketizer *format = &rtc_depacketizer_h264;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		rtc_unit_begin(&unit, data, sizeof data);
		assert_int_equal(format->append(&unit, cases[i].payload, cases[i].size), cases[i].error);
	}
	assert_int_equal(format->append(&unit, (const uint8_t *)"\x41\1", 2), EBADMSG); // in the middle of fragments
	assert_int_equal(format->end(&unit), EBADMSG);
	rtc_unit_begin(&unit, data, 6);
	assert_int_equal(format->append(&unit, (const uint8_t *)"\x41\1\1", 3), EMSGSIZE);
	assert_false(format->beginsKey(NULL, 0));
	assert_true(format->beginsKey((const uint8_t *)"\x65\x88", 2));
	assert_false(format->beginsKey((const uint8_t *)"\x65\x08", 2)); // not its first slice
	assert_true(format->beginsKey((const uint8_t *)"\x7c\x85\x88", 3));
	assert_false(format->beginsKey((const uint8_t *)"\x7c\x05\x88", 3));
	assert_true(format->beginsKey((const uint8_t *)"\x18\0\2\x67\1", 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framesComeOut),
		cmocka_unit_test(framesHaveTheTimeOfTheirFirstPacket),
		cmocka_unit_test(framesTellWhenTheyWereWhole),
		cmocka_unit_test(scatteredBlocksAreRead),
		cmocka_unit_test(anyOrderWillDo),
		cmocka_unit_test(itBeginsWithAKeyFrame),
		cmocka_unit_test(aLossWaitsForAKeyFrame),
		cmocka_unit_test(timeDoesNotGoBack),
		cmocka_unit_test(parametersMayComeApart),
		cmocka_unit_test(markersAreNotNeeded),
		cmocka_unit_test(anotherCodecBeginsAnew),
		cmocka_unit_test(floodsAreSurvived),
		cmocka_unit_test(keyFramesThatHaveBegunSurviveAFlood),
		cmocka_unit_test(malformedPayloadsAreRefused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
