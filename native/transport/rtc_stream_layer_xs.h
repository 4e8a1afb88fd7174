// SPDX-License-Identifier: Apache-2.0
// A layer that waits in an object for the stream it is made for: native/tls makes them.
#ifndef RTC_STREAM_LAYER_XS_H
#define RTC_STREAM_LAYER_XS_H

#include "rtc_xs.h"
#include "rtc_stream.h"

// Gives the layer to the object, which frees it unless it is taken.
void rtc_stream_layer_to_xs(xsMachine *the, xsSlot *slot, rtc_stream_layer *layer);
// Takes it out. TypeError for any other value; SyntaxError when it was taken before.
rtc_stream_layer *rtc_stream_layer_from_xs(xsMachine *the, xsSlot *slot);

#endif
