// SPDX-License-Identifier: Apache-2.0
// libwebrtc in Node (@roamhq/wrtc), as a peer.
// @ts-check
import wrtc from "@roamhq/wrtc";
import { serve } from "./serve.mjs";
import { W3CAgent } from "./w3c.mjs";

Object.assign(globalThis, wrtc);
await serve(new W3CAgent());
