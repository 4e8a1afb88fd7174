// SPDX-License-Identifier: Apache-2.0
// A relay whose leg is a stream, with a socket that plays the TURN server.
#include "rtc_relay_core.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stun_messages.h"

#define CHANNEL 0x4001
#define PATIENCE 5000

typedef struct {
	rtc_transport *transport;
	rtc_relay *relay;
	int listener, server;
	rtc_address address, peer;
	rtc_path *path;
	atomic_int opened, errors, packets, bytes;
	char reason[RTC_STREAM_REASON];
} fixture;

static void onOpen(void *context)
{
	atomic_fetch_add(&((fixture *)context)->opened, 1);
}

static void onError(void *context, const char *reason)
{
	fixture *it = context;
	strncpy(it->reason, reason, sizeof it->reason - 1);
	atomic_fetch_add(&it->errors, 1);
}

static void onSrtp(void *context, uint8_t *data, size_t size)
{
	fixture *it = context;
	data[0] = 0; // it may be written to
	atomic_fetch_add(&it->bytes, (int)size);
	atomic_fetch_add(&it->packets, 1);
}

static void await(atomic_int *counter, int value)
{
	for (int i = 0; i < 25000 && *counter < value; i++)
		usleep(200);
	assert_int_equal(*counter, value);
}

static rtc_relay_statistics statistics(fixture *it)
{
	rtc_relay_statistics statistics;
	rtc_relay_get_statistics(it->relay, &statistics);
	return statistics;
}

static rtc_relay *openRelay(fixture *it, rtc_stream_layer *layer, uint32_t patience, int *error)
{
	rtc_relay_options options = {
		.server = it->address,
		.owner = 5,
		.isStream = 1,
		.layer = layer,
		.patience = patience,
		.onOpen = onOpen,
		.onError = onError,
		.context = it,
	};
	return rtc_relay_open(it->transport, &options, error);
}

static int prepare(void **state)
{
	fixture *it = calloc(1, sizeof *it);
	int error;
	it->transport = rtc_transport_open(&(rtc_transport_options){0}, &error);
	it->server = -1;
	rtc_address_parse(&it->address, "127.0.0.1", 0);
	rtc_sockaddr name;
	socklen_t size = rtc_address_to_socket(&it->address, &name);
	it->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(it->listener, &name.any, size), 0);
	assert_int_equal(listen(it->listener, 4), 0);
	getsockname(it->listener, &name.any, &size);
	rtc_address_from_socket(&it->address, &name);
	it->path = rtc_path_new(it->transport);
	rtc_path_set_srtp(it->path, onSrtp, it);
	*state = it;
	return 0;
}

static int setup(void **state)
{
	prepare(state);
	fixture *it = *state;
	int error;
	it->relay = openRelay(it, NULL, PATIENCE, &error);
	assert_non_null(it->relay);
	it->server = accept(it->listener, NULL, NULL);
	await(&it->opened, 1);
	rtc_address_parse(&it->peer, "203.0.113.7", 6000);
	it->peer.relay = rtc_relay_number(it->relay);
	return 0;
}

static int teardown(void **state)
{
	fixture *it = *state;
	rtc_path_release(it->path);
	if (it->relay)
		rtc_relay_close(it->relay);
	rtc_transport_close(it->transport);
	if (it->server >= 0)
		close(it->server);
	close(it->listener);
	free(it);
	return 0;
}

static void readAll(fixture *it, uint8_t *data, size_t size)
{
	for (size_t at = 0; at < size;) {
		struct pollfd polled = {.fd = it->server, .events = POLLIN};
		assert_int_equal(poll(&polled, 1, 5000), 1);
		ssize_t count = recv(it->server, data + at, size - at, 0);
		assert_true(count > 0);
		at += (size_t)count;
	}
}

static void writeAll(fixture *it, const void *data, size_t size)
{
	assert_int_equal(send(it->server, data, size, 0), size);
}

