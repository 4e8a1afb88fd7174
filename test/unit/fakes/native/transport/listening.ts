// SPDX-License-Identifier: Apache-2.0
/** TCP ports that are in use. */
export const taken = new Set<number>();

export default (port: number): boolean => !taken.has(port);
