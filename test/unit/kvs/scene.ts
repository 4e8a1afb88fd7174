// SPDX-License-Identifier: Apache-2.0
// What the tests of faults need each time: a service, and clients that are closed afterwards.
import Client, { sdp, seeded } from "./client";
import Service, { messageOf, type Reply } from "./service";
import { advance, resetClock } from "../fakes/moddable/clock";
import preference from "../fakes/moddable/preference";

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;

export const offer = (id: string) => messageOf("SDP_OFFER", { type: "offer", sdp: sdp(id) }, id);
export const refused = (type: string, status = 400, message = ""): Reply => ({
	status,
	headers: { "x-amzn-errortype": type },
	body: JSON.stringify({ message }),
});

export default class Scene {
	service = new Service();
	#clients: Client[] = [];

	constructor() {
		resetClock();
		preference.reset();
		this.service.addChannel("porch");
		jest.spyOn(Math, "random").mockImplementation(seeded(1));
		jest.spyOn(Date, "now").mockImplementation(() => this.service.now);
	}

	/** A client that answers each offer. @param wait milliseconds, until it is connected */
	async start(
		options: ConstructorParameters<typeof Client>[1] = {},
		{ lifetime = Infinity, role = "master" as "master" | "viewer", wait = second } = {},
	): Promise<Client> {
		const client = new Client(this.service, options, lifetime);
		this.#clients.push(client);
		client.answer = ({ peerId }) => client.signaling.send({ type: "answer", peerId, sdp: sdp(peerId) });
		client.connect(role);
		await advance(wait);
		return client;
	}

	/** How often a call was made. */
	count(call: string): number {
		return this.service.calls().filter((one) => one === call).length;
	}

	close(): void {
		for (const { signaling } of this.#clients) signaling.close();
		jest.restoreAllMocks();
	}
}
