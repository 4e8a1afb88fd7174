// SPDX-License-Identifier: Apache-2.0
// What reaches whom.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "rtc_port.h"
#include "rtc_transport_core.h"
#include "stun_messages.h"
#include "udp_peer.h"

typedef struct {
	rtc_transport *transport;
	uint16_t port;
	atomic_int stun;
	udp_peer peer;
} fixture;

static void onStun(void *context)
{
	atomic_fetch_add(&((fixture *)context)->stun, 1);
}

static int setup(void **state)
{
	fixture *it = calloc(1, sizeof *it);
	int error = -1;
	it->transport = rtc_transport_open(&(rtc_transport_options){.onStun = onStun, .context = it}, &error);
	assert_non_null(it->transport);
	assert_int_equal(error, 0);
	it->port = rtc_transport_port(it->transport);
	it->peer = udp_peer_open(4);
	*state = it;
	return 0;
}

static int teardown(void **state)
{
	fixture *it = *state;
	rtc_transport_close(it->transport);
	udp_peer_close(&it->peer);
	free(it);
	return 0;
}

static rtc_transport_statistics statistics(fixture *it)
{
	rtc_transport_statistics statistics;
	rtc_transport_get_statistics(it->transport, &statistics);
	return statistics;
}

// Notes what a handler got.
typedef struct {
	atomic_int count;
	uint8_t kinds[64];
	size_t sizes[64];
} record;

static void note(record *it, const uint8_t *data, size_t size)
{
	int index = it->count;
	if (index < 64) {
		it->kinds[index] = data[size > 12 ? 12 : 0];
		it->sizes[index] = size;
	}
	atomic_fetch_add(&it->count, 1);
}

static void onDtls(void *context, const uint8_t *data, size_t size)
{
	note(context, data, size);
}

static void onSrtp(void *context, uint8_t *data, size_t size)
{
	data[0] ^= 0xff; // it may be written to
	note(context, data, size);
}

static void await_count(record *it, int count)
{
	for (int i = 0; i < 25000 && it->count < count; i++)
		usleep(200);
	assert_int_equal(it->count, count);
}

static void every_first_byte_goes_its_way(void **state)
{
	fixture *it = *state;
	record dtls = {0}, srtp = {0};
	uint8_t data[64] = {0};
	rtc_path *path = rtc_path_new(it->transport);
	assert_int_equal(rtc_path_accept(path, &it->peer.address), 0);
	rtc_path_set_dtls(path, onDtls, &dtls);
	rtc_path_set_srtp(path, onSrtp, &srtp);
	for (int first = 0; first < 256; first++) {
		data[0] = (uint8_t)first;
		udp_peer_send(&it->peer, it->port, data, sizeof data);
		AWAIT(it->transport, packetsReceived, (uint64_t)first + 1);
	}
	await_count(&dtls, 44); // 20 … 63
	await_count(&srtp, 64); // 128 … 191
	rtc_transport_statistics counted = statistics(it);
	assert_int_equal(counted.malformed, 256 - 44 - 64); // STUN without a header included
	assert_int_equal(counted.unknownSource, 0);
	assert_int_equal(counted.bytesReceived, 256 * sizeof data);
	rtc_path_statistics pathStatistics;
	rtc_path_get_statistics(path, &pathStatistics);
	assert_int_equal(pathStatistics.packetsReceived, 44 + 64);
	assert_int_equal(pathStatistics.bytesReceived, (44 + 64) * sizeof data);
	// Too short, empty, too large.
	static uint8_t large[2000] = {0x80};
	data[0] = 20;
	udp_peer_send(&it->peer, it->port, data, 12);
	data[0] = 0x80;
	udp_peer_send(&it->peer, it->port, data, 11);
	udp_peer_send(&it->peer, it->port, data, 0);
	udp_peer_send(&it->peer, it->port, large, sizeof large);
	AWAIT(it->transport, malformed, 256 - 44 - 64 + 4);
	assert_int_equal(dtls.count + srtp.count, 44 + 64);
	rtc_path_close(path);
	rtc_path_release(path);
}

