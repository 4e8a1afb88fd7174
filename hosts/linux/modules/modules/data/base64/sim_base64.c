// SPDX-License-Identifier: Apache-2.0
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <glib.h>

void xs_sim_base64_encode(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	if (xsmcTypeOf(xsArg(0)) == xsReferenceType) {
		xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	} else {
		bytes = xsmcToString(xsArg(0));
		size = (xsUnsignedValue)strlen(bytes);
	}
	g_autofree char *text = g_base64_encode(bytes, size);
	xsmcSetString(xsResult, text);
}

void xs_sim_base64_decode(xsMachine *the)
{
	gsize size;
	g_autofree guchar *bytes = g_base64_decode(xsmcToString(xsArg(0)), &size);
	xsmcSetArrayBuffer(xsResult, bytes, (xsIntegerValue)size);
}
