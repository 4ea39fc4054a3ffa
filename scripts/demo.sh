#!/bin/sh
# A TLS server on loopback, two clients under `plaintap run`, and the captures printed. Everything is in a temporary
# folder and gone at the end.
set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
echo "building plaintap (static, release) ..."
plaintap=$(cd "$top" && cargo xtask dist)
work=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work"

root=
[ "$(id -u)" = 0 ] || root=sudo

show() {
    printf '\n\033[1m$ %s\033[0m\n' "$*"
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -keyout key.pem -out cert.pem 2>/dev/null
echo "Hello from the demonstration server" >hello
# Port 0 would be chosen by the kernel, but s_server does not say which: look for one where our file is served.
for port in 8443 9443 10443 11443 12443; do
    openssl s_server -accept "127.0.0.1:$port" -cert cert.pem -key key.pem -WWW -quiet </dev/null >/dev/null 2>&1 &
    server=$!
    tries=0
    while kill -0 "$server" 2>/dev/null && [ $tries -lt 50 ]; do
        if curl -sk "https://127.0.0.1:$port/hello" | cmp -s - hello; then break 2; fi
        tries=$((tries + 1))
        sleep 0.1
    done
    server=
done
[ -n "$server" ] || { echo "no TLS server could be started" >&2; exit 1; }

show "plaintap run -w curl.pcapng -- curl -sk https://127.0.0.1:$port/hello"
$root "$plaintap" run -w curl.pcapng -- curl -sk "https://127.0.0.1:$port/hello"
show "plaintap read curl.pcapng"
$root "$plaintap" read curl.pcapng

echo
echo "building a Go program without symbols (go build -ldflags '-s -w') ..."
GOCACHE="$work/gocache" GOFLAGS=-mod=mod go build -ldflags '-s -w' -o client "$top/crates/plaintap/tests/data/go/client/main.go"
show "plaintap run -w go.pcapng -- ./client https://127.0.0.1:$port/hello"
$root "$plaintap" run -w go.pcapng -- ./client "https://127.0.0.1:$port/hello"
show "plaintap read go.pcapng"
$root "$plaintap" read go.pcapng

if command -v tshark >/dev/null; then
    show "tshark -r go.pcapng -Y http.request -T fields -e http.request.uri    # stock tshark, no key log, no preference"
    $root tshark -r go.pcapng -Y http.request -T fields -e http.request.uri 2>/dev/null
fi
