#!/bin/sh
# Make Debian packages present: debian_packages.sh PACKAGE…   Root installs what is missing; others are told.
set -eu

present() {
    case $1 in
        postgresql) command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ;;
        softhsm2) command -v softhsm2-util >/dev/null ;;
        nginx-light) [ -x /usr/sbin/nginx ] ;;
        testssl.sh) command -v testssl >/dev/null ;;
        nodejs) command -v node >/dev/null ;;
        python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

missing=
for package in "$@"; do
    present "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "Missing on this machine:$missing. Install with: sudo apt-get install$missing" >&2
    exit 2
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq </dev/null
# shellcheck disable=SC2086  # one word per package
apt-get install -y -qq --no-install-recommends $missing </dev/null >/dev/null
