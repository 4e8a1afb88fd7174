// SPDX-License-Identifier: Apache-2.0

export interface ResolverOptions {
	/** A name, or an IP address. At most 253 bytes. */
	host: string;
	/** At most 4 IP addresses, as the host's resolver orders them; none when there is no such name. Called once. */
	onResolved(this: Resolver, addresses: string[]): void;
}

/**
 * Looks up a name by the host's own resolver, on a thread that ends with the answer. Stays alive until it is closed, which the
 * answer does not do.
 */
export default class Resolver extends (Native("xs_rtc_resolver_destructor") as unknown as new () => object) {
	/**
	 * @throws TypeError or RangeError naming the option
	 * @throws Error with the code "transport/failed"
	 */
	constructor(options: ResolverOptions) {
		super();
		native("xs_rtc_resolver").call(this, options);
	}

	/** Nothing is told afterwards. Can be called again without effect. */
	close(): void {
		native("xs_rtc_resolver_close").call(this);
	}
}
