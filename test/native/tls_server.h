// SPDX-License-Identifier: Apache-2.0
// OpenSSL's s_server as a process of its own, and an authority of the test's that signs what it shows.
#ifndef TLS_SERVER_H
#define TLS_SERVER_H

#include <sys/types.h>
#include "rtc_transport.h"

typedef struct {
	pid_t process;
	rtc_address address;
} tls_server;

extern char tls_server_folder[];        // of the certificates named, numbered and expired
extern char tls_server_authority[8192]; // in PEM

// Set-up and tear-down of a group of tests.
int tls_server_prepare(void **state);
int tls_server_clean_up(void **state);

// It sends each line back, reversed. `more` are options of s_server.
tls_server tls_server_start(const char *certificate, const char *more);
void tls_server_stop(tls_server *server);

#endif
