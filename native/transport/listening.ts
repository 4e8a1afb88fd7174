// SPDX-License-Identifier: Apache-2.0

/**
 * Whether a TCP listener could have this port of all IPv4 addresses now; 0 is always free.
 *
 * For who is about to make one: the listener of the SDK's desktop platform (8.2.3) fails so badly on a taken port that the
 * machine ends later, and a device's does not say why it fails.
 * @throws RangeError for what is no port
 */
export default function isPortFree(this: void, port: number): boolean {
	return native("xs_rtc_tcp_port_is_free").call(this, port);
}
