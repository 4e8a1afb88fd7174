// SPDX-License-Identifier: Apache-2.0
// Peers that connect by TCP, and strangers who do.
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
	atomic_int news, packets, bytes;
	uint8_t last;
} fixture;

static atomic_int acceptError, acceptCalls; // errno value of accept(), unless 0

int __real_accept(int fd, struct sockaddr *restrict name, socklen_t *restrict size);
int __wrap_accept(int fd, struct sockaddr *restrict name, socklen_t *restrict size);

int __wrap_accept(int fd, struct sockaddr *restrict name, socklen_t *restrict size)
{
	atomic_fetch_add(&acceptCalls, 1);
	if (!acceptError)
		return __real_accept(fd, name, size);
	errno = acceptError;
	return -1;
}

static void onStun(void *context)
{
	atomic_fetch_add(&((fixture *)context)->news, 1);
}

static void onSrtp(void *context, uint8_t *data, size_t size)
{
	fixture *it = context;
	it->last = data[size - 1];
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

static rtc_tcp_statistics statistics(fixture *it)
{
	rtc_tcp_statistics statistics;
	rtc_tcp_get_statistics(it->transport, &statistics);
	return statistics;
}

static void awaitRefused(fixture *it, uint64_t value)
{
	for (int i = 0; i < 25000 && statistics(it).refused < value; i++)
		usleep(200);
	assert_int_equal(statistics(it).refused, value);
}

static int setup(void **state)
{
	int error;
	fixture *it = calloc(1, sizeof *it);
	rtc_transport_options options = {.address = "127.0.0.1", .hasTcp = 1, .onStun = onStun, .context = it};
	it->transport = rtc_transport_open(&options, &error);
	assert_non_null(it->transport);
	it->path = rtc_path_new(it->transport);
	rtc_path_set_srtp(it->path, onSrtp, it);
	assert_int_equal(rtc_transport_add_ufrag(it->transport, "home", OWNER), 0);
	*state = it;
	return 0;
}

static int teardown(void **state)
{
	fixture *it = *state;
	rtc_path_close(it->path);
	rtc_path_release(it->path);
	rtc_transport_close(it->transport);
	free(it);
	return 0;
}

// A socket that is connected, and its route.
static int join(fixture *it, rtc_address *route)
{
	rtc_address server;
	rtc_sockaddr name;
	assert_int_equal(rtc_address_parse(&server, "127.0.0.1", rtc_tcp_port(it->transport)), 0);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	socklen_t size = rtc_address_to_socket(&server, &name);
	assert_int_equal(connect(fd, &name.any, size), 0);
	if (route) {
		assert_int_equal(getsockname(fd, &name.any, &size), 0);
		rtc_address_from_socket(route, &name);
		route->relay = RTC_TCP_ROUTE;
	}
	return fd;
}

static void writeAll(int fd, const void *data, size_t size)
{
	for (const uint8_t *from = data; size;) {
		ssize_t count = send(fd, from, size, MSG_NOSIGNAL);
		assert_true(count > 0);
		from += count;
		size -= (size_t)count;
	}
}

static void writeFrame(int fd, const void *data, size_t size)
{
	const uint8_t prefix[2] = {(uint8_t)(size >> 8), (uint8_t)size};
	writeAll(fd, prefix, 2);
	writeAll(fd, data, size);
}

static size_t readFrame(int fd, uint8_t *data)
{
	uint8_t prefix[2];
	assert_int_equal(recv(fd, prefix, 2, MSG_WAITALL), 2);
	size_t size = (size_t)(prefix[0] << 8 | prefix[1]);
	assert_int_equal(recv(fd, data, size, MSG_WAITALL), size);
	return size;
}

// Whether the other side has ended it, in time.
static int isEnded(int fd)
{
	uint8_t byte;
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	return poll(&polled, 1, 5000) == 1 && recv(fd, &byte, 1, 0) <= 0;
}

static void check(int fd, uint32_t id)
{
	uint8_t data[300];
	writeFrame(fd, data, stun_message(data, STUN_REQUEST, id, "home:away"));
}

// Takes the message, as the control plane does when it is authentic.
static void admit(fixture *it, const rtc_address *route)
{
	uint8_t data[RTC_STUN_SIZE];
	rtc_stun_origin origin;
	int size = 0;
	for (int i = 0; i < 25000 && !(size = rtc_transport_read_stun(it->transport, data, sizeof data, &origin)); i++)
		usleep(200);
	assert_true(size > 0);
	assert_int_equal(origin.owner, OWNER);
	assert_true(rtc_address_equal(&origin.from, route));
	assert_int_equal(rtc_path_accept(it->path, route), 0);
}

static int connectPeer(fixture *it, rtc_address *route)
{
	int fd = join(it, route);
	check(fd, 1);
	admit(it, route);
	assert_int_equal(rtc_path_select(it->path, route), 0);
	return fd;
}

static void carries_both_ways(void **state)
{
	fixture *it = *state;
	rtc_address route;
	uint8_t data[1600], packet[100] = {0x80, 96};
	int fd = connectPeer(it, &route);
	size_t size = stun_message(data, STUN_SUCCESS, 1, NULL);
	assert_int_equal(rtc_transport_send_stun(it->transport, &route, OWNER, data, size), 0);
	assert_int_equal(readFrame(fd, data), size);
	writeFrame(fd, packet, sizeof packet);
	await(&it->packets, 1);
	assert_int_equal(it->bytes, sizeof packet);
	// One, then a run that is more than the transmit buffers hold.
	assert_int_equal(rtc_path_send(it->path, packet, sizeof packet), 0);
	assert_int_equal(readFrame(fd, data), sizeof packet);
	assert_memory_equal(data, packet, sizeof packet);
	rtc_transmit *transmit = rtc_path_begin(it->path);
	assert_non_null(transmit);
	for (int i = 0; i < 70; i++) {
		memset(rtc_transmit_buffer(transmit), i, (size_t)(20 + i));
		rtc_transmit_commit(transmit, (size_t)(20 + i));
	}
	assert_int_equal(rtc_transmit_end(transmit), 0);
	for (int i = 0; i < 70; i++) {
		assert_int_equal(readFrame(fd, data), 20 + i);
		assert_int_equal(data[19], i);
	}
	rtc_path_statistics counted;
	rtc_path_get_statistics(it->path, &counted);
	assert_int_equal(counted.packetsSent, 71);
	assert_int_equal(counted.bytesSent, sizeof packet + 70 * 20 + 69 * 35);
	assert_int_equal(statistics(it).accepted, 1);
	close(fd);
}

static void messages_are_cut_wherever_the_network_cuts(void **state)
{
	fixture *it = *state;
	rtc_address route;
	uint8_t stream[3 * 42];
	int fd = connectPeer(it, &route);
	for (int i = 0; i < 3; i++) {
		uint8_t *frame = stream + 42 * i;
		memset(frame, 0, 42);
		frame[1] = 40;
		frame[2] = 0x80;
		frame[41] = (uint8_t)i;
	}
	for (size_t i = 0; i < sizeof stream; i++) {
		writeAll(fd, stream + i, 1);
		usleep(500);
	}
	await(&it->packets, 3);
	assert_int_equal(it->last, 2);
	writeAll(fd, stream, sizeof stream);
	await(&it->packets, 6);
	close(fd);
}

static void what_is_too_large_is_passed_over(void **state)
{
	fixture *it = *state;
	rtc_address route;
	static uint8_t large[0xffff];
	uint8_t packet[40] = {0x80};
	int fd = connectPeer(it, &route);
	memset(large, 0x80, sizeof large);
	for (size_t size = sizeof large; size > 1536; size -= 16000)
		writeFrame(fd, large, size);
	writeFrame(fd, packet, 0); // RFC 4571 section 2 has nothing against it
	writeFrame(fd, packet, sizeof packet);
	await(&it->packets, 1);
	assert_int_equal(it->bytes, sizeof packet);
	assert_int_equal(statistics(it).malformed, 4);
	close(fd);
}

// Sends nothing, too little, or what is nobody's: no connection of a stranger stays.
static void strangers_are_sent_away(void **state)
{
	fixture *it = *state;
	uint8_t data[300];
	size_t size = stun_message(data, STUN_REQUEST, 3, "none:away");
	static const uint8_t half[] = {0, 100, 0, 1};
	static const uint8_t http[] = "GET / HTTP/1.1\r\nHost: camera\r\n\r\n"; // a frame of 18,245 bytes
	int fds[4];
	for (int i = 0; i < 4; i++)
		fds[i] = join(it, NULL);
	writeAll(fds[1], half, sizeof half);
	writeFrame(fds[2], data, size);
	writeAll(fds[3], http, sizeof http - 1);
	for (int i = 0; i < 4; i++) {
		assert_true(isEnded(fds[i]));
		close(fds[i]);
	}
	awaitRefused(it, 4);
	assert_int_equal(it->news, 0);
}

static void a_flood_ends_itself(void **state)
{
	fixture *it = *state;
	uint8_t junk[1000];
	int fd = join(it, NULL);
	memset(junk, 0x80, sizeof junk);
	for (int i = 0; i < 10000; i++) {
		uint8_t frame[1002] = {1000 >> 8, 1000 & 255};
		memcpy(frame + 2, junk, sizeof junk);
		if (send(fd, frame, sizeof frame, MSG_NOSIGNAL) < 0)
			break;
	}
	awaitRefused(it, 1);
	rtc_transport_statistics counted;
	rtc_transport_get_statistics(it->transport, &counted);
	assert_in_range(counted.bytesReceived, 1, 80000); // what is read in one turn
	close(fd);
}

// Nor has one time to say what it wants that begins with a message too large.
static void one_that_is_too_large_ends_a_stranger(void **state)
{
	fixture *it = *state;
	static const uint8_t large[5002] = {5000 >> 8, 5000 & 255};
	int fd = join(it, NULL);
	uint64_t start = rtc_now();
	writeAll(fd, large, sizeof large);
	assert_true(isEnded(fd));
	assert_in_range(rtc_now() - start, 0, RTC_TCP_PATIENCE - 1);
	close(fd);
}

// More connections than there are places: the oldest who has shown nothing gives way, a peer never.
static void who_has_shown_nothing_gives_way(void **state)
{
	fixture *it = *state;
	rtc_address route;
	uint8_t packet[40] = {0x80};
	int peer = connectPeer(it, &route), fds[3 * RTC_TCP_CONNECTIONS];
	for (int i = 0; i < 3 * RTC_TCP_CONNECTIONS; i++)
		fds[i] = join(it, NULL);
	for (int i = 0; i < 25000 && statistics(it).accepted < 1 + 3 * RTC_TCP_CONNECTIONS; i++)
		usleep(200);
	assert_int_equal(statistics(it).accepted, 1 + 3 * RTC_TCP_CONNECTIONS);
	awaitRefused(it, 3 * RTC_TCP_CONNECTIONS); // the last ones in their time
	writeFrame(peer, packet, sizeof packet);
	await(&it->packets, 1);
	assert_int_equal(rtc_path_send(it->path, packet, sizeof packet), 0);
	for (int i = 0; i < 3 * RTC_TCP_CONNECTIONS; i++)
		close(fds[i]);
	close(peer);
}

// Where there are peers only, nobody else finds a place.
static void peers_are_not_sent_away(void **state)
{
	fixture *it = *state;
	rtc_address routes[RTC_TCP_CONNECTIONS];
	int fds[RTC_TCP_CONNECTIONS];
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++)
		fds[i] = connectPeer(it, &routes[i]);
	int fd = join(it, NULL);
	assert_true(isEnded(fd));
	close(fd);
	// They go with the path.
	rtc_path_forget(it->path);
	for (int i = 0; i < RTC_TCP_CONNECTIONS; i++) {
		assert_true(isEnded(fds[i]));
		close(fds[i]);
	}
	assert_int_equal(rtc_path_send(it->path, (const uint8_t *)"\x80", 1), ENOTCONN);
}

