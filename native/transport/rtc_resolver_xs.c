// SPDX-License-Identifier: Apache-2.0
#include "rtc_transport_xs.h"

#include <errno.h>
#include <stdlib.h>
#include "rtc_resolver.h"

typedef struct {
	xsSlot object;
	xsSlot *onResolved;
	rtc_poster *poster;
	rtc_resolver *resolver;
} binding;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	binding *it = data;
	if (it->onResolved)
		(*markRoot)(the, it->onResolved);
}

void xs_rtc_resolver_destructor(void *data)
{
	binding *it = data;
	if (!it)
		return;
	if (it->resolver)
		rtc_resolver_close(it->resolver); // it posts no more
	rtc_poster_close(it->poster);
	free(it);
}

static const xsHostHooks hooks = {xs_rtc_resolver_destructor, mark, NULL};

static void deliver(xsMachine *machine, void *context)
{
	binding *it = context;
	rtc_address addresses[RTC_RESOLVER_ADDRESSES];
	char text[RTC_ADDRESS_TEXT];
	size_t count = rtc_resolver_result(it->resolver, addresses, RTC_RESOLVER_ADDRESSES);
	rtcEnter(machine);
	xsmcVars(2);
	xsmcSetNewArray(xsVar(0), (xsIntegerValue)count);
	for (size_t i = 0; i < count; i++) {
		rtc_address_format(&addresses[i], text);
		xsmcSetString(xsVar(1), text);
		xsmcSetIndex(xsVar(0), (xsIndex)i, xsVar(1));
	}
	xsCallFunction1(xsReference(it->onResolved), xsAccess(it->object), xsVar(0));
	rtcLeave(machine);
}

static void post(void *context)
{
	rtc_poster_post(((binding *)context)->poster);
}

void xs_rtc_resolver(xsMachine *the)
{
	char name[RTC_RESOLVER_NAME];
	int error;
	if (xsmcArgc < 1)
		xsTypeError("options: missing");
	rtc_xs_string(the, &xsArg(0), xsID_host, "host", name, sizeof name, 1);
	binding *it = calloc(1, sizeof *it);
	if (!it)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, &hooks);
	it->onResolved = rtc_xs_callback(the, &xsArg(0), xsID_onResolved, "onResolved");
	if (!it->onResolved)
		xsTypeError("onResolved: missing");
	it->poster = rtc_poster_new(the, deliver, it);
	it->resolver = rtc_resolver_start(name, post, it, &error);
	if (!it->resolver) {
		xsmcSetHostData(xsThis, NULL);
		xsmcSetHostDestructor(xsThis, NULL);
		xs_rtc_resolver_destructor(it);
		if (error == EINVAL)
			xsTypeError("host: empty");
		rtc_xs_throw(the, "transport/failed", "no thread to look up a name");
	}
	it->object = xsThis;
	xsRemember(it->object);
}

void xs_rtc_resolver_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	binding *it = rtc_xs_host(the, &xsThis, &hooks, "Resolver");
	xsForget(it->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_resolver_destructor(it);
}
