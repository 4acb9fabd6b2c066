"""python3 server.py: prints its port; answers by path until it is killed."""
import gzip
import socket
import threading
import time


def read_request(f):
    line = f.readline().decode("latin-1")
    if not line:
        return None
    method, target, _ = line.split(" ")
    headers = []
    while True:
        line = f.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            break
        name, value = line.split(":", 1)
        headers.append((name, value.strip()))
    length = next((int(v) for n, v in headers if n.lower() == "content-length"), 0)
    return method, target, headers, f.read(length)


def answer_of(method, target, headers, body):
    path, _, query = target.partition("?")
    status, extra, out = "200 OK", "", b"hello"
    if path.startswith("/status/"):
        status = f"{path[8:]} Some Reason"
    elif path == "/slow":
        time.sleep(float(query))
    elif path == "/echo" or path.startswith("http"):
        out = "\n".join([f"{method} {target}", *(f"{n}: {v}" for n, v in headers), "", ""]).encode("latin-1") + body
    elif path.startswith("/redirect/"):
        status, extra = f"{path[10:]} Moved", "Location: /echo\r\n"
    elif path == "/loop":
        status, extra = "302 Found", "Location: /loop\r\n"
    elif path == "/cookie":
        extra = "Set-Cookie: sid=abc; Path=/; HttpOnly\r\n"
    elif path == "/gzip":
        out, extra = gzip.compress(b"x" * 1000), "Content-Encoding: gzip\r\n"
    elif path == "/type":
        extra = 'Content-Type: Text/HTML; Charset="UTF-8"\r\nX-Two: a\r\nX-Two: b\r\n'
    return status, extra, out


def handle(connection):
    f = connection.makefile("rb")
    try:
        while True:
            request = read_request(f)
            if request is None or request[1] == "/close":
                return
            if request[1].startswith("/drip"):
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for i in range(int(request[1][6:])):
                    time.sleep(0.02)
                    connection.sendall(b"3\r\np%d,\r\n" % (i % 10))
                connection.sendall(b"0\r\n\r\n")
                continue
            if request[1] == "/half":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
                return
            if request[1] == "/garbage":
                connection.sendall(b"what is this\r\n\r\n")
                return
            status, extra, out = answer_of(*request)
            head = f"HTTP/1.1 {status}\r\nContent-Length: {len(out)}\r\n{extra}\r\n".encode()
            connection.sendall(head + (b"" if request[0] == "HEAD" else out))
    except (OSError, ValueError):
        pass
    finally:
        f.close()
        connection.close()


def main():
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=handle, args=(connection,), daemon=True).start()


main()
