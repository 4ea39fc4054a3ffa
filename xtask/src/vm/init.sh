#!/bin/busybox sh
# The first process of the virtual machine: a TLS server and clients on loopback, captured and read. Prints a line for each
# thing tried; the last one is read by `cargo xtask vm`.
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t securityfs security /sys/kernel/security 2>/dev/null
ip link set lo up
echo "kernel $(uname -r), lockdown $(cat /sys/kernel/security/lockdown 2>/dev/null || echo unknown)"

cd /tmp
failed=0
tried() { # NAME STATUS
    if [ "$2" = 0 ]; then echo "ok      $1"; else echo "FAILED  $1"; failed=1; fi
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -keyout key.pem -out cert.pem 2>/dev/null
echo "hello from the virtual machine" >index
openssl s_server -accept 127.0.0.1:8443 -cert cert.pem -key key.pem -WWW -quiet </dev/null >/dev/null 2>&1 &
server=$!
tries=0
until curl -sk https://127.0.0.1:8443/index | grep -q hello || [ $tries -gt 50 ]; do
    tries=$((tries + 1))
    sleep 0.2
done

if grep -q without_keys /proc/cmdline; then
    # A kernel that is too old for probes, or locked down, must say why, run nothing, and still capture.
    why='lacks .*Linux 5.15'
    grep -q 'lockdown=' /proc/cmdline && why='lockdown withholds it'
    plaintap run -w no.pcapng -- touch marker 2>message
    [ $? = 1 ] && [ ! -e marker ] && grep -qE "$why" message && grep -q -- --no-keys message
    tried "plaintap run says what the kernel lacks: $(cat message)" $?
    plaintap keys --pid $server 2>message
    [ $? = 1 ] && grep -qE "$why" message
    tried "plaintap keys says it too: $(cat message)" $?
    plaintap run --no-keys -w a.pcapng -- curl -sk https://127.0.0.1:8443/index && plaintap read a.pcapng | grep -q "Client Hello"
    tried "plaintap run --no-keys captures" $?
else
    plaintap run -w a.pcapng -- curl -sk https://127.0.0.1:8443/index && plaintap read a.pcapng | grep "GET /index"
    tried "plaintap run, decrypted" $?
    plaintap keys --pid $server -o keys.log &
    keys=$!
    sleep 3
    tcp=$(plaintap run --no-keys -w b.pcapng -- curl -sk https://127.0.0.1:8443/index)
    sleep 1
    kill $keys
    wait $keys
    tried "plaintap keys, $(grep -c TRAFFIC keys.log) secrets" $?
    plaintap read b.pcapng --keys keys.log | grep "GET /index"
    tried "plaintap read --keys, decrypted" $?
fi
plaintap run -f 'tcp port 8443' --no-keys -w f.pcapng -- curl -sk https://127.0.0.1:8443/index && [ "$(plaintap read f.pcapng | wc -l)" -gt 8 ]
tried "plaintap run -f" $?
[ -z "$(ls -d /sys/fs/cgroup/plaintap* 2>/dev/null)" ]
tried "no cgroup is left" $?
kill $server
[ $failed = 0 ] && echo "xtask vm: all ok"
poweroff -f
