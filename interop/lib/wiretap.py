"""A relay that stands between a client and the server and remembers what was said.

The bytes pass unchanged in both directions. Each connection is read afterwards as
HTTP/1.1, so that a scenario can assert what a client really asked and was answered.
"""

import gzip
import select
import socket
import threading
import zlib


class Exchange:
    """One request and the final answer to it."""

    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.headers = headers  # names in lower case
        self.body = body
        self.status = None
        self.answer_headers = {}
        self.answer_body = b""

    def __repr__(self):
        return f"{self.method} {self.target} -> {self.status}"


class _Reader:
    """Reads whole HTTP messages from a buffer that grows."""

    def __init__(self):
        self.data = b""

    def message(self, is_answer, to_method=None, ended=False):
        """(first line, headers, body) of the next message, or None while it is incomplete."""
        head, found, rest = self.data.partition(b"\r\n\r\n")
        if not found:
            return None
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        status = int(lines[0].split(" ")[1]) if is_answer else 0
        if is_answer and (to_method == "HEAD" or status in (204, 304) or 100 <= status < 200):
            body, rest = b"", rest
        elif "chunked" in headers.get("transfer-encoding", "").lower():
            taken = _dechunk(rest)
            if taken is None:
                return None
            body, rest = taken
        elif "content-length" in headers:
            length = int(headers["content-length"])
            if len(rest) < length:
                return None
            body, rest = rest[:length], rest[length:]
        elif is_answer:
            if not ended:
                return None
            body, rest = rest, b""
        else:
            body = b""
        self.data = rest
        return lines[0], headers, body


def _dechunk(data):
    """(body, rest) of a chunked body, or None while it is incomplete."""
    body = []
    while True:
        size_line, found, rest = data.partition(b"\r\n")
        if not found:
            return None
        size = int(size_line.split(b";")[0], 16)
        if size == 0:
            _, found, after = (b"\r\n" + rest).partition(b"\r\n\r\n")
            return (b"".join(body), after) if found else None
        if len(rest) < size + 2:
            return None
        body.append(rest[:size])
        data = rest[size + 2 :]


def _decoded(body, encoding):
    """The content of a body that was sent compressed."""
    if not body or encoding == "identity":
        return body
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "deflate":
        return zlib.decompress(body)
    raise ValueError(f"an answer came in the content coding {encoding}")


class Wiretap:
    """Use as a context: `with Wiretap("127.0.0.1", 5232) as tap:` and talk to `tap.port`."""

    def __init__(self, host, port):
        self._upstream = (host, port)
        self._lock = threading.Lock()
        self._exchanges = []
        self._open = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stopped = True
        self._listener.close()

    def exchanges(self, method=None):
        """Everything said so far, in the order in which the requests began."""
        with self._lock:
            return [e for e in self._exchanges if method is None or e.method == method]

    def clear(self):
        """Forgets what was said so far."""
        with self._lock:
            self._exchanges = []

    def busy(self):
        """Whether a connection is open or a request waits for its answer."""
        with self._lock:
            return self._open > 0

    def _accept(self):
        while not self._stopped:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client):
        with self._lock:
            self._open += 1
        try:
            with client, socket.create_connection(self._upstream) as server:
                self._pump(client, server)
        except OSError:
            pass  # a side that vanished ends the connection; what was heard stays
        finally:
            with self._lock:
                self._open -= 1

    def _pump(self, client, server):
        asked, answered, waiting = _Reader(), _Reader(), []
        peers = {client: server, server: client}
        while peers:
            for source in select.select(list(peers), [], [])[0]:
                data = source.recv(65536)
                target = peers[source]
                if data:
                    # Heard before it is passed on: a scenario that saw the answer finds it here.
                    (asked if source is client else answered).data += data
                    self._hear(asked, answered, waiting, ended=False)
                    target.sendall(data)
                    continue
                self._hear(asked, answered, waiting, ended=source is server)
                if source is server:
                    return
                del peers[source]
                target.shutdown(socket.SHUT_WR)

    def _hear(self, asked, answered, waiting, ended):
        while (message := asked.message(False)) is not None:
            line, headers, body = message
            method, target = line.split(" ")[:2]
            exchange = Exchange(method, target, headers, body)
            waiting.append(exchange)
            with self._lock:
                self._exchanges.append(exchange)
        while waiting:
            message = answered.message(True, waiting[0].method, ended)
            if message is None:
                return
            line, headers, body = message
            status = int(line.split(" ")[1])
            if 100 <= status < 200:
                continue
            exchange = waiting.pop(0)
            exchange.answer_headers = headers
            exchange.answer_body = _decoded(body, headers.get("content-encoding", "identity"))
            exchange.status = status
