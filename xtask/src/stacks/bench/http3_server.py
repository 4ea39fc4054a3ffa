# A server of HTTP/3, whose page asks for another: PORT CERTIFICATE KEY.
import asyncio
import sys

from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated

port, certificate, key = sys.argv[1:]
configuration = QuicConfiguration(alpn_protocols=H3_ALPN, is_client=False)
configuration.load_cert_chain(certificate, key)


class Server(QuicConnectionProtocol):
    http = None

    def quic_event_received(self, event):
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
        for answer in self.http.handle_event(event) if self.http else []:
            if isinstance(answer, HeadersReceived):
                self.http.send_headers(answer.stream_id, [(b":status", b"200"), (b"content-type", b"text/html")])
                self.http.send_data(answer.stream_id, b"<html><img src=/2></html>", end_stream=True)
                self.transmit()


async def main():
    await serve("127.0.0.1", int(port), configuration=configuration, create_protocol=Server)
    await asyncio.Event().wait()


asyncio.run(main())
