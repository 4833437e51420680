#!/usr/bin/env bash
# Starts honeymoat with everything embedded on a log, shows what was found and
# where to look, and goes on until it is interrupted. `make run` calls it.
#   run.sh BIN [LOG]
set -eu -o pipefail

bin=$(realpath "$1")
log=${2:-}
here=$(dirname "$(realpath "$0")")
data=${HONEYMOAT_DATA:-$PWD/data}
mkdir -p "$data"
chmod 700 "$data"

if [ -z "$log" ]; then
	# Each run reads a new file: the same one would be known already.
	log=$data/sample-$(date +%s).log
	rm -f "$data"/sample-*.log
	TZ=UTC awk -v NOW="$(date +%s)" -f "$here/redate.awk" "$here/access.log" "$here/access.log" >"$log"
elif [ ! -r "$log" ]; then
	echo "run: cannot read $log" >&2
	exit 2
fi
log=$(realpath "$log")

config=$data/run.yaml
printf 'data_dir: "%s"\n' "$data" >"$config"

"$bin/honeymoat" serve --config "$config" "$log" 2>"$data/honeymoat.log" &
service=$!
trap 'kill "$service" 2>/dev/null || true; wait "$service" 2>/dev/null || true' EXIT
trap 'exit 0' INT TERM

echo "honeymoat is starting on $log …"
if ! "$bin/honeymoat" status --config "$config" --wait 60s; then
	tail -5 "$data/honeymoat.log" >&2
	exit 1
fi
"$bin/honeymoat" blocks list --config "$config"
cat <<EOT

The log is followed: what is appended to it is judged within milliseconds. Where to look:
  bin/honeymoat status --config "$config"
  bin/honeymoat blocks why ADDRESS --config "$config"
  curl -u "viewer:\$(cat "$data/secrets/viewer.password")" http://127.0.0.1:8123/ -d 'SELECT rule, count() FROM honeymoat.findings GROUP BY rule'
  curl --cacert "$data/ca.pem" -H "Authorization: Bearer \$(cat "$data/admin.token")" https://127.0.0.1:8440/api/v1/findings
  $data/honeymoat.log
Ctrl-C stops it.
EOT
wait "$service"
