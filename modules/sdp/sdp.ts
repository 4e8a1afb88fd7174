// SPDX-License-Identifier: Apache-2.0
// Session descriptions (RFC 8866): read, written, offered and answered (RFC 3264, RFC 9429). No I/O, no state.
export { checkAccepted, createAnswer, planAnswer, refusalOf } from "webrtc/sdp/answer";
export type { AnswerOptions, AnswerPlan } from "webrtc/sdp/answer";
export { parseFragment, writeFragment } from "webrtc/sdp/fragment";
export type { Fragment, FragmentSection } from "webrtc/sdp/fragment";
export * from "webrtc/sdp/extensions";
export { negotiated, validateAnswer } from "webrtc/sdp/negotiated";
export type { NegotiatedCodec, NegotiatedMedia } from "webrtc/sdp/negotiated";
export { createOffer } from "webrtc/sdp/offer";
export type { OfferOptions } from "webrtc/sdp/offer";
export { parse } from "webrtc/sdp/parse";
export type { Refusal } from "webrtc/sdp/refusal";
export { intersect, isLive, msidOf, receives, replaceIce, reverse, sends } from "webrtc/sdp/section";
export { dtlsRole, remoteTransport, taggedSection } from "webrtc/sdp/transport";
export type { RemoteTransport } from "webrtc/sdp/transport";
export type * from "webrtc/sdp/types";
export { defaultLimits } from "webrtc/sdp/text";
export type { SdpLimits } from "webrtc/sdp/text";
export { write } from "webrtc/sdp/write";
