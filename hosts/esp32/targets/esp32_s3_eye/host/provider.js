// SPDX-License-Identifier: Apache-2.0
// The board's embedded:provider/builtin. Its sockets to the outside are taken by camera, microphone and display.
import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import PWM from "embedded:io/pwm";
import SMBus from "embedded:io/smbus";

const device = {
	I2C: { default: { io: I2C, port: 0, data: 4, clock: 5 } },
	Analog: { default: { io: Analog, pin: 1 } },
	io: { Analog, Digital, I2C, PWM, SMBus },
	pin: { button: 0, led: 3 },
};

export default device;
