"""Frames of the protocol between a supervisor and the process in which user code runs (src/runtime/protocol.ts).

A frame is a 4-byte big-endian length, then that many bytes of UTF-8 JSON. Instants are ISO 8601 strings with
offset, durations are seconds, unknown fields are ignored.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from typing import Any, Dict, Optional

from .errors import TradewindError

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 64 * 1024 * 1024

Message = Dict[str, Any]

_HEADER = struct.Struct(">I")
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def encode_frame(message: Message) -> bytes:
    """Raises TradewindError TW_FRAME_TOO_LARGE when the other side would refuse it, ValueError for NaN."""
    # A lone surrogate has no UTF-8: it becomes a replacement character and not the end of the attempt.
    body = _encode(message).encode("utf-8", "replace")
    if len(body) > MAX_FRAME_BYTES:
        raise TradewindError(
            "TW_FRAME_TOO_LARGE",
            f"a message {message.get('type')!r} of at most {MAX_FRAME_BYTES} bytes was expected, got {len(body)} bytes",
            hint="store large values in a file and pass on where it is",
        )
    return _HEADER.pack(len(body)) + body


class FrameStream:
    """Frames over a socket: any thread may send, one thread receives."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._lock = threading.Lock()
        self._buffer = bytearray()

    @classmethod
    def of_descriptor(cls, descriptor: int) -> "FrameStream":
        """A stream over an inherited descriptor, such as 3; children of this process do not inherit it."""
        sock = socket.socket(fileno=descriptor)
        sock.setblocking(True)
        sock.set_inheritable(False)
        return cls(sock)

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, message: Message) -> None:
        frame = encode_frame(message)
        with self._lock:
            self._socket.sendall(frame)

    def receive(self) -> Optional[Message]:
        """The next message; None when the other side has closed. Blocks."""
        header = self._take(_HEADER.size)
        if header is None:
            return None
        (length,) = _HEADER.unpack(header)
        if length > MAX_FRAME_BYTES:
            raise TradewindError("TW_FRAME_TOO_LARGE", f"a frame of at most {MAX_FRAME_BYTES} bytes was expected, got {length}")
        body = self._take(length)
        return None if body is None else json.loads(body)

    def pending(self) -> bool:
        """Whether a whole frame has been read already, so that `receive` does not block."""
        if len(self._buffer) < _HEADER.size:
            return False
        (length,) = _HEADER.unpack_from(self._buffer)
        return len(self._buffer) >= _HEADER.size + length

    def close(self) -> None:
        try:
            self._socket.close()
        except OSError:
            pass

    def _take(self, size: int) -> Optional[bytes]:
        while len(self._buffer) < size:
            try:
                chunk = self._socket.recv(max(65536, size - len(self._buffer)))
            except (ConnectionResetError, BrokenPipeError):
                return None
            if not chunk:
                return None
            self._buffer += chunk
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken
