// SPDX-License-Identifier: Apache-2.0
// What reaches the machine through the main loop: promise jobs, and jobs posted by other threads.
#include "sim.h"

uint32_t sim_entries;
uint32_t sim_promise_turns;

static GSource *source;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static txWorkerJob *first, **last = &first;
static int promiseJobs;

// Every entry into JavaScript begins with fxBeginHost; the link wraps it to count.
txMachine *__real_fxBeginHost(txMachine *the);

txMachine *__wrap_fxBeginHost(txMachine *the)
{
	if (!the->frame)
		sim_entries++;
	return __real_fxBeginHost(the);
}

void fxQueuePromiseJobs(txMachine *the)
{
	(void)the;
	promiseJobs = 1;
}

// XS reports a rejection that nobody handles when its promise is collected. That may be long after, so garbage is
// collected soon after a turn that left one.
#define REJECTION_MS 100

static guint rejectionCheck;

static void check_rejections(txMachine *the, int atExit)
{
	fxCollectGarbage(the);
	__real_fxBeginHost(the);
	fxCheckUnhandledRejections(the, (txBoolean)atExit);
	fxEndHost(the);
}

static gboolean look_for_rejections(gpointer the)
{
	rejectionCheck = 0;
	check_rejections(the, 0);
	return G_SOURCE_REMOVE;
}

void sim_jobs_finish(txMachine *the)
{
	check_rejections(the, 1);
}

void sim_jobs_drain(txMachine *the)
{
	while (promiseJobs) {
		promiseJobs = 0;
		sim_promise_turns++;
		sim_entries++;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
	if (source && !rejectionCheck && mxUnhandledPromises.value.reference->next)
		rejectionCheck = g_timeout_add(REJECTION_MS, look_for_rejections, the);
}

void fxQueueWorkerJob(void *machine, void *it)
{
	txWorkerJob *job = it;
	(void)machine;
	job->next = NULL;
	pthread_mutex_lock(&mutex);
	*last = job;
	last = &job->next;
	pthread_mutex_unlock(&mutex);
	g_main_context_wakeup(NULL);
}

static txWorkerJob *take_jobs(void)
{
	pthread_mutex_lock(&mutex);
	txWorkerJob *jobs = first;
	first = NULL;
	last = &first;
	pthread_mutex_unlock(&mutex);
	return jobs;
}

static gboolean ready(void)
{
	pthread_mutex_lock(&mutex);
	int posted = first != NULL;
	pthread_mutex_unlock(&mutex);
	return posted || promiseJobs;
}

static gboolean jobs_prepare(GSource *it, gint *timeout)
{
	(void)it;
	*timeout = -1;
	return ready();
}

static gboolean jobs_check(GSource *it)
{
	(void)it;
	return ready();
}

static gboolean jobs_dispatch(GSource *it, GSourceFunc callback, gpointer data)
{
	(void)it;
	(void)callback;
	(void)data;
	txMachine *the = sim.machine;
	if (promiseJobs)
		sim_jobs_drain(the);
	txWorkerJob *job = take_jobs();
	while (job) {
		txWorkerJob *next = job->next;
		if (!sim.exiting)
			(*job->callback)(the, job);
		free(job);
		job = next;
	}
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs functions = {jobs_prepare, jobs_check, jobs_dispatch, NULL, NULL, NULL};

void sim_jobs_start(txMachine *the)
{
	(void)the;
	source = g_source_new(&functions, sizeof(GSource));
	g_source_set_priority(source, G_PRIORITY_HIGH);
	g_source_set_can_recurse(source, FALSE);
	g_source_attach(source, NULL);
}

void sim_jobs_stop(void)
{
	if (rejectionCheck)
		g_source_remove(rejectionCheck);
	rejectionCheck = 0;
	if (source) {
		g_source_destroy(source);
		g_source_unref(source);
		source = NULL;
	}
	txWorkerJob *job = take_jobs();
	while (job) {
		txWorkerJob *next = job->next;
		free(job);
		job = next;
	}
}
