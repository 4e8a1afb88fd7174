// SPDX-License-Identifier: Apache-2.0
// Resources are host buffers over mapped files, which stay mapped: as in a device's flash, nothing is copied.
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

void sim_resource_destructor(void *data)
{
	(void)data; // the mapping belongs to the image
}

static void set_bytes(xsMachine *the, xsSlot *slot, const uint8_t *bytes, size_t size)
{
	xsmcSetHostBuffer(*slot, (void *)bytes, (xsUnsignedValue)size);
	xsmcPetrifyHostBuffer(*slot);
}

void sim_resource(xsMachine *the)
{
	size_t size;
	const char *name = xsmcToString(xsArg(0));
	const void *bytes = mcGetResource(the, name, &size);
	if (!bytes)
		xsURIError("resource not found: %s", name);
	set_bytes(the, &xsThis, bytes, size);
}

void sim_resource_exists(xsMachine *the)
{
	size_t size;
	xsmcSetBoolean(xsResult, mcGetResource(the, xsmcToString(xsArg(0)), &size) != NULL);
}

void sim_resource_get_byteLength(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)xsmcGetHostBufferLength(xsThis));
}

// As Array.prototype.slice: negative counts from the end.
static size_t position(xsMachine *the, int index, size_t size, size_t fallback)
{
	if (xsmcArgc <= index || xsmcTypeOf(xsArg(index)) == xsUndefinedType)
		return fallback;
	double value = xsmcToNumber(xsArg(index));
	if (value < 0)
		value += (double)size;
	return value <= 0 ? 0 : value >= (double)size ? size : (size_t)value;
}

void sim_resource_slice(xsMachine *the)
{
	void *data;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsThis, &data, &size);
	size_t begin = position(the, 0, size, 0);
	size_t end = position(the, 1, size, size);
	size_t length = end > begin ? end - begin : 0;
	if (xsmcArgc > 2 && xsmcTypeOf(xsArg(2)) != xsUndefinedType && !xsmcTest(xsArg(2))) {
		xsResult = xsNewHostObject(NULL);
		set_bytes(the, &xsResult, (const uint8_t *)data + begin, length);
	} else {
		xsmcSetArrayBuffer(xsResult, (uint8_t *)data + begin, (xsIntegerValue)length);
	}
}