static void a_peer_that_goes_is_gone(void **state)
{
	fixture *it = *state;
	rtc_address route;
	uint8_t data[300], packet[40] = {0x80};
	close(connectPeer(it, &route));
	int error = 0;
	for (int i = 0; i < 25000 && error != ENOTCONN; i++) { // its queue may be full before that
		error = rtc_path_send(it->path, packet, sizeof packet);
		usleep(200);
	}
	assert_int_equal(error, ENOTCONN);
	size_t size = stun_message(data, STUN_REQUEST, 8, "away:home");
	assert_int_equal(rtc_transport_send_stun(it->transport, &route, OWNER, data, size), ENOTCONN);
	assert_int_equal(statistics(it).refused, 0);
	// And is welcome again.
	close(connectPeer(it, &route));
}

// One that takes nothing in: what finds no room is lost, and the control plane has its share.
static void a_peer_that_stalls_costs_its_queue(void **state)
{
	fixture *it = *state;
	rtc_address route;
	uint8_t packet[1200] = {0x80}, data[300];
	int fd = connectPeer(it, &route), lost = 0;
	for (int i = 0; i < 20000 && lost < 100; i++)
		lost += rtc_path_send(it->path, packet, sizeof packet) == ENOBUFS;
	assert_int_equal(lost, 100);
	size_t size = stun_message(data, STUN_REQUEST, 8, "away:home");
	assert_int_equal(rtc_transport_send_stun(it->transport, &route, OWNER, data, size), 0);
	static uint8_t room[65536];
	for (int i = 0;; i++) { // everything arrives whole, the question last
		size_t count = readFrame(fd, room);
		if (count != sizeof packet) {
			assert_int_equal(count, size);
			break;
		}
	}
	close(fd);
}

