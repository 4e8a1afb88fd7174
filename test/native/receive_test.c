// SPDX-License-Identifier: Apache-2.0
// What the network thread does when poll() fails, which it does here when told to.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/poll.h>
#include <unistd.h>
#include <cmocka.h>
#include "rtc_port.h"
#include "rtc_transport_core.h"

static atomic_int failure; // the errno value of the next polls, 0: none
static atomic_int calls, told;

int __real_poll(struct pollfd *polled, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *polled, nfds_t count, int timeout)
{
	atomic_fetch_add(&calls, 1);
	int error = atomic_load(&failure);
	if (!error)
		return __real_poll(polled, count, timeout < 0 ? 10 : timeout); // so that it looks at `failure` again
	if (error == EINTR)
		atomic_store(&failure, 0);
	errno = error;
	return -1;
}

static void onStun(void *context)
{
	(void)context;
	atomic_fetch_add(&told, 1);
}

static rtc_transport *open_transport(int *error)
{
	atomic_store(&told, 0);
	return rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1", .onStun = onStun}, error);
}

static int await(atomic_int *value, int least)
{
	for (int i = 0; i < 1000 && atomic_load(value) < least; i++)
		usleep(10000);
	return atomic_load(value) >= least;
}

static void a_host_that_cannot_poll_is_told_at_once(void **state)
{
	(void)state;
	int error = 0;
	atomic_store(&failure, EBADF);
	assert_null(open_transport(&error));
	atomic_store(&failure, 0);
	assert_int_equal(error, EBADF);
}

static void an_interruption_is_none(void **state)
{
	(void)state;
	int error = 0;
	rtc_transport *transport = open_transport(&error);
	assert_non_null(transport);
	atomic_store(&failure, EINTR);
	int before = atomic_load(&calls);
	assert_true(await(&calls, before + 5));
	assert_int_equal(atomic_load(&failure), 0);
	assert_int_equal(rtc_transport_failure(transport), 0);
	assert_int_equal(atomic_load(&told), 0);
	rtc_transport_close(transport);
}

static void an_error_ends_the_thread_and_is_told(void **state)
{
	(void)state;
	int error = 0;
	rtc_transport *transport = open_transport(&error);
	assert_non_null(transport);
	atomic_store(&failure, ENOMEM);
	assert_true(await(&told, 1));
	int before = atomic_load(&calls);
	usleep(50000);
	assert_int_equal(atomic_load(&calls), before); // it does not go round
	assert_int_equal(atomic_load(&told), 1);
	assert_int_equal(rtc_transport_failure(transport), ENOMEM);
	atomic_store(&failure, 0);
	rtc_transport_close(transport);
}

static void a_descriptor_that_is_none_ends_it(void **state)
{
	(void)state;
	int error = 0;
	rtc_transport *transport = open_transport(&error);
	assert_non_null(transport);
	assert_true(await(&calls, atomic_load(&calls) + 2)); // it has begun
	int fd = transport->sockets.fd[0];
	transport->sockets.fd[0] = -1;
	close(fd);
	assert_true(await(&told, 1));
	assert_int_equal(rtc_transport_failure(transport), EBADF);
	rtc_transport_close(transport);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_that_cannot_poll_is_told_at_once),
		cmocka_unit_test(an_interruption_is_none),
		cmocka_unit_test(an_error_ends_the_thread_and_is_told),
		cmocka_unit_test(a_descriptor_that_is_none_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