static void channel_data_is_padded(void **state)
{
	fixture *it = *state;
	uint8_t rtp[23] = {0x80, 7}, data[60];
	rtp[22] = 9;
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &it->peer), 0);
	assert_int_equal(rtc_path_select(it->path, &it->peer), 0);
	rtc_transmit *transmit = rtc_path_begin(it->path);
	for (size_t size = 21; size <= 23; size += 2) {
		memcpy(rtc_transmit_buffer(transmit), rtp, size);
		rtc_transmit_commit(transmit, size);
	}
	assert_int_equal(rtc_transmit_end(transmit), 0);
	readAll(it, data, 28 + 28);
	assert_memory_equal(data, ((uint8_t[]){0x40, 1, 0, 21, 0x80, 7}), 6);
	assert_memory_equal(data + 25, ((uint8_t[]){0, 0, 0, 0x40, 1, 0, 23, 0x80}), 8);
	assert_memory_equal(data + 54, ((uint8_t[]){9, 0}), 2);
	rtc_relay_unbind(it->relay, CHANNEL);
	assert_int_equal(rtc_path_send(it->path, rtp, 23), 0);
	readAll(it, data, 60);
	assert_memory_equal(data, ((uint8_t[]){0, 0x16, 0, 40}), 4);
	assert_int_equal(statistics(it).packetsSent, 3);
}

static void stun_for_the_server_leaves_as_it_is(void **state)
{
	fixture *it = *state;
	uint8_t data[300], read[300];
	size_t size = stun_message(data, STUN_REQUEST, 5, NULL);
	assert_int_equal(rtc_relay_send_stun(it->relay, data, size), 0);
	readAll(it, read, size);
	assert_memory_equal(read, data, size);
	stun_message(data, STUN_SUCCESS, 5, NULL);
	writeAll(it, data, 28);
	rtc_stun_origin origin;
	int received = 0;
	for (int i = 0; i < 5000 && !received; i++, usleep(1000))
		received = rtc_transport_read_stun(it->transport, read, sizeof read, &origin);
	assert_int_equal(received, 28);
	assert_int_equal(origin.owner, 5);
}

static void messages_are_cut_wherever_the_network_cuts(void **state)
{
	fixture *it = *state;
	// Two with padding, which is not zero: 21 and 20 bytes of data.
	uint8_t data[28 + 24] = {0x40, 1, 0, 21, 0x80, [25] = 1, 2, 3, [28] = 0x40, 1, 0, 20, 0x80};
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &it->peer), 0);
	assert_int_equal(rtc_path_accept(it->path, &it->peer), 0);
	for (size_t cut = 1; cut < sizeof data; cut += 3) {
		int before = it->packets;
		writeAll(it, data, cut);
		usleep(1000);
		writeAll(it, data + cut, sizeof data - cut);
		await(&it->packets, before + 2);
	}
	for (size_t i = 0; i < sizeof data; i++)
		writeAll(it, data + i, 1);
	await(&it->packets, 18 * 2);
	assert_int_equal(it->bytes, 18 * 41);
	assert_int_equal(statistics(it).malformed, 0);
}

static void what_is_too_large_is_passed_over(void **state)
{
	fixture *it = *state;
	uint8_t large[4 + 65535 + 1] = {0x40, 1, 0xff, 0xff}, small[24] = {0x40, 1, 0, 20, 0x80};
	memset(large + 4, 0x40, 65535);
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &it->peer), 0);
	assert_int_equal(rtc_path_accept(it->path, &it->peer), 0);
	writeAll(it, large, sizeof large);
	writeAll(it, small, sizeof small);
	await(&it->packets, 1);
	assert_int_equal(it->bytes, 20);
	assert_int_equal(statistics(it).malformed, 1);
	assert_int_equal(it->errors, 0);
}

