// SPDX-License-Identifier: Apache-2.0
// werift, which watches by WHEP: `node watch.mjs URL`. Prints how many packets have come, ten times a second.
// @ts-check
import { RTCPeerConnection, useH264 } from "werift";

const [, , url = ""] = process.argv;
const pc = new RTCPeerConnection({ codecs: { video: [useH264()] } });
let count = 0;
pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe(() => void count++));
pc.addTransceiver("video", { direction: "recvonly" });
await pc.setLocalDescription(await pc.createOffer());
const headers = { "content-type": "application/sdp" };
const response = await fetch(`${url}whep`, { method: "POST", headers, body: pc.localDescription?.sdp ?? "" });
if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
await pc.setRemoteDescription({ type: "answer", sdp: await response.text() });
setInterval(() => console.log(count), 100);
