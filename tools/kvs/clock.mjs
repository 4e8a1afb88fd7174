// SPDX-License-Identifier: Apache-2.0
// The service's clock. It can be set wrong, so that a client's correction of its own can be tested.
// @ts-check

export default class ServiceClock {
	/** Milliseconds that this clock is ahead of the computer's. */
	offset = 0;

	/** @returns {number} milliseconds since 1970 */
	get now() {
		return Date.now() + this.offset;
	}

	/** @returns {string} for the Date header */
	get httpDate() {
		return new Date(this.now).toUTCString();
	}
}
