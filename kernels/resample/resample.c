/* SPDX-License-Identifier: Apache-2.0 */
/* One tick by rc_apply (), and whole batches by the same kernels. */
#include "sampler.h"
#include "../common/cpu.h"

RcApplyFunc
rc_apply_func (void)
{
  return RC_CHOOSE (rc_apply_rows);
}

void
rc_apply (const RcSampler * sampler, const RcPick * pick,
    const void *const *rows, const int64_t * times,
    const uint8_t * const *signs, void *out)
{
  const RcRows view = {.rows = rows,.signs = signs,.times = times };

  rc_apply_func ()(sampler, pick, &view, out);
}
