// SPDX-License-Identifier: Apache-2.0
// What is told of packets is when they came, whatever was lost, late or far off.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "numbers.h"
#include "rtc_rtp.h"
#include "rtc_twcc_log.h"

#define SEEDS 1000

// What a sender learns.
typedef struct {
	uint64_t times[65536]; // in units of 250 us; 0: lost, or not told of
	uint8_t told[65536];
	unsigned packets, received;
	uint8_t number;
} listener;

static void hear(listener *it, const uint8_t *packet, size_t size)
{
	rtc_twcc_reader reader;
	rtc_twcc_packet one;
	assert_true(size % 4 == 0 && packet[0] == 0x8f && packet[1] == 205 && rtc_rtp_get16(packet + 2) == size / 4 - 1);
	assert_int_equal(rtc_twcc_begin(&reader, packet + 12, size - 12), 0);
	assert_int_equal(reader.number, it->number++);
	int64_t time = (int64_t)reader.reference * 256;
	while (rtc_twcc_next(&reader, &one)) {
		assert_false(it->told[one.sequence]);
		it->told[one.sequence] = 1;
		it->packets++;
		it->received += one.received;
		time += one.delta;
		if (one.received)
			it->times[one.sequence] = (uint64_t)time;
	}
}

static void whatCameIsTold(void **unused)
{
	(void)unused;
	static listener heard;
	static uint64_t came[65536];
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		uint8_t buffer[512];
		state = seed * 2654435761u;
		memset(&heard, 0, sizeof heard);
		memset(came, 0, sizeof came);
		rtc_twcc_log *log = calloc(1, sizeof *log);
		uint16_t first = (uint16_t)below(65536), sequence = first;
		uint32_t loss = below(40), pace = below(30000) + 1;
		uint64_t now = 1000000 + below(1000000);
		if (seed % 2) // in whose time 32 bits of 250 us wrap around
			now += (1ull << 32) * 250 - 3000000;
		for (int i = 0; i < 600; i++, sequence++) {
			now += below(pace);
			if (i && below(100) < loss)
				continue;
			came[sequence] = now;
			rtc_twcc_log_take(log, sequence, now);
			for (size_t size; (size = rtc_twcc_log_write(log, buffer, below(2) ? sizeof buffer : 64, 1, 2, now));)
				hear(&heard, buffer, size);
		}
		now += RTC_TWCC_INTERVAL + 1;
		for (size_t size; (size = rtc_twcc_log_write(log, buffer, sizeof buffer, 1, 2, now));)
			hear(&heard, buffer, size);
		for (uint16_t i = 0; i < 600; i++) {
			uint16_t one = (uint16_t)(first + i);
			uint32_t units = (uint32_t)(came[one] / 250);
			assert_int_equal((uint32_t)heard.times[one], came[one] && !units ? 1 : units); // 0 is not there
		}
		free(log);
	}
}

static void itWaitsForItsTime(void **unused)
{
	(void)unused;
	uint8_t buffer[512];
	rtc_twcc_log log = {.started = 0};
	assert_int_equal(rtc_twcc_log_write(&log, buffer, sizeof buffer, 1, 2, 5000000), 0);
	rtc_twcc_log_take(&log, 7, 1000000);
	rtc_twcc_log_take(&log, 7, 1050000); // again: the first counts
	assert_int_equal(rtc_twcc_log_write(&log, buffer, sizeof buffer, 1, 2, 1000000 + RTC_TWCC_INTERVAL - 1), 0);
	assert_int_equal(rtc_twcc_log_write(&log, buffer, 63, 1, 2, 1000000 + RTC_TWCC_INTERVAL), 0);
	assert_int_equal(rtc_twcc_log_write(&log, buffer, sizeof buffer, 1, 2, 1000000 + RTC_TWCC_INTERVAL), 24);
	rtc_twcc_log_take(&log, 7, 1200000); // told of
	rtc_twcc_log_take(&log, 6, 1200000);
	assert_int_equal(rtc_twcc_log_write(&log, buffer, sizeof buffer, 1, 2, 9000000), 0);
}

// Numbers and times of any kind: it stays in its bounds, and what it writes can be read.
static void anyNumbers(void **unused)
{
	(void)unused;
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		rtc_twcc_reader reader;
		state = seed * 2654435761u;
		rtc_twcc_log *log = calloc(1, sizeof *log);
		uint64_t now = 1;
		uint16_t sequence = 0;
		for (int i = 0; i < 500; i++) {
			size_t capacity = 64 + below(449);
			uint8_t *buffer = malloc(capacity);
			now += below(10) ? below(50000) : below(UINT32_MAX);
			sequence = (uint16_t)(below(20) ? sequence + below(3) : below(65536));
			rtc_twcc_log_take(log, sequence, now - below(1000) % now);
			size_t size = rtc_twcc_log_write(log, buffer, capacity, 1, 2, now);
			assert_true(size <= capacity);
			if (size)
				assert_int_equal(rtc_twcc_begin(&reader, buffer + 12, size - 12), 0);
			free(buffer);
		}
		free(log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatCameIsTold),
		cmocka_unit_test(itWaitsForItsTime),
		cmocka_unit_test(anyNumbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
