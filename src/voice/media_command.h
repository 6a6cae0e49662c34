/* voice/media_command.h -- one command from signalling to the media thread. */
#ifndef VOICE_MEDIA_COMMAND_H
#define VOICE_MEDIA_COMMAND_H

#include "voice/media_int.h"

enum op {
	OP_ADD,
	OP_REMOVE,
	OP_PORT,
	OP_OWN_PORT,
	OP_PEER,
	OP_WEB,
	OP_RINGING,
	OP_ANSWERED,
	OP_BRIDGE,
	OP_UNBRIDGE,
	OP_PLAY,
	OP_TONE,
	OP_STOP,
	OP_MUTE,
	OP_HOLD,
	OP_DIGITS,
	OP_RECORD,
	OP_RECORD_STOP,
	OP_LISTEN,
	OP_WATCH,
	OP_STATS,
	OP_QUIT,
};

struct command {
	enum op op;
	bool on;
	struct mleg *leg, *other;
	union {
		struct media_peer peer;
		struct web *web;
		struct rtp_port *port;
		struct {
			int fd, rtcp_fd;
		} own;
		enum bridge_how how;
		enum listen listen;
		struct {
			enum play kind;
			struct clip *clip;
			int64_t id;
		} play;
		struct {
			enum tone tone;
			int duration_ms;
		} tone;
		char digits[DIGITS_MAX + 1];
		char *path;
		struct {
			leg_stats_fn *fn;
			void *ctx;
		} stats;
	};
};

#endif
