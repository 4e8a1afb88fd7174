// SPDX-License-Identifier: Apache-2.0
// What a program holds, for tests of long runs: a leak shows as growth.
import { getHeapSnapshot } from "node:v8";

export interface Holdings {
	/** Objects and functions that can be reached. Their number is exact: a single one that is left behind shows. */
	objects: number;
	/** Bytes of these, of their contents, and of strings. Compiled code and what the engine adds to it do not count. */
	bytes: number;
}

interface Snapshot {
	snapshot: { meta: { node_fields: string[]; node_types: [string[]] } };
	nodes: number[];
}

const things = ["object", "closure"];
const contents = ["array", "number", "bigint", "string", "concatenated string", "sliced string"];

/** Collects garbage and counts; takes a second or two. The first call leaves tools of its own behind. */
export async function holdings(): Promise<Holdings> {
	const parts: Buffer[] = [];
	for await (const part of getHeapSnapshot()) parts.push(Buffer.from(part as Uint8Array));
	const { snapshot, nodes } = JSON.parse(Buffer.concat(parts).toString()) as Snapshot;
	const { node_fields: fields, node_types: types } = snapshot.meta;
	const [type, size] = [fields.indexOf("type"), fields.indexOf("self_size")];
	const sum = { objects: 0, bytes: 0 };
	for (let at = 0; at < nodes.length; at += fields.length) {
		const name = types[0][nodes[at + type]!]!;
		if (things.includes(name)) sum.objects++;
		if (things.includes(name) || contents.includes(name)) sum.bytes += nodes[at + size]!;
	}
	return sum;
}
