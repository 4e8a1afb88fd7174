// SPDX-License-Identifier: Apache-2.0
export const broken: string = 1; // never compiled
