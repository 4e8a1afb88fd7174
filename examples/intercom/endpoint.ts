// SPDX-License-Identifier: Apache-2.0

/** Where another intercom answers calls. @param address as it prints it, with its secret behind "#" */
export default function endpointOf(address: string): { url: string; token?: string } {
	const [page = "", token] = address.split("#");
	return { url: `${page}${page.endsWith("/") ? "" : "/"}whep`, ...(token ? { token } : {}) };
}
