// SPDX-License-Identifier: Apache-2.0
#include "xsmc.h"
#include "mc.xs.h"
#include "mc.defines.h"
#include "xsHost.h"

#include <stdio.h>

void xs_test_defines(xsMachine *the)
{
	static const int list[] = MODDEF_TEST_LIST;
	char text[80];
	snprintf(text, sizeof(text), "%d %s %d %d %d %d", MODDEF_TEST_COUNT, MODDEF_TEST_TEXT, MODDEF_TEST_ON, list[1],
			 MODDEF_TEST_RAW, FROM_C_FLAGS);
	xsmcSetString(xsResult, text);
}
