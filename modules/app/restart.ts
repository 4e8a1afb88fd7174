// SPDX-License-Identifier: Apache-2.0
// One side's ICE, as the signaling carries it and as a peer connection takes it.
import type { IceParameters } from "webrtc/peer";
import type { IceDescription } from "webrtc/signaling";

export function parametersOf({ ufrag, pwd, candidates }: IceDescription): IceParameters {
	const lines = candidates.map(({ candidate }) => candidate);
	return {
		iceUfrag: ufrag,
		icePwd: pwd,
		candidates: lines.filter((line) => line !== ""),
		endOfCandidates: lines.includes(""),
	};
}

export function descriptionOf({ iceUfrag, icePwd, candidates = [], endOfCandidates }: IceParameters): IceDescription {
	const lines = endOfCandidates ? [...candidates, ""] : candidates;
	return { ufrag: iceUfrag, pwd: icePwd, candidates: lines.map((candidate) => ({ candidate })) };
}
