// SPDX-License-Identifier: Apache-2.0
// ICE credentials as descriptions and fragments bring them: checked here, and nowhere else above the agent.
import WebRTCError from "webrtc/error";
import { checkCredentials } from "webrtc/ice";

/** One side's ICE, apart from any description. */
export interface IceParameters {
	/** 4 to 256 characters (RFC 8839 section 5.4). */
	iceUfrag: string;
	/** 22 to 256 characters. */
	icePwd: string;
	/** "candidate:…"; more may follow, unless `endOfCandidates`. */
	candidates?: readonly string[];
	endOfCandidates?: boolean;
}

/** @throws WebRTCError "sdp/malformed" */
export function checkIce({ iceUfrag, icePwd }: IceParameters): void {
	try {
		checkCredentials(iceUfrag, icePwd);
	} catch (error) {
		throw new WebRTCError("sdp/malformed", `ICE: ${(error as Error).message}`);
	}
}
