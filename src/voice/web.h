/* voice/web.h -- one browser connection, as signalling describes it to the media thread. */
#ifndef VOICE_WEB_H
#define VOICE_WEB_H

#include "voice/web_sdp.h"

struct web_params {
	char ufrag[WEB_UFRAG_BYTES], pwd[WEB_PWD_BYTES]; /* ours */
	struct web_remote remote;                        /* what the offer said */
};

struct web;

/** NULL: out of memory. The media thread takes it over (media_set_web). */
struct web *web_new(const struct web_params *p);

#endif
