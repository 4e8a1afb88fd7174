// SPDX-License-Identifier: Apache-2.0
#include "rtc_ecdsa.h"

#if MBEDTLS_VERSION_MAJOR < 3
#include <mbedtls/ecp.h>
#include <mbedtls/platform.h>

void rtc_ecdsa_borrow(mbedtls_pk_context *signer, const mbedtls_pk_context *key)
{
	*signer = *key;
	if (mbedtls_pk_get_type(key) == MBEDTLS_PK_ECKEY)
		signer->pk_info = mbedtls_pk_info_from_type(MBEDTLS_PK_ECDSA);
}

static void freeTable(mbedtls_ecp_point *table, size_t size)
{
	for (size_t i = 0; i < size; i++)
		mbedtls_ecp_point_free(&table[i]);
	mbedtls_free(table);
}

static mbedtls_ecp_point *copyTable(const mbedtls_ecp_point *table, size_t size)
{
	mbedtls_ecp_point *copy = mbedtls_calloc(size, sizeof *copy);
	for (size_t i = 0; copy && i < size; i++) {
		mbedtls_ecp_point_init(&copy[i]);
		if (mbedtls_ecp_copy(&copy[i], &table[i])) {
			freeTable(copy, i + 1);
			return NULL;
		}
	}
	return copy;
}

void rtc_ecdsa_quicken(mbedtls_pk_context *key, const mbedtls_pk_context *signer)
{
	if (mbedtls_pk_get_type(key) != MBEDTLS_PK_ECKEY || mbedtls_pk_get_type(signer) != MBEDTLS_PK_ECDSA)
		return;
	mbedtls_ecp_group *to = &mbedtls_pk_ec(*key)->grp;
	const mbedtls_ecp_group *from = &mbedtls_pk_ec(*signer)->grp;
	if (to->id != from->id || to->T || !from->T)
		return;
	to->T = copyTable(from->T, from->T_size);
	if (!to->T)
		return;
	to->T_size = from->T_size;
	key->pk_info = signer->pk_info;
}
#endif
