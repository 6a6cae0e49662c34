/* hujiao.conf: whatever it holds, it is read or refused with its line. */
#include "fuzz.h"

#include "app/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config c;
	struct why why = { 0 };
	config_defaults(&c);
	if (config_read(&c, fuzz_file(data, size), &why)) {
		FUZZ_HOLDS(why.code);
		return 0;
	}
	if (!config_check(&c, &why))
		FUZZ_HOLDS(config_port(c.http_port) && config_port(c.sip_port));
	return 0;
}
