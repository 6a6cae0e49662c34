#include "crm/geocode.h"

#include <cstdio>
#include <mutex>

#include <phonenumbers/geocoding/phonenumber_offline_geocoder.h>
#include <phonenumbers/phonenumber.pb.h>

namespace
{
/* The geocoder reads its tables when they are first needed, without a lock of its own. */
std::mutex guard;
} // namespace

extern "C" void geocode_zh(int country, unsigned long long digits, char *ret, size_t size)
{
	std::lock_guard<std::mutex> lock(guard);
	static const i18n::phonenumbers::PhoneNumberOfflineGeocoder geocoder;
	static const icu::Locale chinese("zh", "CN");
	i18n::phonenumbers::PhoneNumber number;
	number.set_country_code(country);
	number.set_national_number(digits);
	std::snprintf(ret, size, "%s",
	              geocoder.GetDescriptionForValidNumber(number, chinese).c_str());
}
