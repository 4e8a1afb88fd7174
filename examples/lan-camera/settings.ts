// SPDX-License-Identifier: Apache-2.0
import { number } from "examples/config";

// What the heap that the manifest's "creation" sets has room for.
const mostViewers = 5;

/** TCP port of the page and the endpoint; 0: any. */
export const port = (): number => number("port", 0, 65535) ?? 80;
/** UDP port of the media; 0: any. */
export const udpPort = (): number => number("udpPort", 0, 65535) ?? 0;
/** Viewers at once. */
export const viewers = (): number =>
	number("viewers", 1, mostViewers, 'the heap in "creation" of manifest.json has no room for more') ?? 5;
/** Seconds between reports of memory and of entries into JavaScript. */
export const reportInterval = (): number => number("report", 0, 86_400) ?? 0;
