// SPDX-License-Identifier: Apache-2.0
// The engine's internals, and what differs between XS 13 (of @agoric/xsnap) and XS 17 (of the Moddable SDK).
#ifndef SIM_ENGINE_H
#define SIM_ENGINE_H

#include "xsAll.h"
#include "xs.h"
#include "xsScript.h"

extern void fxRemapIDs(txMachine *the, txByte *codeBuffer, txSize codeSize, txID *ids); // of xsRun.c
extern void fxGrowSlots(txMachine *the, txSize count);                                  // of xsMemory.c

#if XS_MAJOR_VERSION < 14

enum {
	SIM_JS_STACK_OVERFLOW = XS_STACK_OVERFLOW_EXIT,
	SIM_C_STACK_OVERFLOW = -1, // not told apart
	SIM_FRAME_FUNCTION = 3,    // slots above a frame
};
#define simInitializeSharedCluster() fxInitializeSharedCluster()
#define simTerminateSharedCluster() fxTerminateSharedCluster()
// On the stack: the specifier. Leaves a promise in its place.
#define simRunImport(the, realm) fxRunImport(the, realm, XS_NO_ID)

#else

enum {
	SIM_JS_STACK_OVERFLOW = XS_JAVASCRIPT_STACK_OVERFLOW_EXIT,
	SIM_C_STACK_OVERFLOW = XS_NATIVE_STACK_OVERFLOW_EXIT,
	SIM_FRAME_FUNCTION = 2,
};
#define simInitializeSharedCluster() fxInitializeSharedCluster(NULL)
#define simTerminateSharedCluster() fxTerminateSharedCluster(NULL)
#define simRunImport(the, realm)                                                                                       \
	do {                                                                                                               \
		mxPushUndefined(); /* attributes */                                                                            \
		fxRunImport(the, realm, C_NULL);                                                                               \
	} while (0)

#endif

#endif
