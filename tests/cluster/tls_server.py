"""A threaded HTTPS server on a loopback port, for the servers that a Kubernetes API server calls."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.cluster.pki import KeyPair

BODY_BYTES_MAX = 16 << 20


class TlsServer:
    """Calls handle() for every request, on a thread of its own. A context manager; ends with stop()."""

    def __init__(self, pair: KeyPair):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.cert, pair.key)
        self.stopping = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def answer(self) -> None:
                length = min(int(self.headers.get("Content-Length") or 0), BODY_BYTES_MAX)
                data = self.rfile.read(length)
                body = json.loads(data) if data else None
                status, document = outer.handle_whole(self.command, self.path, body, self.headers)
                payload = document if isinstance(document, bytes) else json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            open_connections: set[Any] = set()

            def process_request(self, request: Any, client_address: Any) -> None:
                self.open_connections.add(request)
                super().process_request(request, client_address)

            def shutdown_request(self, request: Any) -> None:
                self.open_connections.discard(request)
                super().shutdown_request(request)

            def handle_error(self, *_: Any) -> None:
                """A caller that gave up is no news."""

        self._server = Server(("127.0.0.1", 0), Handler, bind_and_activate=True)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def handle(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and JSON document (or raw bytes) for one request."""
        raise NotImplementedError

    def handle_whole(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        """The same for those that want to see the request's headers."""
        return self.handle(method, path, body)

    def stop(self) -> None:
        """Closes every connection and refuses new ones. Harmless when called twice."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.open_connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
