//! A client or a server of HTTP/1.0 on rustls 0.22 and 0.23: `client PORT CERT`, `server PORT CERT KEY`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rustls::crypto::CRYPTOGRAPHY::default_provider;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, Stream};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let address = ("127.0.0.1", arguments[2].parse().unwrap());
    let certificate = CertificateDer::from_pem_file(&arguments[3]).unwrap();
    let provider = Arc::new(default_provider());
    if arguments[1] == "client" {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
        for _ in 0..2 {
            let name = ServerName::try_from("localhost").unwrap();
            let mut tls = ClientConnection::new(config.clone(), name).unwrap();
            let mut tcp = TcpStream::connect(address).unwrap();
            let mut stream = Stream::new(&mut tls, &mut tcp);
            stream.write_all(b"GET /r HTTP/1.0\r\n\r\n").unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        }
        return;
    }
    let key = PrivateKeyDer::from_pem_file(&arguments[4]).unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    for tcp in TcpListener::bind(address).unwrap().incoming() {
        let mut tcp = tcp.unwrap();
        let mut tls = ServerConnection::new(config.clone()).unwrap();
        if Stream::new(&mut tls, &mut tcp).read(&mut [0; 4096]).is_ok() {
            let answer = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
            let _ = Stream::new(&mut tls, &mut tcp).write_all(answer);
            tls.send_close_notify();
            let _ = tls.complete_io(&mut tcp);
        }
    }
}
