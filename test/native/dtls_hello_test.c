// SPDX-License-Identifier: Apache-2.0
// A ClientHello in fragments, as today's browsers send it: put together, alone and in a handshake.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "dtls_pair.h"
#include "rtc_dtls_reassembly.h"

#define HEADERS (RTC_DTLS_RECORD_HEADER + RTC_DTLS_HANDSHAKE_HEADER)

typedef struct {
	uint8_t type; // of the handshake message
	uint16_t messageSequence;
	uint32_t length, offset, count;
	uint8_t record; // its sequence number
} fragment;

// A record of one fragment, whose bytes tell their place. Returns its size.
static size_t writeFragment(uint8_t *to, const fragment *it)
{
	const uint8_t headers[HEADERS] = {
		22,
		254,
		253,
		0,
		0,
		0,
		0,
		0,
		0,
		0,
		it->record,
		(uint8_t)((RTC_DTLS_HANDSHAKE_HEADER + it->count) >> 8),
		(uint8_t)(RTC_DTLS_HANDSHAKE_HEADER + it->count),
		it->type,
		(uint8_t)(it->length >> 16),
		(uint8_t)(it->length >> 8),
		(uint8_t)it->length,
		(uint8_t)(it->messageSequence >> 8),
		(uint8_t)it->messageSequence,
		(uint8_t)(it->offset >> 16),
		(uint8_t)(it->offset >> 8),
		(uint8_t)it->offset,
		(uint8_t)(it->count >> 16),
		(uint8_t)(it->count >> 8),
		(uint8_t)it->count,
	};
	memcpy(to, headers, sizeof headers);
	for (uint32_t i = 0; i < it->count; i++)
		to[HEADERS + i] = (uint8_t)((it->offset + i) * 7 + it->messageSequence);
	return HEADERS + it->count;
}

static rtc_dtls_reassembly *begin(void)
{
	rtc_dtls_reassembly *it = malloc(sizeof *it);
	rtc_dtls_reassembly_init(it);
	return it;
}

static size_t add(rtc_dtls_reassembly *it, const fragment *one, uint8_t *output)
{
	uint8_t datagram[HEADERS + RTC_DTLS_HELLO_MAXIMUM];
	return rtc_dtls_reassembly_add(it, datagram, writeFragment(datagram, one), output,
								   HEADERS + RTC_DTLS_HELLO_MAXIMUM);
}

static void expectWhole(const uint8_t *output, size_t size, uint32_t length, uint16_t messageSequence, uint8_t record)
{
	uint8_t expected[HEADERS + RTC_DTLS_HELLO_MAXIMUM];
	fragment whole = {1, messageSequence, length, 0, length, record};
	assert_int_equal(size, writeFragment(expected, &whole));
	assert_memory_equal(output, expected, size);
}

// Every order of three fragments, with one of them twice.
static void anyOrder(void **state)
{
	static const int orders[][4] = {{0, 1, 2, 2}, {0, 2, 1, 1}, {1, 0, 0, 2}, {1, 2, 1, 0}, {2, 0, 2, 1}, {2, 1, 1, 0}};
	static const fragment parts[] = {{1, 0, 1500, 0, 700, 4}, {1, 0, 1500, 700, 1, 5}, {1, 0, 1500, 701, 799, 6}};
	uint8_t output[HEADERS + RTC_DTLS_HELLO_MAXIMUM];
	(void)state;
	for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
		rtc_dtls_reassembly *it = begin();
		size_t size = 0;
		for (int j = 0; j < 4 && !size; j++)
			size = add(it, &parts[orders[i][j]], output);
		expectWhole(output, size, 1500, 0, 6);
		free(it);
	}
}

static void overlapping(void **state)
{
	uint8_t output[HEADERS + RTC_DTLS_HELLO_MAXIMUM];
	(void)state;
	rtc_dtls_reassembly *it = begin();
	for (uint32_t offset = 0; offset < 1000; offset += 10) {
		fragment part = {1, 3, 1000, offset, offset + 37 < 1000 ? 37 : 1000 - offset, 1};
		size_t size = add(it, &part, output);
		if (size) {
			expectWhole(output, size, 1000, 3, 1);
			assert_true(offset + 37 >= 1000);
			break;
		}
		assert_true(offset + 37 < 1000);
	}
	free(it);
}

