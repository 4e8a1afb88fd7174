// SPDX-License-Identifier: Apache-2.0

/** What a connection would stand on. */
export default class Tls {
	readonly options: object;

	constructor(options: object) {
		this.options = options;
	}
}