static void what_is_no_message_ends_it(void **state)
{
	fixture *it = *state;
	uint8_t data[20] = {0x80};
	writeAll(it, data, sizeof data);
	await(&it->errors, 1);
	assert_non_null(strstr(it->reason, "neither STUN"));
	assert_int_equal(rtc_path_select(it->path, &it->peer), 0);
	assert_int_equal(rtc_path_send(it->path, data, sizeof data), ENOTCONN);
	close(it->server);
	it->server = -1;
	usleep(20000);
	assert_int_equal(it->errors, 1);
}

static void an_end_is_told_at_once(void **state)
{
	fixture *it = *state;
	close(it->server);
	it->server = -1;
	await(&it->errors, 1);
	assert_non_null(strstr(it->reason, "closed"));
}

static void nobody_there_is_told(void **state)
{
	fixture *it = *state;
	int error;
	close(it->listener);
	it->relay = openRelay(it, NULL, PATIENCE, &error);
	assert_non_null(it->relay);
	assert_int_equal(rtc_relay_send_stun(it->relay, (uint8_t[20]){0}, 20), ENOTCONN);
	await(&it->errors, 1);
	assert_string_equal(it->reason, strerror(ECONNREFUSED));
	assert_int_equal(it->opened, 0);
	it->listener = socket(AF_INET, SOCK_STREAM, 0); // for the teardown
}

// A layer that takes a byte a call, and none every other time; and whose handshake never ends while `waits`.
typedef struct {
	rtc_stream_layer layer;
	int fd, turn, waits;
	atomic_int *freed;
} slow_layer;

static int slowShake(rtc_stream_layer *layer, int fd, short *events)
{
	slow_layer *it = (slow_layer *)layer;
	it->fd = fd;
	*events = POLLIN;
	return it->waits ? EAGAIN : 0;
}

static ssize_t slowRead(rtc_stream_layer *layer, void *data, size_t size)
{
	return recv(((slow_layer *)layer)->fd, data, size ? 1 : 0, 0);
}

static ssize_t slowWrite(rtc_stream_layer *layer, const void *data, size_t size)
{
	slow_layer *it = (slow_layer *)layer;
	if (it->turn++ % 2)
		return send(it->fd, data, size ? 1 : 0, 0);
	errno = EAGAIN;
	return -1;
}

static int slowHasMore(const rtc_stream_layer *layer)
{
	(void)layer;
	return 0;
}

static const char *slowReason(const rtc_stream_layer *layer)
{
	(void)layer;
	return NULL;
}

static void slowFree(rtc_stream_layer *layer)
{
	atomic_fetch_add(((slow_layer *)layer)->freed, 1);
	free(layer);
}

static rtc_stream_layer *slow(int waits, atomic_int *freed)
{
	slow_layer *it = calloc(1, sizeof *it);
	it->layer = (rtc_stream_layer){slowShake, slowRead, slowWrite, slowHasMore, slowReason, slowFree};
	it->waits = waits;
	it->freed = freed;
	return &it->layer;
}

static void a_layer_may_take_little_at_a_time(void **state)
{
	fixture *it = *state;
	uint8_t data[300], read[300];
	atomic_int freed = 0;
	int error;
	it->relay = openRelay(it, slow(0, &freed), PATIENCE, &error);
	it->server = accept(it->listener, NULL, NULL);
	await(&it->opened, 1);
	size_t size = stun_message(data, STUN_REQUEST, 5, "home:away");
	assert_int_equal(rtc_relay_send_stun(it->relay, data, size), 0);
	readAll(it, read, size);
	assert_memory_equal(read, data, size);
	rtc_relay_close(it->relay);
	it->relay = NULL;
	await(&freed, 1);
}

static void a_handshake_without_end_is_ended(void **state)
{
	fixture *it = *state;
	atomic_int freed = 0;
	int error;
	it->relay = openRelay(it, slow(1, &freed), 50, &error);
	await(&it->errors, 1);
	assert_string_equal(it->reason, strerror(ETIMEDOUT));
	rtc_relay_close(it->relay);
	// And one that is closed on its way: at once, and its thread goes by itself.
	it->relay = openRelay(it, slow(1, &freed), 60000, &error);
	rtc_relay_close(it->relay);
	it->relay = NULL;
	await(&freed, 2);
	assert_int_equal(it->errors, 1);
}

