// SPDX-License-Identifier: Apache-2.0
#include "rtc_xs.h"

#include "rtc_machine.h"

#if ESP32
#include "rtc_carrier.h"
#endif
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESERVE 4096 // bytes of chunks that are left over

// What travels to the machine. It outlives a poster that is closed meanwhile, and a machine that is deleted meanwhile
// (the desktop's platform frees the job unseen), so it is a block of its own and the poster is found through it.
typedef struct {
#if ESP32
	rtc_parcel parcel; // first
	xsMachine *the;
#else
	txWorkerJob job; // first: the platform's
#endif
	rtc_poster *poster; // NULL once closed
} rtc_post;

struct rtc_poster {
	xsMachine *the;
	void (*deliver)(xsMachine *the, void *context);
	void *context;
	atomic_int pending;
	rtc_post *post; // under way; the poster's thread writes it before queueing, the machine's reads it after
	rtc_post *next; // for the next message: news that comes once must not be lost for lack of memory
};

rtc_poster *rtc_poster_new(xsMachine *the, void (*deliver)(xsMachine *the, void *context), void *context)
{
#if ESP32
	if (rtc_carrier_start())
		xsUnknownError("no memory");
#endif
	rtc_poster *poster = calloc(1, sizeof *poster);
	if (!poster)
		xsUnknownError("no memory");
	poster->next = calloc(1, sizeof *poster->next);
	if (!poster->next) {
		free(poster);
		xsUnknownError("no memory");
	}
	poster->the = the;
	poster->deliver = deliver;
	poster->context = context;
	return poster;
}

// What has arrived serves again on a device. The desktop's platform frees it.
static rtc_post *renew(rtc_post *post)
{
#if ESP32
	return post;
#else
	(void)post;
	return calloc(1, sizeof *post);
#endif
}

static void arrived(xsMachine *the, rtc_post *post)
{
	rtc_poster *poster = post->poster;
	if (!poster) {
#if ESP32
		free(post);
#endif
		return;
	}
	poster->post = NULL;
	poster->next = renew(post);
	// Before `deliver`: what comes while it runs posts again, and nothing is missed.
	atomic_store(&poster->pending, 0);
	poster->deliver(the, poster->context); // which may close the poster
}

#if ESP32
static void deliverMessage(void *the, void *it, uint8_t *message, uint16_t length)
{
	(void)message;
	(void)length;
	arrived(the, it);
}

// Waits for room in the machine's queue, or (MODDEF_TASK_QUEUEWAIT) only for a while.
static int deliverParcel(rtc_parcel *parcel)
{
	rtc_post *post = (rtc_post *)parcel;
	return modMessagePostToMachine(post->the, NULL, 0, deliverMessage, post);
}

static void queue(rtc_poster *poster, rtc_post *post)
{
	post->the = poster->the;
	post->parcel.deliver = deliverParcel;
	rtc_carrier_send(&post->parcel);
}
#else
static void deliverJob(void *the, void *job)
{
	arrived(the, job); // the platform frees the job
}

static void queue(rtc_poster *poster, rtc_post *post)
{
	post->job.callback = deliverJob;
	fxQueueWorkerJob(poster->the, post);
}
#endif

void rtc_poster_post(rtc_poster *poster)
{
	if (atomic_exchange(&poster->pending, 1))
		return;
	rtc_post *post = poster->next ? poster->next : calloc(1, sizeof *post);
	poster->next = NULL;
	if (!post) {
		atomic_store(&poster->pending, 0); // no memory: the next news tries again
		return;
	}
	post->poster = poster;
	poster->post = post;
	queue(poster, post);
}

void rtc_poster_close(rtc_poster *poster)
{
	if (!poster)
		return;
	if (poster->post)
		poster->post->poster = NULL;
	free(poster->next);
	free(poster);
}

// To the debugger where one is connected (xsTrace says nothing otherwise), and to the console.
static void console(xsMachine *the, const char *text)
{
	xsTrace("exception in a callback of a native: ");
	xsTrace((char *)text);
	xsTrace("\n");
	fprintf(stderr, "exception in a callback of a native: %s\n", text);
}

