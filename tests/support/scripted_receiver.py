"""An HTTP server that keeps what it is sent and answers what a test tells it to: the other side of a delivery."""

import collections
import http.server
import queue
import ssl
import threading

Received = collections.namedtuple("Received", "method path headers body status")  # the status it was answered
Answer = collections.namedtuple("Answer", "status headers body", defaults=({}, b""))


class ScriptedReceiver:
    """Answers 200 unless `answers` holds others: the first is taken for each request. `received` are its requests in order."""

    def __init__(self, certificate=None, key=None):
        self.answers = collections.deque()
        self.received = []
        self._arrived = queue.Queue()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                try:
                    answer = receiver.answers.popleft()
                except IndexError:
                    answer = Answer(200)
                request = Received(self.command, self.path, self.headers, body, answer.status)
                receiver.received.append(request)
                receiver._arrived.put(request)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def next(self, seconds=20):
        """The next request, waited for."""
        return self._arrived.get(timeout=seconds)

    def quiet(self, seconds=0.3):
        """Nothing comes for so long."""
        try:
            return self._arrived.get(timeout=seconds) is None
        except queue.Empty:
            return True

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
