#!/bin/sh
# Draws the passwords that compose.yaml uses, once, into secrets/ beside it.
# What is there already stays.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

for name in clickhouse grafana; do
	[ -s "secrets/$name" ] || random >"secrets/$name"
	# Read by users of the containers, behind a directory that only we can enter.
	chmod 644 "secrets/$name"
done
[ -s secrets/viewer.env ] || printf 'VIEWER_PASSWORD=%s\n' "$(random)" >secrets/viewer.env
