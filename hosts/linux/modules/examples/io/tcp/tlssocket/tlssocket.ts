// SPDX-License-Identifier: Apache-2.0
// The simulator's embedded:io/socket/tcp/tls. TLS comes from GIO, so it trusts the certificate authorities of the system
// beside `secure.certificate`, and it speaks TLS 1.3 where a device's speaks 1.2.
import type { TLSOptions } from "embedded:io/socket/tcp/tls";

class TLSSocket extends (Native("xs_sim_stream_destructor") as unknown as new () => object) {
	constructor(options: TLSOptions) {
		super();
		native("xs_sim_tls").call(this, options);
	}
	close(): void {
		native("xs_sim_stream_close").call(this);
	}
	read(count?: number | ArrayBuffer | ArrayBufferView): ArrayBuffer | number | undefined {
		return native("xs_sim_stream_read").call(this, count);
	}
	write(data: number | ArrayBuffer | ArrayBufferView): number {
		return native("xs_sim_stream_write").call(this, data);
	}
	get format(): "buffer" | "number" {
		return native("xs_sim_stream_get_format").call(this);
	}
	set format(format: "buffer" | "number") {
		native("xs_sim_stream_set_format").call(this, format);
	}
}

export default TLSSocket;
