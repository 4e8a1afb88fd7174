// SPDX-License-Identifier: Apache-2.0
import Time from "time";
export const start = Time.ticks;
