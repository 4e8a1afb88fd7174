// SPDX-License-Identifier: Apache-2.0
// A relay's datagrams: put together and taken apart, with a socket that plays the TURN server.
#include "rtc_relay_core.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stun_messages.h"
#include "udp_peer.h"

#define OWNER 5
#define CHANNEL 0x4001

typedef struct {
	rtc_transport *transport;
	rtc_relay *relay;
	udp_peer server;
	uint16_t port; // of the relay's socket
	atomic_int errors, packets;
	rtc_path *path;
	rtc_address peer;
} fixture;

static void onError(void *context, const char *reason)
{
	if (*reason)
		atomic_fetch_add(&((fixture *)context)->errors, 1);
}

static void onSrtp(void *context, uint8_t *data, size_t size)
{
	assert_true(size == 20 && data[0] == 0x80);
	atomic_fetch_add(&((fixture *)context)->packets, 1);
}

static rtc_relay_statistics statistics(fixture *it)
{
	rtc_relay_statistics statistics;
	rtc_relay_get_statistics(it->relay, &statistics);
	return statistics;
}

static int setup(void **state)
{
	fixture *it = calloc(1, sizeof *it);
	int error;
	it->transport = rtc_transport_open(&(rtc_transport_options){0}, &error);
	it->server = udp_peer_open(4);
	rtc_relay_options options = {.server = it->server.address, .owner = OWNER, .onError = onError, .context = it};
	it->relay = rtc_relay_open(it->transport, &options, &error);
	assert_non_null(it->relay);
	rtc_sockaddr name;
	socklen_t size = sizeof name;
	assert_int_equal(getsockname(it->relay->fd, &name.any, &size), 0);
	rtc_address own;
	rtc_address_from_socket(&own, &name);
	it->port = own.port;
	rtc_address_parse(&it->peer, "203.0.113.7", 6000);
	it->peer.relay = rtc_relay_number(it->relay);
	it->path = rtc_path_new(it->transport);
	rtc_path_set_srtp(it->path, onSrtp, it);
	*state = it;
	return 0;
}

static int teardown(void **state)
{
	fixture *it = *state;
	rtc_path_release(it->path);
	if (it->relay)
		rtc_relay_close(it->relay);
	rtc_transport_close(it->transport);
	udp_peer_close(&it->server);
	free(it);
	return 0;
}

static void await(atomic_int *counter, int value)
{
	for (int i = 0; i < 25000 && *counter < value; i++)
		usleep(200);
	assert_int_equal(*counter, value);
}

// A Data indication of 20 bytes of RTP from the peer, in its 52 bytes.
static size_t indication(uint8_t *data, uint8_t family)
{
	static const uint8_t header[] = {0, 0x17, 0, 36, 0x21, 0x12, 0xa4, 0x42};
	memset(data, 0, 64);
	memcpy(data, header, sizeof header);
	const uint8_t address[] = {
		0, 0x12, 0, 8, 0, family, 6000 >> 8 ^ 0x21, (6000 & 255) ^ 0x12, 203 ^ 0x21, 0 ^ 0x12, 113 ^ 0xa4, 7 ^ 0x42};
	memcpy(data + 20, address, sizeof address);
	data[33] = 0x13;
	data[35] = 20;
	data[36] = 0x80;
	return 56;
}

static void a_peer_without_channel_is_reached_by_indications(void **state)
{
	fixture *it = *state;
	uint8_t rtp[21] = {0x80, 1, 2, 3}, data[200], expected[64];
	assert_int_equal(rtc_path_select(it->path, &it->peer), 0);
	assert_int_equal(rtc_path_send(it->path, rtp, 20), 0);
	assert_int_equal(udp_peer_receive(&it->server, data, sizeof data, 5000), 56);
	indication(expected, 1);
	expected[1] = 0x16;
	memcpy(expected + 8, data + 8, 12);
	memcpy(expected + 36, rtp, 20);
	assert_memory_equal(data, expected, 56);
	// Its padding is none of the data.
	assert_int_equal(rtc_path_send(it->path, rtp, 21), 0);
	assert_int_equal(udp_peer_receive(&it->server, data, sizeof data, 5000), 60);
	assert_int_equal(data[35], 21);
	assert_int_equal(data[3], 40);
	assert_int_equal(data[59], 0);
}

