// SPDX-License-Identifier: Apache-2.0
// Handshakes with OpenSSL's s_server and s_client over loopback, and the SRTP keys that both sides come to.
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_path.h"
#include "rtc_crypto.h"
#include "rtc_dtls.h"

#define PATIENCE 10000 // milliseconds

static char folder[] = "/tmp/dtls-openssl-XXXXXX";

typedef struct {
	fake_link *link; // side 0 is ours, what it sends goes to the socket
	int socket;
	atomic_int fragments; // of ClientHellos that came
	pthread_t pump;
	pid_t process;
	int input, output; // the process's
	char text[16384];  // its output so far
	size_t size;
} openssl;

static int toSocket(void *context, fake_link *link, int from, const uint8_t *data, size_t size)
{
	openssl *it = context;
	(void)link, (void)from;
	// The first ones may meet no one: lost, as on a network.
	(void)!send(it->socket, data, size, 0);
	return 1;
}

static void *pump(void *argument)
{
	openssl *it = argument;
	uint8_t datagram[2048];
	for (;;) {
		ssize_t size = recv(it->socket, datagram, sizeof datagram, 0);
		if (size == 0 || (size < 0 && shutdown(it->socket, 0)))
			return NULL;
		if (size > 25 && datagram[0] == 22 && datagram[13] == 1 && memcmp(datagram + 14, datagram + 22, 3))
			atomic_fetch_add(&it->fragments, 1);
		if (size > 0)
			fake_link_inject(it->link, 0, datagram, (size_t)size);
	}
}

static struct sockaddr_in loopback(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

// Two free ports, one of them bound to the socket, which sends to the other.
static void openSocket(openssl *it, int *ours, int *theirs)
{
	int ports[2], sockets[2];
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in address = loopback(0);
		socklen_t size = sizeof address;
		sockets[i] = socket(AF_INET, SOCK_DGRAM, 0);
		assert_int_equal(bind(sockets[i], (struct sockaddr *)&address, sizeof address), 0);
		getsockname(sockets[i], (struct sockaddr *)&address, &size);
		ports[i] = ntohs(address.sin_port);
	}
	close(sockets[1]);
	struct sockaddr_in remote = loopback((uint16_t)ports[1]);
	assert_int_equal(connect(sockets[0], (struct sockaddr *)&remote, sizeof remote), 0);
	it->socket = sockets[0];
	*ours = ports[0];
	*theirs = ports[1];
}

static void startProcess(openssl *it, const char *command)
{
	int in[2], out[2];
	assert_int_equal(pipe(in) | pipe(out), 0);
	it->process = fork();
	if (!it->process) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		for (int fd = 3; fd < 256; fd++)
			close(fd);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	it->input = in[1];
	it->output = out[0];
}

// Reads its output until the text comes; returns what follows, or NULL.
static const char *until(openssl *it, const char *text)
{
	struct pollfd poller = {.fd = it->output, .events = POLLIN};
	for (;;) {
		const char *found = strstr(it->text, text);
		if (found && strchr(found, '\n'))
			return found + strlen(text);
		if (poll(&poller, 1, PATIENCE) <= 0)
			return NULL;
		ssize_t count = read(it->output, it->text + it->size, sizeof it->text - 1 - it->size);
		if (count <= 0)
			return NULL;
		it->size += (size_t)count;
		it->text[it->size] = 0;
	}
}

static void stop(openssl *it)
{
	kill(it->process, SIGKILL);
	waitpid(it->process, NULL, 0);
	shutdown(it->socket, SHUT_RDWR);
	pthread_join(it->pump, NULL);
	close(it->socket);
	close(it->input);
	close(it->output);
	fake_link_free(it->link);
}

static size_t readFile(const char *name, uint8_t *data, size_t size)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size = fread(data, 1, size, file);
	fclose(file);
	return size;
}

static void onPacket(void *context, const uint8_t *packet, size_t size)
{
	if (size == 14 && !memcmp(packet + 12, "hi", 2))
		atomic_fetch_add((atomic_int *)context, 1);
}

// Media protected with the keys of the handshake, read with those that OpenSSL exported.
static void checkKeys(openssl *it, rtc_srtp *ours, fake_link *media, int isClient)
{
	uint8_t material[60];
	int error;
	const char *text = until(it, "Keying material: ");
	assert_non_null(text);
	for (size_t i = 0; i < sizeof material; i++)
		assert_int_equal(sscanf(text + 2 * i, "%2hhx", &material[i]), 1);
	atomic_int received = 0;
	rtc_srtp *theirs = rtc_srtp_new(fake_link_path(media, 1), &error);
	rtc_srtp_add_handler(theirs, onPacket, NULL, NULL, &received);
	assert_int_equal(rtc_srtp_set_keys(theirs, RTC_SRTP_AES128_CM_SHA1_80, material, sizeof material, !isClient), 0);
	rtc_srtp_transmit *transmit = rtc_srtp_begin(ours);
	assert_non_null(transmit);
	const uint8_t packet[] = {0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 'h', 'i'};
	memcpy(rtc_srtp_buffer(transmit), packet, sizeof packet);
	assert_int_equal(rtc_srtp_commit(transmit, sizeof packet, 0), 0);
	rtc_srtp_end(transmit);
	for (int i = 0; i < 1000 && !atomic_load(&received); i++)
		usleep(1000);
	assert_int_equal(atomic_load(&received), 1);
	rtc_srtp_close(theirs);
	rtc_srtp_release(theirs);
}

typedef struct {
	const char *command; // with %d for the ports: ours, theirs
	int isClient;
	int fragmented; // its ClientHello
	rtc_dtls_state state;
	const char *suite;
} scenario;

