// SPDX-License-Identifier: Apache-2.0
import two from "lib/two";
export const part = `one of ${two}`;
