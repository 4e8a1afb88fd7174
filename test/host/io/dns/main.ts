// SPDX-License-Identifier: Apache-2.0
// Names of the file XS_WEBRTC_HOSTS.
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import config from "mc/config";
import { assert, assertEqual, delay, runCases } from "test/cases";

const makeResolver = (): Resolver => new Resolver({ servers: [], socket: { io: UDP } });

/** The address, or the reason for which there is none. */
function resolve(host: string): Promise<string> {
	return new Promise((done) => {
		let told = false;
		makeResolver().resolve({
			host,
			onResolved(name, address) {
				assertEqual(name, host, "host");
				told = true;
				done(address);
			},
			onError(name, error) {
				assertEqual(name, host, "host");
				told = true;
				done(error instanceof Error ? error.message : "no reason");
			},
		});
		assert(!told, "not before resolve has returned");
	});
}

async function known(): Promise<void> {
	assertEqual(await resolve("camera.test"), "192.0.2.7", "a name");
	assertEqual(await resolve("Other.Test"), "192.0.2.7", "a line's second name, in other letters");
	assertEqual(await resolve("six.test"), "2001:db8::1", "an IPv6 address");
	assertEqual(await resolve("twice.test"), "192.0.2.8", "the first line counts");
}

async function unknown(): Promise<void> {
	assertEqual(
		await resolve("absent.test"),
		"absent.test is not found (XS_WEBRTC_HOSTS)",
		"a name without an address",
	);
	assertEqual(await resolve("localhost"), "127.0.0.1", "another name is the system's");
	assertEqual(await resolve("192.0.2.9"), "192.0.2.9", "an address is no name");
	const resolver = makeResolver();
	resolver.resolve({ host: "absent.test", onError: () => assert(false, "told after close") });
	resolver.close();
	await delay(50);
}

/** As long as the machine runs: the other side changes the file when it is told to. */
async function changing(): Promise<void> {
	assertEqual(await resolve("changing.test"), "192.0.2.1", "at first");
	trace("remove it\n");
	while (!(await resolve("changing.test")).includes("not found")) await delay(10);
	trace("bring it back\n");
	while ((await resolve("changing.test")) !== "192.0.2.2") await delay(10);
}

async function broken(): Promise<void> {
	const expected = String(config["expected"]);
	for (const host of ["camera.test", "localhost"]) {
		const reason = await resolve(host);
		assert(reason.startsWith("XS_WEBRTC_HOSTS: ") && reason.includes(expected), reason);
	}
}

void runCases(config["expected"] ? { broken } : { known, unknown, changing });
