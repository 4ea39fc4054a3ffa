# A PostgreSQL server as far as its first message after TLS: PORT CERTIFICATE KEY VERSION.
# https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL
import socket
import ssl
import struct
import sys

port, certificate, key, version = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
context.minimum_version = context.maximum_version = ssl.TLSVersion[version.replace(".", "_")]
fields = b"SFATAL\0C28000\0Mnobody may come in\0\0"
refusal = b"E" + struct.pack("!I", 4 + len(fields)) + fields

with socket.create_server(("127.0.0.1", int(port))) as listener:
    while True:
        connection, _ = listener.accept()
        with connection:
            if len(connection.recv(8)) < 8:  # SSLRequest
                continue
            connection.sendall(b"S")
            with context.wrap_socket(connection, server_side=True) as inner:
                inner.recv(4096)  # StartupMessage
                inner.sendall(refusal)
                inner.recv(1)
