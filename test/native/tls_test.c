// SPDX-License-Identifier: Apache-2.0
// The TLS client with OpenSSL's s_server over loopback: whom it believes, and what it carries.
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rtc_sockets.h"
#include "rtc_tls.h"
#include "tls_server.h"

typedef struct {
	atomic_int done, error;
	char reason[RTC_STREAM_REASON];
} outcome;

static void onOpen(void *context, int error, const char *reason)
{
	outcome *it = context;
	it->error = error;
	strncpy(it->reason, reason, sizeof it->reason - 1);
	it->done = 1;
}

static rtc_stream *connectTo(const tls_server *to, const rtc_tls_options *options, outcome *result)
{
	int error;
	memset(result, 0, sizeof *result);
	rtc_stream_options stream = {
		.server = to->address, .patience = 10000, .queue = 4096, .onOpen = onOpen, .context = result};
	stream.layer = rtc_tls_new(options, &error);
	assert_non_null(stream.layer);
	rtc_stream *it = rtc_stream_start(&stream, &error);
	assert_non_null(it);
	for (int i = 0; i < 15000 && !result->done; i++)
		usleep(1000);
	assert_int_equal(result->done, 1);
	return it;
}

// How it ends with this certificate and this name: NULL for well.
static void judge(const char *certificate, const char *name, int trusts, const char *expected)
{
	tls_server it = tls_server_start(certificate, "");
	rtc_tls_options options = {.serverName = name};
	if (trusts) {
		options.authorities = tls_server_authority;
		options.authoritiesSize = strlen(tls_server_authority) + 1;
	}
	outcome result;
	rtc_stream *stream = connectTo(&it, &options, &result);
	if (expected) {
		assert_int_not_equal(result.error, 0);
		assert_non_null(strstr(result.reason, expected));
		assert_int_equal(rtc_stream_descriptor(stream), -1);
	} else {
		assert_int_equal(result.error, 0);
	}
	rtc_stream_close(stream);
	tls_server_stop(&it);
}

static void names_are_verified(void **state)
{
	(void)state;
	judge("named", "turn.example.org", 1, NULL);
	judge("named", "any.example.net", 1, NULL);
	judge("named", "turn.example.com", 1, "another name");
	judge("named", "127.0.0.1", 1, "another name");
}

static void addresses_are_verified(void **state)
{
	(void)state;
	judge("numbered", "127.0.0.1", 1, NULL);
	judge("numbered", "::1", 1, NULL);
	judge("numbered", "127.0.0.2", 1, "another name");
	judge("numbered", "turn.example.org", 1, "another name");
}

static void issuers_and_dates_are_verified(void **state)
{
	(void)state;
	judge("named", "turn.example.org", 0, "nobody whom this host trusts");
	judge("expired", "turn.example.org", 1, "has expired");
}

static void the_system_has_authorities(void **state)
{
	(void)state;
	char path[64];
	snprintf(path, sizeof path, "%s/ca.pem", tls_server_folder);
	setenv("SSL_CERT_FILE", path, 1);
	judge("named", "turn.example.org", 0, NULL);
	setenv("SSL_CERT_FILE", "/dev/null", 1);
}

static void protocols_are_proposed(void **state)
{
	(void)state;
	rtc_tls_options options = {"turn.example.org", "stun.turn", tls_server_authority, strlen(tls_server_authority) + 1};
	const char *servers[] = {"-alpn stun.turn", "", "-tls1_2"};
	for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
		tls_server it = tls_server_start("named", servers[i]);
		outcome result;
		rtc_stream *stream = connectTo(&it, &options, &result);
		assert_int_equal(result.error, 0);
		rtc_stream_close(stream);
		tls_server_stop(&it);
	}
}

static void bytes_go_both_ways(void **state)
{
	(void)state;
	tls_server it = tls_server_start("named", "");
	rtc_tls_options options = {.serverName = "turn.example.org", .authorities = tls_server_authority};
	options.authoritiesSize = strlen(tls_server_authority) + 1;
	outcome result;
	rtc_stream *stream = connectTo(&it, &options, &result);
	assert_int_equal(result.error, 0);
	for (int round = 0; round < 40; round++) {
		char line[1000], back[1000];
		memset(line, 'a' + round % 26, sizeof line);
		line[0] = 'X';
		line[sizeof line - 1] = '\n';
		assert_int_equal(rtc_stream_put(stream, line, 500, 0), 0); // in two: they leave as one record
		assert_int_equal(rtc_stream_put(stream, line + 500, 500, 0), 0);
		assert_int_equal(rtc_stream_flush(stream), 0);
		for (size_t at = 0; at < sizeof back;) {
			int more;
			ssize_t count = rtc_stream_read(stream, back + at, sizeof back - at, &more);
			if (count > 0)
				at += (size_t)count;
			else {
				assert_int_equal(errno, EAGAIN);
				struct pollfd polled = {.fd = rtc_stream_descriptor(stream), .events = POLLIN};
				assert_int_equal(poll(&polled, 1, 5000), 1);
			}
		}
		assert_int_equal(back[998], 'X');
		assert_int_equal(back[0], 'a' + round % 26);
	}
	tls_server_stop(&it);
	int more;
	ssize_t count = -1;
	for (int i = 0; i < 1000 && (count = rtc_stream_read(stream, &it, 1, &more)) < 0 && errno == EAGAIN; i++)
		usleep(1000);
	assert_true(count == 0 || errno != EAGAIN);
	rtc_stream_close(stream);
}

static void what_is_no_tls_is_no_server(void **state)
{
	(void)state;
	tls_server it = {0};
	rtc_address_parse(&it.address, "127.0.0.1", 0);
	rtc_sockaddr name;
	socklen_t size = rtc_address_to_socket(&it.address, &name);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, &name.any, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, &name.any, &size);
	rtc_address_from_socket(&it.address, &name);
	pid_t other = fork();
	if (!other) {
		for (;;) {
			int fd = accept(listener, NULL, NULL);
			(void)!write(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
			close(fd);
		}
	}
	close(listener);
	outcome result;
	rtc_stream *stream = connectTo(&it, &(rtc_tls_options){.serverName = "turn.example.org"}, &result);
	assert_int_not_equal(result.error, 0);
	assert_int_not_equal(result.reason[0], 0);
	rtc_stream_close(stream);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void options_that_are_none_are_refused(void **state)
{
	(void)state;
	int error;
	char name[RTC_TLS_NAME + 1];
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = 0;
	assert_null(rtc_tls_new(&(rtc_tls_options){.serverName = ""}, &error));
	assert_int_equal(error, EINVAL);
	assert_null(rtc_tls_new(&(rtc_tls_options){.serverName = name}, &error));
	assert_int_equal(error, EINVAL);
	assert_null(rtc_tls_new(&(rtc_tls_options){.serverName = "a", .protocols = name}, &error));
	assert_int_equal(error, EINVAL);
	assert_null(rtc_tls_new(
		&(rtc_tls_options){.serverName = "a", .authorities = "no PEM", .authoritiesSize = sizeof "no PEM"}, &error));
	assert_int_equal(error, EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_verified),
		cmocka_unit_test(addresses_are_verified),
		cmocka_unit_test(issuers_and_dates_are_verified),
		cmocka_unit_test(the_system_has_authorities),
		cmocka_unit_test(protocols_are_proposed),
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(what_is_no_tls_is_no_server),
		cmocka_unit_test(options_that_are_none_are_refused),
	};
	return cmocka_run_group_tests(tests, tls_server_prepare, tls_server_clean_up);
}
