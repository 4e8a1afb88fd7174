// SPDX-License-Identifier: Apache-2.0
const domains = new Map<string, Map<string, unknown>>();

export default {
	get: (domain: string, key: string) => domains.get(domain)?.get(key),
	set(domain: string, key: string, value: unknown) {
		if (!domains.has(domain)) domains.set(domain, new Map());
		domains.get(domain)!.set(key, value);
	},
	delete: (domain: string, key: string) => domains.get(domain)?.delete(key),
	keys: (domain: string) => [...(domains.get(domain)?.keys() ?? [])],
	reset: () => domains.clear(),
};
