// SPDX-License-Identifier: Apache-2.0
// libsrtp on the emulated chip: with Mbed TLS for its ciphers, as Espressif's component has it.
#ifndef CHIP_SRTP_CONFIG_H
#define CHIP_SRTP_CONFIG_H

#define CPU_RISC 1
#define GCM 1
#define MBEDTLS 1
#define HAVE_ARPA_INET_H 1
#define HAVE_NETINET_IN_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_STDINT_H 1
#define HAVE_STDLIB_H 1
#define HAVE_STRING_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define HAVE_INT16_T 1
#define HAVE_INT32_T 1
#define HAVE_INT8_T 1
#define HAVE_UINT16_T 1
#define HAVE_UINT32_T 1
#define HAVE_UINT64_T 1
#define HAVE_UINT8_T 1
#define SIZEOF_UNSIGNED_LONG 4
#define SIZEOF_UNSIGNED_LONG_LONG 8
#define PACKAGE_VERSION "2"
#define PACKAGE_STRING "libsrtp2 2"

#endif
