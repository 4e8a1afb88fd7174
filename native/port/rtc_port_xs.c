// SPDX-License-Identifier: Apache-2.0
#include "rtc_xs.h"

void xs_rtc_port_memory(xsMachine *the)
{
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	xsmcSetNumber(xsVar(0), (xsNumberValue)rtc_heap_used());
	xsmcSet(xsResult, xsID_heap, xsVar(0));
}
