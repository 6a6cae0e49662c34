/* Connectivity checks from anybody: as they come, and signed as a browser that knows the password
 * would sign them. */
#include "fuzz.h"

#include <netinet/in.h>
#include <re.h>
#include <string.h>

#include "voice/web_ice.h"

#define PASSWORD "0123456789abcdefghijklmn"

static void ask(const uint8_t *packet, size_t size)
{
	uint8_t reply[ICE_REPLY_BYTES];
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(40000) };
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	if (size)
		memcpy(copy, packet, size);
	struct ice_check *c = ice_check_parse(copy, size);
	if (c) {
		(void)ice_check_is_for(c, "ufrag");
		(void)ice_check_is_nominating(c);
		FUZZ_HOLDS(ice_check_answer(c, PASSWORD, (struct sockaddr *)&from, reply) <=
		           sizeof reply);
	}
	ice_check_free(c);
	free(copy);
}

/* The attributes are the fuzzer's, the two sums ours. */
static void ask_signed(const uint8_t *attributes, size_t size)
{
	static const uint8_t TID[STUN_TID_SIZE] = { 1, 2, 3 };
	struct mbuf *mb = mbuf_alloc(1024);
	char user[64];
	size_t n = size < sizeof user - 1 ? size : sizeof user - 1;
	memcpy(user, attributes, n);
	user[n] = '\0';
	if (mb && !stun_msg_encode(mb, STUN_METHOD_BINDING, STUN_CLASS_REQUEST, TID, NULL,
	                           (const uint8_t *)PASSWORD, strlen(PASSWORD), true, 0, 1,
	                           STUN_ATTR_USERNAME, user))
		ask(mb->buf, mb->end);
	mem_deref(mb);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ask(data, size);
	if (size)
		ask_signed(data, size);
	return 0;
}
