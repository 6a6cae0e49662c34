#!/bin/sh
# Installs Hujiao and what it needs from this folder alone: no network is asked. 离线安装，不访问网络。
set -e
cd "$(dirname "$(readlink -f "$0")")"

[ "$(id -u)" = 0 ] || { echo "请用 root 运行 / run it as root: sudo ./install.sh" >&2; exit 1; }
. /etc/os-release
[ "$ID $VERSION_ID" = "debian 12" ] || { echo "需要 Debian 12，本机为 / this needs Debian 12, here is: $PRETTY_NAME" >&2; exit 1; }
sha256sum --quiet --strict --check SHA256SUMS || {
	echo "安装包不完整或被改动，请重新复制 / a file is damaged or changed: copy the bundle again" >&2
	exit 1
}

# A machine may have newer ones of these already: those stay.
wanted=
for deb in debs/*.deb; do
	name=$(dpkg-deb -f "$deb" Package)
	have=$(dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$name" 2>/dev/null || true)
	case $have in
	"ii "*) dpkg --compare-versions "${have#ii }" ge "$(dpkg-deb -f "$deb" Version)" && [ "$name" != hujiao ] && continue ;;
	esac
	wanted="$wanted $PWD/$deb"
done
DEBIAN_FRONTEND=noninteractive apt-get -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null \
	-o APT::Sandbox::User=root -o APT::Install-Recommends=0 -qy install $wanted
