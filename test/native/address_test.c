// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rtc_candidate_address.h"
#include "rtc_path_table.h"
#include "rtc_sockets.h"

static void assert_form(const char *text, const char *expected, int family)
{
	rtc_address address;
	char formatted[RTC_ADDRESS_TEXT];
	assert_int_equal(rtc_address_parse(&address, text, 4242), 0);
	assert_int_equal(address.family, family);
	assert_int_equal(address.port, 4242);
	rtc_address_format(&address, formatted);
	assert_string_equal(formatted, expected);
}

static void numeric_forms_are_read_and_written(void **state)
{
	(void)state;
	assert_form("192.0.2.1", "192.0.2.1", 4);
	assert_form("2001:DB8:0:0::1", "2001:db8::1", 6);
	assert_form("::", "::", 6);
	assert_form("::ffff:192.0.2.7", "192.0.2.7", 4);
	assert_form("fe80::1%lo", "fe80::1%lo", 6);
	assert_form("fe80::1%1", "fe80::1%lo", 6);
	assert_form("fe80::1%4000000000", "fe80::1%4000000000", 6);
}

static void other_forms_are_refused(void **state)
{
	static const char *const refused[] = {"",           "localhost",          "192.0.2",  "192.0.2.256",
										  "1.2.3.4%lo", "2001:db8::1%lo",     "fe80::1%", "fe80::1%none",
										  "fe80::1%0",  "fe80::1%4294967296", "[::1]",    "192.0.2.1:80",
										  " 192.0.2.1"};
	rtc_address address;
	char text[400];
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_int_equal(rtc_address_parse(&address, refused[i], 1), -1);
	memset(text, '1', sizeof text - 1);
	text[sizeof text - 1] = 0;
	assert_int_equal(rtc_address_parse(&address, text, 1), -1);
}

static void equality_looks_at_all_that_counts(void **state)
{
	rtc_address a, b;
	(void)state;
	rtc_address_parse(&a, "192.0.2.1", 5);
	rtc_address_parse(&b, "::ffff:192.0.2.1", 5);
	assert_true(rtc_address_equal(&a, &b));
	b.port = 6;
	assert_false(rtc_address_equal(&a, &b));
	rtc_address_parse(&b, "192.0.2.2", 5);
	assert_false(rtc_address_equal(&a, &b));
	rtc_address_parse(&a, "fe80::1%1", 5);
	rtc_address_parse(&b, "fe80::1%2", 5);
	assert_false(rtc_address_equal(&a, &b));
}

static void socket_names_keep_everything(void **state)
{
	static const char *const texts[] = {"192.0.2.1", "2001:db8::1", "fe80::1%7"};
	rtc_address address, back;
	rtc_sockaddr name;
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		rtc_address_parse(&address, texts[i], 65535);
		assert_true(rtc_address_to_socket(&address, &name) >= sizeof name.in);
		rtc_address_from_socket(&back, &name);
		assert_true(rtc_address_equal(&address, &back));
	}
}

static void candidates_are_unicast_and_in_scope(void **state)
{
	static const char *const yes[] = {"192.168.1.2", "127.0.0.1", "169.254.3.4", "2001:db8::1", "fd00::1", "::1"};
	static const char *const no[] = {
		"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1", "fe80::1%lo", "fec0::1", "::192.0.2.1"};
	rtc_address address;
	(void)state;
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		rtc_address_parse(&address, yes[i], 0);
		assert_true(rtc_address_is_candidate(&address));
	}
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		rtc_address_parse(&address, no[i], 0);
		assert_false(rtc_address_is_candidate(&address));
	}
}

static void interfaces_are_listed(void **state)
{
	rtc_interface interfaces[32];
	int found = 0;
	(void)state;
	size_t count = rtc_transport_interfaces(interfaces, 32, 1);
	for (size_t i = 0; i < count; i++) {
		char text[RTC_ADDRESS_TEXT];
		rtc_address_format(&interfaces[i].address, text);
		if (!strcmp(text, "127.0.0.1")) {
			assert_string_equal(interfaces[i].interface, "lo");
			assert_true(interfaces[i].loopback);
			found = 1;
		}
	}
	assert_true(found);
	size_t outside = rtc_transport_interfaces(interfaces, 32, 0);
	assert_true(outside < count);
	for (size_t i = 0; i < outside; i++)
		assert_false(interfaces[i].loopback);
	assert_int_equal(rtc_transport_interfaces(interfaces, 0, 1), 0);
}

// Random insertions and removals, held against a plain array.
static void the_table_finds_what_is_in_it(void **state)
{
	static rtc_path_entry entries[RTC_PATH_ENTRIES];
	static int present[RTC_PATH_ENTRIES];
	rtc_path_table table = {.seed = 12345};
	uint32_t count = 0;
	(void)state;
	srand(7);
	for (int i = 0; i < RTC_PATH_ENTRIES; i++) {
		char text[32];
		snprintf(text, sizeof text, i & 1 ? "10.0.0.%d" : "2001:db8::%d", i / 16 + 1);
		rtc_address_parse(&entries[i].address, text, (uint16_t)(1 + i % 16));
		entries[i].address.relay = (uint16_t)(i % 3);
	}
	for (int round = 0; round < 20000; round++) {
		// Waves, so that it is empty at times and full at others.
		int i = rand() % RTC_PATH_ENTRIES, wanted = rand() % 100 < (round / 2000 % 2 ? 10 : 97);
		assert_ptr_equal(rtc_path_table_find(&table, &entries[i].address), present[i] ? &entries[i] : NULL);
		if (wanted && !present[i]) {
			assert_int_equal(rtc_path_table_insert(&table, &entries[i]), 0);
			present[i] = 1;
			count++;
		} else if (!wanted && present[i]) {
			rtc_path_table_remove(&table, &entries[i]);
			present[i] = 0;
			count--;
		}
		assert_int_equal(table.count, count);
	}
	for (int i = 0; i < RTC_PATH_ENTRIES; i++) {
		assert_ptr_equal(rtc_path_table_find(&table, &entries[i].address), present[i] ? &entries[i] : NULL);
		if (!present[i])
			assert_int_equal(rtc_path_table_insert(&table, &entries[i]), 0);
	}
	rtc_path_entry more = {0};
	rtc_address_parse(&more.address, "198.51.100.1", 9);
	assert_int_not_equal(rtc_path_table_insert(&table, &more), 0);
	rtc_path_table_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numeric_forms_are_read_and_written),  cmocka_unit_test(other_forms_are_refused),
		cmocka_unit_test(equality_looks_at_all_that_counts),   cmocka_unit_test(socket_names_keep_everything),
		cmocka_unit_test(candidates_are_unicast_and_in_scope), cmocka_unit_test(interfaces_are_listed),
		cmocka_unit_test(the_table_finds_what_is_in_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
