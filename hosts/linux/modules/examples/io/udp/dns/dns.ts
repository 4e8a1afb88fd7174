// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:network/dns/resolver/udp. It asks the file $XS_WEBRTC_HOSTS, if there is one, and then the
// system's resolver, whatever `servers` says, so names of the local network and of /etc/hosts work. Unlike the SDK's, it
// gives `host` back as it was given ("localhost" stays a name, which TLS needs), and `onError` learns the reason.
import type { ResolveOptions, ResolverOptions } from "embedded:network/dns/resolver/udp";

class Resolver extends (Native("xs_sim_resolver_destructor") as unknown as new () => object) {
	constructor(options?: ResolverOptions) {
		super();
		native("xs_sim_resolver").call(this, options);
	}
	close(): void {
		native("xs_sim_resolver_close").call(this);
	}
	resolve(options: ResolveOptions): void {
		const { host, onResolved, onError } = options;
		if (!host || (!onResolved && !onError)) throw new TypeError("resolve: host and a callback are required");
		this.look(String(host), onResolved, onError);
	}
	private look(host: string, onResolved: ResolveOptions["onResolved"], onError: ResolveOptions["onError"]): void {
		native("xs_sim_resolver_resolve").call(this, host, onResolved, onError);
	}
}

export default Resolver;
