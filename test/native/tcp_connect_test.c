// SPDX-License-Identifier: Apache-2.0
// Connections of ours to peers that wait for them, of whom some are none.
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

#define OWNER 7

typedef struct {
	rtc_transport *transport;
	rtc_path *path;
	atomic_int packets, bytes;
	int listener;
	rtc_address route; // to the listener
} fixture;

static void onSrtp(void *context, uint8_t *data, size_t size)
{
	fixture *it = context;
	(void)data;
	atomic_fetch_add(&it->bytes, (int)size);
	atomic_fetch_add(&it->packets, 1);
}

static void await(atomic_int *counter, int value)
{
	for (int i = 0; i < 50000 && *counter < value; i++)
		usleep(200);
	assert_int_equal(*counter, value);
}

static rtc_tcp_statistics statistics(rtc_transport *transport)
{
	rtc_tcp_statistics statistics;
	rtc_tcp_get_statistics(transport, &statistics);
	return statistics;
}

static void awaitFailed(fixture *it, uint64_t value)
{
	for (int i = 0; i < 50000 && statistics(it->transport).failed < value; i++)
		usleep(200);
	assert_int_equal(statistics(it->transport).failed, value);
}

static int listenAt(uint16_t port, int backlog, rtc_address *route)
{
	rtc_address here;
	rtc_sockaddr name;
	int on = 1;
	assert_int_equal(rtc_address_parse(&here, "127.0.0.1", port), 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	socklen_t size = rtc_address_to_socket(&here, &name);
	assert_int_equal(bind(fd, &name.any, size), 0);
	if (backlog >= 0)
		assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, &name.any, &size), 0);
	rtc_address_from_socket(route, &name);
	route->relay = RTC_TCP_OUR_ROUTE;
	return fd;
}

static int setup(void **state)
{
	fixture *it = calloc(1, sizeof *it);
	int error;
	rtc_transport_options options = {.address = "127.0.0.1", .connectsTcp = 1};
	it->transport = rtc_transport_open(&options, &error);
	assert_non_null(it->transport);
	it->path = rtc_path_new(it->transport);
	rtc_path_set_srtp(it->path, onSrtp, it);
	it->listener = listenAt(0, 8, &it->route);
	*state = it;
	return 0;
}

static int teardown(void **state)
{
	fixture *it = *state;
	rtc_path_close(it->path);
	rtc_path_release(it->path);
	rtc_transport_close(it->transport);
	close(it->listener);
	free(it);
	return 0;
}

static int hasCome(int fd, int milliseconds)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	return poll(&polled, 1, milliseconds) == 1;
}

static int acceptOne(int listener)
{
	assert_true(hasCome(listener, 5000));
	int fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	return fd;
}

static void writeFrame(int fd, const void *data, size_t size)
{
	uint8_t frame[2 + 2000] = {(uint8_t)(size >> 8), (uint8_t)size};
	memcpy(frame + 2, data, size);
	assert_int_equal(send(fd, frame, 2 + size, MSG_NOSIGNAL), 2 + size);
}

static size_t readFrame(int fd, uint8_t *data)
{
	uint8_t prefix[2];
	assert_true(hasCome(fd, 5000));
	assert_int_equal(recv(fd, prefix, 2, MSG_WAITALL), 2);
	size_t size = (size_t)(prefix[0] << 8 | prefix[1]);
	assert_int_equal(recv(fd, data, size, MSG_WAITALL), size);
	return size;
}

static int isEnded(int fd)
{
	uint8_t byte;
	return hasCome(fd, 8000) && recv(fd, &byte, 1, 0) <= 0;
}

static int ask(rtc_transport *transport, const rtc_address *route, uint32_t id)
{
	uint8_t data[300];
	size_t size = stun_message(data, STUN_REQUEST, id, "away:home");
	return rtc_transport_send_stun(transport, route, OWNER, data, size);
}

// The peer's side of a connection that it has answered.
static int meet(fixture *it, uint32_t id)
{
	uint8_t data[RTC_STUN_SIZE];
	rtc_stun_origin origin;
	int size = 0;
	assert_int_equal(ask(it->transport, &it->route, id), 0);
	int fd = acceptOne(it->listener);
	assert_int_not_equal(readFrame(fd, data), 0);
	writeFrame(fd, data, stun_message(data, STUN_SUCCESS, id, NULL));
	for (int i = 0; i < 25000 && !(size = rtc_transport_read_stun(it->transport, data, sizeof data, &origin)); i++)
		usleep(200);
	assert_true(size > 0);
	assert_int_equal(origin.owner, OWNER);
	assert_true(rtc_address_equal(&origin.from, &it->route));
	assert_int_equal(rtc_path_confirm(it->path, &it->route), 0);
	assert_int_equal(rtc_path_select(it->path, &it->route), 0);
	return fd;
}

