// SPDX-License-Identifier: Apache-2.0
// W3C RTCRtpReceiver: what the remote sends in a section, as far as it is known here.
import type { MediaKind } from "webrtc/peer/negotiable";
import { capabilities, type RTCRtpCapabilities } from "webrtc/peer/preferences";

/** The remote's track. What plays it takes it by its receiver. */
export interface RemoteTrack {
	readonly kind: MediaKind;
	readonly id: string;
	/** Nothing comes at present: the remote has stopped to send, or has not begun. */
	muted: boolean;
	/** "ended" is for good: the transceiver has stopped. */
	readyState: "live" | "ended";
}

/** W3C RTCRtpReceiver: what comes of one section. */
export default class RTCRtpReceiver {
	readonly track: RemoteTrack;

	/** @param id of the track; the remote's own where it has told one */
	constructor(kind: MediaKind, id: string) {
		this.track = { kind, id, muted: true, readyState: "live" };
	}

	/** What can be received of a kind; null for a kind that there is not. */
	static getCapabilities(kind: string): RTCRtpCapabilities | null {
		return capabilities(kind);
	}
}
