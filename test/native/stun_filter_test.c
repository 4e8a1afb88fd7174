// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "rtc_stun_filter.h"
#include "stun_messages.h"

#define SECOND 1000000u

static int setup(void **state)
{
	*state = calloc(1, sizeof(rtc_stun_filter));
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static rtc_stun_verdict check(rtc_stun_filter *filter, const uint8_t *data, size_t size, uint64_t now)
{
	size_t length = 0;
	uint16_t owner = 0;
	rtc_stun_verdict verdict = rtc_stun_filter_check(filter, data, size, now, &length, &owner);
	if (verdict == RTC_STUN_PASS) {
		assert_true(length >= 20 && length <= size);
		assert_int_equal(owner, data[0] ? 2 : 1); // an answer is the asker's, a request the ufrag's
	}
	return verdict;
}

static rtc_stun_verdict request(rtc_stun_filter *filter, const char *username, uint64_t now)
{
	uint8_t data[300];
	return check(filter, data, stun_message(data, STUN_REQUEST, 1, username), now);
}

static void only_known_ufrags_pass(void **state)
{
	rtc_stun_filter *filter = *state;
	assert_int_equal(rtc_stun_filter_add(filter, "abcd", 1, 0), 0);
	assert_int_equal(request(filter, "abcd:remote", 0), RTC_STUN_PASS);
	assert_int_equal(request(filter, "abcd:", 0), RTC_STUN_PASS);
	assert_int_equal(request(filter, "abcd", 0), RTC_STUN_UNKNOWN);
	assert_int_equal(request(filter, "abc:remote", 0), RTC_STUN_UNKNOWN);
	assert_int_equal(request(filter, "abcde:remote", 0), RTC_STUN_UNKNOWN);
	assert_int_equal(request(filter, "remote:abcd", 0), RTC_STUN_UNKNOWN);
	assert_int_equal(request(filter, "", 0), RTC_STUN_UNKNOWN);
	assert_int_equal(request(filter, ":", 0), RTC_STUN_UNKNOWN);
	assert_int_equal(request(filter, NULL, 0), RTC_STUN_UNKNOWN);
	rtc_stun_filter_remove(filter, "other");
	assert_int_equal(request(filter, "abcd:remote", 0), RTC_STUN_PASS);
	rtc_stun_filter_remove(filter, "abcd");
	assert_int_equal(request(filter, "abcd:remote", 0), RTC_STUN_UNKNOWN);
}

static void ufrags_are_bounded(void **state)
{
	rtc_stun_filter *filter = *state;
	char name[64];
	assert_int_equal(rtc_stun_filter_add(filter, "", 1, 0), EINVAL);
	assert_int_equal(rtc_stun_filter_add(filter, "a:b", 1, 0), EINVAL);
	memset(name, 'x', sizeof name);
	name[RTC_UFRAG_SIZE + 1] = 0;
	assert_int_equal(rtc_stun_filter_add(filter, name, 1, 0), EINVAL);
	name[RTC_UFRAG_SIZE] = 0;
	assert_int_equal(rtc_stun_filter_add(filter, name, 1, 0), 0);
	for (int i = 1; i < RTC_UFRAGS; i++) {
		snprintf(name, sizeof name, "u%d", i);
		assert_int_equal(rtc_stun_filter_add(filter, name, 1, 0), 0);
	}
	assert_int_equal(rtc_stun_filter_add(filter, "u5", 1, 0), EEXIST);
	assert_int_equal(rtc_stun_filter_add(filter, "more", 1, 0), ENOSPC);
	rtc_stun_filter_remove(filter, "u5");
	assert_int_equal(rtc_stun_filter_add(filter, "more", 1, 0), 0);
}

static void malformed_messages_are_told(void **state)
{
	rtc_stun_filter *filter = *state;
	uint8_t data[1400] = {0};
	size_t size = stun_message(data, STUN_REQUEST, 1, "abcd:remote");
	rtc_stun_filter_add(filter, "abcd", 1, 0);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(check(filter, data, i, 0), RTC_STUN_MALFORMED);
	assert_int_equal(check(filter, data, size, 0), RTC_STUN_PASS);
	// What trails a message is cut off.
	size_t length;
	uint16_t owner;
	assert_int_equal(rtc_stun_filter_check(filter, data, size + 9, 0, &length, &owner), RTC_STUN_PASS);
	assert_int_equal(length, size);
	data[4] ^= 1; // cookie
	assert_int_equal(check(filter, data, size, 0), RTC_STUN_MALFORMED);
	data[4] ^= 1;
	stun_put16(data + 2, (unsigned)(size - 20 - 2)); // not a multiple of 4
	assert_int_equal(check(filter, data, size, 0), RTC_STUN_MALFORMED);
	stun_put16(data + 2, RTC_STUN_SIZE - 20 + 4); // a long tail of empty attributes
	assert_int_equal(check(filter, data, sizeof data, 0), RTC_STUN_MALFORMED);
	// A USERNAME that says it is longer than the message.
	size = stun_message(data, STUN_REQUEST, 1, "abcd:remote");
	stun_put16(data + 30, 200);
	assert_int_equal(check(filter, data, size, 0), RTC_STUN_UNKNOWN);
}

static void answers_need_a_transaction(void **state)
{
	rtc_stun_filter *filter = *state;
	uint8_t sent[300], answer[300];
	size_t sentSize = stun_message(sent, STUN_REQUEST, 77, NULL);
	size_t answerSize = stun_message(answer, STUN_SUCCESS, 77, NULL);
	assert_int_equal(check(filter, answer, answerSize, 0), RTC_STUN_UNKNOWN);
	rtc_stun_filter_sent(filter, sent, sentSize, 2, 0);
	for (int i = 0; i < RTC_STUN_ANSWERS; i++)
		assert_int_equal(check(filter, answer, answerSize, 10), RTC_STUN_PASS);
	assert_int_equal(check(filter, answer, answerSize, 10), RTC_STUN_UNKNOWN);
	rtc_stun_filter_sent(filter, sent, sentSize, 2, 20);
	stun_message(answer, STUN_ERROR, 77, NULL);
	assert_int_equal(check(filter, answer, answerSize, 30), RTC_STUN_PASS);
	stun_message(answer, STUN_ERROR, 78, NULL);
	assert_int_equal(check(filter, answer, answerSize, 30), RTC_STUN_UNKNOWN);
	stun_message(answer, STUN_ERROR, 77, NULL);
	assert_int_equal(check(filter, answer, answerSize, 20 + RTC_STUN_LIFE), RTC_STUN_UNKNOWN);
	// What is no request awaits no answer.
	stun_message(sent, STUN_SUCCESS, 99, NULL);
	rtc_stun_filter_sent(filter, sent, sentSize, 2, 0);
	stun_message(answer, STUN_SUCCESS, 99, NULL);
	assert_int_equal(check(filter, answer, answerSize, 0), RTC_STUN_UNKNOWN);
}

static void the_oldest_transaction_gives_way(void **state)
{
	rtc_stun_filter *filter = *state;
	uint8_t data[300];
	size_t size = 0;
	for (uint32_t i = 0; i <= RTC_STUN_TRANSACTIONS; i++) {
		size = stun_message(data, STUN_REQUEST, 1000 + i, NULL);
		rtc_stun_filter_sent(filter, data, size, 2, i);
		rtc_stun_filter_sent(filter, data, size, 2, i); // a retransmission takes no place
	}
	stun_message(data, STUN_SUCCESS, 1000, NULL);
	assert_int_equal(check(filter, data, size, 1000), RTC_STUN_UNKNOWN);
	for (uint32_t i = 1; i <= RTC_STUN_TRANSACTIONS; i++) {
		stun_message(data, STUN_SUCCESS, 1000 + i, NULL);
		assert_int_equal(check(filter, data, size, 1000), RTC_STUN_PASS);
	}
}

static void indications_and_other_methods_carry_nothing(void **state)
{
	rtc_stun_filter *filter = *state;
	uint8_t data[300];
	rtc_stun_filter_add(filter, "abcd", 1, 0);
	size_t size = stun_message(data, STUN_INDICATION, 1, "abcd:remote");
	assert_int_equal(check(filter, data, size, 0), RTC_STUN_INDICATION);
	size = stun_message(data, 0x0003, 1, "abcd:remote"); // Allocate
	assert_int_equal(check(filter, data, size, 0), RTC_STUN_UNKNOWN);
}

static void a_ufrag_has_its_rate(void **state)
{
	rtc_stun_filter *filter = *state;
	uint64_t now = 5 * SECOND;
	rtc_stun_filter_add(filter, "abcd", 1, now);
	rtc_stun_filter_add(filter, "calm", 1, now);
	for (int i = 0; i < RTC_STUN_RATE; i++)
		assert_int_equal(request(filter, "abcd:x", now), RTC_STUN_PASS);
	assert_int_equal(request(filter, "abcd:x", now), RTC_STUN_OVER_RATE);
	assert_int_equal(request(filter, "calm:x", now), RTC_STUN_PASS);
	int passed = 0;
	for (int i = 0; i < 10000; i++) // ten times the rate, for ten seconds
		passed += request(filter, "abcd:x", now += SECOND / 1000) == RTC_STUN_PASS;
	assert_in_range(passed, 10 * RTC_STUN_RATE - 1, 10 * RTC_STUN_RATE + 1);
	now += 3600ull * SECOND;
	passed = 0;
	for (int i = 0; i < 1000; i++)
		passed += request(filter, "abcd:x", now) == RTC_STUN_PASS;
	assert_int_equal(passed, RTC_STUN_RATE);
}

static void the_queue_keeps_order_and_bounds(void **state)
{
	rtc_stun_filter *filter = *state;
	uint8_t data[RTC_STUN_SIZE + 1], out[RTC_STUN_SIZE];
	rtc_stun_origin from = {.owner = 5}, to;
	uint32_t in = 0, read = 0;
	srand(3);
	rtc_address_parse(&from.from, "192.0.2.1", 1);
	assert_int_equal(rtc_stun_queue_pop(filter, out, sizeof out, &to), 0);
	assert_int_equal(rtc_stun_queue_push(filter, data, RTC_STUN_SIZE + 1, &from), ENOBUFS);
	for (int round = 0; round < 20000; round++) {
		size_t size = 20 + (size_t)rand() % (round % 7 ? 200 : RTC_STUN_SIZE - 19);
		memset(data, (int)(in & 255), size);
		from.from.port = (uint16_t)in;
		if (rtc_stun_queue_push(filter, data, size, &from) == 0)
			in++;
		else
			assert_true(filter->count == RTC_STUN_QUEUE || filter->used + size + 48 > RTC_STUN_QUEUE_BYTES);
		assert_true(filter->count <= RTC_STUN_QUEUE && filter->used <= RTC_STUN_QUEUE_BYTES);
		for (int i = rand() % (round & 1024 ? 2 : 4); i > 0 && read < in; i--) {
			int length = rtc_stun_queue_pop(filter, out, sizeof out, &to);
			assert_true(length >= 20);
			assert_int_equal(to.from.port, (uint16_t)read);
			assert_int_equal(to.owner, 5);
			assert_int_equal(out[0], read & 255);
			assert_int_equal(out[length - 1], read & 255);
			read++;
		}
	}
	while (read < in) {
		assert_true(rtc_stun_queue_pop(filter, out, sizeof out, &to) > 0);
		read++;
	}
	assert_int_equal(filter->used, 0);
	// One that does not fit the reader is gone, and the next is there.
	rtc_stun_queue_push(filter, data, 100, &from);
	rtc_stun_queue_push(filter, data, 20, &from);
	assert_int_equal(rtc_stun_queue_pop(filter, out, 99, &to), -1);
	assert_int_equal(rtc_stun_queue_pop(filter, out, 99, &to), 20);
	assert_int_equal(rtc_stun_queue_pop(filter, out, 99, &to), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(only_known_ufrags_pass),
		TEST(ufrags_are_bounded),
		TEST(malformed_messages_are_told),
		TEST(answers_need_a_transaction),
		TEST(the_oldest_transaction_gives_way),
		TEST(indications_and_other_methods_carry_nothing),
		TEST(a_ufrag_has_its_rate),
		TEST(the_queue_keeps_order_and_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