static void without_a_place_the_layer_is_freed(void **state)
{
	fixture *it = *state;
	rtc_relay *relays[RTC_RELAYS];
	atomic_int freed = 0;
	int error;
	for (int i = 0; i < RTC_RELAYS; i++)
		relays[i] = openRelay(it, slow(1, &freed), 60000, &error);
	assert_null(openRelay(it, slow(1, &freed), 60000, &error));
	assert_int_equal(error, ENOSPC);
	for (int i = 0; i < RTC_RELAYS; i++)
		rtc_relay_close(relays[i]);
	it->address.port = 0;
	assert_null(openRelay(it, slow(1, &freed), 60000, &error));
	assert_int_equal(error, EINVAL);
	await(&freed, RTC_RELAYS + 2);
}

// A server that does not read: whole packets are dropped and counted, and there is room for what must be said.
static void what_finds_no_room_is_dropped_whole(void **state)
{
	fixture *it = *state;
	uint8_t rtp[1200] = {0x80}, stun[300];
	assert_int_equal(rtc_relay_bind(it->relay, CHANNEL, &it->peer), 0);
	assert_int_equal(rtc_path_select(it->path, &it->peer), 0);
	uint32_t lost = 0, sent = 0;
	while (!lost && sent < 100000) {
		rtc_transmit *transmit = rtc_path_begin(it->path);
		for (int i = 0; i < 10; i++, sent++) {
			memcpy(rtc_transmit_buffer(transmit), rtp, sizeof rtp);
			rtc_transmit_commit(transmit, sizeof rtp);
		}
		lost = rtc_transmit_end(transmit);
	}
	assert_true(lost > 0 && sent < 100000);
	assert_int_equal(rtc_path_send(it->path, rtp, sizeof rtp), ENOBUFS);
	assert_int_equal(statistics(it).sendErrors, lost + 1);
	size_t size = stun_message(stun, STUN_REQUEST, 9, NULL);
	assert_int_equal(rtc_relay_send_stun(it->relay, stun, size), 0);
	// All that left is whole, and the last of it what must be said.
	static rtc_framer framer;
	uint8_t *frame;
	size_t frameSize, packets = 0;
	for (int over = 0; !over;) {
		size_t room;
		uint8_t *at = rtc_framer_room(&framer, &room);
		struct pollfd polled = {.fd = it->server, .events = POLLIN};
		assert_int_equal(poll(&polled, 1, 5000), 1);
		ssize_t count = recv(it->server, at, room, 0);
		assert_true(count > 0);
		rtc_framer_took(&framer, (size_t)count);
		rtc_frame_result result;
		while ((result = rtc_framer_next(&framer, &frame, &frameSize)) == RTC_FRAME_WHOLE && !over) {
			over = frameSize == size && !memcmp(frame, stun, size);
			assert_true(over || frameSize == 1204);
			packets += !over;
		}
		assert_int_equal(result, RTC_FRAME_MORE);
	}
	assert_int_equal(packets, sent - lost);
	// And it goes on.
	assert_int_equal(rtc_path_send(it->path, rtp, sizeof rtp), 0);
	readAll(it, rtp, 1200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define BEFORE(name) cmocka_unit_test_setup_teardown(name, prepare, teardown)
		TEST(channel_data_is_padded),
		TEST(stun_for_the_server_leaves_as_it_is),
		TEST(messages_are_cut_wherever_the_network_cuts),
		TEST(what_is_too_large_is_passed_over),
		TEST(what_is_no_message_ends_it),
		TEST(an_end_is_told_at_once),
		BEFORE(nobody_there_is_told),
		BEFORE(a_layer_may_take_little_at_a_time),
		BEFORE(a_handshake_without_end_is_ended),
		BEFORE(without_a_place_the_layer_is_freed),
		TEST(what_finds_no_room_is_dropped_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
