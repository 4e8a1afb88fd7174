// SPDX-License-Identifier: Apache-2.0
// ESP-IDF turns POSIX clocks on before it takes the C library's own header.
#ifndef CHIP_TIME_H
#define CHIP_TIME_H

#include_next <time.h>

#ifndef CLOCK_REALTIME
#define CLOCK_REALTIME ((clockid_t)1)
#endif
#ifndef CLOCK_MONOTONIC
#define CLOCK_MONOTONIC ((clockid_t)4)
#endif

int clock_gettime(clockid_t clock, struct timespec *now);

#endif
