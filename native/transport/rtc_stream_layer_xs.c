// SPDX-License-Identifier: Apache-2.0
#include "rtc_stream_layer_xs.h"

void xs_rtc_stream_layer_destructor(void *data)
{
	rtc_stream_layer *layer = data;
	if (layer)
		(*layer->free)(layer);
}

static const xsHostHooks hooks = {xs_rtc_stream_layer_destructor, NULL, NULL};

void rtc_stream_layer_to_xs(xsMachine *the, xsSlot *slot, rtc_stream_layer *layer)
{
	xsmcSetHostData(*slot, layer);
	xsSetHostHooks(*slot, &hooks);
}

rtc_stream_layer *rtc_stream_layer_from_xs(xsMachine *the, xsSlot *slot)
{
	rtc_stream_layer *layer = rtc_xs_host(the, slot, &hooks, "layer");
	xsmcSetHostData(*slot, NULL);
	xsmcSetHostDestructor(*slot, NULL);
	return layer;
}
