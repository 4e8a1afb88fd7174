// SPDX-License-Identifier: Apache-2.0
// How loud sound is: a sink of PCM that tells it at an interval of the sound's own time. Nothing is allocated per
// frame.
#ifndef RTC_LEVEL_METER_H
#define RTC_LEVEL_METER_H

#include "rtc_frame.h"

typedef struct rtc_level_meter rtc_level_meter;

// `heard` is told on the source's thread each `interval` milliseconds of sound; it must not block. NULL: no memory.
rtc_level_meter *rtc_level_meter_new(uint32_t interval, void (*heard)(void *context), void *context);
rtc_sink *rtc_level_meter_sink(rtc_level_meter *meter);
float rtc_level_meter_get(rtc_level_meter *meter); // root of the newest interval's mean square, 0 … 1; any thread
// Disconnects it, and gives the reference back. `heard` is not running, nor will be.
void rtc_level_meter_close(rtc_level_meter *meter);

#endif
