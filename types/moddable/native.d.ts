// SPDX-License-Identifier: Apache-2.0
// xs/includes/xs.d.ts of SDK 8.2.3, beside what is in the typings of npm.

/** The superclass of a class over C: `destructor` names the C function that frees its host data. */
declare function Native(destructor: string): new (...args: any[]) => any;
/** The C host function of that name, as a method body: `native("xs_x_read").call(this, …)`. */
declare function native(name: string): (...args: any[]) => any;

interface ByteBufferTypes extends ArrayBufferTypes {
	Uint8Array: Uint8Array;
	Uint8ClampedArray: Uint8ClampedArray;
	Int8Array: Int8Array;
	DataView: DataView;
}
/** What the SDK takes as bytes. */
type ByteBuffer = ByteBufferTypes[keyof ByteBufferTypes];
