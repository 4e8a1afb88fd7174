// SPDX-License-Identifier: Apache-2.0
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"
#include "modTimer.h"

typedef struct {
	xsMachine *the;
	xsSlot self; // remembered while the timer lives
	xsSlot *callback;
	int scheduled; // again, since it fired
} sim_timer;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	sim_timer *timer = modTimerGetRefcon(data);
	if (timer->callback)
		(*markRoot)(the, timer->callback);
}

static const xsHostHooks hooks = {NULL, mark, NULL};

static void dispose(xsMachine *the, modTimer it)
{
	sim_timer *timer = modTimerGetRefcon(it);
	xsForget(timer->self);
	xsmcSetHostData(timer->self, NULL);
	xsmcSetHostDestructor(timer->self, NULL);
	timer->callback = NULL;
	modTimerRemove(it);
}

static void fire(modTimer it, void *refcon, int size)
{
	sim_timer *timer = refcon;
	(void)size;
	timer->scheduled = modTimerGetSecondInterval(it) != 0;
	xsBeginHost(timer->the);
	xsCallFunction1(xsReference(timer->callback), xsGlobal, xsAccess(timer->self));
	if (timer->callback && !timer->scheduled)
		dispose(the, it);
	xsEndHost(timer->the);
}

static void create(xsMachine *the, int first, int second)
{
	if (xsmcTypeOf(xsArg(0)) != xsReferenceType)
		xsTypeError("timer: callback is no function");
	sim_timer timer = {.the = the, .callback = xsmcToReference(xsArg(0))};
	xsResult = xsNewHostObject(NULL);
	timer.self = xsResult;
	modTimer it = modTimerAdd(first, second, fire, &timer, sizeof(timer));
	if (!it)
		xsUnknownError("timer: not enough memory");
	xsmcSetHostData(xsResult, it);
	xsSetHostHooks(xsResult, (xsHostHooks *)&hooks);
	xsRemember(((sim_timer *)modTimerGetRefcon(it))->self);
}

static int interval(xsMachine *the, int index)
{
	if (xsmcArgc <= index || xsmcTypeOf(xsArg(index)) == xsUndefinedType)
		return 0;
	int value = xsmcToInteger(xsArg(index));
	return value < 0 ? 0 : value;
}

void sim_timer_set(xsMachine *the)
{
	create(the, interval(the, 1), interval(the, 2));
}

void sim_timer_repeat(xsMachine *the)
{
	create(the, interval(the, 1), interval(the, 1));
}

void sim_timer_schedule(xsMachine *the)
{
	modTimer it = xsmcGetHostDataValidate(xsArg(0), (void *)&hooks);
	sim_timer *timer = modTimerGetRefcon(it);
	timer->scheduled = 1;
	if (xsmcArgc < 2 || xsmcTypeOf(xsArg(1)) == xsUndefinedType)
		modTimerUnschedule(it);
	else
		modTimerReschedule(it, interval(the, 1), interval(the, 2));
}

void sim_timer_clear(xsMachine *the)
{
	if (xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) != xsReferenceType)
		return;
	modTimer it = xsmcGetHostData(xsArg(0));
	if (it && xsGetHostHooks(xsArg(0)) == &hooks)
		dispose(the, it);
}

void sim_timer_delay(xsMachine *the)
{
	modTimerDelayMS((uint32_t)interval(the, 0));
}
