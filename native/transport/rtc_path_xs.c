// SPDX-License-Identifier: Apache-2.0
#include "rtc_transport_xs.h"

#include <errno.h>

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

static void check(xsMachine *the, int error)
{
	if (error == ENOSPC)
		xsRangeError("address: the transport holds %d of them", RTC_UFRAGS * RTC_PATH_ADDRESSES);
	if (error)
		xsUnknownError("no memory");
}

void xs_rtc_path_accept(xsMachine *the)
{
	rtc_address address;
	rtc_path *path = rtc_path_from_xs(the, &xsThis);
	rtc_address_from_xs(the, &xsArg(0), &xsArg(1), &address);
	check(the, rtc_path_accept(path, &address));
}

void xs_rtc_path_select(xsMachine *the)
{
	rtc_address address;
	rtc_path *path = rtc_path_from_xs(the, &xsThis);
	rtc_address_from_xs(the, &xsArg(0), &xsArg(1), &address);
	check(the, rtc_path_select(path, &address));
}

void xs_rtc_path_statistics(xsMachine *the)
{
	rtc_path_statistics counted;
	rtc_path_get_statistics(rtc_path_from_xs(the, &xsThis), &counted);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_set_number_xs(the, xsID_packetsReceived, counted.packetsReceived);
	rtc_set_number_xs(the, xsID_bytesReceived, counted.bytesReceived);
	rtc_set_number_xs(the, xsID_packetsSent, counted.packetsSent);
	rtc_set_number_xs(the, xsID_bytesSent, counted.bytesSent);
	rtc_set_number_xs(the, xsID_earlyDropped, counted.earlyDropped);
}
