// SPDX-License-Identifier: Apache-2.0
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"
#include "sim_counters.h"

void sim_instrumentation_map(xsMachine *the)
{
	int index = sim_counter_find(xsmcToString(xsArg(0)));
	if (index >= 0)
		xsmcSetInteger(xsResult, index + 1);
}

void sim_instrumentation_get(xsMachine *the)
{
	double value;
	if (xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) != xsUndefinedType &&
		sim_counter_get(the, xsmcToInteger(xsArg(0)) - 1, &value))
		xsmcSetNumber(xsResult, value);
}

void sim_instrumentation_name(xsMachine *the)
{
	const char *name = sim_counter_name(xsmcToInteger(xsArg(0)) - 1);
	if (name)
		xsmcSetStringX(xsResult, (char *)name);
}
