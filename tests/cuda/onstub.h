/* SPDX-License-Identifier: Apache-2.0 */
/* For tests that run on the stub (stub.c) where LD_LIBRARY_PATH says where it is, and on
 * the machine's own device where it does not. */
#pragma once

/* Whether a device can be used; else prints why the test is skipped. */
int on_stub_have_device (void);
/* Whether it is the stub. */
int on_stub (void);

/* The stub's own; 0 and nothing on a real device. */
int stub_alive (void);
int stub_calls (const char *name);
void stub_fail (const char *name, int code, int skip, int times);
void on_stub_mend (void);       /* nothing fails any more */
