"""A go-between in front of a worker that remembers what it was asked and which ids it gave out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from tests.system.calls import token_file


class Recorder:
    """A proxy that records calls; its ``url`` takes the place of the worker's own."""

    def __init__(self, worker: str, url: str) -> None:
        self.worker = worker
        self.url = url
        self.paths: list[str] = []
        self.map_task_ids: list[str] = []


@contextmanager
def recorded(worker: str) -> Iterator[Recorder]:
    """Stand before *worker*; who may read its token may read it under the new address, too."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            """A proof holds for one connection."""
            super().setup()
            self.far = HTTPConnection(urlsplit(worker).netloc, timeout=60)

        def finish(self) -> None:
            self.far.close()
            super().finish()

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            recorder.paths.append(path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.far.request(self.command, self.path, body, dict(self.headers))
            response = self.far.getresponse()
            answer = response.read()
            if path == "/map" and response.status == 200:
                recorder.map_task_ids.append(json.loads(answer)["mapTaskID"])
            self.send_response(response.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815  # the name that the base class looks for

        def log_message(self, *_: Any) -> None:
            pass

    # And for one port.
    with ThreadingHTTPServer(("127.0.0.3", urlsplit(worker).port or 0), Handler) as server:
        recorder = Recorder(worker, f"http://127.0.0.3:{server.server_port}")
        token = token_file(recorder.url)
        shutil.copy(token_file(worker), token)
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()
            token.unlink()
