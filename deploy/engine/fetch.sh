#!/bin/sh
# Sets up ClickHouse's engine, libchdb.so, in a directory of its own.
#
#   fetch.sh DEST
#
# The library comes from the npm package that chdb publishes for each platform,
# through the npm client as it is configured here. Version and digest are pinned
# below: an archive with another digest is refused, and nothing is installed.
# A second run with the right library in place returns at once.
set -eu

version=26.7.3-stable.1

fail() {
	echo "engine: $*" >&2
	exit 1
}

[ $# -eq 1 ] || fail "usage: fetch.sh DEST"
dest=$1

case "$(uname -s)-$(uname -m)" in
Linux-x86_64)
	package=@chdb/lib-linux-x64-gnu
	sha512=5cff7b98caa7739b59a4a432c11f0dedc2d3b073624e61ebdf4a42e66ce8de35a6ba48ca9f62016bad1cd81fe059435cb858ce3235a8a2b408082a81563e70a7
	;;
*)
	fail "no engine is pinned for $(uname -s) $(uname -m)." \
		"Build libchdb for it and name the file in store.engine.library," \
		"or let store.address name a ClickHouse server."
	;;
esac

stamp=$dest/libchdb.version
if [ -s "$dest/libchdb.so" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$package@$version $sha512" ]; then
	exit 0
fi

command -v npm >/dev/null 2>&1 || fail "npm is missing; on Debian: apt-get install npm"
command -v sha512sum >/dev/null 2>&1 || fail "sha512sum is missing; on Debian: apt-get install coreutils"

mkdir -p "$dest"
work=$(mktemp -d "$dest/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

echo "engine: fetching $package@$version (166 MB)" >&2
npm pack --silent --pack-destination "$work" "$package@$version" >/dev/null ||
	fail "npm could not fetch $package@$version; check the network and npm's configuration"
archive=$(find "$work" -name '*.tgz')
[ -n "$archive" ] || fail "npm left no archive of $package@$version"

actual=$(sha512sum <"$archive" | cut -d' ' -f1)
[ "$actual" = "$sha512" ] ||
	fail "refused: the archive of $package@$version has digest $actual, and not the pinned $sha512"

echo "engine: unpacking 566 MB into $dest" >&2
tar -xzf "$archive" -C "$work" package/libchdb.so
chmod 0755 "$work/package/libchdb.so"
# The old stamp goes first and the new one comes last: a run that is cut short
# between leaves a library that the next run replaces.
rm -f "$stamp"
mv -f "$work/package/libchdb.so" "$dest/libchdb.so"
echo "$package@$version $sha512" >"$work/stamp"
mv -f "$work/stamp" "$stamp"
echo "engine: $dest/libchdb.so is ready" >&2
