// SPDX-License-Identifier: Apache-2.0
// A native class as the project's are: hooks with a mark function, remembered while open, a thread that posts.
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct {
	xsSlot object;
	xsSlot *onValue;
	xsMachine *the;
	pthread_t thread;
	int working;
	int count;
} probe;

static int living;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	probe *it = data;
	if (it->onValue)
		(*markRoot)(the, it->onValue);
}

static const xsHostHooks ICACHE_RODATA_ATTR hooks = {xs_test_probe_destructor, mark, NULL};

void xs_test_probe_destructor(void *data)
{
	probe *it = data;
	if (!it)
		return;
	if (it->working)
		pthread_join(it->thread, NULL);
	living--;
	free(it);
}

void xs_test_probe(xsMachine *the)
{
	xsmcVars(1);
	xsmcGet(xsVar(0), xsArg(0), xsID_onValue);
	probe *it = calloc(1, sizeof(*it));
	if (!it)
		xsUnknownError("no memory");
	living++;
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	it->the = the;
	it->onValue = xsmcToReference(xsVar(0));
	it->object = xsThis;
	xsRemember(it->object);
}

typedef struct {
	txWorkerJob job;
	probe *it;
	int value;
} value_job;

static void deliver(void *machine, void *data)
{
	value_job *job = data;
	probe *it = job->it;
	xsBeginHost((xsMachine *)machine);
	xsmcVars(1);
	xsmcSetInteger(xsVar(0), job->value);
	xsCallFunction1(xsReference(it->onValue), xsAccess(it->object), xsVar(0));
	xsEndHost((xsMachine *)machine);
}

static void *run(void *data)
{
	probe *it = data;
	for (int i = 1; i <= it->count; i++) {
		value_job *job = calloc(1, sizeof(*job));
		if (!job)
			break;
		job->job.callback = deliver;
		job->it = it;
		job->value = i;
		fxQueueWorkerJob(it->the, job);
	}
	return NULL;
}

void xs_test_probe_work(xsMachine *the)
{
	probe *it = xsmcGetHostDataValidate(xsThis, (void *)&hooks);
	it->count = xsmcToInteger(xsArg(0));
	it->working = pthread_create(&it->thread, NULL, run, it) == 0;
}

void xs_test_probe_close(xsMachine *the)
{
	probe *it = xsmcGetHostData(xsThis);
	if (it && xsmcGetHostDataValidate(xsThis, (void *)&hooks)) {
		xsForget(it->object);
		xsmcSetHostData(xsThis, NULL);
		xsmcSetHostDestructor(xsThis, NULL);
		xs_test_probe_destructor(it);
	}
}

void xs_test_probe_living(xsMachine *the)
{
	xsmcSetInteger(xsResult, living);
}
