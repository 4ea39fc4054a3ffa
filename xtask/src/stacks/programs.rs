//! The programs of the matrix: how each makes two connections, or serves two.

/// A program with a TLS stack.
pub(super) struct Program {
    /// What it is called.
    pub(super) name: &'static str,
    /// A shell command that prints its version, and nothing where it is not installed.
    pub(super) version: &'static str,
    /// Its TLS library.
    pub(super) stack: &'static str,
    pub(super) role: Role,
    /// Packages that `pip` installs into a folder of our own, if the program comes from there.
    pub(super) packages: &'static str,
    /// A shell command. {url}, {port}, {cert}, {key} and {folder} are replaced; {python} is one that has the packages, {bin} their
    /// programs.
    pub(super) command: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Client,
    Server,
}

const fn client(
    name: &'static str,
    stack: &'static str,
    packages: &'static str,
    version: &'static str,
    command: &'static str,
) -> Program {
    Program { name, version, stack, role: Role::Client, packages, command }
}

const fn server(
    name: &'static str,
    stack: &'static str,
    version: &'static str,
    command: &'static str,
) -> Program {
    Program { name, version, stack, role: Role::Server, packages: "", command }
}

pub(super) const PROGRAMS: &[Program] = &[
    client(
        "curl",
        "OpenSSL",
        "",
        "curl --version | sed -n '1s/curl \\([^ ]*\\) .*OpenSSL.\\([^ ]*\\).*/\\1 (OpenSSL \\2)/p'",
        "curl -sk --http1.1 -H 'Connection: close' -o /dev/null {url}/1 -o /dev/null {url}/2",
    ),
    client(
        "openssl s_client",
        "OpenSSL",
        "",
        "openssl version | cut -d' ' -f2",
        "rm -f {folder}/session; for session in -sess_out -sess_in; do printf 'GET /r HTTP/1.0\\r\\n\\r\\n' | \
         openssl s_client -ign_eof -connect 127.0.0.1:{port} $session {folder}/session; done",
    ),
    client(
        "python3 ssl",
        "OpenSSL",
        "",
        "/usr/bin/python3 --version | cut -d' ' -f2",
        "/usr/bin/python3 -c \"
import socket, ssl
context, session = ssl._create_unverified_context(), None
for _ in range(2):
    with context.wrap_socket(socket.create_connection(('127.0.0.1', {port})), session=session) as s:
        s.sendall(b'GET /r HTTP/1.0\\r\\n\\r\\n')
        while s.recv(4096): pass
        session = s.session
\"",
    ),
    client(
        "node",
        "OpenSSL (static)",
        "",
        "node -p 'process.version + \" (OpenSSL \" + process.versions.openssl + \")\"'",
        "node -e \"
const https = require('https'), agent = new https.Agent({ rejectUnauthorized: false });
const get = (left) => https.get('{url}/r', { agent }, (r) => r.resume().on('end', () => left && get(left - 1)));
get(1)\"",
    ),
    client(
        "pyOpenSSL",
        "OpenSSL (static, in cryptography)",
        "pyOpenSSL",
        "{python} -c 'import OpenSSL.SSL as s; print(s.SSLeay_version(0).decode().split()[1])'",
        "{python} -c \"
import socket
from OpenSSL import SSL
context = SSL.Context(SSL.TLS_CLIENT_METHOD)
session = None
for _ in range(2):
    s = SSL.Connection(context, socket.create_connection(('127.0.0.1', {port})))
    s.set_connect_state()
    if session: s.set_session(session)
    s.do_handshake(); s.sendall(b'GET /r HTTP/1.0\\r\\n\\r\\n')
    try:
        while s.recv(4096): pass
    except SSL.Error: pass
    session = s.get_session()
\"",
    ),
    client(
        "curl_cffi",
        "BoringSSL",
        "curl_cffi",
        "{python} -c 'import curl_cffi; print(curl_cffi.__version__)'",
        "{python} -c \"
from curl_cffi import requests
for _ in range(2): requests.get('{url}/r', verify=False, impersonate='chrome', http_version='v1')
\"",
    ),
    client(
        "gnutls-cli",
        "GnuTLS",
        "",
        "gnutls-cli --version | sed -n '1s/.* //p'",
        "printf 'GET /r HTTP/1.0\\r\\n\\r\\n' | gnutls-cli --insecure --resume --waitresumption -p {port} 127.0.0.1",
    ),
    client(
        "wget",
        "GnuTLS",
        "",
        "wget --version | sed -n '1s/GNU Wget \\([^ ]*\\).*/\\1/p'",
        "wget -q --no-check-certificate --no-http-keep-alive -O /dev/null {url}/1 {url}/2",
    ),
    client(
        "PyAV",
        "GnuTLS (in its wheel)",
        "av",
        "{python} -c 'import av; print(av.__version__)'",
        "{python} -c \"
import av
for _ in range(2):
    try: av.open('{url}/r', options=dict(tls_verify='0'))
    except Exception: pass
\"",
    ),
    client(
        "uv",
        "rustls",
        "uv",
        "{bin}/uv --version | cut -d' ' -f2",
        "for i in 1 2; do {bin}/uv -q pip install --dry-run --no-cache --target {folder} --index-url {url}/simple \
         --allow-insecure-host 127.0.0.1 nothing; done",
    ),
    client(
        "deno",
        "rustls",
        "deno",
        "{bin}/deno --version | sed -n '1s/deno \\([^ ]*\\).*/\\1/p'",
        "DENO_DIR={folder} {bin}/deno eval --unsafely-ignore-certificate-errors \
         \"for (let i = 0; i < 2; i++) await (await fetch('{url}/r')).text()\"",
    ),
    client(
        "rustup",
        "rustls",
        "",
        "rustup --version 2>/dev/null | cut -d' ' -f2",
        "RUSTUP_HOME={folder} RUSTUP_DIST_SERVER={url} SSL_CERT_FILE={cert} rustup toolchain install 1.2.3 --profile minimal",
    ),
    client(
        "Go net/http, stripped",
        "Go crypto/tls",
        "",
        "go version | cut -d' ' -f3",
        "{folder}/go-client {url}/1; {folder}/go-client {url}/2",
    ),
    server(
        "nginx",
        "OpenSSL",
        "/usr/sbin/nginx -v 2>&1 | cut -d/ -f2",
        "exec /usr/sbin/nginx -c {folder}/nginx.conf",
    ),
    server(
        "openssl s_server",
        "OpenSSL",
        "openssl version | cut -d' ' -f2",
        "exec openssl s_server -quiet -www -accept {port} -cert {cert} -key {key}",
    ),
    server(
        "node",
        "OpenSSL (static)",
        "node --version",
        "exec node -e \"
const { readFileSync: read } = require('fs');
require('https').createServer({ cert: read('{cert}'), key: read('{key}') }, (_, r) => r.end('hello')).listen({port})\"",
    ),
    server(
        "gnutls-serv",
        "GnuTLS",
        "gnutls-serv --version | sed -n '1s/.* //p'",
        "exec gnutls-serv --quiet --http -p {port} --x509certfile {cert} --x509keyfile {key}",
    ),
    server(
        "Go net/http, stripped",
        "Go crypto/tls",
        "go version | cut -d' ' -f3",
        "exec {folder}/go-server 127.0.0.1:{port} {cert} {key} 1000",
    ),
];
