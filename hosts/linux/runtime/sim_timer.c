// SPDX-License-Identifier: Apache-2.0
// modTimer.h over GLib. A timer may be removed in its own callback, or in another's.
#include "sim.h"

#include "modTimer.h"

#include <stddef.h>

struct modTimerRecord {
	struct modTimerRecord *next;
	GSource *source; // NULL when unscheduled
	modTimerCallback callback;
	int firstInterval;
	int secondInterval;
	int calling;
	int removed;
	int refconSize;
	_Alignas(max_align_t) char refcon[];
};

static modTimer timers;

static void unschedule(modTimer timer)
{
	if (timer->source) {
		g_source_destroy(timer->source);
		g_source_unref(timer->source);
		timer->source = NULL;
	}
}

static void destroy(modTimer timer)
{
	unschedule(timer);
	for (modTimer *address = &timers; *address; address = &(*address)->next) {
		if (*address == timer) {
			*address = timer->next;
			break;
		}
	}
	free(timer);
}

static gboolean fire(gpointer data)
{
	modTimer timer = data;
	unschedule(timer);
	int interval = timer->secondInterval;
	if (interval)
		modTimerReschedule(timer, interval, interval);
	timer->calling = 1;
	if (!sim.exiting)
		(*timer->callback)(timer, timer->refcon, timer->refconSize);
	timer->calling = 0;
	if (timer->removed)
		destroy(timer);
	return G_SOURCE_REMOVE;
}

modTimer modTimerAdd(int firstInterval, int secondInterval, modTimerCallback callback, void *refcon, int refconSize)
{
	modTimer timer = calloc(1, sizeof(*timer) + (size_t)refconSize);
	if (!timer)
		return NULL;
	timer->callback = callback;
	timer->refconSize = refconSize;
	if (refconSize)
		memcpy(timer->refcon, refcon, (size_t)refconSize);
	timer->next = timers;
	timers = timer;
	modTimerReschedule(timer, firstInterval, secondInterval);
	return timer;
}

void modTimerReschedule(modTimer timer, int firstInterval, int secondInterval)
{
	unschedule(timer);
	timer->firstInterval = firstInterval;
	timer->secondInterval = secondInterval;
	timer->source = g_timeout_source_new(firstInterval < 0 ? 0 : (guint)firstInterval);
	g_source_set_callback(timer->source, fire, timer, NULL);
	g_source_attach(timer->source, NULL);
}

void modTimerUnschedule(modTimer timer)
{
	unschedule(timer);
}

void modTimerRemove(modTimer timer)
{
	if (!timer || timer->removed)
		return;
	if (timer->calling) {
		timer->removed = 1;
		unschedule(timer);
	} else {
		destroy(timer);
	}
}

int modTimerGetSecondInterval(modTimer timer)
{
	return timer->secondInterval;
}

void *modTimerGetRefcon(modTimer timer)
{
	return timer->refcon;
}

void modTimerDelayMS(uint32_t ms)
{
	g_usleep((gulong)ms * 1000);
}

#undef modDelayMilliseconds // the SDK's desktop has a macro
void modDelayMilliseconds(uint32_t ms)
{
	modTimerDelayMS(ms);
}

uint32_t modMicroseconds(void)
{
	return (uint32_t)g_get_monotonic_time();
}

int sim_timer_count(void)
{
	int count = 0;
	for (modTimer timer = timers; timer; timer = timer->next)
		count++;
	return count;
}

void sim_timer_stop(void)
{
	while (timers)
		destroy(timers);
}