// The place is in the stack, where the engine keeps one; it begins with the message.
static void report(xsMachine *the, xsSlot *exception)
{
	char text[160];
	xsSlot stack;
	if (xsmcTypeOf(*exception) == xsReferenceType) {
		xsmcGet(stack, *exception, xsID_stack);
		if (xsmcTypeOf(stack) == xsStringType) {
			console(the, xsmcToString(stack));
			return;
		}
	}
	stack = *exception;
	xsmcToStringBuffer(stack, text, sizeof text);
	console(the, text);
}

void rtc_xs_report(xsMachine *the)
{
	// Reading a property or converting may throw in its turn.
	xsTry
	{
		report(the, &xsException);
	}
	xsCatch
	{
		console(the, "one that cannot be described");
	}
	xsmcSetUndefined(xsException);
}

void rtc_xs_set_number(xsMachine *the, xsIdentifier id, double value)
{
	xsmcSetNumber(xsVar(0), value);
	xsmcSet(xsResult, id, xsVar(0));
}

const xsHostHooks *rtc_xs_hooks(xsMachine *the, xsSlot *slot, int *closed)
{
	const xsHostHooks *volatile hooks = NULL;
	*closed = 0;
	xsTry
	{
		*closed = xsmcGetHostData(*slot) == NULL;
		hooks = xsGetHostHooks(*slot);
	}
	xsCatch
	{
		xsmcSetUndefined(xsException);
	}
	return hooks;
}

void *rtc_xs_host(xsMachine *the, xsSlot *slot, const xsHostHooks *hooks, const char *name)
{
	int closed;
	const xsHostHooks *found = rtc_xs_hooks(the, slot, &closed);
	if (closed)
		xsSyntaxError("%s: closed", name);
	if (found != hooks)
		xsTypeError("%s: not of its class", name);
	return xsmcGetHostData(*slot);
}

void rtc_xs_throw(xsMachine *the, const char *code, const char *message)
{
	xsTry
	{
		xsUnknownError("%s", message);
	}
	xsCatch
	{
		xsSlot exception = xsException, text;
		xsmcSetStringX(text, (char *)code);
		xsmcSet(exception, xsID_code, text);
		xsThrow(exception);
	}
}

int rtc_xs_has_room(xsMachine *the, uint32_t size)
{
	for (int collected = 0; collected < 2; collected++) {
		int chunks = rtc_machine_chunks(the);
		if (chunks < 0 || (double)chunks >= (double)size + RESERVE)
			return 1;
		if (!collected)
			xsCollectGarbage();
	}
	return 0;
}

// Reads an option into a slot of the C stack, which no collection marks: its users only look at it.
static xsSlot option(xsMachine *the, xsSlot *options, xsIdentifier id)
{
	xsSlot slot;
	if (xsmcTypeOf(*options) != xsReferenceType)
		xsTypeError("options: not an object");
	xsmcGet(slot, *options, id);
	return slot;
}

int rtc_xs_integer(xsMachine *the, xsSlot *options, xsIdentifier id, const char *name, int minimum, int maximum,
				   int fallback)
{
	xsSlot slot = option(the, options, id);
	xsType type = xsmcTypeOf(slot);
	if (type == xsUndefinedType)
		return fallback;
	if (type != xsIntegerType && type != xsNumberType)
		xsTypeError("%s: not a number", name);
	double value = xsmcToNumber(slot);
	if (!(value >= minimum && value <= maximum) || value != floor(value))
		xsRangeError("%s: not an integer from %d to %d", name, minimum, maximum);
	return (int)value;
}

void rtc_xs_string(xsMachine *the, xsSlot *options, xsIdentifier id, const char *name, char *buffer, size_t size,
				   int required)
{
	xsSlot slot = option(the, options, id);
	xsType type = xsmcTypeOf(slot);
	buffer[0] = 0;
	if (type == xsUndefinedType && !required)
		return;
	if (type != xsStringType && type != xsStringXType)
		xsTypeError("%s: not a string", name);
	const char *text = xsmcToString(slot);
	size_t length = strlen(text);
	if (length >= size)
		xsRangeError("%s: longer than %d bytes", name, (int)size - 1);
	memcpy(buffer, text, length + 1);
}

xsSlot *rtc_xs_callback(xsMachine *the, xsSlot *options, xsIdentifier id, const char *name)
{
	xsSlot slot = option(the, options, id);
	if (xsmcTypeOf(slot) == xsUndefinedType)
		return NULL;
	if (!xsmcIsCallable(slot))
		xsTypeError("%s: not a function", name);
	return xsmcToReference(slot);
}