static void a_check_connects_and_data_follows(void **state)
{
	fixture *it = *state;
	uint8_t packet[100] = {0x80, 96}, data[2000];
	int fd = meet(it, 1);
	for (int i = 1; i <= 70; i++)
		assert_int_equal(rtc_path_send(it->path, packet, sizeof packet), 0);
	for (int i = 1; i <= 70; i++)
		assert_int_equal(readFrame(fd, data), sizeof packet);
	assert_memory_equal(data, packet, sizeof packet);
	for (int i = 0; i < 10; i++)
		writeFrame(fd, packet, sizeof packet);
	await(&it->packets, 10);
	assert_int_equal(it->bytes, 10 * sizeof packet);
	assert_int_equal(statistics(it->transport).begun, 1);
	assert_int_equal(statistics(it->transport).failed, 0);
	// It goes with the path.
	rtc_path_forget(it->path);
	assert_true(isEnded(fd));
	assert_int_equal(rtc_path_send(it->path, packet, sizeof packet), ENOTCONN);
	assert_int_equal(statistics(it->transport).failed, 0);
	close(fd);
}

// RFC 8489 section 6.2.2: what TCP has taken is not said twice; while it is not connected, one message waits.
static void a_request_is_said_once(void **state)
{
	fixture *it = *state;
	uint8_t data[2000];
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(it->transport, &it->route, 1), 0);
	int fd = acceptOne(it->listener);
	size_t size = readFrame(fd, data);
	assert_int_equal(data[16], 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(it->transport, &it->route, 2), 0);
	assert_int_equal(ask(it->transport, &it->route, 3), 0);
	int seen[4] = {0};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(readFrame(fd, data), size);
		seen[data[16]]++;
	}
	assert_int_equal(seen[2], 1);
	assert_int_equal(seen[3], 1);
	assert_false(hasCome(fd, 50));
	assert_int_equal(statistics(it->transport).begun, 1);
	close(fd);
}

static void where_nobody_listens_another_try_follows(void **state)
{
	fixture *it = *state;
	uint16_t port = it->route.port;
	close(it->listener);
	assert_int_equal(ask(it->transport, &it->route, 1), 0);
	awaitFailed(it, 1);
	it->listener = listenAt(port, 8, &it->route);
	close(meet(it, 1)); // the same request, once more
}

