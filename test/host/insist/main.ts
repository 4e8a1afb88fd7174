// SPDX-License-Identifier: Apache-2.0
globalThis.simulator?.onTerminate(() => {
	trace("ready\n");
	return new Promise(() => {});
});
trace("ready\n");
