// SPDX-License-Identifier: Apache-2.0
#include "rtc_listening.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int listenOn(int family, uint16_t *port)
{
	struct sockaddr_storage address;
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	memset(&address, 0, sizeof(address));
	address.ss_family = (sa_family_t)family;
	int descriptor = socket(family, SOCK_STREAM, 0);
	assert_true(descriptor >= 0);
	assert_int_equal(bind(descriptor, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(descriptor, 1), 0);
	assert_int_equal(getsockname(descriptor, (struct sockaddr *)&address, &size), 0);
	*port = ntohs(((struct sockaddr_in *)&address)->sin_port); // in the same place for both
	return descriptor;
}

static void taken(void **state)
{
	(void)state;
	uint16_t port;
	int descriptor = listenOn(AF_INET, &port);
	assert_false(rtc_tcp_port_is_free(port));
	close(descriptor);
	assert_true(rtc_tcp_port_is_free(port));
}

static void takenByBothFamilies(void **state)
{
	(void)state;
	uint16_t port;
	int descriptor = listenOn(AF_INET6, &port);
	assert_false(rtc_tcp_port_is_free(port));
	close(descriptor);
}

static void anyPort(void **state)
{
	(void)state;
	assert_true(rtc_tcp_port_is_free(0));
}

static void leavesNothing(void **state)
{
	(void)state;
	uint16_t port;
	int descriptor = listenOn(AF_INET, &port);
	for (int i = 0; i < 100; i++) // leaves no descriptor behind
		assert_false(rtc_tcp_port_is_free(port));
	int next = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(next, descriptor + 1);
	close(next);
	close(descriptor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(takenByBothFamilies),
		cmocka_unit_test(anyPort),
		cmocka_unit_test(leavesNothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
