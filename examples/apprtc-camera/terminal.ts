// SPDX-License-Identifier: Apache-2.0
// Commands that are typed at the terminal, where there is one: in the simulator.
import simulator from "examples/simulator";
import type WebRTCApp from "webrtc/app";
import type AppRTCSignaling from "webrtc/signaling/apprtc";
import { randomRoom } from "webrtc/signaling/apprtc";

const help = `join-room new | NAME   leaves this room for a new one, or that one
get-room               which one, and its page
get-role               who makes the offer: the initiator
status                 the signaling, and who is connected
retry-room [new|NAME]  at once what would be tried later; or another room
disconnect             leaves the room; join-room brings it back
`;

function join(word: string, signaling: AppRTCSignaling): string {
	const room = word === "new" ? randomRoom() : word;
	signaling.join(room);
	return `to room ${room}\n`;
}

/** Does what a line says. @returns what is to be said of it @throws TypeError for a name that no room can have */
function run(line: string, signaling: AppRTCSignaling, app: WebRTCApp): string {
	const [command = "", word] = line.split(" ").filter((each) => each !== "");
	switch (command) {
		case "join-room":
			return word === undefined ? "join-room new | NAME\n" : join(word, signaling);
		case "retry-room":
			if (word !== undefined) return join(word, signaling);
			signaling.retry();
			return "trying\n";
		case "get-room":
			return `room ${signaling.room}: ${signaling.pageURL}\n`;
		case "get-role":
			return `role ${signaling.side ?? "unknown"}\n`;
		case "status": {
			const states = app.peers.map((peerId) => app.connection(peerId)?.connectionState ?? "elsewhere");
			const shown = app.getStats().get(`session:${signaling.room}`)?.["firstFrameTime"];
			const picture = shown === undefined ? "" : `, whose first picture left after ${String(shown)} ms`;
			return `signaling ${signaling.state}, peer ${states.join(", ") || "none"}${picture}\n`;
		}
		case "disconnect":
			signaling.leave();
			return `left ${signaling.room}\n`;
		default:
			return help;
	}
}

/** Takes commands from now on; anything else is answered with what there is. */
export default function listen(signaling: AppRTCSignaling, app: WebRTCApp): void {
	simulator?.onLine((line) => {
		if (!line) return;
		try {
			trace(run(line, signaling, app));
		} catch (error) {
			trace(`${(error as Error).message}\n`);
		}
	});
}
