"""A server that misbehaves, one way per path. For tests of what a client makes of it."""
import socket
import ssl
import threading
import time

HEADERS_PIECE = b"X-Padding: " + b"a" * 1000 + b"\r\n"
ENDLESS_PIECES = 200000  # 200 MB: more than any client takes


def truncated(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")


def garbage(sock):
    sock.sendall(b"\x00\x01\x02 this is no HTTP\r\n\r\n")


def endless_headers(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(ENDLESS_PIECES):
        sock.sendall(HEADERS_PIECE)


def wrong_chunk(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnot hexadecimal\r\n0\r\n\r\n")


def never(sock):
    sock.settimeout(60)
    while sock.recv(65536):  # what is left of its request, and then until it gives up
        pass


def drips(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        sock.sendall(b".")
        time.sleep(0.05)


def at_once(_sock):
    pass


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def good(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


WAYS = {"/truncated": truncated, "/garbage": garbage, "/endless-headers": endless_headers, "/wrong-chunk": wrong_chunk, "/never": never,
        "/drips": drips, "/at-once": at_once, "/reset": reset, "/good": good}


class RudeServer:
    """Listens on a free port of 127.0.0.1, with TLS if a certificate is given; each connection gets one answer: always
    the same, if a way is given."""

    def __init__(self, certificate=None, way=None):
        self.way = way
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.url = "%s://127.0.0.1:%d" % ("https" if certificate else "http", self.port)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _address = self.listener.accept()
            except OSError:
                return  # closed: the test is over
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            with sock:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = sock.recv(65536)
                    if not piece:
                        return
                    head += piece
                WAYS[self.way or head.split(b" ")[1].decode()](sock)
        except (OSError, ssl.SSLError):
            pass  # the client has left; that is what some of these are for

    def close(self):
        self.listener.close()
