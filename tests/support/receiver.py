"""An HTTP server of a test: keeps every request, answers as it is told to. Standard library only."""

import http.server
import json
import ssl
import threading
import time
import urllib.parse

SECONDS_MAX = 30


class Request:
    def __init__(self, method, target, headers, body):
        self.method = method
        self.target = target
        self.path, _, query = target.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.headers = headers  # compared without case, as email.message does
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))


class Receiver:
    """`answer(request)` gives (status, headers, body) for each request; without it everything is 200 without a body. With a
    `certificate`, a file that holds its key too, it speaks https."""

    def __init__(self, answer=None, certificate=None):
        self.requests = []
        self._answer = answer or (lambda request: (200, {}, b""))
        self._changed = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, self.headers, body)
                with receiver._changed:
                    receiver.requests.append(request)
                    status, headers, answer_body = receiver._answer(request)
                    receiver._changed.notify_all()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer_body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer_body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_one

            def log_message(self, *arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, count, seconds=SECONDS_MAX):
        """The requests, once there are at least `count`."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while len(self.requests) < count:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(self.requests)} requests came within {seconds} s, not {count}"
                self._changed.wait(left)
            return list(self.requests)


class TokenServer(Receiver):
    """An OAuth authorization server for client credentials: knows one client, and its tokens can be revoked or made short."""

    def __init__(self, client_id="the-client", client_secret="t0ken-s3cret", lifetime=3600):
        super().__init__(self._grant)
        self.client_id, self.client_secret, self.lifetime = client_id, client_secret, lifetime
        self.valid = set()
        self.granted = 0

    def _grant(self, request):
        given = request.form if request.body else request.query
        if (given.get("client_id"), given.get("client_secret")) != (self.client_id, self.client_secret):
            return 401, {"Content-Type": "application/json"}, b'{"error":"invalid_client"}'
        if given.get("grant_type") != "client_credentials":
            return 400, {"Content-Type": "application/json"}, b'{"error":"unsupported_grant_type"}'
        self.granted += 1
        token = f"token-{self.granted}"
        self.valid.add(token)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime}
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def admits(self, request):
        """Does this request to a protected endpoint carry a token that is valid now?"""
        return request.headers.get("Authorization", "").removeprefix("Bearer ") in self.valid
