// SPDX-License-Identifier: Apache-2.0
// What a stranger may send: one shape for each list, length and order that a protocol leaves open.
// @ts-check
import datagrams from "./shapes/datagrams.mjs";
import fragments from "./shapes/fragment.mjs";
import http from "./shapes/http.mjs";
import sdp from "./shapes/sdp.mjs";

/**
 * @typedef {object} Shape
 * @property {string} name
 * @property {(stranger: import("./stranger.mjs").Stranger) => Promise<number>} attempt returns the last status; 0: none
 */

/** @type {readonly Shape[]} */
export const shapes = Object.freeze([...sdp, ...fragments, ...http, ...datagrams]);
