/* gate/vault_int.h -- what opening, using, changing and saving keys share. */
#ifndef GATE_VAULT_INT_H
#define GATE_VAULT_INT_H

#include <pthread.h>

#include "gate/vault.h"

enum { VAULT_KEYS_MAX = 64, VAULT_WRAPPED_BYTES = CRYPTO_KEY_BYTES + CRYPTO_SEAL_BYTES };

struct data_key {
	int64_t id;
	unsigned char key[CRYPTO_KEY_BYTES];
};

/* In the order they were made: the last seals, the first gives the hashes. */
struct data_keys {
	pthread_mutex_t lock; /* of all below */
	struct data_key key[VAULT_KEYS_MAX];
	size_t n;
};

struct vault {
	struct data_keys *keys;
	unsigned char master[CRYPTO_KEY_BYTES]; /* wraps data keys and nothing else */
	unsigned char hash[CRYPTO_KEY_BYTES];
	char *master_path;
	char *url; /* NULL: unknown keys stay unknown */
};

enum err vault_read_master(const char *path, unsigned char *ret, struct why *why) MUST_USE;
enum err vault_write_master(const char *path, const unsigned char *key, struct why *why) MUST_USE;
void vault_wrap(const unsigned char *master, const struct data_key *k, unsigned char *ret);
enum err vault_load_keys(const unsigned char *master, struct db *db, struct data_keys *ret,
                         struct why *why) MUST_USE;

/** 16 hex digits by which a person tells two master keys apart. */
void vault_master_print(const unsigned char *master, char ret[17]);

/** vault_refresh() over a connection of its own. */
enum err vault_reload(const struct vault *v, struct why *why) MUST_USE;

#endif
