// SPDX-License-Identifier: Apache-2.0
// The engine's xsmc.h, with the macros of the SDK's XS 17 that XS 13 lacks.
#ifndef SIM_XSMC_H
#define SIM_XSMC_H

#include_next <xsmc.h>

#ifndef xsmcToReference
#define xsmcToReference(_SLOT) fxToReference(the, &(_SLOT))
#endif
#ifndef xsmcSetStringX
#define xsmcSetStringX(_SLOT, _VALUE) fxStringX(the, &(_SLOT), _VALUE)
#endif
#ifndef xsmcToUnsigned
#define xsmcToUnsigned(_SLOT) fxToUnsigned(the, &(_SLOT))
#endif
#ifndef xsmcSetUnsigned
#define xsmcSetUnsigned(_SLOT, _VALUE) fxUnsigned(the, &(_SLOT), _VALUE)
#endif

#endif
