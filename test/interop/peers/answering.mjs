// SPDX-License-Identifier: Apache-2.0
// The device offers, and the peer answers.
// @ts-check

/** @typedef {import("./scene.mjs").Scene} Scene */
/** @typedef {import("./rows.mjs").Scenario} Scenario */

/** What can come. @param {Scene} scene @param {("video" | "audio")[]} kinds */
const first = (scene, ...kinds) => (scene.takenApart ? kinds.slice(0, 1) : kinds);

/**
 * What follows when the device has offered both, and both have come.
 * @param {string} name
 * @param {string[]} needs
 * @param {(scene: Scene) => Promise<unknown>} go
 * @param {Partial<Scenario>} [more]
 * @returns {Scenario}
 */
function then(name, needs, go, more = {}) {
	return {
		name: `answers, and ${name}`,
		needs: ["video", "together", ...needs],
		...more,
		async run(scene) {
			await scene.deviceOffers();
			await scene.arrives("video", "audio");
			await go(scene);
		},
	};
}

/** @type {Scenario[]} */
export const answering = [
	{
		name: "answers video",
		needs: ["video"],
		device: "video",
		async run(scene) {
			await scene.deviceOffers();
			await scene.arrives("video");
		},
	},
	{
		name: "answers audio",
		device: "audio",
		async run(scene) {
			await scene.deviceOffers();
			await scene.arrives("audio");
		},
	},
	{
		name: "answers video and audio",
		needs: ["video"],
		short: true,
		async run(scene) {
			await scene.deviceOffers();
			scene.refused();
			await scene.arrives(...first(scene, "video", "audio"));
		},
	},
	{
		name: "answers audio, and refuses the video",
		short: true,
		async run(scene, { lacks = {} }) {
			await scene.deviceOffers(...("video" in lacks ? [] : [0]));
			scene.refused(0);
			await scene.arrives("audio");
		},
	},
	{
		name: "answers video, and refuses the audio",
		needs: ["video"],
		async run(scene) {
			await scene.deviceOffers(1);
			scene.refused(1);
			await scene.arrives("video");
		},
	},
	then(
		"the device pauses and resumes the video",
		["be directed"],
		async (scene) => {
			for (const [direction, kinds] of /** @type {const} */ ([
				["inactive", ["audio"]],
				["sendonly", ["video", "audio"]],
			])) {
				scene.device.command("direction", { kind: "video", direction });
				await scene.deviceOffers();
				await scene.arrives(...kinds);
			}
		},
		{ short: true },
	),
	then("the peer offers next, pauses and resumes the video", ["direct", "offer next"], async (scene) => {
		for (const [direction, kinds] of /** @type {const} */ ([
			["inactive", ["audio"]],
			["recvonly", ["video", "audio"]],
		])) {
			await scene.peer.do("direct", { section: scene.place("video"), direction });
			await scene.peerOffers();
			await scene.arrives(...kinds);
		}
	}),
	then("the device stops the video and adds it again", ["be stopped"], async (scene) => {
		scene.device.command("stop", { kind: "video" });
		await scene.deviceOffers();
		scene.refused(0);
		await scene.arrives("audio");
		scene.device.command("add", { kind: "video" });
		await scene.deviceOffers();
		await scene.arrives("video", "audio");
	}),
	{
		name: "answers video, and the device adds audio",
		needs: ["video"],
		device: "video",
		async run(scene) {
			await scene.deviceOffers();
			await scene.arrives("video");
			scene.device.command("add", { kind: "audio" });
			await scene.deviceOffers();
			await scene.arrives(...first(scene, "video", "audio"));
		},
	},
	{
		name: "answers audio, and the device pauses and resumes it",
		needs: ["be directed"],
		device: "audio",
		async run(scene) {
			await scene.deviceOffers();
			await scene.arrives("audio");
			for (const [direction, kinds] of /** @type {const} */ ([
				["inactive", []],
				["sendonly", ["audio"]],
			])) {
				scene.device.command("direction", { kind: "audio", direction });
				await scene.deviceOffers();
				await scene.arrives(...kinds);
			}
		},
	},
	then("the device restarts ICE", ["be restarted"], deviceRestarts),
	{
		name: "answers audio, and the device restarts ICE",
		needs: ["be restarted"],
		device: "audio",
		async run(scene) {
			await scene.deviceOffers();
			await scene.arrives("audio");
			await deviceRestarts(scene);
		},
	},
];

/** @param {Scene} scene in which everything arrives */
async function deviceRestarts(scene) {
	const kinds = /** @type {("video" | "audio")[]} */ (scene.sections.map(({ kind }) => kind));
	const [offered, answered] = scene.credentials;
	scene.device.command("restart");
	await scene.deviceOffers();
	scene.restarted(offered, answered);
	await scene.arrives(...kinds);
}
