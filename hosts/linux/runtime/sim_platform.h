// SPDX-License-Identifier: Apache-2.0
// What the XS engine asks of a platform (its XSPLATFORM): the simulator on Linux. Strings are UTF-8, as on a device.
#ifndef SIM_PLATFORM_H
#define SIM_PLATFORM_H

#undef mxLinux
#define mxLinux 1
#undef mxLittleEndian
#define mxLittleEndian 1

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1
// As on a device, where a slot of 16 bytes has room for 16 bits.
#if INTPTR_MAX > INT32_MAX
#define mx32bitID 1
#endif

// Native threads post to the machine: `job` begins with these two fields, is allocated with malloc and freed by the
// simulator after its callback ran on the machine's thread.
typedef struct sxWorkerJob txWorkerJob;
typedef void (*txWorkerCallback)(void *machine, void *job);
struct sxWorkerJob {
	txWorkerJob *next;
	txWorkerCallback callback;
};
extern void fxQueueWorkerJob(void *machine, void *job);

// The waiter fields are those that Atomics.wait of XS 13 uses.
#define mxMachinePlatform                                                                                              \
	void *host;                                                                                                        \
	void *waiterCondition;                                                                                             \
	void *waiterData;                                                                                                  \
	void *waiterLink;

#endif
