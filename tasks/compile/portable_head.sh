#!/bin/sh
# finestep @VERSION@ for @TARGET@ in one file: this script, then @BYTES@ bytes of tar and gzip with Deno,
# the program and its packages. The first start unpacks them, once; see docs/binary.md.
set -u

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

# Where it is unpacked: as told, or among the user's caches, or, without a home, in a folder that is the
# user's alone.
chosen=${FINESTEP_EXTRACT_DIR:-}
case ${1:-} in
  --extract-dir) [ $# -ge 2 ] || fail 'Cannot unpack finestep as --extract-dir must name a folder: none is named'
    chosen=$2; shift 2 ;;
  --extract-dir=*) chosen=${1#*=}; shift ;;
esac
if [ -n "$chosen" ]; then cache=$chosen
elif [ -n "${XDG_CACHE_HOME:-}" ]; then cache=$XDG_CACHE_HOME/finestep
elif [ -n "${HOME:-}" ]; then cache=$HOME/@CACHE@/finestep
else cache=
fi
if [ -z "$cache" ] || { [ -z "$chosen" ] && ! mkdir -p "$cache" 2>/dev/null; }; then
  cache=${TMPDIR:-/tmp}/finestep-$(id -u)
  mkdir -m 700 "$cache" 2>/dev/null
  { [ -d "$cache" ] && [ ! -L "$cache" ] && [ -O "$cache" ]; } ||
    fail "Cannot unpack finestep as its folder must be the user's own: $cache is not; pass --extract-dir"
fi
case $cache in
  /*) ;;
  *) cache=$(pwd)/$cache ;;
esac
case $cache in
  *,*) fail "Cannot unpack finestep as Deno's permissions have no way to write a comma: $cache; pass --extract-dir" ;;
esac
home=$cache/@NAME@

# SHA-256 where the system has a program for it; else the checksums of gzip must do.
sha256() {
  if has sha256sum; then sha256sum
  elif has shasum; then shasum -a 256
  elif has openssl; then openssl dgst -sha256 -r
  fi | { read -r sum _ && printf '%s' "$sum"; }
}

has() { command -v "$1" >/dev/null 2>&1; }

payload() { tail -c +@OFFSET@ "$0"; }

# Into a folder of its own, which gets its name when it is whole: so a killed start leaves nothing that
# another would use, and of two starts at a time one wins and both go on. The new Deno itself renames, as
# mv would move into a folder that is there; that it runs is known then, too.
unpack() (
  umask 022
  [ "$(uname -s) $(uname -m)" = '@UNAME@' ] ||
    fail "Cannot run this finestep as it is for @UNAME@: this is $(uname -s) $(uname -m)"
  mkdir -p "$cache" || fail "Cannot unpack finestep as its folder must be writable: $cache; pass --extract-dir"
  [ "$(($(wc -c <"$0")))" -eq @SIZE@ ] ||
    fail "Cannot unpack finestep as the file must have @SIZE@ bytes: $0 was cut or changed"
  sum=$(payload | sha256)
  [ -z "$sum" ] || [ "$sum" = @SHA256@ ] ||
    fail "Cannot unpack finestep as its content must have SHA-256 @SHA256@: $0 was changed"
  # What killed starts left a day ago.
  find "$cache" -maxdepth 1 -name '.unpacking-*' -mtime +0 -exec rm -rf {} + 2>/dev/null
  new=$(mktemp -d "$cache/.unpacking-XXXXXX") && chmod 755 "$new" ||
    fail "Cannot unpack finestep as its folder must be writable: $cache; pass --extract-dir"
  trap 'rm -rf "$new"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  [ ! -t 2 ] || printf 'Unpacking finestep to %s (once)\n' "$home" >&2
  # Of a pipe only the last status is known; gzip compares its checksum at the end, when tar is done.
  { payload | gzip -dc && : >"$new/.unzipped"; } | tar -xf - -C "$new" && [ -f "$new/.unzipped" ] ||
    fail "Cannot unpack finestep as it must be whole and have @UNPACKED@ MB of room: see above; folder $cache"
  why=$(DENO_DIR=$new/deno_dir "$new/deno" eval --no-config 'Deno.renameSync(...Deno.args)' "$new" "$home" 2>&1) ||
    [ -d "$home" ] || fail "Cannot run finestep as this system must run Deno @DENO@: $why"
)

[ -d "$home" ] || unpack || exit

export DENO_DIR="$home/deno_dir" DENO_NO_UPDATE_CHECK=1 NPM_CONFIG_REGISTRY=https://registry.npmjs.org/
exec "$home/deno" run --quiet --no-prompt --cached-only --no-remote --config "$home/app/deno.json" \
  @PERMISSIONS@ --allow-ffi="$home/@NATIVE@" "$home/app/main.ts" "$@"
exit 1