#ifdef UDP_SEGMENT
static void send_run(fixture *it, const uint8_t *data, size_t size, int segment)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(it->port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(setsockopt(it->peer.fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
	assert_int_equal(sendto(it->peer.fd, data, size, 0, (struct sockaddr *)&to, sizeof to), (ssize_t)size);
}

// The kernel may give a peer's run as one message: each datagram of it goes its own way.
static void a_run_is_its_datagrams(void **state)
{
	enum { SIZE = 1200, COUNT = 20, LAST = 300 };
	static uint8_t data[COUNT * SIZE + LAST];
	fixture *it = *state;
	record dtls = {0}, srtp = {0};
	rtc_path *path = rtc_path_new(it->transport);
	assert_int_equal(rtc_path_accept(path, &it->peer.address), 0);
	rtc_path_set_dtls(path, onDtls, &dtls);
	rtc_path_set_srtp(path, onSrtp, &srtp);
	for (int i = 0; i <= COUNT; i++) {
		data[i * SIZE] = i % 2 ? 0x80 : 20;
		data[i * SIZE + 12] = (uint8_t)(100 + i);
	}
	send_run(it, data, sizeof data, SIZE);
	await_count(&dtls, COUNT / 2 + 1);
	await_count(&srtp, COUNT / 2);
	for (int i = 0; i <= COUNT; i++) {
		const record *its = i % 2 ? &srtp : &dtls;
		assert_int_equal(its->kinds[i / 2], 100 + i);
		assert_int_equal(its->sizes[i / 2], i == COUNT ? LAST : SIZE);
	}
	rtc_transport_statistics counted = statistics(it);
	assert_int_equal(counted.packetsReceived, COUNT + 1);
	assert_int_equal(counted.bytesReceived, sizeof data);
	send_run(it, data, 4 * (RTC_RECEIVE_SIZE + 1), RTC_RECEIVE_SIZE + 1); // of which each is too large
	AWAIT(it->transport, malformed, 4);
	assert_int_equal(dtls.count + srtp.count, COUNT + 1);
	rtc_path_close(path);
	rtc_path_release(path);
}
#endif

static void strangers_are_counted_and_ignored(void **state)
{
	fixture *it = *state;
	record srtp = {0};
	uint8_t data[64] = {0x80};
	udp_peer stranger = udp_peer_open(4);
	rtc_path *path = rtc_path_new(it->transport);
	rtc_path_accept(path, &it->peer.address);
	rtc_path_set_srtp(path, onSrtp, &srtp);
	udp_peer_send(&stranger, it->port, data, sizeof data);
	data[0] = 22;
	udp_peer_send(&stranger, it->port, data, sizeof data);
	AWAIT(it->transport, unknownSource, 2);
	assert_int_equal(srtp.count, 0);
	rtc_path_close(path);
	data[0] = 0x80;
	udp_peer_send(&it->peer, it->port, data, sizeof data);
	AWAIT(it->transport, unknownSource, 3);
	assert_int_equal(srtp.count, 0);
	rtc_path_release(path);
	udp_peer_close(&stranger);
}

static void early_dtls_waits_for_its_handler(void **state)
{
	fixture *it = *state;
	record dtls = {0};
	rtc_path *path = rtc_path_new(it->transport);
	rtc_path_accept(path, &it->peer.address);
	for (int i = 0; i < RTC_PATH_EARLY + 3; i++) {
		uint8_t data[200] = {22, [12] = (uint8_t)i};
		udp_peer_send(&it->peer, it->port, data, 20 + (size_t)i);
	}
	uint8_t media[64] = {0x80};
	udp_peer_send(&it->peer, it->port, media, sizeof media);
	AWAIT(it->transport, packetsReceived, RTC_PATH_EARLY + 4);
	usleep(20000);
	rtc_path_set_dtls(path, onDtls, &dtls);
	assert_int_equal(dtls.count, RTC_PATH_EARLY);
	uint8_t late[64] = {22, [12] = 99};
	udp_peer_send(&it->peer, it->port, late, sizeof late);
	await_count(&dtls, RTC_PATH_EARLY + 1);
	for (int i = 0; i < RTC_PATH_EARLY; i++) {
		assert_int_equal(dtls.kinds[i], i);
		assert_int_equal(dtls.sizes[i], 20 + i);
	}
	assert_int_equal(dtls.kinds[RTC_PATH_EARLY], 99);
	rtc_path_statistics counted;
	rtc_path_get_statistics(path, &counted);
	assert_int_equal(counted.earlyDropped, 4); // three too many, and the media
	// Nothing is kept for a second handshake.
	rtc_path_set_dtls(path, NULL, NULL);
	udp_peer_send(&it->peer, it->port, late, sizeof late);
	AWAIT(it->transport, packetsReceived, RTC_PATH_EARLY + 6);
	usleep(20000);
	rtc_path_set_dtls(path, onDtls, &dtls);
	assert_int_equal(dtls.count, RTC_PATH_EARLY + 1);
	rtc_path_release(path); // closes it
}

static void stun_is_filtered_and_queued(void **state)
{
	fixture *it = *state;
	uint8_t data[300], read[RTC_STUN_SIZE];
	rtc_stun_origin origin;
	assert_int_equal(rtc_transport_add_ufrag(it->transport, "home", 7), 0);
	assert_int_equal(rtc_transport_add_ufrag(it->transport, "home", 7), EEXIST);
	size_t size = stun_message(data, STUN_REQUEST, 1, "away:home");
	udp_peer_send(&it->peer, it->port, data, size);
	AWAIT(it->transport, stunUnknown, 1);
	assert_int_equal(it->stun, 0);
	assert_int_equal(rtc_transport_read_stun(it->transport, read, sizeof read, &origin), 0);

	size = stun_message(data, STUN_REQUEST, 2, "home:away");
	for (int i = 0; i < RTC_STUN_QUEUE + 5; i++)
		udp_peer_send(&it->peer, it->port, data, size);
	AWAIT(it->transport, stunDropped, 5);
	assert_true(it->stun > 0);
	for (int i = 0; i < RTC_STUN_QUEUE; i++) {
		assert_int_equal(rtc_transport_read_stun(it->transport, read, sizeof read, &origin), size);
		assert_memory_equal(read, data, size);
		assert_true(rtc_address_equal(&origin.from, &it->peer.address));
		assert_int_equal(origin.owner, 7);
	}
	assert_int_equal(rtc_transport_read_stun(it->transport, read, sizeof read, &origin), 0);
	for (int i = 0; i < RTC_STUN_RATE; i++)
		udp_peer_send(&it->peer, it->port, data, size);
	AWAIT(it->transport, stunDropped, 6); // over its rate
	rtc_transport_remove_ufrag(it->transport, "home");
	udp_peer_send(&it->peer, it->port, data, size);
	AWAIT(it->transport, stunUnknown, 2);
}

static void answers_come_to_who_asked(void **state)
{
	fixture *it = *state;
	uint8_t data[300], read[RTC_STUN_SIZE];
	rtc_stun_origin origin;
	size_t size = stun_message(data, STUN_REQUEST, 5, "far:near");
	assert_int_equal(rtc_transport_send_stun(it->transport, &it->peer.address, 9, data, size), 0);
	assert_int_equal(udp_peer_receive(&it->peer, read, sizeof read, 5000), size);
	stun_message(data, STUN_SUCCESS, 6, NULL);
	udp_peer_send(&it->peer, it->port, data, 28);
	AWAIT(it->transport, stunUnknown, 1);
	stun_message(data, STUN_SUCCESS, 5, NULL);
	udp_peer_send(&it->peer, it->port, data, 28);
	AWAIT(it->transport, packetsReceived, 2);
	for (int i = 0; i < 5000 && !it->stun; i++)
		usleep(1000);
	assert_int_equal(rtc_transport_read_stun(it->transport, read, sizeof read, &origin), 28);
	assert_int_equal(origin.owner, 9);
	// Indications: a peer's keep-alive is silent, a stranger's counts.
	size = stun_message(data, STUN_INDICATION, 7, NULL);
	udp_peer_send(&it->peer, it->port, data, size);
	AWAIT(it->transport, stunUnknown, 2);
	rtc_path *path = rtc_path_new(it->transport);
	rtc_path_accept(path, &it->peer.address);
	udp_peer_send(&it->peer, it->port, data, size);
	AWAIT(it->transport, packetsReceived, 4);
	usleep(20000);
	assert_int_equal(statistics(it).stunUnknown, 2);
	assert_int_equal(rtc_transport_read_stun(it->transport, read, sizeof read, &origin), 0);
	rtc_path_release(path);
	rtc_address nowhere = {.family = 0};
	assert_int_equal(rtc_transport_send_stun(it->transport, &nowhere, 9, data, size), EADDRNOTAVAIL);
}

static void a_selected_address_is_nobody_elses(void **state)
{
	fixture *it = *state;
	record first = {0}, second = {0};
	uint8_t data[64] = {0x80};
	rtc_path *a = rtc_path_new(it->transport), *b = rtc_path_new(it->transport);
	rtc_path_set_srtp(a, onSrtp, &first);
	rtc_path_set_srtp(b, onSrtp, &second);
	assert_int_equal(rtc_path_send(a, data, sizeof data), ENOTCONN);
	assert_null(rtc_path_begin(a));
	assert_int_equal(rtc_path_select(a, &it->peer.address), 0);
	assert_int_equal(rtc_path_accept(b, &it->peer.address), EADDRINUSE);
	assert_int_equal(rtc_path_confirm(b, &it->peer.address), EADDRINUSE);
	assert_int_equal(rtc_path_select(b, &it->peer.address), EADDRINUSE);
	assert_int_equal(rtc_path_send(b, data, sizeof data), ENOTCONN);
	assert_int_equal(rtc_path_send(a, data, sizeof data), 0);
	udp_peer_send(&it->peer, it->port, data, sizeof data);
	await_count(&first, 1);
	assert_int_equal(second.count, 0);
	// It was not heard of for a while: an answer from there is enough, but no request. When it is back, so is the rule.
	rtc_path_yield(a);
	assert_int_equal(rtc_path_accept(b, &it->peer.address), EADDRINUSE);
	assert_int_equal(rtc_path_select(a, &it->peer.address), 0);
	assert_int_equal(rtc_path_confirm(b, &it->peer.address), EADDRINUSE);
	rtc_path_yield(a);
	assert_int_equal(rtc_path_confirm(b, &it->peer.address), 0);
	assert_int_equal(rtc_path_send(a, data, sizeof data), ENOTCONN);
	rtc_path_forget(b);
	assert_int_equal(rtc_path_select(a, &it->peer.address), 0);
	// Its consent ends: then it is free.
	rtc_path_forget(a);
	assert_int_equal(rtc_path_send(a, data, sizeof data), ENOTCONN);
	udp_peer_send(&it->peer, it->port, data, sizeof data);
	AWAIT(it->transport, unknownSource, 1);
	assert_int_equal(rtc_path_accept(b, &it->peer.address), 0);
	udp_peer_send(&it->peer, it->port, data, sizeof data);
	await_count(&second, 1);
	rtc_path_close(b);
	assert_int_equal(rtc_path_accept(b, &it->peer.address), ENOTCONN);
	rtc_path_release(a);
	rtc_path_release(b);
}

static void an_answered_check_claims_what_a_request_could_forge(void **state)
{
	fixture *it = *state;
	record forger = {0}, owner = {0};
	uint8_t data[64] = {0x80};
	rtc_path *a = rtc_path_new(it->transport), *b = rtc_path_new(it->transport);
	rtc_path_set_srtp(a, onSrtp, &forger);
	rtc_path_set_srtp(b, onSrtp, &owner);
	assert_int_equal(rtc_path_accept(a, &it->peer.address), 0);
	assert_int_equal(rtc_path_accept(b, &it->peer.address), EADDRINUSE);
	udp_peer_send(&it->peer, it->port, data, sizeof data);
	await_count(&forger, 1);
	assert_int_equal(rtc_path_confirm(b, &it->peer.address), 0);
	udp_peer_send(&it->peer, it->port, data, sizeof data);
	await_count(&owner, 1);
	assert_int_equal(rtc_path_accept(a, &it->peer.address), EADDRINUSE);
	assert_int_equal(forger.count, 1);
	assert_int_equal(it->transport->table.count, 1);
	rtc_path_release(a);
	assert_int_equal(rtc_path_select(b, &it->peer.address), 0);
	// It selects another: the one before is not its own any more, should someone else answer from there.
	rtc_address other = it->peer.address;
	other.port ^= 1;
	assert_int_equal(rtc_path_select(b, &other), 0);
	rtc_path *c = rtc_path_new(it->transport);
	assert_int_equal(rtc_path_accept(c, &it->peer.address), EADDRINUSE);
	assert_int_equal(rtc_path_select(c, &it->peer.address), 0);
	assert_int_equal(rtc_path_send(b, data, sizeof data), 0);
	rtc_path_release(b);
	rtc_path_release(c);
}

// No host has these: nothing is taken from them, and nothing sent there.
static void what_is_no_hosts_address_is_counted(void **state)
{
	static const struct {
		const char *text;
		uint16_t port;
	} bad[] = {
		{"192.0.2.1", 0},   {"0.0.0.0", 9},         {"0.1.2.3", 9},          {"224.0.0.251", 5353},
		{"240.0.0.1", 9},   {"255.255.255.255", 9}, {"2001:db8::1", 0},      {"::", 9},
		{"ff02::fb", 5353}, {"::ffff:0.0.0.0", 9},  {"::ffff:224.0.0.1", 9},
	};
	fixture *it = *state;
	uint8_t data[300], read[RTC_STUN_SIZE];
	rtc_address address;
	rtc_stun_origin origin;
	rtc_path *path = rtc_path_new(it->transport);
	rtc_transport_add_ufrag(it->transport, "home", 7);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(rtc_address_parse(&address, bad[i].text, bad[i].port), 0);
		size_t size = stun_message(data, STUN_REQUEST, (uint32_t)i, "home:away");
		assert_int_equal(rtc_receive_datagram(it->transport, &address, data, size), 0);
		data[0] = 0x80;
		assert_int_equal(rtc_receive_datagram(it->transport, &address, data, size), 0);
		assert_int_equal(statistics(it).badSource, 2 * (i + 1));
		assert_int_equal(rtc_transport_send_stun(it->transport, &address, 9, data, size), EADDRNOTAVAIL);
		assert_int_equal(statistics(it).sendErrors, i + 1);
		assert_int_equal(rtc_path_accept(path, &address), EINVAL);
		assert_int_equal(rtc_path_select(path, &address), EINVAL);
	}
	assert_int_equal(rtc_transport_read_stun(it->transport, read, sizeof read, &origin), 0);
	assert_int_equal(statistics(it).unknownSource, 0);
	assert_int_equal(it->transport->table.count, 0);
	// A zone whose interface is gone: the host refuses it.
	assert_int_equal(rtc_address_parse(&address, "fe80::1%4711", 9), 0);
	size_t size = stun_message(data, STUN_REQUEST, 99, "away:home");
	assert_int_not_equal(rtc_transport_send_stun(it->transport, &address, 9, data, size), 0);
	assert_int_equal(statistics(it).sendErrors, sizeof bad / sizeof bad[0] + 1);
	rtc_path_release(path);
}

// The kernel hands over what was sent from port 0: nothing answers it, and nothing ends.
static void a_datagram_from_port_0_is_dropped(void **state)
{
	fixture *it = *state;
	uint8_t packet[8 + 300] = {0};
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	if (raw < 0) {
		print_message("no raw sockets here\n");
		skip();
	}
	rtc_transport_add_ufrag(it->transport, "home", 7);
	size_t size = 8 + stun_message(packet + 8, STUN_REQUEST, 1, "home:away");
	packet[2] = (uint8_t)(it->port >> 8);
	packet[3] = (uint8_t)it->port;
	packet[5] = (uint8_t)size; // its source port and checksum are 0
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(sendto(raw, packet, size, 0, (struct sockaddr *)&to, sizeof to), size);
	close(raw);
	AWAIT(it->transport, badSource, 1);
	assert_int_equal(it->stun, 0);
}

static void a_full_path_forgets_its_oldest(void **state)
{
	fixture *it = *state;
	rtc_address address = it->peer.address;
	rtc_path *path = rtc_path_new(it->transport);
	address.port = 1;
	assert_int_equal(rtc_path_select(path, &address), 0); // the oldest, but selected
	for (int i = 2; i <= RTC_PATH_ADDRESSES; i++) {
		address.port = (uint16_t)i;
		assert_int_equal(rtc_path_accept(path, &address), 0);
	}
	address.port = 2;
	assert_int_equal(rtc_path_accept(path, &address), 0); // again: no longer the oldest
	address.port = 100;
	assert_int_equal(rtc_path_accept(path, &address), 0);
	for (int i = 1; i <= RTC_PATH_ADDRESSES; i++) {
		address.port = (uint16_t)i;
		assert_int_equal(rtc_path_is_known(it->transport, &address), i != 3);
	}
	address.port = 0;
	assert_int_equal(rtc_path_accept(path, &address), EINVAL);
	address.family = 5;
	assert_int_equal(rtc_path_select(path, &address), EINVAL);
	rtc_path_release(path);
	assert_int_equal(it->transport->table.count, 0);
}

static void both_families_share_the_port(void **state)
{
	fixture *it = *state;
	record srtp = {0};
	uint8_t data[64] = {0x80};
	if (!rtc_transport_has_family(it->transport, 6)) {
		print_message("no IPv6 here\n");
		skip();
	}
	assert_true(rtc_transport_has_family(it->transport, 4));
	assert_false(rtc_transport_has_family(it->transport, 5));
	udp_peer peer6 = udp_peer_open(6);
	rtc_path *path = rtc_path_new(it->transport);
	rtc_path_set_srtp(path, onSrtp, &srtp);
	assert_int_equal(rtc_path_select(path, &peer6.address), 0);
	udp_peer_send(&peer6, it->port, data, sizeof data);
	await_count(&srtp, 1);
	assert_int_equal(rtc_path_send(path, data, 33), 0);
	assert_int_equal(udp_peer_receive(&peer6, data, sizeof data, 5000), 33);
	rtc_path_release(path);
	udp_peer_close(&peer6);
}

static void ports_and_addresses_are_checked(void **state)
{
	fixture *it = *state;
	int error = 0;
	assert_null(rtc_transport_open(&(rtc_transport_options){.port = it->port}, &error));
	assert_int_equal(error, EADDRINUSE);
	assert_null(rtc_transport_open(&(rtc_transport_options){.port = it->port, .address = "127.0.0.1"}, &error));
	assert_int_equal(error, EADDRINUSE);
	assert_null(rtc_transport_open(&(rtc_transport_options){.address = "nonsense"}, &error));
	assert_int_equal(error, EINVAL);
	assert_null(rtc_transport_open(&(rtc_transport_options){.address = "192.0.2.1"}, &error));
	assert_int_equal(error, EADDRNOTAVAIL);
	// A port that is taken in one family only is taken.
	if (rtc_transport_has_family(it->transport, 6)) {
		udp_peer peer6 = udp_peer_open(6);
		assert_null(rtc_transport_open(&(rtc_transport_options){.port = peer6.address.port}, &error));
		assert_int_equal(error, EADDRINUSE);
		udp_peer_close(&peer6);
	}
	rtc_transport *one = rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1"}, &error);
	assert_non_null(one);
	assert_true(rtc_transport_has_family(one, 4));
	assert_false(rtc_transport_has_family(one, 6));
	rtc_transport_close(one);
}

// 100,000 datagrams of noise and of near misses: nothing is kept, nothing grows.
static void noise_leaves_nothing(void **state)
{
	fixture *it = *state;
	uint8_t data[1600], read[RTC_STUN_SIZE];
	record dtls = {0};
	rtc_stun_origin origin;
	rtc_path *path = rtc_path_new(it->transport);
	rtc_path_accept(path, &it->peer.address);
	rtc_path_set_dtls(path, onDtls, &dtls);
	rtc_transport_add_ufrag(it->transport, "home", 7);
	size_t before = rtc_heap_used();
	uint64_t sent = 0;
	srand(11);
	for (int i = 0; i < 100000; i++) {
		size_t size = (size_t)rand() % (i % 50 ? 200 : sizeof data);
		if (i % 2)
			for (size_t j = 0; j < size; j++)
				data[j] = (uint8_t)rand();
		else {
			size = stun_message(data, rand() % 4 ? STUN_REQUEST : STUN_SUCCESS, (uint32_t)rand(), "home:away");
			for (int flips = rand() % 4; flips > 0; flips--)
				data[(size_t)rand() % size] ^= (uint8_t)(1 << rand() % 8);
			size -= rand() % 8 ? 0 : (size_t)rand() % size;
		}
		udp_peer_send(&it->peer, it->port, data, size);
		sent++;
		if (i % 256 == 255)
			AWAIT(it->transport, packetsReceived, sent);
	}
	AWAIT(it->transport, packetsReceived, sent);
	usleep(20000);
	int waiting = 0;
	while (rtc_transport_read_stun(it->transport, read, sizeof read, &origin) != 0)
		waiting++;
	assert_in_range(waiting, 1, RTC_STUN_QUEUE);
	rtc_transport_statistics counted = statistics(it);
	assert_true(counted.malformed > 1000 && counted.stunUnknown > 1000 && counted.stunDropped > 1000);
	assert_true(rtc_heap_used() <= before + 4096);
	assert_int_equal(it->transport->table.count, 1);
	rtc_path_release(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(every_first_byte_goes_its_way),
#ifdef UDP_SEGMENT
		TEST(a_run_is_its_datagrams),
#endif
		TEST(strangers_are_counted_and_ignored),
		TEST(early_dtls_waits_for_its_handler),
		TEST(stun_is_filtered_and_queued),
		TEST(answers_come_to_who_asked),
		TEST(a_selected_address_is_nobody_elses),
		TEST(an_answered_check_claims_what_a_request_could_forge),
		TEST(what_is_no_hosts_address_is_counted),
		TEST(a_datagram_from_port_0_is_dropped),
		TEST(a_full_path_forgets_its_oldest),
		TEST(both_families_share_the_port),
		TEST(ports_and_addresses_are_checked),
		TEST(noise_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
