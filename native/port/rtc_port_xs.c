// SPDX-License-Identifier: Apache-2.0
#include "rtc_xs.h"
#include "rtc_machine.h"

#include <math.h>

void xs_rtc_port_memory(xsMachine *the)
{
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_heap, (xsNumberValue)rtc_heap_used());
}

static xsNumberValue known(int room)
{
	return room < 0 ? INFINITY : room;
}

static void set_room(xsMachine *the)
{
	rtc_machine_room room = rtc_machine_measure(the);
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	rtc_xs_set_number(the, xsID_slots, known(room.slots));
	rtc_xs_set_number(the, xsID_chunks, known(room.chunks));
}

void xs_rtc_port_measure(xsMachine *the)
{
	set_room(the);
}

void xs_rtc_port_collect(xsMachine *the)
{
	xsCollectGarbage();
	set_room(the);
}
