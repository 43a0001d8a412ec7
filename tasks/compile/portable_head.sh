#!/bin/sh
# finestep @VERSION@ for @TARGET@ in one file: this script, then @BYTES@ bytes of tar and gzip with Deno,
# the program and its packages. The first start unpacks them, once; see docs/binary.md.
set -u
self=$0

fail() {
  printf '%s\n' "$1" >&2
  exit 1
}

unwritable() { fail "Cannot unpack finestep as its folder must be writable: $cache; pass --extract-dir"; }

# Where it is unpacked: as told, or among the user's caches, or, without a home, in a folder that is the
# user's alone.
chosen=${FINESTEP_EXTRACT_DIR:-}
case ${1:-} in
  --extract-dir) [ $# -ge 2 ] || fail 'Cannot unpack finestep as --extract-dir must name a folder: none is named'
    chosen=$2; shift 2 ;;
  --extract-dir=*) chosen=${1#*=}; shift ;;
esac
if [ -n "$chosen" ]; then
  cache=$chosen
  [ -d "$cache" ] || (umask 022 && mkdir -p -- "$cache") || unwritable
else
  # Only an absolute one counts (XDG Base Directory Specification).
  case ${XDG_CACHE_HOME:-} in
    /*) cache=$XDG_CACHE_HOME/finestep ;;
    *) cache=${HOME:+$HOME/@CACHE@/finestep} ;;
  esac
  if [ -z "$cache" ] || ! { [ -d "$cache" ] || (umask 077 && mkdir -p "$cache") 2>/dev/null; } ||
    ! { [ -d "$cache/@NAME@" ] || [ -w "$cache" ]; }
  then
    cache=${TMPDIR:-/tmp}/finestep-$(id -u)
    mkdir -m 700 "$cache" 2>/dev/null
    { [ -d "$cache" ] && [ ! -L "$cache" ] && [ -O "$cache" ]; } ||
      fail "Cannot unpack finestep as its folder must be the user's own: $cache is not; pass --extract-dir"
  fi
fi
# Deno compares what it may load with the place that a link leads to.
cache=$(unset CDPATH; cd -P -- "$cache" && pwd -P) || exit 1
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

payload() { tail -c +@OFFSET@ "$self"; }

# Of a pipe only the last status is known; gzip compares its checksum at the end, when tar is done.
extract() {
  { payload | gzip -dc && : >"$new/.unzipped"; } | tar -xf - -C "$new" && rm "$new/.unzipped" && : >"$new/.whole"
}

# Into a folder of its own, which gets its name when it is whole: so a killed start leaves nothing that
# another would use, and of two starts at a time one wins and both go on. The new Deno itself renames, as
# mv would move into a folder that is there; that it runs is known then, too.
unpack() (
  umask 022
  [ "$(uname -s) $(uname -m)" = '@UNAME@' ] ||
    fail "Cannot run this finestep as it is for @UNAME@: this is $(uname -s) $(uname -m)"
  [ -f "$self" ] || fail "Cannot unpack finestep as it must be started by its path: there is no file $self"
  [ "$(($(wc -c <"$self")))" -eq @SIZE@ ] ||
    fail "Cannot unpack finestep as the file must have @SIZE@ bytes: $self was cut or changed"
  # What killed starts left a day ago.
  find "$cache" -maxdepth 1 -name '.finestep-*' -mtime +0 -exec rm -rf {} + 2>/dev/null
  new=$(mktemp -d "$cache/.finestep-XXXXXX") && chmod 755 "$new" || unwritable
  trap 'rm -rf "$new"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  [ ! -t 2 ] || printf 'Unpacking finestep to %s (once)\n' "$home" >&2
  payload | sha256 >"$new/.sha256" &
  # The first complaint is enough: a full disk would be told of for each file.
  why=$(extract 2>&1 | { while read -r line && [ -z "$line" ]; do :; done; printf '%s' "$line"; })
  wait
  read -r sum <"$new/.sha256"
  [ -z "$sum" ] || [ "$sum" = @SHA256@ ] ||
    fail "Cannot unpack finestep as its content must have SHA-256 @SHA256@: $self was changed"
  [ -f "$new/.whole" ] ||
    fail "Cannot unpack finestep as it must be whole and have @UNPACKED@ MB of room in $cache: $why; pass --extract-dir"
  why=$(DENO_DIR=$new/deno_dir "$new/deno" eval --no-config 'Deno.renameSync(...Deno.args)' "$new" "$home" 2>&1) ||
    [ -d "$home" ] ||
    fail "Cannot run finestep as this system must run Deno @DENO@ from $cache: $why; where programs must not lie there, pass --extract-dir"
)

owner() (
  set -- $(ls -dn "$1") && printf '%s' "$3"
)

# Another user may have put a program of theirs there: where the home is theirs, or all may write.
# That of root is trusted, and in a folder that was named that of whoever the folder belongs to.
trusted() {
  [ ! -L "$home" ] || return
  [ -O "$home" ] || [ "$(owner "$home")" = 0 ] ||
    { [ -n "$chosen" ] && [ "$(owner "$home")" = "$(owner "$cache")" ]; }
}

[ -d "$home" ] || unpack || exit
trusted || fail "Cannot run finestep as what it is unpacked to must be the user's own or root's: $home is not; pass --extract-dir"

export DENO_DIR="$home/deno_dir" DENO_NO_UPDATE_CHECK=1 NPM_CONFIG_REGISTRY=https://registry.npmjs.org/
exec "$home/deno" run --quiet @BOUNDED@ --config "$home/app/deno.json" "$home/app/main.ts" "$@"
exit 1
