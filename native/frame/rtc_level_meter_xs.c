// SPDX-License-Identifier: Apache-2.0
#include "rtc_level_meter.h"
#include "rtc_segment_xs.h"

#include <stdlib.h>

#define SHORTEST_INTERVAL 50 // milliseconds
#define LONGEST_INTERVAL 60000
#define DEFAULT_INTERVAL 200

typedef struct {
	rtc_segment segment; // first, for rtc_segment_get
	xsSlot object;
	xsSlot *onLevel;
	rtc_poster *poster;
	rtc_level_meter *meter;
} meter_record;

static void mark(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	meter_record *record = data;
	if (record->onLevel)
		(*markRoot)(the, record->onLevel);
}

static const xsHostHooks hooks = {xs_rtc_level_meter_destructor, mark, NULL};

void xs_rtc_level_meter_destructor(void *data)
{
	meter_record *record = data;
	if (!record)
		return;
	if (record->meter)
		rtc_level_meter_close(record->meter); // it posts no more
	rtc_poster_close(record->poster);
	free(record);
}

static void post(void *context)
{
	rtc_poster_post(((meter_record *)context)->poster);
}

static void deliver(xsMachine *machine, void *context)
{
	meter_record *record = context;
	float level = rtc_level_meter_get(record->meter);
	rtcEnter(machine);
	xsmcVars(1);
	xsmcSetNumber(xsVar(0), level);
	xsCallFunction1(xsReference(record->onLevel), xsAccess(record->object), xsVar(0));
	rtcLeave(machine);
}

void xs_rtc_level_meter(xsMachine *the)
{
	uint32_t interval = (uint32_t)rtc_xs_integer(the, &xsArg(0), xsID_interval, "interval", SHORTEST_INTERVAL,
												 LONGEST_INTERVAL, DEFAULT_INTERVAL);
	meter_record *record = calloc(1, sizeof *record);
	if (!record)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, record); // from here on, the destructor frees it if the constructor throws
	xsSetHostHooks(xsThis, (xsHostHooks *)&hooks);
	rtc_segment_register(&hooks);
	record->onLevel = rtc_xs_callback(the, &xsArg(0), xsID_onLevel, "onLevel");
	if (!record->onLevel)
		xsTypeError("onLevel: missing");
	record->poster = rtc_poster_new(the, deliver, record);
	record->meter = rtc_level_meter_new(interval, post, record);
	if (!record->meter)
		rtc_xs_throw(the, "peer/out-of-resources", "no memory for a meter");
	record->segment.sink = rtc_level_meter_sink(record->meter);
	record->object = xsThis;
	xsRemember(record->object);
}

void xs_rtc_level_meter_close(xsMachine *the)
{
	if (!xsmcGetHostData(xsThis))
		return;
	meter_record *record = rtc_xs_host(the, &xsThis, &hooks, "LevelMeter");
	xsForget(record->object);
	xsmcSetHostData(xsThis, NULL);
	xsmcSetHostDestructor(xsThis, NULL);
	xs_rtc_level_meter_destructor(record);
}
