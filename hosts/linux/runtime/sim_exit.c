// SPDX-License-Identifier: Apache-2.0
// The end of the process, which a device does not have: the global `simulator`, SIGINT and SIGTERM.
#include "sim.h"

#include <glib-unix.h>

#define GRACE_MS 5000 // for the application's clean-up

static struct {
	txSlot callback; // of onTerminate
	int remembered;
	int terminating;
	guint sources[2];
	guint deadline;
} state;

void sim_exit(int status)
{
	if (sim.exiting)
		return;
	sim.exiting = 1;
	sim.status = status;
	if (sim.loop)
		g_main_loop_quit(sim.loop);
}

static void js_on_terminate(txMachine *the)
{
	if (state.remembered) {
		fxForget(the, &state.callback);
		state.remembered = 0;
	}
	if (mxArgc < 1 || mxIsUndefined(mxArgv(0)))
		return;
	if (!fxIsCallable(the, mxArgv(0)))
		mxTypeError("onTerminate: callback is no function");
	state.callback = *mxArgv(0);
	fxRemember(the, &state.callback);
	state.remembered = 1;
}

static void js_exit(txMachine *the)
{
	sim_exit(mxArgc > 0 && !mxIsUndefined(mxArgv(0)) ? fxToInteger(the, mxArgv(0)) : 0);
}

static void js_collect(txMachine *the)
{
	fxCollectGarbage(the);
}

static void clean_up_done(txMachine *the)
{
	(void)the;
	sim_exit(0);
}

static void clean_up_failed(txMachine *the)
{
	if (mxArgc > 0)
		mxException = *mxArgv(0);
	sim_report_exception(the, "onTerminate failed");
	sim_exit(1);
}

// Calls the application; its promise, if it returns one, ends the process when it settles.
static void terminate(txMachine *the, const char *name)
{
	volatile int waiting = 0;
	fxBeginHost(the);
	mxTry(the)
	{
		mxPushUndefined();
		mxPush(state.callback);
		mxCall();
		mxPushStringC((txString)name);
		mxRunCount(1);
		if (mxIsReference(the->stack)) {
			mxDub();
			fxGetID(the, mxID(_then));
			if (fxIsCallable(the, the->stack)) {
				mxCall();
				fxNewHostFunction(the, clean_up_done, 1, XS_NO_ID, XS_NO_ID);
				fxNewHostFunction(the, clean_up_failed, 1, XS_NO_ID, XS_NO_ID);
				mxRunCount(2);
				waiting = 1;
			}
		}
	}
	mxCatch(the)
	{
		sim_report_exception(the, "onTerminate failed");
		sim_exit(1);
	}
	fxEndHost(the);
	if (!waiting)
		sim_exit(0);
}

static gboolean too_late(gpointer data)
{
	(void)data;
	state.deadline = 0;
	fprintf(stderr, "### the clean-up took more than %d s\n", GRACE_MS / 1000);
	sim_exit(1);
	return G_SOURCE_REMOVE;
}

static gboolean on_signal(gpointer data)
{
	if (state.terminating++) { // the user insists
		fflush(NULL);
		_exit(130);
	}
	if (!state.remembered) {
		sim_exit(0);
		return G_SOURCE_CONTINUE;
	}
	state.deadline = g_timeout_add(GRACE_MS, too_late, NULL);
	terminate(sim.machine, data);
	return G_SOURCE_CONTINUE;
}

static void define_method(txMachine *the, const char *name, txCallback callback)
{
	txSlot *object = the->stack;
	fxNewHostFunction(the, callback, 1, fxNewNameC(the, (txString)name), XS_NO_ID);
	mxPushSlot(object);
	fxDefineID(the, fxNewNameC(the, (txString)name), 0, XS_DONT_ENUM_FLAG | XS_DONT_DELETE_FLAG | XS_DONT_SET_FLAG);
	mxPop();
}

void sim_exit_install(txMachine *the)
{
	fxBeginHost(the);
	mxPush(mxObjectPrototype);
	fxNewObjectInstance(the);
	define_method(the, "onTerminate", js_on_terminate);
	define_method(the, "onLine", sim_lines_listen);
	define_method(the, "exit", js_exit);
	define_method(the, "collect", js_collect);
	mxPush(mxGlobal);
	fxDefineID(the, fxNewNameC(the, "simulator"), XS_DONT_ENUM_FLAG,
			   XS_DONT_ENUM_FLAG | XS_DONT_DELETE_FLAG | XS_DONT_SET_FLAG);
	mxPop();
	fxEndHost(the);
}

void sim_exit_start(void)
{
	state.sources[0] = g_unix_signal_add(SIGINT, on_signal, "SIGINT");
	state.sources[1] = g_unix_signal_add(SIGTERM, on_signal, "SIGTERM");
	signal(SIGPIPE, SIG_IGN);
}

void sim_exit_stop(void)
{
	sim_lines_stop();
	g_source_remove(state.sources[0]);
	g_source_remove(state.sources[1]);
	if (state.deadline)
		g_source_remove(state.deadline);
}
