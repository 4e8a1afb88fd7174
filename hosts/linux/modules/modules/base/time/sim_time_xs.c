// SPDX-License-Identifier: Apache-2.0
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <time.h>

// The desktop's clock and time zone are right already.
void sim_time_set(xsMachine *the)
{
	(void)xsmcToNumber(xsArg(0));
}

static struct tm now(void)
{
	time_t seconds = time(NULL);
	struct tm local;
	localtime_r(&seconds, &local);
	return local;
}

void sim_time_get_timezone(xsMachine *the)
{
	struct tm local = now();
	xsmcSetInteger(xsResult, (int)local.tm_gmtoff - (local.tm_isdst > 0 ? 3600 : 0));
}

void sim_time_get_dst(xsMachine *the)
{
	xsmcSetInteger(xsResult, now().tm_isdst > 0 ? 3600 : 0);
}

void sim_time_get_ticks(xsMachine *the)
{
	xsmcSetInteger(xsResult, (int32_t)modMilliseconds());
}

void sim_time_get_microseconds(xsMachine *the)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	xsmcSetNumber(xsResult, (double)time.tv_sec * 1e6 + (double)(time.tv_nsec / 1000));
}

void sim_time_delta(xsMachine *the)
{
	uint32_t start = (uint32_t)xsmcToInteger(xsArg(0));
	uint32_t end = modMilliseconds();
	if (xsmcArgc > 1 && xsmcTypeOf(xsArg(1)) != xsUndefinedType)
		end = (uint32_t)xsmcToInteger(xsArg(1));
	xsmcSetInteger(xsResult, (int32_t)(end - start));
}
