#include "voice/web_ice.h"

#include <re.h>
#include <string.h>

struct ice_check {
	struct stun_msg *msg;
};

static void check_destroy(void *arg)
{
	struct ice_check *c = arg;
	mem_deref(c->msg);
}

struct ice_check *ice_check_parse(uint8_t *packet, size_t len)
{
	struct stun_unknown_attr unknown;
	struct stun_msg *msg = NULL;
	struct mbuf *mb = mbuf_alloc(len); /* the message keeps it */
	if (!mb || mbuf_write_mem(mb, packet, len)) {
		mem_deref(mb);
		return NULL;
	}
	mb->pos = 0;
	int err = stun_msg_decode(&msg, mb, &unknown);
	mem_deref(mb);
	bool is_check = !err && stun_msg_class(msg) == STUN_CLASS_REQUEST &&
	                stun_msg_method(msg) == STUN_METHOD_BINDING &&
	                stun_msg_chk_fingerprint(msg) == 0 &&
	                stun_msg_attr(msg, STUN_ATTR_USERNAME);
	struct ice_check *c = is_check ? mem_zalloc(sizeof *c, check_destroy) : NULL;
	if (!c) {
		mem_deref(msg);
		return NULL;
	}
	c->msg = msg;
	return c;
}

void ice_check_free(struct ice_check *c)
{
	mem_deref(c);
}

bool ice_check_is_for(const struct ice_check *c, const char *ufrag)
{
	const char *user = stun_msg_attr(c->msg, STUN_ATTR_USERNAME)->v.username;
	size_t n = strlen(ufrag);
	return strncmp(user, ufrag, n) == 0 && user[n] == ':';
}

bool ice_check_is_nominating(const struct ice_check *c)
{
	return stun_msg_attr(c->msg, STUN_ATTR_USE_CAND) != NULL;
}

size_t ice_check_answer(const struct ice_check *c, const char *pwd, const struct sockaddr *from,
                        uint8_t reply[ICE_REPLY_BYTES])
{
	const uint8_t *key = (const uint8_t *)pwd;
	struct sa src;
	if (stun_msg_chk_mi(c->msg, key, strlen(pwd)) || sa_set_sa(&src, from))
		return 0;
	struct mbuf *mb = mbuf_alloc(ICE_REPLY_BYTES);
	size_t n = 0;
	if (mb &&
	    !stun_msg_encode(mb, STUN_METHOD_BINDING, STUN_CLASS_SUCCESS_RESP, stun_msg_tid(c->msg),
	                     NULL, key, strlen(pwd), true, 0, 1, STUN_ATTR_XOR_MAPPED_ADDR, &src) &&
	    mb->end <= ICE_REPLY_BYTES) {
		n = mb->end;
		memcpy(reply, mb->buf, n);
	}
	mem_deref(mb);
	return n;
}
