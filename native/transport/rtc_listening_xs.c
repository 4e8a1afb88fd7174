// SPDX-License-Identifier: Apache-2.0
#include "rtc_listening.h"
#include "rtc_xs.h"

void xs_rtc_tcp_port_is_free(xsMachine *the)
{
	int port = xsmcArgc > 0 ? xsmcToInteger(xsArg(0)) : -1;
	if (port < 0 || port > 65535)
		xsRangeError("port: 0 to 65535");
	xsmcSetBoolean(xsResult, rtc_tcp_port_is_free((uint16_t)port));
}
