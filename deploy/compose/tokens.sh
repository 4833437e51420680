#!/bin/sh
# Makes the admin's token and the one with which Prometheus reads metrics.
set -eu
config=/etc/honeymoat/honeymoat.yaml
umask 077

add() { # NAME ROLE FILE
	[ -s "$3" ] || honeymoat tokens add "$1" --role "$2" --config "$config" >"$3"
}
add admin admin /var/lib/honeymoat/admin.token
add prometheus viewer /shared/prometheus.token
chmod 644 /shared/prometheus.token
chown -R honeymoat: /var/lib/honeymoat
