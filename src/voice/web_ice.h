/* voice/web_ice.h -- ICE-lite: answers the browser's connectivity checks (RFC 8445 2.5) on libre's
 * STUN. Pure. */
#ifndef VOICE_WEB_ICE_H
#define VOICE_WEB_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { ICE_REPLY_BYTES = 256 };

struct ice_check;

/** Reads a binding request with a right FINGERPRINT. NULL: it is none. */
struct ice_check *ice_check_parse(uint8_t *packet, size_t len);
void ice_check_free(struct ice_check *c); /* NULL is fine */

/** Whether its USERNAME begins with "ufrag:". */
bool ice_check_is_for(const struct ice_check *c, const char *ufrag);
bool ice_check_is_nominating(const struct ice_check *c);

/** Checks MESSAGE-INTEGRITY and writes the success response. @return its length, 0 = wrong password
 */
size_t ice_check_answer(const struct ice_check *c, const char *pwd, const struct sockaddr *from,
                        uint8_t reply[ICE_REPLY_BYTES]);

#endif
