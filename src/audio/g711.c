#include "audio/g711.h"

static int16_t alaw_pcm[256], ulaw_pcm[256];
static uint8_t to_alaw[256], to_ulaw[256];

static int16_t alaw_value(uint8_t a)
{
	a ^= 0x55;
	int seg = (a >> 4) & 7, low = (a & 15) << 4;
	int v = seg == 0 ? low + 8 : (low + 0x108) << (seg - 1);
	return (int16_t)(a & 0x80 ? v : -v);
}

static int16_t ulaw_value(uint8_t u)
{
	u = (uint8_t)~u;
	int v = ((((u & 15) << 3) + 0x84) << ((u >> 4) & 7)) - 0x84;
	return (int16_t)(u & 0x80 ? -v : v);
}

/* Segment = position of the highest bit above `base`; 0..7. */
static int segment(unsigned v, int base)
{
	int seg = 0;
	for (v >>= base; v && seg < 7; v >>= 1)
		seg++;
	return seg;
}

uint8_t alaw_encode(int16_t pcm)
{
	/* One's complement for the negative half keeps -32768 inside the table's range. */
	uint8_t sign = pcm >= 0 ? 0xd5 : 0x55;
	unsigned v = pcm >= 0 ? (unsigned)pcm : (unsigned)~(int)pcm;
	int seg = segment(v, 8);
	unsigned mant = (v >> (seg == 0 ? 4 : seg + 3)) & 15;
	return (uint8_t)(((unsigned)seg << 4 | mant) ^ sign);
}

uint8_t ulaw_encode(int16_t pcm)
{
	uint8_t sign = pcm >= 0 ? 0xff : 0x7f;
	unsigned v = pcm >= 0 ? (unsigned)pcm : (unsigned)-(int)pcm;
	v = (v > 32635 ? 32635 : v) + 0x84;
	int seg = segment(v, 8);
	unsigned mant = (v >> (seg + 3)) & 15;
	return (uint8_t)(((unsigned)seg << 4 | mant) ^ sign);
}

/* Before main(): the tables are constants that are shorter to compute than to write down. */
__attribute__((constructor)) static void fill_tables(void)
{
	for (int i = 0; i < 256; i++) {
		alaw_pcm[i] = alaw_value((uint8_t)i);
		ulaw_pcm[i] = ulaw_value((uint8_t)i);
		to_alaw[i] = alaw_encode(ulaw_pcm[i]);
		to_ulaw[i] = ulaw_encode(alaw_pcm[i]);
	}
}

int16_t alaw_decode(uint8_t a)
{
	return alaw_pcm[a];
}

int16_t ulaw_decode(uint8_t u)
{
	return ulaw_pcm[u];
}

void ulaw_to_alaw(uint8_t *to, const uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = to_alaw[from[i]];
}

void alaw_to_ulaw(uint8_t *to, const uint8_t *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = to_ulaw[from[i]];
}