// A fragment that says it has more than its record: nothing is read beyond, and nothing of it is kept.
static void longerThanItsRecord(void **state)
{
	static const fragment whole = {1, 0, 600, 0, 600, 1};
	uint8_t datagram[2000], output[HEADERS + RTC_DTLS_HELLO_MAXIMUM];
	(void)state;
	size_t size = writeFragment(datagram, &whole), cut = size - 100;
	uint8_t *exact = malloc(cut);
	memcpy(exact, datagram, cut);
	exact[11] = (uint8_t)((cut - RTC_DTLS_RECORD_HEADER) >> 8);
	exact[12] = (uint8_t)(cut - RTC_DTLS_RECORD_HEADER);
	rtc_dtls_reassembly *it = begin();
	assert_int_equal(rtc_dtls_reassembly_add(it, exact, cut, output, sizeof output), 0);
	assert_int_equal(it->length, 0);
	expectWhole(output, rtc_dtls_reassembly_add(it, datagram, size, output, sizeof output), 600, 0, 1);
	free(it);
	free(exact);
}

// Two records in one datagram, and two fragments in one record.
static void oneDatagram(void **state)
{
	static const fragment first = {1, 0, 600, 0, 400, 1}, second = {1, 0, 600, 400, 200, 2};
	uint8_t datagram[2000], output[HEADERS + RTC_DTLS_HELLO_MAXIMUM];
	(void)state;
	size_t size = writeFragment(datagram, &first);
	size_t both = size + writeFragment(datagram + size, &second);
	rtc_dtls_reassembly *it = begin();
	expectWhole(output, rtc_dtls_reassembly_add(it, datagram, both, output, sizeof output), 600, 0, 2);
	free(it);

	memmove(datagram + size, datagram + size + RTC_DTLS_RECORD_HEADER, both - size - RTC_DTLS_RECORD_HEADER);
	both -= RTC_DTLS_RECORD_HEADER;
	datagram[11] = (uint8_t)((both - RTC_DTLS_RECORD_HEADER) >> 8);
	datagram[12] = (uint8_t)(both - RTC_DTLS_RECORD_HEADER);
	it = begin();
	// In place, too.
	expectWhole(datagram, rtc_dtls_reassembly_add(it, datagram, both, datagram, sizeof datagram), 600, 0, 1);
	free(it);
}

// A sender that begins anew is followed; what is malformed, or another message, changes nothing.
static void oddities(void **state)
{
	static const fragment wrong[] = {
		{1, 0, 600, 500, 101, 3},                     // beyond the end
		{1, 0, 600, 601, 0, 3},                       // beyond the end
		{2, 0, 600, 300, 300, 3},                     // a ServerHello
		{11, 0, 600, 300, 300, 3},                    // a Certificate
		{1, 0, RTC_DTLS_HELLO_MAXIMUM + 1, 0, 10, 3}, // too large
		{1, 0, 0, 0, 0, 3},                           // empty
		{1, 0, 600, 200, 0, 3},                       // no bytes
	};
	static const fragment first = {1, 0, 600, 0, 300, 1}, last = {1, 0, 600, 300, 300, 2};
	static const fragment other = {1, 0, 500, 0, 500, 9}, fresh = {1, 1, 600, 0, 599, 4}, end = {1, 1, 600, 599, 1, 5};
	uint8_t output[HEADERS + RTC_DTLS_HELLO_MAXIMUM], datagram[2000];
	(void)state;
	rtc_dtls_reassembly *it = begin();
	assert_int_equal(add(it, &first, output), 0);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(add(it, &wrong[i], output), 0);
	size_t size = writeFragment(datagram, &last);
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(rtc_dtls_reassembly_add(it, datagram, cut, output, sizeof output), 0);
	datagram[4] = 1; // epoch
	assert_int_equal(rtc_dtls_reassembly_add(it, datagram, size, output, sizeof output), 0);
	datagram[4] = 0;
	datagram[0] = 21; // an alert
	assert_int_equal(rtc_dtls_reassembly_add(it, datagram, size, output, sizeof output), 0);
	datagram[0] = 22;
	assert_int_equal(rtc_dtls_reassembly_add(it, datagram, size, output, HEADERS + 599), 0); // no room
	expectWhole(output, rtc_dtls_reassembly_add(it, datagram, size, output, sizeof output), 600, 0, 2);
	free(it);

	it = begin();
	assert_int_equal(add(it, &first, output), 0);
	assert_int_equal(add(it, &fresh, output), 0);
	expectWhole(output, add(it, &end, output), 600, 1, 5);
	free(it);
	it = begin();
	assert_int_equal(add(it, &first, output), 0);
	expectWhole(output, add(it, &other, output), 500, 0, 9);
	free(it);
}

