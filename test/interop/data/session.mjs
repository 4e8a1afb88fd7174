// SPDX-License-Identifier: Apache-2.0
// What the rows of data channels share: a peer, and its session with the device.
// @ts-check

/** @typedef {{ do(method: string, parameters?: object): Promise<any>, stop(): Promise<unknown> }} Peer */
/**
 * @typedef {object} Session
 * @property {Peer} peer
 * @property {import("../peers/device.mjs").DeviceSession} device
 * @property {boolean} silent these are as in rows.mjs
 * @property {boolean} forgets
 * @property {number} pause
 * @property {number} largest
 */
/** @typedef {{ name: string, short?: boolean, run(session: Session): Promise<string> }} Scenario */

/** Connects, the peer or the device making the offer. @param {Session} session @param {boolean} deviceOffers */
export async function connect({ peer, device }, deviceOffers) {
	if (deviceOffers) {
		device.command("offer");
		const sdp = await peer.do("answer", { sdp: await device.description("offer") });
		device.send({ type: "answer", sdp });
	} else {
		device.send({ type: "offer", sdp: await peer.do("offer") });
		await peer.do("accept", { sdp: await device.description("answer") });
	}
}

/**
 * What the device tells by that name, from then on.
 * @param {Session} session @param {string} name @param {() => void} ask @param {number} [seconds] @returns {Promise<string[]>} the words of it
 */
export async function answer({ device }, name, ask, seconds = 10) {
	const from = device.told.length;
	ask();
	for (let i = 0; i < seconds * 100; i++) {
		const line = device.told.slice(from).find((it) => it.startsWith(`${name} `));
		if (line) return line.split(" ").slice(1);
		await sleep(10);
	}
	throw new Error(`the device did not say "${name}"`);
}

/** @param {number} milliseconds */
export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