// A host that drops what comes: its queue of connections is full.
static void who_does_not_answer_is_given_up(void **state)
{
	fixture *it = *state;
	rtc_address route;
	rtc_sockaddr name;
	uint8_t data[2000];
	int full = listenAt(0, 0, &route), others[4];
	socklen_t size = rtc_address_to_socket(&route, &name);
	for (int i = 0; i < 4; i++) {
		others[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(others[i], &name.any, size);
	}
	uint64_t start = rtc_now();
	for (int i = 0; i < 20; i++, usleep(3000))
		assert_int_equal(ask(it->transport, &route, 1), 0);
	assert_int_equal(statistics(it->transport).begun, 1);
	awaitFailed(it, 1);
	assert_in_range(rtc_now() - start, 1000000, 8000000);
	for (int i = 0; i < 4; i++)
		close(others[i]);
	close(full);
	// And one that connects, and says nothing of a peer's.
	assert_int_equal(ask(it->transport, &it->route, 2), 0);
	int fd = acceptOne(it->listener);
	assert_int_not_equal(readFrame(fd, data), 0);
	assert_true(isEnded(fd));
	awaitFailed(it, 2);
	close(fd);
}

static void a_flood_of_a_server_that_is_no_peer_ends_it(void **state)
{
	fixture *it = *state;
	uint8_t junk[1000];
	memset(junk, 0x80, sizeof junk);
	assert_int_equal(ask(it->transport, &it->route, 2), 0);
	int fd = acceptOne(it->listener);
	for (int i = 0; i < 10000; i++) {
		uint8_t frame[1002] = {1000 >> 8, 1000 & 255};
		memcpy(frame + 2, junk, sizeof junk);
		if (send(fd, frame, sizeof frame, MSG_NOSIGNAL) < 0)
			break;
	}
	awaitFailed(it, 1);
	rtc_transport_statistics counted;
	rtc_transport_get_statistics(it->transport, &counted);
	assert_in_range(counted.bytesReceived, 1, 80000);
	close(fd);
}

static void there_are_four_at_most(void **state)
{
	fixture *it = *state;
	int listeners[12], wanted = 0, come = 0;
	rtc_address routes[12];
	for (int i = 0; i < 12; i++) {
		listeners[i] = listenAt(0, 4, &routes[i]);
		int error = ask(it->transport, &routes[i], (uint32_t)i);
		assert_true(error == 0 || error == ENOBUFS);
		wanted += error == 0;
		usleep(3000);
	}
	assert_in_range(wanted, RTC_TCP_OUTGOING, 12);
	usleep(200000);
	for (int i = 0; i < 12; i++)
		come += hasCome(listeners[i], 0);
	assert_int_equal(come, RTC_TCP_OUTGOING);
	assert_int_equal(statistics(it->transport).begun, RTC_TCP_OUTGOING);
	awaitFailed(it, (uint64_t)wanted); // those without a place at once, the others in their time
	for (int i = 0; i < 12; i++)
		close(listeners[i]);
}

static void a_peer_that_closes_is_connected_anew(void **state)
{
	fixture *it = *state;
	uint8_t packet[40] = {0x80};
	int error = 0;
	close(meet(it, 1));
	for (int i = 0; i < 25000 && error != ENOTCONN; i++) {
		error = rtc_path_send(it->path, packet, sizeof packet);
		usleep(200);
	}
	assert_int_equal(error, ENOTCONN);
	close(meet(it, 2));
	assert_int_equal(statistics(it->transport).begun, 2);
	assert_int_equal(statistics(it->transport).failed, 0);
}

static void without_being_asked_for_nothing_is_connected(void **state)
{
	fixture *it = *state;
	for (int listens = 0; listens < 2; listens++) {
		int error;
		rtc_transport_options options = {.address = "127.0.0.1", .hasTcp = listens};
		rtc_transport *other = rtc_transport_open(&options, &error);
		assert_non_null(other);
		assert_int_equal(ask(other, &it->route, 1), ENOTCONN);
		assert_false(hasCome(it->listener, 50));
		rtc_transport_close(other);
	}
	// An address that is none, or of a family that there is not.
	rtc_address bad = it->route;
	bad.port = 0;
	assert_int_equal(ask(it->transport, &bad, 1), EADDRNOTAVAIL);
	assert_int_equal(rtc_address_parse(&bad, "::1", 9), 0);
	bad.relay = RTC_TCP_OUR_ROUTE + 1;
	assert_int_equal(ask(it->transport, &bad, 1), EAFNOSUPPORT);
}

// Two of ours: one waits, one connects.
static void it_meets_its_own_kind(void **state)
{
	fixture *it = *state;
	int error, size = 0;
	uint8_t data[RTC_STUN_SIZE], packet[40] = {0x80};
	rtc_stun_origin origin;
	rtc_transport_options options = {.address = "127.0.0.1", .hasTcp = 1, .connectsTcp = 1};
	rtc_transport *other = rtc_transport_open(&options, &error);
	assert_non_null(other);
	assert_int_equal(rtc_transport_add_ufrag(other, "away", 9), 0);
	it->route.port = rtc_tcp_port(other);
	assert_int_equal(ask(it->transport, &it->route, 1), 0);
	for (int i = 0; i < 25000 && !(size = rtc_transport_read_stun(other, data, sizeof data, &origin)); i++)
		usleep(200);
	assert_true(size > 0);
	assert_int_equal(origin.from.relay, RTC_TCP_ROUTE);
	rtc_path *path = rtc_path_new(other);
	assert_int_equal(rtc_path_accept(path, &origin.from), 0);
	assert_int_equal(rtc_path_select(path, &origin.from), 0);
	assert_int_equal(rtc_path_confirm(it->path, &it->route), 0);
	assert_int_equal(rtc_path_send(path, packet, sizeof packet), 0);
	await(&it->packets, 1);
	rtc_path_close(path);
	rtc_path_release(path);
	rtc_transport_close(other);
}

size_t __sanitizer_get_current_allocated_bytes(void);

static void cycles_give_everything_back(void **state)
{
	void *it;
	size_t before = 0;
	(void)state;
	for (int i = 0; i < 40; i++) {
		assert_int_equal(setup(&it), 0);
		fixture *fix = it;
		if (i & 1)
			close(meet(fix, 1));
		assert_int_equal(ask(fix->transport, &fix->route, 2), 0); // closed while it is wanted, begun, connected
		usleep((useconds_t)(i * 20));
		teardown(&it);
		if (i == 9)
			before = __sanitizer_get_current_allocated_bytes();
	}
	assert_true(__sanitizer_get_current_allocated_bytes() <= before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_check_connects_and_data_follows),
		TEST(a_request_is_said_once),
		TEST(where_nobody_listens_another_try_follows),
		TEST(who_does_not_answer_is_given_up),
		TEST(a_flood_of_a_server_that_is_no_peer_ends_it),
		TEST(there_are_four_at_most),
		TEST(a_peer_that_closes_is_connected_anew),
		TEST(without_being_asked_for_nothing_is_connected),
		TEST(it_meets_its_own_kind),
		cmocka_unit_test(cycles_give_everything_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
