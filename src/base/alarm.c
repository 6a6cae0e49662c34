#include "base/alarm.h"

#include <pthread.h>
#include <string.h>

#include "base/str.h"

static struct {
	pthread_mutex_t lock;
	struct alarm_row row[ALARMS_MAX];
	int n;
	uint64_t version;
} all = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int find(const char *key)
{
	for (int i = 0; i < all.n; i++)
		if (strcmp(all.row[i].key, key) == 0)
			return i;
	return -1;
}

void alarm_raise(const char *key, const struct why *why, int64_t now_utc_ms)
{
	pthread_mutex_lock(&all.lock);
	int i = find(key);
	if (i < 0 && all.n < ALARMS_MAX) {
		i = all.n++;
		all.row[i] = (struct alarm_row){ .since_utc_ms = now_utc_ms };
		str_copy(all.row[i].key, ALARM_KEY_BYTES, key);
	}
	if (i >= 0) {
		all.row[i].why = *why;
		all.version++;
	}
	pthread_mutex_unlock(&all.lock);
}

void alarm_clear(const char *key)
{
	pthread_mutex_lock(&all.lock);
	int i = find(key);
	if (i >= 0) {
		all.n--;
		memmove(&all.row[i], &all.row[i + 1], (size_t)(all.n - i) * sizeof all.row[0]);
		all.version++;
	}
	pthread_mutex_unlock(&all.lock);
}

int alarm_list(struct alarm_row ret[ALARMS_MAX])
{
	pthread_mutex_lock(&all.lock);
	int n = all.n;
	memcpy(ret, all.row, (size_t)n * sizeof all.row[0]);
	pthread_mutex_unlock(&all.lock);
	return n;
}

uint64_t alarm_version(void)
{
	pthread_mutex_lock(&all.lock);
	uint64_t v = all.version;
	pthread_mutex_unlock(&all.lock);
	return v;
}
