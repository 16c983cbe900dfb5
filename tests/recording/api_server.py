"""The simulator behind a real socket: what recordings are made against. Streams leave frame by frame."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from simulator import Request, Simulator


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Say nothing: a client has left in the middle."""


@contextmanager
def serving(simulator=None, before_frame=lambda number: None):
    """Serve a simulator on a free port; give its base URL.

    Args:
        before_frame: called before each frame of a stream leaves, with its number from 1.
    """
    simulator = simulator or Simulator("auto")
    server = _Server(("127.0.0.1", 0), handler_of(simulator, before_frame))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def handler_of(simulator, before_frame):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self):
            self.answer()

        do_POST = do_DELETE = do_GET  # noqa: N815  # http.server's names

        def log_message(self, *args):
            pass

        def answer(self):
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            response = simulator.handle(Request(self.command, url.path, url.query, headers, body))
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            # What a service sends and no file may keep.
            self.send_header("set-cookie", "__cf_bm=canary-cookie-1; path=/")
            self.send_header("openai-organization", "acme-canary-1")
            if isinstance(response.body, bytes):
                self.send_header("content-length", str(len(response.body)))
                self.end_headers()
                self.wfile.write(response.body)
            else:
                self.stream(response.body)

        def stream(self, frames):
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            number = 0
            for due, data in frames:
                simulator.wait_until(due)
                if data:
                    number += 1
                    before_frame(number)
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
                    self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")

    return Handler
