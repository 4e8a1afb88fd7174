// SPDX-License-Identifier: Apache-2.0
// Moddable's timers for C modules, on the machine's thread. Times are in milliseconds.
#ifndef SIM_MODTIMER_H
#define SIM_MODTIMER_H

#include <stdint.h>

typedef struct modTimerRecord *modTimer;
typedef void (*modTimerCallback)(modTimer timer, void *refcon, int refconSize);

// `secondInterval` 0: once. `refcon` is copied. Returns NULL when there is no memory.
modTimer modTimerAdd(int firstInterval, int secondInterval, modTimerCallback callback, void *refcon, int refconSize);
void modTimerReschedule(modTimer timer, int firstInterval, int secondInterval);
void modTimerUnschedule(modTimer timer);
void modTimerRemove(modTimer timer);
int modTimerGetSecondInterval(modTimer timer);
void *modTimerGetRefcon(modTimer timer);
void modTimerDelayMS(uint32_t ms);

#endif
