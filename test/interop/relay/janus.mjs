// SPDX-License-Identifier: Apache-2.0
// Janus behind its authors' WHIP and WHEP servers: it answers our camera, and makes the offer to our player, which have a relay
// as their only way. Janus, which cannot be told to have no other, may have its own address.
// @ts-check
import { Application } from "../../browser/camera.mjs";
import Janus from "../janus.mjs";

const build = 600_000; // ms that the first may take

/** @typedef {{ host: string, url: string, port: number, authority: string, username: string, credential: string }} Server */

/** @param {Server} server @param {string} transport */
async function begin({ host, url, port, authority, username, credential }, transport) {
	const iceServers = [{ uri: url, username, credential }];
	const nat = `turn_server = "${host}" turn_port = ${port} turn_type = "${transport}" turn_user = "${username}" turn_pwd = "${credential}"`;
	const janus = await Janus.start({ iceServers, nat });
	/** @type {Application[]} */
	const applications = [];
	const start = (/** @type {string} */ example, /** @type {Record<string, string | number>} */ settings) => {
		const all = { relayOnly: "true", ...settings };
		const application = new Application(`examples/${example}`, all, [], { SSL_CERT_FILE: authority });
		applications.push(application);
		return application;
	};
	/** @param {() => Promise<string>} use */
	const during = async (use) => {
		try {
			return await use();
		} catch (error) {
			const said = [janus, ...applications].map(({ output }) => output.slice(-4000)).join("\n");
			throw new Error(`${error instanceof Error ? error.message : error}\n${said}`);
		} finally {
			for (const application of applications) await application.stop();
			await janus.stop();
		}
	};
	return { janus, iceServers, start, during };
}

/** @param {string} transport @param {() => Promise<Server>} server @returns {import("../run.mjs").Row[]} */
export const janusRows = (transport, server) => [
	{
		name: `Janus answers, and is published to by TURN over ${transport.toUpperCase()}`,
		timeout: 600,
		async run() {
			const { janus, start, during } = await begin(await server(), transport);
			return during(async () => {
				await start("whip-camera", { url: janus.url }).find(/The camera is published/, build);
				return janus.receives();
			});
		},
	},
	{
		name: `Janus offers, and is played by TURN over ${transport.toUpperCase()}`,
		timeout: 600,
		async run() {
			const { janus, iceServers, start, during } = await begin(await server(), transport);
			return during(async () => {
				await start("whip-camera", { url: janus.url }).find(/The camera is published/, build);
				await janus.receives();
				const url = await janus.startWHEP({ iceServers });
				const player = start("whep-viewer", { url, report: 1 });
				return (await player.find(/received [1-9]\d\d+ packets.*/, build))[0];
			});
		},
	},
];
