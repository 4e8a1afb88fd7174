// SPDX-License-Identifier: Apache-2.0
// What Moddable's xsHost.h offers to C modules, as far as the desktop has it.
#ifndef SIM_XSHOST_H
#define SIM_XSHOST_H

#include "xsmc.h"

#ifndef ICACHE_RODATA_ATTR
#define ICACHE_RODATA_ATTR
#endif

// Milliseconds and microseconds of a monotonic clock; both wrap.
uint32_t modMilliseconds(void);
uint32_t modMicroseconds(void);
#undef modDelayMilliseconds // a macro in the SDK's own for desktops
void modDelayMilliseconds(uint32_t ms);

// The bytes of a resource of the manifest's `data`, mapped read-only, or NULL.
const void *mcGetResource(xsMachine *the, const char *name, size_t *size);

#endif
