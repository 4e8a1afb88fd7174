// SPDX-License-Identifier: Apache-2.0
// The TLS connection for who does not poll, with OpenSSL's s_server: what waits, what is told, and what is given back.
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rtc_port.h"
#include "rtc_tls.h"
#include "rtc_tls_socket.h"
#include "tls_server.h"

static void onNews(void *context)
{
	atomic_fetch_add((atomic_int *)context, 1);
}

static rtc_tls_socket *tryOpen(const tls_server *to, atomic_int *news, int *error)
{
	rtc_tls_options options = {"turn.example.org", "http/1.1", tls_server_authority, strlen(tls_server_authority) + 1};
	rtc_stream_layer *layer = rtc_tls_new(&options, error);
	assert_non_null(layer);
	return rtc_tls_socket_open(&to->address, layer, onNews, news, error);
}

static rtc_tls_socket *openTo(const tls_server *to, atomic_int *news)
{
	int error;
	rtc_tls_socket *it = tryOpen(to, news, &error);
	assert_non_null(it);
	return it;
}

// Waits until it is open, or has ended.
static rtc_tls_socket_state settle(rtc_tls_socket *it)
{
	rtc_tls_socket_state state;
	for (int i = 0; i < 10000; i++) {
		rtc_tls_socket_look(it, &state);
		if (state.isOpen || state.isEnded)
			return state;
		usleep(1000);
	}
	fail_msg("neither open nor ended");
	return state;
}

static rtc_tls_socket_state await(rtc_tls_socket *it, size_t readable, int isEnded)
{
	rtc_tls_socket_state state;
	for (int i = 0; i < 10000; i++) {
		rtc_tls_socket_look(it, &state);
		if (state.readable >= readable && state.isEnded == isEnded)
			return state;
		usleep(1000);
	}
	fail_msg("%zu bytes, ended %d: %s", state.readable, state.isEnded, state.reason);
	return state;
}

static void echo(rtc_tls_socket *it, size_t size)
{
	char line[RTC_TLS_SOCKET_SIZE], back[RTC_TLS_SOCKET_SIZE];
	memset(line, 'a', size);
	line[0] = 'X';
	line[size - 1] = '\n';
	assert_int_equal(rtc_tls_socket_write(it, line, size / 2), 0);
	assert_int_equal(rtc_tls_socket_write(it, line + size / 2, size - size / 2), 0);
	(void)await(it, size, 0);
	assert_int_equal(rtc_tls_socket_read(it, back, 1), 1);
	assert_int_equal(rtc_tls_socket_read(it, back + 1, sizeof back - 1), size - 1);
	assert_int_equal(back[0], 'a');
	assert_int_equal(back[size - 2], 'X');
}

static void bytes_wait_until_they_are_taken(void **state)
{
	(void)state;
	tls_server server = tls_server_start("named", "");
	atomic_int news = 0;
	rtc_tls_socket *it = openTo(&server, &news);
	assert_int_equal(rtc_tls_socket_write(it, "x", 1), ENOTCONN);
	rtc_tls_socket_state now = settle(it);
	assert_true(now.isOpen && news > 0);
	assert_int_equal(now.writable, RTC_TLS_SOCKET_SIZE);
	for (size_t size = 4; size <= RTC_TLS_SOCKET_SIZE; size *= 2)
		echo(it, size);
	char large[RTC_TLS_SOCKET_SIZE + 1] = {0};
	assert_int_equal(rtc_tls_socket_write(it, large, sizeof large), ENOBUFS);
	rtc_tls_socket_close(it);
	tls_server_stop(&server);
}

static void the_end_is_told(void **state)
{
	(void)state;
	tls_server server = tls_server_start("named", "");
	atomic_int news = 0;
	rtc_tls_socket *it = openTo(&server, &news);
	(void)settle(it);
	tls_server_stop(&server); // TCP ends without a good-bye
	rtc_tls_socket_state now = await(it, 0, 1);
	assert_int_not_equal(now.reason[0], 0);
	for (int i = 0; i < 1000 && !rtc_tls_socket_write(it, "x", 1); i++)
		usleep(100);
	int before = news;
	usleep(50000);
	assert_int_equal(news, before); // and then there is peace
	rtc_tls_socket_close(it);
}

static void who_does_not_convince_is_refused(void **state)
{
	(void)state;
	tls_server server = tls_server_start("expired", "");
	atomic_int news = 0;
	rtc_tls_socket *it = openTo(&server, &news);
	rtc_tls_socket_state now = settle(it);
	assert_true(now.isEnded && !now.isOpen && news == 1);
	assert_non_null(strstr(now.reason, "has expired"));
	assert_int_equal(rtc_tls_socket_write(it, "x", 1), ENOTCONN);
	rtc_tls_socket_close(it);
	tls_server_stop(&server);
}

// As many threads at once as there can be: the C library keeps something of each for the next ones.
static void know_threads(const tls_server *server)
{
	rtc_tls_socket *all[RTC_TLS_SOCKETS];
	atomic_int news = 0;
	for (size_t i = 0; i < RTC_TLS_SOCKETS; i++)
		all[i] = openTo(server, &news);
	for (size_t i = 0; i < RTC_TLS_SOCKETS; i++)
		rtc_tls_socket_close(all[i]);
}

// At any moment, and again and again: ends with the bytes that it began with, but for threads that were more at once
// (336 each).
static void closing_gives_back_all(void **state)
{
	(void)state;
	tls_server server = tls_server_start("named", "");
	size_t used[3];
	know_threads(&server);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 20; i++) {
			atomic_int news = 0;
			rtc_tls_socket *it = openTo(&server, &news);
			usleep((useconds_t)i * 700);
			if (i == 19)
				(void)settle(it);
			rtc_tls_socket_close(it);
			int before = news;
			usleep(500);
			assert_int_equal(news, before);
		}
		used[round] = rtc_heap_used();
		for (int i = 0; i < 500 && (i < 40 || used[round] > used[0]); i++) {
			usleep(10000); // threads end by themselves
			used[round] = rtc_heap_used();
		}
	}
	assert_in_range(used[2], 0, used[0] + 40 * 32); // of 40 connections
	tls_server_stop(&server);
}

static void they_have_a_bound(void **state)
{
	(void)state;
	tls_server server = tls_server_start("named", "");
	rtc_tls_socket *all[RTC_TLS_SOCKETS];
	atomic_int news = 0;
	int error = 0;
	for (size_t i = 0; i < RTC_TLS_SOCKETS; i++)
		all[i] = openTo(&server, &news);
	assert_null(tryOpen(&server, &news, &error));
	assert_int_equal(error, EMFILE);
	for (size_t i = 0; i < RTC_TLS_SOCKETS; i++)
		rtc_tls_socket_close(all[i]);
	rtc_tls_socket *it = openTo(&server, &news);
	assert_true(settle(it).isOpen);
	echo(it, 100);
	rtc_tls_socket_close(it);
	tls_server_stop(&server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_wait_until_they_are_taken),
		cmocka_unit_test(the_end_is_told),
		cmocka_unit_test(who_does_not_convince_is_refused),
		cmocka_unit_test(closing_gives_back_all),
		cmocka_unit_test(they_have_a_bound),
	};
	return cmocka_run_group_tests(tests, tls_server_prepare, tls_server_clean_up);
}