typedef struct {
	size_t piece; // bytes of body in a fragment
	int reverse, together, twice;
	int dropFirst; // the first flight is lost
	int hellos;
} splitting;

// Cuts each ClientHello that the client sends.
static int split(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	splitting *it = context;
	static uint8_t datagrams[64][HEADERS + 2000], all[8000]; // too large for a stack
	size_t sizes[64], count = 0, total = 0;
	if (from != CLIENT || size < HEADERS || data[0] != 22 || data[4] || data[13] != 1)
		return 0;
	if (it->hellos++ == 0 && it->dropFirst)
		return 1;
	size_t length = size - HEADERS;
	for (size_t offset = 0; offset < length; offset += it->piece, count++) {
		size_t part = length - offset < it->piece ? length - offset : it->piece;
		uint8_t *to = datagrams[count];
		assert_true(count < 64);
		memcpy(to, data, HEADERS);
		memcpy(to + HEADERS, data + HEADERS + offset, part);
		to[10] = (uint8_t)(data[10] * 64 + count); // a record of its own
		to[11] = (uint8_t)((RTC_DTLS_HANDSHAKE_HEADER + part) >> 8);
		to[12] = (uint8_t)(RTC_DTLS_HANDSHAKE_HEADER + part);
		to[20] = (uint8_t)(offset >> 8);
		to[21] = (uint8_t)offset;
		to[23] = (uint8_t)(part >> 8);
		to[24] = (uint8_t)part;
		sizes[count] = HEADERS + part;
		memcpy(all + total, to, sizes[count]);
		total += sizes[count];
	}
	if (it->together) {
		fake_link_inject(link, SERVER, all, total);
		return 1;
	}
	for (size_t i = 0; i < count; i++) {
		size_t which = it->reverse ? count - 1 - i : i;
		for (int copies = it->twice ? 2 : 1; copies; copies--)
			fake_link_inject(link, SERVER, datagrams[which], sizes[which]);
	}
	return 1;
}

static void fragmentedHandshake(void **state)
{
	static const splitting ways[] = {
		{.piece = 150},
		{.piece = 100, .reverse = 1},
		{.piece = 20},
		{.piece = 90, .together = 1},
		{.piece = 60, .reverse = 1, .twice = 1},
		{.piece = 150, .dropFirst = 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		pair it;
		splitting how = ways[i];
		pair_options options = {.link = {.filter = split, .context = &how}};
		pair_open(&it, &options);
		pair_start(&it);
		unsigned time = pair_wait(&it, RTC_DTLS_CONNECTED, RTC_DTLS_CONNECTED);
		assert_in_range(how.hellos, 1, 10);
		assert_in_range(time, 0, 5000);
		pair_check_media(&it);
		pair_close(&it);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anyOrder),    cmocka_unit_test(overlapping),
		cmocka_unit_test(oneDatagram), cmocka_unit_test(longerThanItsRecord),
		cmocka_unit_test(oddities),    cmocka_unit_test(fragmentedHandshake),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
