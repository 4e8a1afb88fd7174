// SPDX-License-Identifier: Apache-2.0
// A machine's queue that blocks who posts while it is full, as FreeRTOS's does, and a machine that waits for who posts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include <cmocka.h>
#include "rtc_carrier.h"
#include "rtc_port.h"

#define LENGTH 4
#define PARCELS 16
#define PATIENCE 5000 // milliseconds

static struct {
	pthread_mutex_t lock;
	pthread_cond_t room;
	int count, blocked;
	int taken[PARCELS * 2], takenCount;
	int items[LENGTH];
} machine = {.lock = PTHREAD_MUTEX_INITIALIZER, .room = PTHREAD_COND_INITIALIZER};

typedef struct {
	rtc_parcel parcel;
	int number;
	int refusals; // times that there is no room, without blocking
} numbered;

static int post(rtc_parcel *parcel)
{
	numbered *it = (numbered *)parcel;
	if (it->refusals && it->refusals--)
		return -2;
	pthread_mutex_lock(&machine.lock);
	machine.blocked++;
	while (machine.count == LENGTH)
		pthread_cond_wait(&machine.room, &machine.lock);
	machine.blocked--;
	machine.items[machine.count++] = it->number;
	pthread_mutex_unlock(&machine.lock);
	return 0;
}

static void drain(int until)
{
	for (int i = 0; i < PATIENCE && machine.takenCount < until; i++) {
		pthread_mutex_lock(&machine.lock);
		for (int j = 0; j < machine.count; j++)
			machine.taken[machine.takenCount++] = machine.items[j];
		machine.count = 0;
		pthread_cond_broadcast(&machine.room);
		pthread_mutex_unlock(&machine.lock);
		usleep(1000);
	}
	assert_int_equal(machine.takenCount, until);
}

static numbered parcels[PARCELS];

static void *work(void *argument)
{
	for (int i = 0; i < PARCELS; i++)
		rtc_carrier_send(&parcels[i].parcel);
	atomic_store((atomic_int *)argument, 1);
	return NULL;
}

// As when a session is closed while its thread has news: the machine joins the thread, and takes nothing meanwhile.
static void a_full_queue_blocks_nobody_that_the_machine_waits_for(void **state)
{
	pthread_t thread;
	atomic_int done = 0;
	(void)state;
	assert_int_equal(rtc_carrier_start(), 0);
	assert_int_equal(rtc_carrier_start(), 0);
	for (int i = 0; i < PARCELS; i++)
		parcels[i] = (numbered){.parcel.deliver = post, .number = i, .refusals = i % 3};
	pthread_create(&thread, NULL, work, &done);
	for (int i = 0; i < PATIENCE && !atomic_load(&done); i++)
		usleep(1000);
	assert_int_equal(atomic_load(&done), 1);
	pthread_join(thread, NULL);
	for (int i = 0; i < PATIENCE; i++) { // only the carrier waits
		pthread_mutex_lock(&machine.lock);
		int blocked = machine.blocked;
		pthread_mutex_unlock(&machine.lock);
		if (blocked)
			break;
		usleep(1000);
	}
	assert_int_equal(machine.blocked, 1);
	drain(PARCELS);
	for (int i = 0; i < PARCELS; i++)
		assert_int_equal(machine.taken[i], i);
	// And it goes on.
	machine.takenCount = 0;
	rtc_carrier_send(&parcels[3].parcel);
	drain(1);
	assert_int_equal(machine.taken[0], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_queue_blocks_nobody_that_the_machine_waits_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
