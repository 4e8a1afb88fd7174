// SPDX-License-Identifier: Apache-2.0
// Answers one offer after the other, and prints how many milliseconds each took from setRemoteDescription to "connected".
import Exchange, { accept } from "bench/exchange";
import config from "mc/config";
import Time from "time";
import Certificate from "webrtc/native/dtls/certificate";
import RTCPeerConnection, { type RTCSessionDescriptionInit } from "webrtc/peer";
import Network from "webrtc/peer/network";

/** What a device has made before its first viewer comes. */
interface Device {
	network: Network;
	certificate: Certificate;
}

/** One connection: everything but the offer is ready. */
class Answerer {
	#pc: RTCPeerConnection;
	#exchange: Exchange | undefined;
	#start = 0;

	constructor({ network, certificate }: Device, onEnd: () => void) {
		const pc = new RTCPeerConnection({ network, certificates: [certificate] });
		this.#pc = pc;
		for (const kind of ["video", "audio"] as const) pc.addTransceiver(kind, { direction: "sendonly" });
		pc.onconnectionstatechange = () => {
			if (pc.connectionState === "connected") trace(`connected ${(Time.microseconds! - this.#start) / 1000}\n`);
			else if (pc.connectionState === "failed") trace(`failed ${pc.error?.message}\n`);
			else return;
			onEnd();
		};
	}

	take(socket: ConstructorParameters<typeof Exchange>[0]): void {
		this.#exchange = new Exchange(socket, (offer) => void this.#answer(offer));
	}

	close(): void {
		this.#exchange?.close();
		this.#pc.close();
	}

	async #answer(offer: RTCSessionDescriptionInit): Promise<void> {
		this.#start = Time.microseconds!;
		await this.#pc.setRemoteDescription(offer);
		await this.#pc.setLocalDescription();
		this.#exchange!.send(this.#pc.localDescription!);
	}
}

export default function main(): void {
	const device = { network: new Network(), certificate: new Certificate() };
	let current: Answerer;
	const next = () => {
		current = new Answerer(device, () => {
			current.close();
			next();
		});
		trace("waiting\n");
	};
	accept(Number(config.port), (socket) => current.take(socket));
	next();
	globalThis.simulator?.onTerminate(() => current.close());
}
