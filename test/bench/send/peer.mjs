// SPDX-License-Identifier: Apache-2.0
// One end of a stream of RTP packets between two processes of another implementation; forked by test/bench/send.mjs,
// which passes the descriptions on.
//
//   peer.mjs LIBRARY sender PACKETS RATE SIZE     says { cpu } when all are sent
//   peer.mjs LIBRARY receiver                     says { received } when asked
// @ts-check

/**
 * The way to the other end.
 * @typedef {{ send(message: object): void, receive(): Promise<any> }} Signal
 */

const [library, role, packets = 0, rate = 0, size = 0] = process.argv.slice(2);
const ssrc = 0x11223344;
const payloadType = 96;
const tick = 5; // ms; what is due is sent at each

/** @type {Signal} */
const signal = {
	send: (message) => void process.send?.(message),
	receive: () => new Promise((resolve) => process.once("message", resolve)),
};

/** An RTP packet of a fragment of a slice (RFC 6184 section 5.8). @param {number} sequence */
function makePacket(sequence) {
	const packet = Buffer.alloc(Number(size), 0x5a);
	packet[0] = 0x80;
	packet[1] = payloadType;
	packet.writeUInt16BE(sequence & 0xffff, 2);
	packet.writeUInt32BE(sequence * 43, 4);
	packet.writeUInt32BE(ssrc, 8);
	packet[12] = 0x7c;
	packet[13] = 0x05;
	return packet;
}

/** @param {(packet: Buffer) => void} send @returns {Promise<number>} CPU seconds */
function stream(send) {
	const count = Number(packets);
	const before = process.cpuUsage();
	const start = performance.now();
	let sent = 0;
	return new Promise((resolve) => {
		const timer = setInterval(() => {
			const due = Math.min(count, Math.floor(((performance.now() - start) * Number(rate)) / 1000));
			for (; sent < due; sent++) send(makePacket(sent));
			if (sent < count) return;
			clearInterval(timer);
			const { user, system } = process.cpuUsage(before);
			resolve((user + system) / 1e6);
		}, tick);
	});
}

process.once("disconnect", () => process.exit(1)); // its parent is gone: never outlive it
const implementation = await import(`./${library}.mjs`);
if (role === "sender") {
	const send = await implementation.sender(signal, ssrc, payloadType);
	await new Promise((resolve) => setTimeout(resolve, 500)); // the handshake's own work is over
	signal.send({ cpu: await stream(send) });
} else {
	let received = 0;
	await implementation.receiver(signal, () => received++);
	await signal.receive();
	signal.send({ received });
}
