/* Session descriptions: a browser's offer, a carrier's offer and its answer to ours. */
#include "fuzz.h"

#include <re.h>
#include <string.h>

#include "voice/voice_int.h"

static void from_browser(const char *text)
{
	static const unsigned char FINGERPRINT[WEB_FINGERPRINT_BYTES] = { 1 };
	static struct web_local local;
	struct web_remote remote;
	struct why why = { 0 };
	char *answer = NULL;
	if (!*local.ufrag)
		web_local_draw(&local);
	local.fingerprint = FINGERPRINT;
	local.candidates = "127.0.0.1 ::1";
	local.port = 40000;
	if (web_answer(text, &local, &remote, &answer, &why))
		FUZZ_HOLDS(why.code);
	else
		FUZZ_HOLDS(answer && remote.codec < CODEC_COUNT &&
		           strstr(answer, "a=fingerprint:"));
	free(answer);
}

/* As sip_media.c makes and reads them, without the media thread behind. */
static void from_carrier(const uint8_t *data, size_t size, bool is_offer)
{
	static const enum codec CODECS[] = { CODEC_PCMA, CODEC_PCMU };
	struct leg l = { 0 };
	struct mbuf *mb = mbuf_alloc(size ? size : 1), *out = NULL;
	if (!mb || mbuf_write_mem(mb, data, size) ||
	    leg_sdp_make(&l, "127.0.0.1", 30000, CODECS, CODEC_COUNT, NULL))
		abort();
	if (!is_offer && sdp_encode(&out, l.sdp, true))
		abort();
	out = mem_deref(out);
	mb->pos = 0;
	if (!sdp_decode(l.sdp, mb, is_offer)) {
		const struct sdp_format *f = sdp_media_rformat(l.sdp_media, NULL);
		FUZZ_HOLDS(!f || f->pt <= 127);
		(void)sdp_media_rport(l.sdp_media);
		(void)sdp_media_dir(l.sdp_media);
		(void)sdp_media_rformat(l.sdp_media, "telephone-event");
		if (!sdp_encode(&out, l.sdp, !is_offer))
			FUZZ_HOLDS(out->end > 0);
	}
	mem_deref(out);
	mem_deref(mb);
	mem_deref(l.sdp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	from_browser(text);
	free(text);
	from_carrier(data, size, true);
	from_carrier(data, size, false);
	return 0;
}
