// SPDX-License-Identifier: Apache-2.0
// What this SDK can do of each codec.
import { pcma as pcmaRecord, pcmu as pcmuRecord } from "webrtc/codec/g711";
import h264Record from "webrtc/codec/h264";
import opusRecord from "webrtc/codec/opus";

export const h264 = h264Record.capability;
export const opus = opusRecord.capability;
export const pcmu = pcmuRecord.capability;
export const pcma = pcmaRecord.capability;
