// SPDX-License-Identifier: Apache-2.0
#ifndef CHIP_POLL_H
#define CHIP_POLL_H

#define POLLIN 0x01
#define POLLOUT 0x08
#define POLLERR 0x20
#define POLLHUP 0x40
#define POLLNVAL 0x80

struct pollfd {
	int fd;
	short events, revents;
};
typedef unsigned int nfds_t;

int poll(struct pollfd *descriptors, nfds_t count, int timeout);

#endif
