// SPDX-License-Identifier: Apache-2.0
#include "rtc_transport_xs.h"

void xs_rtc_path_destructor(void *data)
{
	rtc_path *path = data;
	if (!path)
		return;
	rtc_path_close(path); // others may hold it still
	rtc_path_release(path);
}

static const xsHostHooks hooks = {xs_rtc_path_destructor, NULL, NULL};

rtc_path *rtc_path_from_xs(xsMachine *the, xsSlot *slot)
{
	return rtc_xs_host(the, slot, &hooks, "path");
}

void xs_rtc_path(xsMachine *the)
{
	if (xsmcArgc < 1)
		xsTypeError("transport: missing");
	rtc_path *path = rtc_path_new(rtc_transport_from_xs(the, &xsArg(0)));
	if (!path)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, path);
	xsSetHostHooks(xsThis, &hooks);
}

void xs_rtc_path_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	rtc_path *path = rtc_path_from_xs(the, &xsThis);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_path_destructor(path);
}

// The result is whether the path has the address now.
static void take(xsMachine *the, int (*function)(rtc_path *, const rtc_address *))
{
	rtc_address address;
	rtc_path *path = rtc_path_from_xs(the, &xsThis);
	int known = rtc_address_from_xs(the, &xsArg(0), &xsArg(1), &address);
	address.relay = rtc_number_from_xs(the, 2, "relay");
	xsmcSetBoolean(xsResult, known && function(path, &address) == 0);
}

void xs_rtc_path_accept(xsMachine *the)
{
	take(the, rtc_path_accept);
}

void xs_rtc_path_confirm(xsMachine *the)
{
	take(the, rtc_path_confirm);
}

void xs_rtc_path_select(xsMachine *the)
{
	take(the, rtc_path_select);
}

void xs_rtc_path_yield(xsMachine *the)
{
	rtc_path_yield(rtc_path_from_xs(the, &xsThis));
}

void xs_rtc_path_forget(xsMachine *the)
{
	rtc_path_forget(rtc_path_from_xs(the, &xsThis));
}

void xs_rtc_path_statistics(xsMachine *the)
{
	rtc_path_statistics counted;
	rtc_path_get_statistics(rtc_path_from_xs(the, &xsThis), &counted);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_packetsReceived, (double)counted.packetsReceived);
	rtc_xs_set_number(the, xsID_bytesReceived, (double)counted.bytesReceived);
	rtc_xs_set_number(the, xsID_packetsSent, (double)counted.packetsSent);
	rtc_xs_set_number(the, xsID_bytesSent, (double)counted.bytesSent);
	rtc_xs_set_number(the, xsID_earlyDropped, (double)counted.earlyDropped);
}
