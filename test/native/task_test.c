// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <unistd.h>

#include "rtc_port.h"
#include "rtc_transport.h"

typedef struct {
	rtc_task task; // first
	atomic_int runs;
	atomic_uint_least64_t last;
	uint64_t again; // microseconds after a run; 0: never
	useconds_t takes;
	pthread_t thread;
} counted;

static uint64_t run(rtc_task *task)
{
	counted *it = (counted *)task;
	it->thread = pthread_self();
	usleep(it->takes);
	atomic_fetch_add(&it->runs, 1);
	atomic_store(&it->last, rtc_now());
	return it->again ? rtc_now() + it->again : UINT64_MAX;
}

static rtc_transport *openTransport(rtc_path **path)
{
	int error;
	rtc_transport *transport = rtc_transport_open(&(rtc_transport_options){.address = "127.0.0.1"}, &error);
	assert_non_null(transport);
	*path = rtc_path_new(transport);
	assert_non_null(*path);
	return transport;
}

static void closeTransport(rtc_transport *transport, rtc_path *path)
{
	rtc_path_release(path);
	rtc_transport_close(transport);
}

static void await(atomic_int *value, int wanted)
{
	for (int i = 0; i < 5000 && atomic_load(value) < wanted; i++)
		usleep(1000);
	assert_true(atomic_load(value) >= wanted);
}

static void runsWhenWoken(void **state)
{
	rtc_path *path;
	counted one = {.task.run = run}, two = {.task.run = run};
	(void)state;
	rtc_transport *transport = openTransport(&path);
	rtc_path_add_task(path, &one.task);
	rtc_path_add_task(path, &two.task);
	usleep(20000);
	assert_int_equal(atomic_load(&one.runs), 0);
	for (int i = 1; i <= 20; i++) {
		rtc_path_wake_task(path, &one.task);
		await(&one.runs, i);
		usleep(500);
		assert_int_equal(atomic_load(&one.runs), i);
	}
	assert_int_equal(atomic_load(&two.runs), 0);
	assert_false(pthread_equal(one.thread, pthread_self()));
	rtc_path_remove_task(path, &one.task);
	rtc_path_remove_task(path, &two.task);
	closeTransport(transport, path);
}

// Whether the thread waits, runs or is about to wait: nothing else wakes it here.
static void losesNoWake(void **state)
{
	rtc_path *path;
	counted one = {.task.run = run};
	(void)state;
	rtc_transport *transport = openTransport(&path);
	rtc_path_add_task(path, &one.task);
	for (int i = 1; i <= 20000; i++) {
		rtc_path_wake_task(path, &one.task);
		for (uint64_t start = rtc_now(); atomic_load(&one.runs) < i;)
			assert_true(rtc_now() - start < 10000000);
		for (volatile int pause = 0; pause < i % 200; pause++)
			;
	}
	rtc_path_remove_task(path, &one.task);
	closeTransport(transport, path);
}

static void runsWhenItsTimeHasCome(void **state)
{
	rtc_path *path;
	counted one = {.task.run = run, .again = 10000};
	(void)state;
	rtc_transport *transport = openTransport(&path);
	rtc_path_add_task(path, &one.task);
	uint64_t start = rtc_now();
	rtc_path_wake_task(path, &one.task);
	await(&one.runs, 11);
	assert_true(rtc_now() - start >= 100000);
	rtc_path_remove_task(path, &one.task);
	closeTransport(transport, path);
}

// One that is always ready leaves the others, and the descriptors, their turn.
static void eachHasItsTurn(void **state)
{
	rtc_path *path;
	counted greedy = {.task.run = run, .again = 1}, other = {.task.run = run, .again = 1000};
	(void)state;
	rtc_transport *transport = openTransport(&path);
	rtc_path_add_task(path, &greedy.task);
	rtc_path_add_task(path, &other.task);
	rtc_path_wake_task(path, &greedy.task);
	rtc_path_wake_task(path, &other.task);
	await(&other.runs, 20);
	rtc_path_remove_task(path, &greedy.task);
	rtc_path_remove_task(path, &other.task);
	closeTransport(transport, path); // the thread hears of it
}

static void removingWaits(void **state)
{
	rtc_path *path;
	(void)state;
	rtc_transport *transport = openTransport(&path);
	for (int i = 0; i < 20; i++) {
		counted one = {.task.run = run, .takes = 2000};
		rtc_path_add_task(path, &one.task);
		rtc_path_wake_task(path, &one.task);
		usleep((useconds_t)(i * 150));
		rtc_path_remove_task(path, &one.task);
		int runs = atomic_load(&one.runs);
		usleep(500);
		assert_int_equal(atomic_load(&one.runs), runs);
	}
	closeTransport(transport, path);
}

static void outlivesTheTransport(void **state)
{
	rtc_path *path;
	counted one = {.task.run = run};
	(void)state;
	rtc_transport *transport = openTransport(&path);
	rtc_path_add_task(path, &one.task);
	rtc_transport_close(transport);
	rtc_path_wake_task(path, &one.task);
	rtc_path_remove_task(path, &one.task);
	assert_int_equal(atomic_load(&one.runs), 0);
	rtc_path_release(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runsWhenWoken),  cmocka_unit_test(losesNoWake),   cmocka_unit_test(runsWhenItsTimeHasCome),
		cmocka_unit_test(eachHasItsTurn), cmocka_unit_test(removingWaits), cmocka_unit_test(outlivesTheTransport),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
