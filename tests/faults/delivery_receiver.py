"""An HTTP receiver for delivery tests, and the book it keeps.

Events carry a number in `detail.number`. Each target is a path; `answer(path, number)` decides the status. What was answered with 200
counts as delivered, with the time at which the answer was sent.
"""

import http.server
import json
import socket
import threading
import time


class Receiver:
    def __init__(self, answer=lambda path, number: 200):
        self.answer = answer
        self.delivered = {}  # (path, number): times of its 200s
        self.attempts = 0
        self.unknown = []    # bodies that are no event of the test
        self._lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                try:
                    number = json.loads(body)["detail"]["number"]
                except (ValueError, KeyError, TypeError):
                    with receiver._lock:
                        receiver.unknown.append(body[:200])
                    number = None
                status = receiver.answer(self.path, number)
                # Noted before it is sent: what the daemon hears is in the book.
                with receiver._lock:
                    receiver.attempts += 1
                    if status == 200:
                        receiver.delivered.setdefault((self.path, number), []).append(time.monotonic())
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

            def handle_error(self, request, client_address):
                pass  # a daemon that was killed leaves connections broken

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def snapshot(self):
        with self._lock:
            return {key: list(times) for key, times in self.delivered.items()}

    def close(self):
        self._server.shutdown()
        self._server.server_close()


CONNECTION = "receiver"


def create_connection(aws):
    aws.call("events", "CreateConnection", Name=CONNECTION, AuthorizationType="API_KEY",
             AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "secret"}})


def create_destination(aws, receiver, name):
    """An API destination that leads to the receiver's path `/name`: its ARN. Its rate does not slow the test down."""
    connection = aws.call("events", "DescribeConnection", Name=CONNECTION)["ConnectionArn"]
    return aws.call("events", "CreateApiDestination", Name=name, ConnectionArn=connection, HttpMethod="POST",
                    InvocationEndpoint=receiver.url("/" + name), InvocationRateLimitPerSecond=300)["ApiDestinationArn"]


def waiting(daemon):
    """How many deliveries wait in the outbox, by the daemon's own metrics."""
    return int(daemon.metrics().get("eventbus_outbox_messages", 0))


def wait_until_empty(daemon, seconds):
    """Until nothing waits in the outbox; what was left at the end of the time."""
    deadline = time.monotonic() + seconds
    left = waiting(daemon)
    while left and time.monotonic() < deadline:
        time.sleep(0.1)
        left = waiting(daemon)
    return left
