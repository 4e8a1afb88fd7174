// SPDX-License-Identifier: Apache-2.0
// What the SDK's xsHost.h for ESP32 offers to C modules, as far as it is used.
#ifndef CHIP_XSHOST_H
#define CHIP_XSHOST_H

#include "xsmc.h"

#ifndef ICACHE_RODATA_ATTR
#define ICACHE_RODATA_ATTR
#endif

typedef void (*modMessageDeliver)(void *the, void *refcon, uint8_t *message, uint16_t length);
int modMessagePostToMachine(xsMachine *the, uint8_t *message, uint16_t length, modMessageDeliver deliver, void *refcon);

#endif
