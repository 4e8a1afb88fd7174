// SPDX-License-Identifier: Apache-2.0
// The ICE servers of an application: its own, and those that its signaling brings.
import { checkIceServers } from "webrtc/peer/configuration";
import type { IceServer } from "webrtc/signaling";

export default class IceServers {
	#own: readonly IceServer[];
	#brought: readonly IceServer[] = [];
	#turn: boolean;
	#list: IceServer[] = [];

	/** @param turn whether TURN servers are used @throws TypeError or WebRTCError that names the server */
	constructor(own: readonly IceServer[], turn: boolean) {
		checkIceServers(own);
		this.#own = own;
		this.#turn = turn;
		this.join();
	}

	/** All that are used. It is a new list after each change. */
	get list(): IceServer[] {
		return this.#list;
	}

	/** @throws TypeError or WebRTCError that names the server; those before stay then */
	setOwn(servers: readonly IceServer[]): void {
		checkIceServers(servers);
		this.#own = [...servers];
		this.join();
	}

	/** @throws TypeError or WebRTCError that names the server; those before stay then */
	setBrought(servers: readonly IceServer[]): void {
		checkIceServers(servers);
		this.#brought = servers;
		this.join();
	}

	private join(): void {
		const all = [...this.#own, ...this.#brought];
		this.#list = this.#turn ? all : all.flatMap((server) => withoutTURN(server));
	}
}

function withoutTURN({ urls, ...rest }: IceServer): IceServer[] {
	const list = typeof urls === "string" ? [urls] : urls;
	const left = list.filter((url) => !url.toLowerCase().startsWith("turn"));
	return left.length ? [{ urls: left, ...rest }] : [];
}
