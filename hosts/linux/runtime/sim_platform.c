// SPDX-License-Identifier: Apache-2.0
// The engine is built with mxDebug for the lines in its byte code; there is no debugger to connect.
#include "sim.h"

void fxCreateMachinePlatform(txMachine *the)
{
	(void)the;
}

void fxDeleteMachinePlatform(txMachine *the)
{
	(void)the;
}

void fxConnect(txMachine *the)
{
	(void)the;
}

void fxDisconnect(txMachine *the)
{
	(void)the;
}

txBoolean fxIsConnected(txMachine *the)
{
	(void)the;
	return 0;
}

txBoolean fxIsReadable(txMachine *the)
{
	(void)the;
	return 0;
}

void fxReceive(txMachine *the)
{
	(void)the;
}

void fxSend(txMachine *the, txBoolean more)
{
	(void)the;
	(void)more;
}

void fxRunDebugger(txMachine *the)
{
	(void)the;
}