static void a_channel_takes_four_bytes(void **state)
{
	fixture *it = *state;
	uint8_t data[200], rtp[20] = {0x80, 9};
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &it->peer), 0);
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &it->peer), 0);
	assert_int_equal(rtc_path_select(it->path, &it->peer), 0);
	rtc_transmit *transmit = rtc_path_begin(it->path);
	for (int i = 0; i < 40; i++) {
		memcpy(rtc_transmit_buffer(transmit), rtp, sizeof rtp);
		rtc_transmit_commit(transmit, sizeof rtp - (i == 39));
	}
	assert_int_equal(rtc_transmit_end(transmit), 0);
	for (int i = 0; i < 40; i++) {
		size_t size = sizeof rtp - (i == 39);
		assert_int_equal(udp_peer_receive(&it->server, data, sizeof data, 5000), 4 + size);
		assert_memory_equal(data, ((uint8_t[]){0x40, 1, 0, (uint8_t)size}), 4);
		assert_memory_equal(data + 4, rtp, size);
	}
	rtc_path_statistics counted;
	rtc_path_get_statistics(it->path, &counted);
	assert_int_equal(counted.bytesSent, 40 * 20 - 1);
	rtc_relay_unbind(it->relay, CHANNEL);
	assert_int_equal(rtc_path_send(it->path, rtp, 20), 0);
	assert_int_equal(udp_peer_receive(&it->server, data, sizeof data, 5000), 56);
}

static void channels_are_one_to_one_and_bounded(void **state)
{
	fixture *it = *state;
	rtc_address other = it->peer;
	other.port++;
	assert_int_equal(rtc_relay_bind(it->relay, 0x3fff, &it->peer), EINVAL);
	assert_int_equal(rtc_relay_bind(it->relay, 0x5000, &it->peer), EINVAL);
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &(rtc_address){.family = 4}), EINVAL);
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &it->peer), 0);
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &other), EEXIST);
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL + 1, &it->peer), EEXIST);
	for (int i = 1; i < RTC_RELAY_CHANNELS; i++, other.port++)
		assert_int_equal(rtc_relay_bind(it->relay, (uint16_t)(CHANNEL + i), &other), 0);
	assert_int_equal(rtc_relay_bind(it->relay, 0x4ff0, &other), ENOSPC);
	rtc_relay_unbind(it->relay, CHANNEL);
	rtc_relay_unbind(it->relay, 0);
	assert_int_equal(rtc_relay_bind(it->relay, 0x4ff0, &other), 0);
}

static void what_the_server_brings_is_the_peers(void **state)
{
	fixture *it = *state;
	uint8_t data[64] = {0x40, 1, 0, 20, 0x80};
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &it->peer), 0);
	assert_int_equal(rtc_path_accept(it->path, &it->peer), 0);
	udp_peer_send(&it->server, it->port, data, 24);
	await(&it->packets, 1);
	udp_peer_send(&it->server, it->port, data, 27); // padded
	await(&it->packets, 2);
	size_t size = indication(data, 1);
	udp_peer_send(&it->server, it->port, data, size);
	await(&it->packets, 3);
	// The same address without the relay is another's.
	rtc_address direct = it->peer;
	direct.relay = 0;
	rtc_path *other = rtc_path_new(it->transport);
	assert_int_equal(rtc_path_select(other, &direct), 0);
	udp_peer_send(&it->server, it->port, data, size);
	await(&it->packets, 4);
	rtc_path_release(other);
}

static void answers_are_the_owners_and_checks_the_peers(void **state)
{
	fixture *it = *state;
	uint8_t data[304], read[RTC_STUN_SIZE];
	rtc_stun_origin origin;
	size_t size = stun_message(data, STUN_REQUEST, 5, NULL);
	assert_int_equal(rtc_relay_send_stun(it->relay, data, size), 0);
	assert_int_equal(udp_peer_receive(&it->server, read, sizeof read, 5000), size);
	stun_message(data, STUN_SUCCESS, 5, NULL);
	udp_peer_send(&it->server, it->port, data, 28);
	for (int i = 0; i < 5000 && !it->transport->filter->count; i++)
		usleep(1000);
	assert_int_equal(rtc_transport_read_stun(it->transport, read, sizeof read, &origin), 28);
	assert_int_equal(origin.owner, OWNER);
	assert_int_equal(origin.from.relay, rtc_relay_number(it->relay));
	// A check of the peer's, in ChannelData.
	assert_int_equal(rtc_transport_add_ufrag(it->transport, "home", 8), 0);
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &it->peer), 0);
	size = stun_message(data + 4, STUN_REQUEST, 6, "home:away");
	memcpy(data, ((uint8_t[]){0x40, 1, 0, (uint8_t)size}), 4);
	udp_peer_send(&it->server, it->port, data, 4 + size);
	for (int i = 0; i < 5000 && !it->transport->filter->count; i++)
		usleep(1000);
	assert_int_equal(rtc_transport_read_stun(it->transport, read, sizeof read, &origin), size);
	assert_int_equal(origin.owner, 8);
	assert_true(rtc_address_equal(&origin.from, &it->peer));
	// And one of ours to the peer.
	size = stun_message(data, STUN_REQUEST, 7, "away:home");
	assert_int_equal(rtc_transport_send_stun(it->transport, &it->peer, 8, data, size), 0);
	assert_int_equal(udp_peer_receive(&it->server, read, sizeof read, 5000), 4 + size);
	assert_memory_equal(read + 4, data, size);
}

