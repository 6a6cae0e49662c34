/* crm/geocode.h -- libphonenumber's offline geocoder, behind a C function. */
#ifndef CRM_GEOCODE_H
#define CRM_GEOCODE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Writes the Chinese description ("广东省广州市", "北京市"), "" when unknown.
 *  @param digits  after the country code; no leading 0 */
void geocode_zh(int country, unsigned long long digits, char *ret, size_t size);

#ifdef __cplusplus
}
#endif

#endif
