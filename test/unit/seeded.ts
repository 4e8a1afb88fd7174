// SPDX-License-Identifier: Apache-2.0
// fast-check with one seed for each run of `npm test`, so that it fails for what a change did and for nothing else;
// `npm run fuzz` looks further, with other seeds.
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["FUZZ_SEED"] ?? 1) });

export default fc;
