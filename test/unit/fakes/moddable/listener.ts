// SPDX-License-Identifier: Apache-2.0
/** No test has a network: those that listen give a class of their own. */
export default class Listener {
	constructor() {
		throw new Error("EADDRINUSE");
	}
}
