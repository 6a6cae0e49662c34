/* api/mask.h -- no telephone number leaves in clear: the last line of defence. Pure.
 *
 * Whatever text goes to a browser or into the access log passes here. A run that reads as a Chinese
 * mobile or fixed-line number keeps its first three and last four digits. Ids are 18 and more
 * digits and stay as they are. */
#ifndef API_MASK_H
#define API_MASK_H

#include <stddef.h>

/** Masks in place; digits become '*', so the length stays. @return how many numbers were found */
int mask_numbers(char *text, size_t n);

/** For a field that is a telephone number: masks it, whatever it looks like, unless it is already.
 */
void mask_whole(char *text, size_t n);

#endif
