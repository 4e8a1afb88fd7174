// SPDX-License-Identifier: Apache-2.0
export default Object.freeze({ media: { video: { source: "test" }, audio: { source: "test" } } });