static void what_is_malformed_or_unknown_is_counted(void **state)
{
	fixture *it = *state;
	uint8_t good[64], data[64];
	unsigned malformed = 0, unknown = 0;
	size_t size = indication(good, 1);
	struct {
		size_t at, size;
		uint8_t value;
		int unknown;
	} cases[] = {
		{0, 56, 0x40, 1},  // a channel that nobody has, with a length that fits
		{2, 56, 0xff, 0},  // longer than it is
		{4, 56, 0, 0},     // the cookie
		{3, 56, 35, 0},    // not a multiple of 4
		{23, 56, 9, 0},    // no such address
		{25, 56, 3, 0},    // no such family
		{25, 56, 2, 0},    // a family of another size
		{33, 56, 0x14, 0}, // no DATA
		{35, 56, 200, 0},  // DATA beyond the end
		{28, 56, 224 ^ 0x21, 1}, {0, 3, 0x40, 0}, {0, 19, 0, 0}, {0, 56, 0x80, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memcpy(data, good, size);
		data[cases[i].at] = cases[i].value;
		assert_int_equal(rtc_relay_receive(it->relay, data, cases[i].size), 0);
		*(cases[i].unknown ? &unknown : &malformed) += 1;
		assert_int_equal(statistics(it).malformed, malformed);
		assert_int_equal(statistics(it).unknown, unknown);
	}
	assert_int_equal(it->packets, 0);
}

// In memory of just its size, so that the sanitizer sees what is read beyond.
static void an_address_of_no_length_ends_the_message(void **state)
{
	static const uint8_t message[28] = {0, 0x17, 0, 8, 0x21, 0x12, 0xa4, 0x42, [20] = 0, 0x13, 0, 0, 0, 0x12, 0, 0};
	fixture *it = *state;
	uint8_t *data = malloc(sizeof message);
	assert_non_null(data);
	memcpy(data, message, sizeof message);
	assert_int_equal(rtc_relay_receive(it->relay, data, sizeof message), 0);
	assert_int_equal(statistics(it).malformed, 1);
	free(data);
}

static void a_relay_that_is_closed_sends_nothing(void **state)
{
	fixture *it = *state;
	uint8_t data[20] = {0x80};
	assert_int_equal(rtc_path_select(it->path, &it->peer), 0);
	rtc_relay_close(it->relay);
	it->relay = NULL;
	assert_int_equal(rtc_path_send(it->path, data, sizeof data), ENOTCONN);
	assert_null(rtc_path_begin(it->path));
	assert_int_equal(rtc_transport_send_stun(it->transport, &it->peer, 1, data, sizeof data), EHOSTUNREACH);
}

static void relays_are_bounded_and_numbers_are_not_used_at_once_again(void **state)
{
	fixture *it = *state;
	rtc_relay *relays[RTC_RELAYS] = {0};
	rtc_relay_options options = {.server = it->server.address};
	int error;
	for (int i = 1; i < RTC_RELAYS; i++) {
		relays[i] = rtc_relay_open(it->transport, &options, &error);
		assert_int_equal(rtc_relay_number(relays[i]), RTC_RELAY_FIRST + i);
	}
	assert_null(rtc_relay_open(it->transport, &options, &error));
	assert_int_equal(error, ENOSPC);
	options.server.port = 0;
	assert_null(rtc_relay_open(it->transport, &options, &error));
	assert_int_equal(error, EINVAL);
	for (int i = 1; i < RTC_RELAYS; i++)
		rtc_relay_close(relays[i]);
	options.server.port = it->server.address.port;
	rtc_relay *next = rtc_relay_open(it->transport, &options, &error);
	assert_int_equal(rtc_relay_number(next), RTC_RELAY_FIRST + RTC_RELAYS);
	rtc_relay_close(next);
}

static void a_port_that_is_closed_is_told_of(void **state)
{
	fixture *it = *state;
	uint8_t data[300];
	size_t size = stun_message(data, STUN_REQUEST, 5, NULL);
	udp_peer_close(&it->server);
	it->server = udp_peer_open(4); // for the teardown
	if (it->server.address.port == it->relay->options.server.port)
		skip();
	rtc_relay_send_stun(it->relay, data, size);
	await(&it->errors, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(a_peer_without_channel_is_reached_by_indications),
		TEST(a_channel_takes_four_bytes),
		TEST(channels_are_one_to_one_and_bounded),
		TEST(what_the_server_brings_is_the_peers),
		TEST(answers_are_the_owners_and_checks_the_peers),
		TEST(what_is_malformed_or_unknown_is_counted),
		TEST(an_address_of_no_length_ends_the_message),
		TEST(a_relay_that_is_closed_sends_nothing),
		TEST(relays_are_bounded_and_numbers_are_not_used_at_once_again),
		TEST(a_port_that_is_closed_is_told_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
