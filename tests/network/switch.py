"""A network switch in user space, which delays, loses, reorders and cuts as a test wants it.

``tc netem`` would do most of that, but not every kernel has it.
"""

from __future__ import annotations

import heapq
import os
import random
import select
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

# linux/if_ether.h, linux/if_packet.h
_ALL_PROTOCOLS = 0x0003
_PACKET_OPTIONS = 263
_VIRTUAL_HEADER = 15  # keeps the state of checksums that the sender has left to the hardware
_IGNORE_OUTGOING = 23
_HEADER_BYTES = 10
_ARP = b"\x08\x06"
_LARGEST = 1 << 17
#: Frames that are read of one port before another has its turn.
_TURN = 64


@dataclass(frozen=True)
class Weather:
    """Seconds that each frame takes, at least and at most, and the share of frames that is lost."""

    shortest: float = 0.0
    longest: float = 0.0
    loss: float = 0.0


CALM = Weather()


class Switch:
    """Passes frames between *links*, the ends of the hosts' cables, in a thread of its own."""

    def __init__(self, links: Sequence[str]) -> None:
        self._ports = [_port(link) for link in links]
        self._random = random.Random(1)
        self._late: list[tuple[float, int, socket.socket, bytes]] = []
        self._number = 0
        self._learned: dict[bytes, socket.socket] = {}
        self._cut: set[tuple[int, int]] = set()
        self.weather = CALM
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="switch")
        self._thread.start()

    def cut(self, one: int, other: int) -> None:
        """Let the hosts at two ports hear nothing of each other, as behind a silent firewall.

        They still find each other's cards (ARP); otherwise their systems would know of the cut.
        """
        self._cut = self._cut | {(one, other), (other, one)}

    def cut_off(self, one: int) -> None:
        """Let nobody hear of the host at a port, and that host of nobody."""
        for other in range(len(self._ports)):
            self.cut(one, other)

    def heal(self) -> None:
        """End all cuts and bad weather."""
        self._cut, self.weather = set(), CALM

    def close(self) -> None:
        """End the thread."""
        os.close(self._stop_write)
        self._thread.join()
        os.close(self._stop_read)
        for port in self._ports:
            port.close()

    def _run(self) -> None:
        waiting = select.poll()
        by_descriptor = {port.fileno(): port for port in self._ports}
        for descriptor in (*by_descriptor, self._stop_read):
            waiting.register(descriptor, select.POLLIN)
        while True:
            for descriptor, _ in waiting.poll(self._pause()):
                if descriptor == self._stop_read:
                    return
                self._take(by_descriptor[descriptor])
            now = time.monotonic()
            while self._late and self._late[0][0] <= now:
                _, _, port, frame = heapq.heappop(self._late)
                _send(port, frame)

    def _pause(self) -> float | None:
        """Milliseconds until the next late frame is due."""
        return max(0.0, self._late[0][0] - time.monotonic()) * 1000 + 1 if self._late else None

    def _take(self, source: socket.socket) -> None:
        for _ in range(_TURN):
            try:
                frame = source.recv(_LARGEST)
            except OSError:
                return  # there is none, or the cable was pulled
            target, sender = (frame[_HEADER_BYTES + i :][:6] for i in (0, 6))
            self._learned[sender] = source
            known = self._learned.get(target)
            for port in self._ports if known is None else [known]:
                if port is not source:
                    self._pass(source, port, frame)

    def _pass(self, source: socket.socket, port: socket.socket, frame: bytes) -> None:
        weather = self.weather
        way = self._ports.index(source), self._ports.index(port)
        cut = way in self._cut and frame[_HEADER_BYTES + 12 :][:2] != _ARP
        if cut or (weather.loss and self._random.random() < weather.loss):
            return
        if not weather.longest:
            _send(port, frame)
            return
        due = time.monotonic() + self._random.uniform(weather.shortest, weather.longest)
        self._number += 1
        heapq.heappush(self._late, (due, self._number, port, frame))


def _port(link: str) -> socket.socket:
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS))
    try:
        port.setsockopt(_PACKET_OPTIONS, _VIRTUAL_HEADER, 1)
        port.setsockopt(_PACKET_OPTIONS, _IGNORE_OUTGOING, 1)
        port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        port.bind((link, 0))
        port.setblocking(False)
    except OSError:
        port.close()
        raise
    return port


def _send(port: socket.socket, frame: bytes) -> None:
    try:
        port.send(frame)
    except OSError:
        pass  # the cable was pulled, or the queue is full: networks lose frames
