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

static char folder[] = "/tmp/tls-test-XXXXXX";
static char authority[8192];

typedef struct {
	pid_t process;
	rtc_address address;
} server;

typedef struct {
	atomic_int done, error;
	char reason[RTC_STREAM_REASON];
} outcome;

static void command(const char *text)
{
	char line[1024];
	snprintf(line, sizeof line, "cd %s && (%s) >> log 2>&1", folder, text);
	assert_int_equal(system(line), 0);
}

// A certificate for these names that the authority signed.
static void certify(const char *file, const char *names, const char *more)
{
	char line[900];
	snprintf(
		line, sizeof line,
		"openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout %s.key -out "
		"%s.csr && printf 'subjectAltName=%s\\n' > %s.ext && openssl x509 -req -in %s.csr -CA ca.pem -CAkey ca.key "
		"-CAcreateserial -extfile %s.ext -out %s.pem %s",
		file, file, names, file, file, file, file, more);
	command(line);
}

static int prepare(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	signal(SIGPIPE, SIG_IGN);
	command("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=authority -keyout ca.key "
			"-out ca.pem -days 10");
	certify("named", "DNS:turn.example.org,DNS:*.example.net", "-days 5");
	certify("numbered", "IP:127.0.0.1,IP:::1", "-days 5");
	certify("expired", "DNS:turn.example.org", "-days -1");
	char path[64];
	snprintf(path, sizeof path, "%s/ca.pem", folder);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	authority[fread(authority, 1, sizeof authority - 1, file)] = 0;
	fclose(file);
	setenv("SSL_CERT_FILE", "/dev/null", 1); // the system's authorities are not asked
	return 0;
}

static int cleanUp(void **state)
{
	(void)state;
	char line[64];
	snprintf(line, sizeof line, "rm -rf %s", folder);
	return system(line);
}

static uint16_t freePort(void)
{
	rtc_address address;
	rtc_sockaddr name;
	rtc_address_parse(&address, "127.0.0.1", 0);
	socklen_t size = rtc_address_to_socket(&address, &name);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, &name.any, size), 0);
	getsockname(fd, &name.any, &size);
	rtc_address_from_socket(&address, &name);
	close(fd);
	return address.port;
}

// It sends each line back, reversed.
static server startServer(const char *certificate, const char *more)
{
	server it;
	char line[512];
	rtc_address_parse(&it.address, "127.0.0.1", freePort());
	snprintf(line, sizeof line,
			 "cd %s && exec openssl s_server -accept 127.0.0.1:%u -cert %s.pem -key %s.key -rev %s >> log 2>&1", folder,
			 it.address.port, certificate, certificate, more);
	it.process = fork();
	if (!it.process) {
		execl("/bin/sh", "sh", "-c", line, (char *)NULL);
		_exit(1);
	}
	rtc_sockaddr name;
	socklen_t size = rtc_address_to_socket(&it.address, &name);
	for (int i = 0; i < 500; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0), error = connect(fd, &name.any, size);
		close(fd);
		if (!error)
			return it;
		usleep(20000);
	}
	fail_msg("openssl does not listen");
	return it;
}

static void stopServer(server *it)
{
	kill(it->process, SIGKILL);
	waitpid(it->process, NULL, 0);
}

static void onOpen(void *context, int error, const char *reason)
{
	outcome *it = context;
	it->error = error;
	strncpy(it->reason, reason, sizeof it->reason - 1);
	it->done = 1;
}

static rtc_stream *connectTo(const server *to, const rtc_tls_options *options, outcome *result)
{
	int error;
	memset(result, 0, sizeof *result);
	rtc_stream_options stream = {.server = to->address, .patience = 10000, .onOpen = onOpen, .context = result};
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
	server it = startServer(certificate, "");
	rtc_tls_options options = {.serverName = name};
	if (trusts) {
		options.authorities = authority;
		options.authoritiesSize = strlen(authority) + 1;
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
	stopServer(&it);
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
	snprintf(path, sizeof path, "%s/ca.pem", folder);
	setenv("SSL_CERT_FILE", path, 1);
	judge("named", "turn.example.org", 0, NULL);
	setenv("SSL_CERT_FILE", "/dev/null", 1);
}

static void protocols_are_proposed(void **state)
{
	(void)state;
	rtc_tls_options options = {"turn.example.org", "stun.turn", authority, strlen(authority) + 1};
	const char *servers[] = {"-alpn stun.turn", "", "-tls1_2"};
	for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
		server it = startServer("named", servers[i]);
		outcome result;
		rtc_stream *stream = connectTo(&it, &options, &result);
		assert_int_equal(result.error, 0);
		rtc_stream_close(stream);
		stopServer(&it);
	}
}

static void bytes_go_both_ways(void **state)
{
	(void)state;
	server it = startServer("named", "");
	rtc_tls_options options = {.serverName = "turn.example.org", .authorities = authority};
	options.authoritiesSize = strlen(authority) + 1;
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
	stopServer(&it);
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
	server it = {0};
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
	assert_null(rtc_tls_new(&(rtc_tls_options){.serverName = "a", .protocol = name}, &error));
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
	return cmocka_run_group_tests(tests, prepare, cleanUp);
}
