// SPDX-License-Identifier: Apache-2.0
// Where a device restarts: the reason is reported with file and line, and the process ends with SIM_EXIT_CRASH.
#include "sim.h"

static const char *reason(int status)
{
	switch (status) {
	case XS_NOT_ENOUGH_MEMORY_EXIT:
		return "not enough memory";
	case SIM_JS_STACK_OVERFLOW:
		return "JavaScript stack overflow";
	case SIM_C_STACK_OVERFLOW:
		return "native stack overflow";
	case XS_FATAL_CHECK_EXIT:
		return "fatal check";
	case XS_DEAD_STRIP_EXIT:
		return "dead strip";
	case XS_UNHANDLED_EXCEPTION_EXIT:
		return "unhandled exception";
	case XS_NO_MORE_KEYS_EXIT:
		return "no more keys";
	case XS_UNHANDLED_REJECTION_EXIT:
		return "unhandled rejection";
	default:
		return "aborted";
	}
}

// Without allocating: memory may be what is missing.
void sim_report_frames(txMachine *the)
{
	for (txSlot *frame = the->frame; frame && frame->next; frame = frame->next) {
		const txSlot *function = frame + SIM_FRAME_FUNCTION;
		if (frame->flag & XS_C_FLAG)
			continue;
		if (function->kind != XS_REFERENCE_KIND)
			continue;
		const txSlot *environment = mxFrameToEnvironment(frame);
		if (environment->ID == XS_NO_ID)
			continue;
		fprintf(stderr, "    at %s:%d\n", fxGetKeyName(the, environment->ID), (int)environment->value.environment.line);
	}
}

// JavaScript needs a frame to be called from, and there may be none where the machine gives up.
typedef struct {
	txSlot *stack, *scope, *frame;
	txByte *code;
} sim_place;

static sim_place enter(txMachine *the)
{
	sim_place place = {the->stack, the->scope, the->frame, the->code};
	fxBeginHost(the);
	return place;
}

static void leave(txMachine *the, sim_place place)
{
	the->stack = place.stack;
	the->scope = place.scope;
	the->frame = place.frame;
	the->code = place.code;
}

static void print_exception(txMachine *the, const char *kind)
{
	mxTry(the)
	{
		mxPush(mxException);
		if (mxIsReference(the->stack)) {
			mxDub();
			fxGetID(the, fxID(the, "stack"));
			if (the->stack->kind == XS_UNDEFINED_KIND) // not an Error
				mxPop();
		}
		fprintf(stderr, "### %s: %s\n", kind, fxToString(the, the->stack));
	}
	mxCatch(the)
	{
		fprintf(stderr, "### %s (its description failed)\n", kind);
	}
}

void sim_report_exception(txMachine *the, const char *kind)
{
	sim_place place = enter(the);
	print_exception(the, kind);
	leave(the, place);
}

static int call_abort(txMachine *the, int status)
{
	volatile int ignore = 0;
	mxTry(the)
	{
		txID id = fxID(the, "abort");
		mxPush(mxException);
		txSlot *exception = the->stack;
		mxPush(mxGlobal);
		fxGetID(the, id);
		txSlot *function = the->stack;
		if (fxIsCallable(the, function)) {
			mxPush(mxGlobal);
			mxPushSlot(function);
			mxCall();
			mxPushStringC((txString)reason(status));
			mxPushSlot(exception);
			mxRunCount(2);
			ignore = the->stack->kind == XS_BOOLEAN_KIND && !the->stack->value.boolean;
		}
	}
	mxCatch(the)
	{
		print_exception(the, "abort hook failed");
	}
	return ignore;
}

// The application's `globalThis.abort(reason, exception)`; returns 1 when it answers false: carry on.
static int ask_application(txMachine *the, int status)
{
	if (!sim.image.abortHook || status == SIM_JS_STACK_OVERFLOW || status == SIM_C_STACK_OVERFLOW)
		return 0;
	sim_place place = enter(the);
	int ignore = call_abort(the, status);
	leave(the, place);
	return ignore && (status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT);
}

void fxAbort(txMachine *the, int status)
{
	static int aborting;
	fflush(stdout);
	if (aborting++)
		_exit(SIM_EXIT_CRASH);
	const txJump *jump = the->firstJump;
	if (status == XS_UNHANDLED_EXCEPTION_EXIT && jump && !jump->flag) // from xsEndHost, which restores after this
		leave(the, (sim_place){jump->stack, jump->scope, jump->frame, jump->code});
	if (ask_application(the, status)) {
		aborting = 0;
		mxException = mxUndefined;
		return;
	}
	if (status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT) {
		sim_report_exception(the, reason(status));
	} else {
		fprintf(stderr, "### %s\n", reason(status));
		sim_report_frames(the);
	}
	if (sim.statistics)
		sim_statistics_print(the);
	fprintf(stderr, "### a device would restart now\n");
	fflush(NULL);
	_exit(SIM_EXIT_CRASH);
}
