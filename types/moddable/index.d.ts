// SPDX-License-Identifier: Apache-2.0
// The SDK's own declarations, as npm has them, and beside this file what of SDK 8.2.3 they lack: no kinder than the SDK's.
// In an SDK build manifest_typings.json takes the place of all this.
/// <reference types="@moddable/typings/xs" />
/// <reference types="@moddable/typings/base64" />
/// <reference types="@moddable/typings/instrumentation" />
/// <reference types="@moddable/typings/mc/config" />
/// <reference types="@moddable/typings/preference" />
/// <reference types="@moddable/typings/Resource" />
/// <reference types="@moddable/typings/time" />
/// <reference types="@moddable/typings/timer" />
/// <reference types="@moddable/typings/embedded_io/_common" />
/// <reference types="@moddable/typings/embedded_io/socket/listener" />
/// <reference types="@moddable/typings/embedded_io/socket/tcp" />
/// <reference types="@moddable/typings/embedded_io/socket/tls" />
/// <reference types="@moddable/typings/embedded_io/socket/udp" />
/// <reference types="@moddable/typings/embedded_network/dns/resolver/udp" />
/// <reference types="@moddable/typings/embedded_network/http/client" />
/// <reference types="@moddable/typings/embedded_network/mqtt/client" />
/// <reference types="@moddable/typings/global" />
/// <reference types="@moddable/typings/embedded_provider/builtin" />
/// <reference types="@moddable/typings/embedded_io/analog" />
/// <reference types="@moddable/typings/embedded_io/digital" />
/// <reference types="@moddable/typings/embedded_io/digitalbank" />
/// <reference types="@moddable/typings/embedded_io/i2c" />
/// <reference types="@moddable/typings/embedded_io/pulsecount" />
/// <reference types="@moddable/typings/embedded_io/pwm" />
/// <reference types="@moddable/typings/embedded_io/serial" />
/// <reference types="@moddable/typings/embedded_io/smbus" />
/// <reference types="@moddable/typings/embedded_io/spi" />
/// <reference types="@moddable/typings/embedded_io/system" />
/// <reference path="./native.d.ts" />
/// <reference path="./http.d.ts" />
/// <reference path="./storage.d.ts" />
/// <reference path="./websocket.d.ts" />