// There are no descriptors left: whoever waits stays in the queue, which must not keep the thread awake, and is served
// later.
static void what_cannot_be_accepted_waits(void **state)
{
	fixture *it = *state;
	rtc_address route;
	acceptCalls = 0;
	acceptError = EMFILE;
	int fd = join(it, &route);
	check(fd, 1);
	await(&acceptCalls, 1);
	usleep(200000);
	assert_int_equal(acceptCalls, 1);
	acceptError = 0;
	admit(it, &route);
	assert_int_equal(statistics(it).accepted, 1);
	close(fd);
}

static void without_tcp_there_is_none(void **state)
{
	int error;
	rtc_address route;
	(void)state;
	rtc_transport *transport = rtc_transport_open(&(rtc_transport_options){0}, &error);
	assert_int_equal(rtc_tcp_port(transport), 0);
	assert_int_equal(rtc_address_parse(&route, "127.0.0.1", 9), 0);
	route.relay = RTC_TCP_ROUTE;
	assert_int_equal(rtc_transport_send_stun(transport, &route, 1, (const uint8_t *)"", 0), ENOTCONN);
	rtc_tcp_statistics counted;
	rtc_tcp_get_statistics(transport, &counted);
	assert_int_equal(counted.accepted, 0);
	rtc_transport_close(transport);
}

