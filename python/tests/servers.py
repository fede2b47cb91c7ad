"""Small real servers for tests of hooks: SSH with SFTP, FTP, and HTTP answers by path."""

import contextlib
import http.server
import json
import os
import socket
import subprocess
import threading


@contextlib.contextmanager
def ssh_server(folder, user="me", password="hush"):
    """(port) of an SSH server that runs commands by sh and serves `folder` by SFTP."""
    import paramiko

    key = paramiko.ECDSAKey.generate()

    class Server(paramiko.ServerInterface):
        def check_auth_password(self, name, given):
            return paramiko.AUTH_SUCCESSFUL if (name, given) == (user, password) else paramiko.AUTH_FAILED

        def get_allowed_auths(self, name):
            return "password"

        def check_channel_request(self, kind, number):
            return paramiko.OPEN_SUCCEEDED

        def check_channel_env_request(self, channel, name, value):
            self.environment = {**getattr(self, "environment", {}), name.decode(): value.decode()}
            return True

        def check_channel_exec_request(self, channel, command):
            def run():
                env = {**os.environ, **getattr(self, "environment", {})}
                done = subprocess.run(["sh", "-c", command.decode()], capture_output=True, env=env)
                # A client that gave up is gone.
                with contextlib.suppress(OSError, EOFError):
                    channel.sendall(done.stdout)
                    channel.sendall_stderr(done.stderr)
                    channel.send_exit_status(done.returncode)
                    channel.close()

            threading.Thread(target=run, daemon=True).start()
            return True

    listener = socket.create_server(("127.0.0.1", 0))
    transports = []

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files_of(folder))
            transport.start_server(server=Server())

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        for transport in transports:
            transport.close()


def files_of(folder):
    """The SFTP interface of a folder."""
    import paramiko

    def answer(work):
        try:
            found = work()
            return paramiko.SFTP_OK if found is None else found
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    class Files(paramiko.SFTPServerInterface):
        def place(self, path):
            return os.path.join(folder, path.lstrip("/"))

        def list_folder(self, path):
            place = self.place(path)
            return answer(lambda: [paramiko.SFTPAttributes.from_stat(os.stat(os.path.join(place, name)), name) for name in os.listdir(place)])

        def stat(self, path):
            return answer(lambda: paramiko.SFTPAttributes.from_stat(os.stat(self.place(path))))

        lstat = stat

        def open(self, path, flags, attributes):
            def work():
                handle = paramiko.SFTPHandle(flags)
                writes = flags & os.O_WRONLY or flags & os.O_RDWR
                file = os.fdopen(os.open(self.place(path), flags, 0o666), "wb" if writes else "rb")
                handle.filename, handle.readfile, handle.writefile = self.place(path), file, file
                return handle

            return answer(work)

        def remove(self, path):
            return answer(lambda: os.remove(self.place(path)))

        def mkdir(self, path, attributes):
            return answer(lambda: os.mkdir(self.place(path)))

        def rmdir(self, path):
            return answer(lambda: os.rmdir(self.place(path)))

    return Files


@contextlib.contextmanager
def ftp_server(folder, user="me", password="hush"):
    """(port) of an FTP server for `folder`."""
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.servers import ThreadedFTPServer

    authorizer = DummyAuthorizer()
    authorizer.add_user(user, password, folder, perm="elradfmwMT")
    handler = type("Handler", (FTPHandler,), {"authorizer": authorizer})
    server = ThreadedFTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=lambda: server.serve_forever(timeout=0.05, handle_exit=False), daemon=True)
    thread.start()
    try:
        yield server.address[1]
    finally:
        server.close_all()


@contextlib.contextmanager
def http_server(answer):
    """(address) of a server; `answer(method, path, body)` gives a status, what is sent (JSON, bytes, a function of bytes),
    and headers if it likes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self):
            length = int(self.headers.get("content-length") or 0)
            status, content, *headers = answer(self.command, self.path, self.rfile.read(length))
            late = callable(content)
            text = b"" if late else content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in (headers[0] if headers else {}).items():
                self.send_header(name, value)
            self.send_header("content-type", "application/octet-stream" if isinstance(content, bytes) else "application/json")
            if late:
                # A stream: it begins when `content` returns, and ends with the connection.
                self.close_connection = True
                self.send_header("connection", "close")
            else:
                self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(content() if late else text)

        do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = handle_any

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def s3_server():
    """(address, objects, changed) of a server with the few calls of S3 that hooks make, by `bucket/key`: bytes, and the
    instant of their last change."""
    import urllib.parse

    objects, changed = {}, {}

    def listed(bucket, prefix):
        names = sorted(name.partition("/")[2] for name in objects if name.startswith(f"{bucket}/{prefix}"))
        entries = "".join(
            f"<Contents><Key>{name}</Key><LastModified>{changed[f'{bucket}/{name}']}</LastModified><Size>1</Size></Contents>" for name in names
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>".encode()

    def answer(method, path, body):
        parsed = urllib.parse.urlsplit(path)
        name, query = urllib.parse.unquote(parsed.path.lstrip("/")), dict(urllib.parse.parse_qsl(parsed.query, keep_blank_values=True))
        if "list-type" in query:
            return 200, listed(name.rstrip("/"), query.get("prefix", ""))
        if method == "PUT":
            objects[name], changed[name] = _unchunked(body), "2026-01-05T00:00:00.000Z"
            return 200, b"", {"ETag": '"1"'}
        if name not in objects:
            return 404, b""
        return 200, objects[name], {"ETag": '"1"', "Last-Modified": "Mon, 05 Jan 2026 00:00:00 GMT"}

    with http_server(answer) as address:
        yield address, objects, changed


def _unchunked(body):
    """The content of a body that the client sends in signed chunks: `size;…\\r\\n`, the bytes, `0`, trailers."""
    import re

    if not re.match(rb"[0-9a-f]+(;|\r\n)", body):
        return body
    found = b""
    while body:
        head, _, body = body.partition(b"\r\n")
        size = int(head.split(b";")[0], 16)
        if size == 0:
            return found
        found, body = found + body[:size], body[size + 2 :]
    return found
