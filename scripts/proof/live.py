"""The live doors of a running Vigie: a WebSocket (RFC 6455) and server-sent events, with the standard library alone."""

import base64
import json
import os
import queue
import socket
import struct
import threading
import urllib.parse
import urllib.request


class Feed:
    """What comes in, read by a thread of its own, and kept in order."""

    def __init__(self):
        self.frames, self.arrived = [], queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            for frame in self._incoming():
                self.arrived.put(frame)
        except OSError:
            pass
        self.arrived.put(None)

    def until(self, wanted, limit=30):
        """Takes frames until one is as wanted, and answers all that came; fails when the door closes or nothing comes."""
        taken = []
        while True:
            try:
                frame = self.arrived.get(timeout=limit)
            except queue.Empty:
                raise RuntimeError(f"nothing as wanted within {limit} s, but {taken[-3:]}") from None
            if frame is None:
                raise RuntimeError(f"the stream ended after {taken[-3:]}")
            taken.append(frame)
            self.frames.append(frame)
            if wanted(frame):
                return taken


class Socket(Feed):
    """`/api/v1/ws`, over plain HTTP, with a bearer token."""

    def __init__(self, client):
        url = urllib.parse.urlsplit(client.base)
        self.socket = socket.create_connection((url.hostname, url.port))
        key = base64.b64encode(os.urandom(16)).decode()
        head = [f"GET /api/v1/ws HTTP/1.1", f"Host: {url.netloc}", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: vigie.v1", f"Authorization: Bearer {client.token}"]
        self.socket.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        status = self.file.readline().decode()
        if " 101 " not in status:
            raise RuntimeError(f"the WebSocket was refused: {status}{self.file.read(500)!r}")
        while self.file.readline().strip():
            pass
        super().__init__()

    def send(self, frame):
        self._put(0x1, json.dumps(frame).encode())

    def subscribe(self, channel, **more):
        self.send({"type": "subscribe", "id": channel, "channel": channel, **more})
        return self

    def _put(self, opcode, payload):
        mask = os.urandom(4)
        size = bytes([0x80 | len(payload)]) if len(payload) < 126 else bytes([0x80 | 126]) + struct.pack("!H", len(payload))
        self.socket.sendall(bytes([0x80 | opcode]) + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def _incoming(self):
        text = b""
        while True:
            first, size = self._exactly(2)
            size &= 0x7F
            if size >= 126:
                size = struct.unpack("!H" if size == 126 else "!Q", self._exactly(2 if size == 126 else 8))[0]
            payload = self._exactly(size)
            if first & 0xF == 0x8:
                return
            if first & 0xF == 0x9:
                self._put(0xA, payload)
            elif first & 0xF <= 0x2:
                text += payload
                if first & 0x80:
                    yield json.loads(text)
                    text = b""

    def _exactly(self, size):
        read = self.file.read(size)
        if len(read) < size:
            raise OSError("the connection is gone")
        return read

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)


class Stream(Feed):
    """`/api/v1/events/stream`."""

    def __init__(self, client, query=""):
        request = urllib.request.Request(f"{client.base}/api/v1/events/stream{query}", headers={"Authorization": f"Bearer {client.token}"})
        self.answer = urllib.request.urlopen(request, timeout=60)
        super().__init__()

    def _incoming(self):
        event = {}
        for line in self.answer:
            line = line.decode().rstrip("\n")
            if line.startswith(":"):
                yield {"comment": line[1:].strip()}
            elif line:
                name, _, value = line.partition(":")
                event[name] = value.lstrip()
            elif event:
                yield {**event, "data": json.loads(event.get("data", "null"))}
                event = {}
