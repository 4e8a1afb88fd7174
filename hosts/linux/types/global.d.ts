// What the XS engine adds to ECMAScript. Types of the simulator's modules: types/moddable has those of the SDK, which lint uses.

/** The superclass of a class over C: `destructor` names the C function that frees its host data. */
declare function Native(destructor: string): new (...args: any[]) => any;
/** The C host function of that name, as a method body: `native("xs_x_read").call(this, …)`. */
declare function native(name: string): (...args: any[]) => any;
/** Writes to the console: the serial port of a device, the standard output of the simulator. */
declare function trace(...text: unknown[]): void;

/** Memory that the engine does not own, such as a Resource's. As in the SDK's declarations it is an ArrayBufferLike. */
declare class HostBuffer {
	readonly byteLength: number;
	private brand: boolean;
}
interface ArrayBufferTypes {
	HostBuffer: HostBuffer;
}

interface ArrayBufferConstructor {
	/** The UTF-8 bytes of a string. */
	fromString(text: string): ArrayBuffer;
}

interface StringConstructor {
	/** The string of UTF-8 bytes. */
	fromArrayBuffer(buffer: ArrayBufferLike, byteOffset?: number, byteLength?: number): string;
}

interface ObjectConstructor {
	/** With `deep`, an object and all that it refers to. */
	freeze<T>(object: T, deep: boolean): Readonly<T>;
}
