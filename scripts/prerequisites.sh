#!/bin/sh
# Installs what building (build), the checks (check), the demonstration (demo), the tests (test) or the matrix of TLS libraries (stacks) need, on Debian and Ubuntu.
# Elsewhere it names the packages and stops.
set -eu

goal=${1:-build}

# command or file → Debian package
needs="clang:clang /usr/include/bpf/bpf_helpers.h:libbpf-dev /usr/include/linux/bpf.h:linux-libc-dev cc:gcc
 /usr/include/stdio.h:libc6-dev"
case $goal in
build) ;;
check) needs="$needs c++:g++" ;;
demo) needs="$needs curl:curl openssl:openssl go:golang-go" ;;
test) needs="$needs curl:curl openssl:openssl nginx:nginx-light go:golang-go tshark:tshark tcpdump:tcpdump
 capinfos:wireshark-common /usr/bin/python3:python3 ip:iproute2 nft:nftables bpftool:bpftool ps:procps xz:xz-utils
 cmp:diffutils gnutls-cli:gnutls-bin wget:wget jq:jq bpftrace:bpftrace podman:podman runc:runc unshare:util-linux /usr/share/doc/python3-venv:python3-venv" ;;
stacks) needs="$needs curl:curl openssl:openssl nginx:nginx-light go:golang-go tshark:tshark npm:npm
 /usr/bin/python3:python3 /usr/share/doc/python3-venv:python3-venv gnutls-cli:gnutls-bin wget:wget
 tstclnt:libnss3-tools /usr/lib/x86_64-linux-gnu/libcurl-nss.so.4:libcurl3-nss chromium:chromium firefox-esr:firefox-esr" ;;
*)
    echo "usage: $0 build|check|demo|test|stacks" >&2
    exit 2
    ;;
esac

if ! command -v cargo >/dev/null; then
    echo "Rust is missing: install it with rustup (https://rustup.rs) and try again" >&2
    exit 1
fi

missing=
for need in $needs; do
    thing=${need%%:*}
    package=${need#*:}
    case $thing in
    /*) [ -e "$thing" ] || missing="$missing $package" ;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$thing" >/dev/null || missing="$missing $package" ;;
    esac
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "missing (names of Debian's packages):$missing" >&2
    echo "install what your system calls them and try again" >&2
    exit 1
fi
root=
[ "$(id -u)" = 0 ] || root=sudo
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$root apt-get update -qq
# shellcheck disable=SC2086 # a list of words
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
