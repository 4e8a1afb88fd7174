// SPDX-License-Identifier: Apache-2.0
import b from "./sub/b.js";
export default `a of ${b}`;
