/* api/device.h -- the sign a browser keeps of the accounts it has logged in to (OWASP "device
 * cookies"): it gives no right, it only spares its owner the waiting that others' wrong passwords
 * cause. Up to four accounts, for shared machines: "nonce.mac" each, separated by '~'. */
#ifndef API_DEVICE_H
#define API_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

struct vault;

enum { DEVICE_NONCE_BYTES = 24, DEVICE_COOKIE_BYTES = 320 };

/** Finds the account's sign in a cookie's value. @param ret  DEVICE_NONCE_BYTES; set when true */
bool device_find(const struct vault *v, const char *cookie, const char *job_no, char *ret);

/** The cookie with a new sign for the account in front; the oldest falls out.
 *  @param cookie  what the browser sent; "" for nothing  @param ret  DEVICE_COOKIE_BYTES */
void device_add(const struct vault *v, const char *cookie, const char *job_no, char *ret);

#endif
