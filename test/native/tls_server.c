// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rtc_sockets.h"
#include "tls_server.h"

char tls_server_folder[] = "/tmp/tls-test-XXXXXX";
char tls_server_authority[8192];

static void command(const char *text)
{
	char line[1024];
	snprintf(line, sizeof line, "cd %s && (%s) >> log 2>&1", tls_server_folder, text);
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

int tls_server_prepare(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(tls_server_folder));
	signal(SIGPIPE, SIG_IGN);
	command("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=authority -keyout ca.key "
			"-out ca.pem -days 10");
	certify("named", "DNS:turn.example.org,DNS:*.example.net", "-days 5");
	certify("numbered", "IP:127.0.0.1,IP:::1", "-days 5");
	certify("expired", "DNS:turn.example.org", "-days -1");
	char path[64];
	snprintf(path, sizeof path, "%s/ca.pem", tls_server_folder);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	tls_server_authority[fread(tls_server_authority, 1, sizeof tls_server_authority - 1, file)] = 0;
	fclose(file);
	setenv("SSL_CERT_FILE", "/dev/null", 1); // the system's authorities are not asked
	return 0;
}

int tls_server_clean_up(void **state)
{
	(void)state;
	char line[64];
	snprintf(line, sizeof line, "rm -rf %s", tls_server_folder);
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
tls_server tls_server_start(const char *certificate, const char *more)
{
	tls_server it;
	char line[512];
	rtc_address_parse(&it.address, "127.0.0.1", freePort());
	snprintf(line, sizeof line,
			 "cd %s && exec openssl s_server -accept 127.0.0.1:%u -cert %s.pem -key %s.key -rev %s >> log 2>&1",
			 tls_server_folder, it.address.port, certificate, certificate, more);
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

void tls_server_stop(tls_server *it)
{
	kill(it->process, SIGKILL);
	waitpid(it->process, NULL, 0);
}
