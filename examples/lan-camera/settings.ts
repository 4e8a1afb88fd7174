// SPDX-License-Identifier: Apache-2.0
import { number } from "examples/config";

/** TCP port of the page and the endpoint; 0: any. */
export const port = (): number => number("port", 0, 65535) ?? 80;
/** UDP port of the media; 0: any. */
export const udpPort = (): number => number("udpPort", 0, 65535) ?? 0;
/** Seconds between reports of memory and of entries into JavaScript. */
export const reportInterval = (): number => number("report", 0, 86_400) ?? 0;
