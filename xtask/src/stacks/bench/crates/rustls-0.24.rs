//! A client of HTTP/1.0 on rustls 0.24, which leaves input and output to its caller: `client PORT CERT`.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, VecInput};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let address = ("127.0.0.1", arguments[2].parse().unwrap());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&arguments[3]).unwrap()).unwrap();
    let config = ClientConfig::builder(Arc::new(CRYPTOGRAPHY::DEFAULT_PROVIDER));
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth().unwrap());
    for _ in 0..2 {
        let (mut input, mut output, mut said) = (VecInput::default(), Vec::new(), Vec::new());
        let mut tls = config.connect("localhost".try_into().unwrap()).build(&mut output).unwrap();
        let mut tcp = TcpStream::connect(address).unwrap();
        let mut asked = false;
        loop {
            if !asked && !tls.is_handshaking() {
                tls.write(b"GET /r HTTP/1.0\r\n\r\n".into(), &mut output).unwrap();
                asked = true;
            }
            tcp.write_all(&output).unwrap();
            output.clear();
            if input.read(&mut tcp).unwrap() == 0 {
                break;
            }
            if tls.read_tls(&mut input, &mut output).handle_all(&mut said).is_err() {
                break;
            }
        }
    }
}