static void play(const scenario *how, const char *certificateName)
{
	uint8_t der[4096];
	char command[512];
	int ours, theirs, error;
	openssl it = {0};
	fake_link_options linkOptions = {.filter = toSocket, .context = &it};
	openSocket(&it, &ours, &theirs);
	it.link = fake_link_new(&linkOptions);
	fake_link *media = fake_link_new(NULL);
	assert_int_equal(pthread_create(&it.pump, NULL, pump, &it), 0);

	rtc_certificate *certificate = rtc_certificate_generate(&error);
	rtc_srtp *srtp = rtc_srtp_new(fake_link_path(media, 0), &error);
	rtc_dtls_options options = {.path = fake_link_path(it.link, 0), .srtp = srtp, .certificate = certificate};
	options.isClient = how->isClient;
	options.timeout = PATIENCE;
	options.fingerprintCount = 1;
	strcpy(options.fingerprints[0].algorithm, "sha-256");
	options.fingerprints[0].size = RTC_SHA256_SIZE;
	rtc_sha256(der, readFile(certificateName, der, sizeof der), options.fingerprints[0].value);
	rtc_dtls *dtls = rtc_dtls_new(&options, &error);
	assert_non_null(dtls);

	if (!how->isClient)
		assert_int_equal(rtc_dtls_start(dtls, 0), 0);
	snprintf(command, sizeof command, how->command, how->isClient ? theirs : ours, theirs);
	startProcess(&it, command);
	if (how->isClient) {
		assert_non_null(until(&it, "ACCEPT"));
		assert_int_equal(rtc_dtls_start(dtls, 0), 0);
	}
	for (int i = 0; i < PATIENCE && rtc_dtls_get_state(dtls) <= RTC_DTLS_CONNECTING; i++)
		usleep(1000);
	if (rtc_dtls_get_state(dtls) != how->state)
		print_message("%s: reason %d, error -0x%x\n%s\n", command, (int)rtc_dtls_get_reason(dtls),
					  (unsigned)-rtc_dtls_error(dtls), it.text);
	assert_int_equal(rtc_dtls_get_state(dtls), how->state);
	assert_int_equal(atomic_load(&it.fragments) > 1, how->fragmented);
	if (how->state == RTC_DTLS_CONNECTED) {
		assert_string_equal(rtc_dtls_cipher_suite(dtls), how->suite);
		checkKeys(&it, srtp, media, how->isClient);
	} else {
		assert_int_equal(rtc_dtls_get_reason(dtls), RTC_DTLS_FINGERPRINT_MISMATCH);
		assert_false(rtc_srtp_ready(srtp));
	}
	rtc_dtls_close(dtls);
	rtc_srtp_close(srtp);
	rtc_srtp_release(srtp);
	rtc_certificate_release(certificate);
	stop(&it);
	fake_link_free(media);
}

#define COMMON "-dtls1_2 -use_srtp SRTP_AES128_CM_SHA1_80 -keymatexport EXTRACTOR-dtls_srtp -keymatexportlen 60 "
#define SERVER "cd " DIRECTORY " && exec openssl s_server " COMMON "-Verify 1 -port %d "
#define CLIENT "cd " DIRECTORY " && exec openssl s_client " COMMON "-connect 127.0.0.1:%d -bind 127.0.0.1:%d "
#define DIRECTORY "\"$DTLS_FOLDER\""
#define ECDSA "-cert ecdsa.pem -key ecdsa.key "
#define LENGTHY "-alpn a-long-name-for-a-protocol-to-make-it-long,another-name-for-a-protocol-to-make-it-longer-still "
#define RSA "-cert rsa.pem -key rsa.key "

static void asClient(void **state)
{
	(void)state;
	play(&(scenario){SERVER ECDSA, 1, 0, RTC_DTLS_CONNECTED, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}, "ecdsa.der");
	play(&(scenario){SERVER RSA, 1, 0, RTC_DTLS_CONNECTED, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, "rsa.der");
	play(&(scenario){SERVER ECDSA "-groups P-256 -cipher CHACHA20", 1, 0, RTC_DTLS_CONNECTED,
					 "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
		 "ecdsa.der");
	play(&(scenario){SERVER ECDSA, 1, 0, RTC_DTLS_FAILED, ""}, "rsa.der"); // another certificate than was signaled
}

static void asServer(void **state)
{
	(void)state;
	play(&(scenario){CLIENT ECDSA, 0, 0, RTC_DTLS_CONNECTED, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}, "ecdsa.der");
	play(&(scenario){CLIENT RSA, 0, 0, RTC_DTLS_CONNECTED, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}, "rsa.der");
	// Its ClientHello comes in fragments.
	play(&(scenario){CLIENT ECDSA "-mtu 256 " LENGTHY, 0, 1, RTC_DTLS_CONNECTED,
					 "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
		 "ecdsa.der");
	play(&(scenario){CLIENT, 0, 0, RTC_DTLS_FAILED, ""}, "ecdsa.der"); // it shows no certificate
}

static int makeCertificates(void **state)
{
	char command[1024];
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	setenv("DTLS_FOLDER", folder, 1);
	snprintf(
		command, sizeof command,
		"cd %s && exec 2>/dev/null; for kind in ecdsa rsa; do "
		"if [ $kind = rsa ]; then how='-newkey rsa:2048'; else how='-newkey ec -pkeyopt ec_paramgen_curve:P-256'; fi; "
		"openssl req -x509 $how -nodes -keyout $kind.key -out $kind.pem -subj /CN=peer -days 30 && "
		"openssl x509 -in $kind.pem -outform DER -out $kind.der; done",
		folder);
	return system(command);
}

static int removeCertificates(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asClient),
		cmocka_unit_test(asServer),
	};
	return cmocka_run_group_tests(tests, makeCertificates, removeCertificates);
}
