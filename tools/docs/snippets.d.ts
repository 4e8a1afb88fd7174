// SPDX-License-Identifier: Apache-2.0
// What the pages' snippets may use without saying where it is from: what an application has made before, and what the text
// around them has introduced.

declare const WebRTCApp: typeof import("webrtc/app").default;
declare const WHEPSignaling: typeof import("webrtc/signaling/whep").default;
declare const defaultMedia: typeof import("webrtc/media/defaults").defaultMedia;

declare const app: import("webrtc/app").default;
declare const pc: import("webrtc/peer").default;
declare const videoCapture: import("webrtc/media").VideoCapture;
declare const audioCapture: import("webrtc/media").AudioCapture;
declare const audioPlayer: import("webrtc/media").AudioPlayer;
declare const iceServers: import("webrtc/signaling").IceServer[];
declare const peerId: string;
declare const page: typeof import("webrtc/signaling/whep/page").default;
declare const token: string;

/** Whatever carries messages to the other side. */
declare function send(message: unknown): void;
declare function fetchKeyFromYourServer(): Promise<string>;
declare function makeBench(): import("webrtc/signaling/conformance").Bench;

declare const endpoint: string;
declare const roleAlias: string;
declare const thingName: string;
declare const certificate: string;
declare const privateKey: string;
