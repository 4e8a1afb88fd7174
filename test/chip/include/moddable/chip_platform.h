// SPDX-License-Identifier: Apache-2.0
// What the engine asks of a platform: 32 bits, with identifiers of 16 as on a device. For measuring its size only.
#ifndef CHIP_CHIP_PLATFORM_H
#define CHIP_CHIP_PLATFORM_H

#undef mxLittleEndian
#define mxLittleEndian 1
#undef mxUnalignedAccess
#define mxUnalignedAccess 0

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/time.h>
#include <arpa/inet.h>

#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1

#define mxMachinePlatform void *host;

#endif