static void a_port_that_is_taken_is_told(void **state)
{
	fixture *it = *state;
	int error;
	rtc_transport_options options = {.address = "127.0.0.1", .hasTcp = 1, .tcpPort = rtc_tcp_port(it->transport)};
	assert_int_equal(rtc_tcp_port(it->transport),
					 rtc_transport_port(it->transport)); // the same number, where it is free
	assert_null(rtc_transport_open(&options, &error));
	assert_int_equal(error, EADDRINUSE);
	options.tcpPort = 0;
	rtc_transport *other = rtc_transport_open(&options, &error);
	assert_non_null(other);
	rtc_transport_close(other);
}

size_t __sanitizer_get_current_allocated_bytes(void);

static void cycles_give_everything_back(void **state)
{
	void *it;
	size_t before = 0;
	(void)state;
	for (int i = 0; i < 20; i++) {
		rtc_address route;
		assert_int_equal(setup(&it), 0);
		int fd = connectPeer(it, &route), stranger = join(it, NULL);
		assert_int_equal(rtc_path_send(((fixture *)it)->path, (const uint8_t *)"\x80", 1), 0);
		teardown(&it);
		close(fd);
		close(stranger);
		if (i == 5)
			before = __sanitizer_get_current_allocated_bytes();
	}
	assert_true(__sanitizer_get_current_allocated_bytes() <= before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(carries_both_ways),
		TEST(messages_are_cut_wherever_the_network_cuts),
		TEST(what_is_too_large_is_passed_over),
		TEST(strangers_are_sent_away),
		TEST(a_flood_ends_itself),
		TEST(one_that_is_too_large_ends_a_stranger),
		TEST(who_has_shown_nothing_gives_way),
		TEST(peers_are_not_sent_away),
		TEST(a_peer_that_goes_is_gone),
		TEST(a_peer_that_stalls_costs_its_queue),
		TEST(what_cannot_be_accepted_waits),
		cmocka_unit_test(without_tcp_there_is_none),
		TEST(a_port_that_is_taken_is_told),
		cmocka_unit_test(cycles_give_everything_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
