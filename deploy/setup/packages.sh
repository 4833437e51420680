#!/usr/bin/env bash
# Installs the Debian packages that the tests run for real: nginx as gateway,
# with its Lua module, Caddy as one that forwards questions, HAProxy as one that
# logs by syslog, an external Alertmanager, and Prometheus' checker of its
# configuration; the packet filter and network namespaces.
set -eu

declare -A needs=(
	[nginx]=nginx-light
	[haproxy]=haproxy
	[prometheus-alertmanager]=prometheus-alertmanager
	[promtool]=prometheus
	[curl]=curl
	[nft]=nftables
	[ip]=iproute2
	[goaccess]=goaccess
	[caddy]=caddy
)

# Modules of nginx, by their files.
declare -A modules=(
	[/usr/lib/nginx/modules/ngx_http_lua_module.so]=libnginx-mod-http-lua
)

missing=()
for program in "${!needs[@]}"; do
	PATH="$PATH:/usr/sbin:/sbin" command -v "$program" >/dev/null || missing+=("${needs[$program]}")
done
for file in "${!modules[@]}"; do
	[ -e "$file" ] || missing+=("${modules[$file]}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "missing packages: ${missing[*]}; run as root, or: sudo apt-get install ${missing[*]}" >&2
	exit 1
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive

# The packages must not start their servers on this machine.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
