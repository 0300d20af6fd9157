"""One SSH channel inside of a notebook: a shell, a command, sftp, or a connection to a port of its loopback.

It speaks frames with the server over the socket that is its standard input: a letter, four bytes of length, the body.
It always reads what the server sends, so that one channel that is slow never holds up the others of its connection; it
says how much was consumed ("c"), and gives up when far too much was not.
"""

import collections
import errno
import fcntl
import json
import os
import pty
import selectors
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

HEAD = struct.Struct(">cI")
CHUNK = 64 * 1024
# What may wait for a process that does not read.
MOST_WAITING = 64 * 1024 * 1024
# From the signal that asks a group of processes to end to the one that ends it.
GRACE = 2
SFTP = ("/usr/lib/openssh/sftp-server", "/usr/lib/sftp-server", "/usr/libexec/openssh/sftp-server",
        "/usr/libexec/sftp-server", "/usr/lib/ssh/sftp-server")


class Gone(Exception):
    """The server, or the client behind it, is not there any more."""


class Wire:
    """Frames to and from the server. Writing blocks: the output waits until the client takes it."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = bytearray()

    def send(self, kind, body=b""):
        try:
            self.connection.sendall(HEAD.pack(kind, len(body)) + body)
        except OSError as error:
            raise Gone from error

    def receive(self):
        """The frames that came; waits for some bytes."""
        try:
            read = self.connection.recv(4 * CHUNK)
        except OSError as error:
            raise Gone from error
        if not read:
            raise Gone
        self.buffer += read
        frames, at = [], 0
        while len(self.buffer) - at >= HEAD.size:
            kind, length = HEAD.unpack_from(self.buffer, at)
            end = at + HEAD.size + length
            if len(self.buffer) < end:
                break
            frames.append((kind, bytes(self.buffer[at + HEAD.size : end])))
            at = end
        del self.buffer[:at]
        return frames


class Sending:
    """What is sent by its own thread, so that reading goes on while the client takes nothing."""

    def __init__(self, wire):
        import threading

        self.wire = wire
        self.space = threading.Condition()
        self.frames = collections.deque()
        self.waiting = 0
        self.is_gone = False
        self.wake, self.woken = os.pipe()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def put(self, kind, body=b""):
        with self.space:
            self.frames.append((kind, body))
            self.waiting += len(body)
            self.space.notify_all()

    def is_full(self):
        with self.space:
            return self.waiting > 4 * CHUNK

    def run(self):
        while True:
            with self.space:
                while not self.frames:
                    self.space.wait()
                kind, body = self.frames[0]
            try:
                if kind is not None:
                    self.wire.send(kind, body)
            except Gone:
                self.is_gone = True
            with self.space:
                self.frames.popleft()
                self.waiting -= len(body)
                self.space.notify_all()
            os.write(self.woken, b".")
            if kind is None or self.is_gone:
                return

    def finish(self):
        """Waits until all of it was sent."""
        self.put(None)
        self.thread.join()


def put_all_waiting(descriptor, waiting):
    """Writes what can be written now; how much that was, or None when nobody reads any more."""
    written = 0
    while waiting:
        try:
            count = os.write(descriptor, waiting[0])
        except BlockingIOError:
            break
        except OSError:
            return None
        written += count
        if count < len(waiting[0]):
            waiting[0] = waiting[0][count:]
        else:
            waiting.popleft()
    return written


class Channel:
    """Joins descriptors with the wire until all is said."""

    def __init__(self, wire, stdin, outputs, process=None, terminal=None, group=None):
        self.wire = wire
        self.sending = Sending(wire)
        self.stdin = stdin
        self.outputs = outputs  # descriptor -> the letter of its frames
        self.process = process
        self.terminal = terminal
        self.group = group
        self.waiting = collections.deque()
        self.in_waiting = 0
        self.is_last = False
        self.selector = selectors.DefaultSelector()
        self.selector.register(wire.connection, selectors.EVENT_READ)
        self.selector.register(self.sending.wake, selectors.EVENT_READ)
        for descriptor in {stdin, *outputs} - {None}:
            os.set_blocking(descriptor, False)

    def run(self):
        while self.outputs or self.is_wanted():
            if self.sending.is_gone:
                raise Gone
            if self.terminal is not None and self.process.poll() is not None:
                # Others may keep the terminal open; what the shell itself said is there by now.
                self.drain()
                return
            self.watch()
            # A process that ends without a word of it shows at the next look.
            for key, events in self.selector.select(timeout=0.05 if self.process else None):
                if key.fileobj is self.wire.connection:
                    for kind, body in self.wire.receive():
                        self.take(kind, body)
                elif key.fd == self.sending.wake:
                    os.read(self.sending.wake, CHUNK)
                else:
                    if events & selectors.EVENT_READ:
                        self.read(key.fd)
                    if events & selectors.EVENT_WRITE and self.stdin is not None:
                        self.write()

    def is_wanted(self):
        """Whether it goes on when there is no more output to come."""
        return self.stdin is not None if self.process is None else self.process.poll() is None

    def watch(self):
        """Waits for those descriptors only that something can be done with."""
        wanted = {}
        if not self.sending.is_full():
            wanted = {descriptor: selectors.EVENT_READ for descriptor in self.outputs}
        if self.waiting and self.stdin is not None:
            wanted[self.stdin] = wanted.get(self.stdin, 0) | selectors.EVENT_WRITE
        kept = {self.wire.connection.fileno(), self.sending.wake}
        now = {key.fd: key.events for key in self.selector.get_map().values() if key.fd not in kept}
        for descriptor in now.keys() - wanted.keys():
            self.selector.unregister(descriptor)
        for descriptor, events in wanted.items():
            if descriptor not in now:
                self.selector.register(descriptor, events)
            elif now[descriptor] != events:
                self.selector.modify(descriptor, events)

    def read(self, descriptor):
        try:
            read = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return True
        except OSError as error:
            if error.errno != errno.EIO and error.errno != errno.ECONNRESET:
                raise
            read = b""
        if read:
            self.sending.put(self.outputs[descriptor], read)
            return True
        del self.outputs[descriptor]
        if self.process is None:
            self.sending.put(b"E")
        return False

    def drain(self):
        for descriptor in list(self.outputs):
            os.set_blocking(descriptor, False)
            while self.read(descriptor):
                import select

                if not select.select([descriptor], [], [], 0)[0]:
                    break

    def take(self, kind, body):
        if kind == b"i":
            if self.stdin is None:
                self.sending.put(b"c", struct.pack(">I", len(body)))
                return
            self.waiting.append(body)
            self.in_waiting += len(body)
            if self.in_waiting > MOST_WAITING:
                raise OSError("the process reads too little of what it is sent, while nobody takes what it says")
            self.write()
        elif kind == b"e":
            self.is_last = True
            self.write()
        elif kind == b"w" and self.terminal is not None:
            resize(self.terminal, body)
        elif kind == b"k" and self.group is not None:
            number = getattr(signal, f"SIG{body.decode('ascii', 'replace')}", None)
            if number is not None:
                end(self.group, number)

    def write(self):
        if self.stdin is None:
            return
        written = put_all_waiting(self.stdin, self.waiting)
        if written is None:
            written = sum(map(len, self.waiting))
            self.waiting.clear()
            self.close_stdin()
        if written:
            self.in_waiting -= written
            self.sending.put(b"c", struct.pack(">I", written))
        if self.is_last and not self.waiting:
            self.close_stdin()

    def close_stdin(self):
        descriptor, self.stdin = self.stdin, None
        if descriptor is None:
            return
        if self.terminal is not None:
            # A terminal has no end but the key for it.
            try:
                os.write(descriptor, termios.tcgetattr(descriptor)[6][termios.VEOF])
            except (OSError, BlockingIOError):
                pass
            return
        if descriptor in self.outputs:
            socket.socket(fileno=os.dup(descriptor)).shutdown(socket.SHUT_WR)
            return
        if descriptor in self.selector.get_map():
            self.selector.unregister(descriptor)
        os.close(descriptor)


def resize(terminal, body):
    columns, rows, width, height = struct.unpack(">4I", body)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *(min(n, 65535) for n in (rows, columns, width, height))))


def end(group, number):
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end_kindly(group):
    """What belongs to a channel ends with it."""
    deadline = time.monotonic() + GRACE
    number = signal.SIGHUP
    while end(group, number) and time.monotonic() < deadline:
        number = 0
        time.sleep(0.05)
    end(group, signal.SIGKILL)


def arguments(asked):
    shell = os.environ.get("SHELL") or "/bin/bash"
    if asked["kind"] == "sftp":
        server = next((path for path in SFTP if os.access(path, os.X_OK)), None)
        if server is None:
            raise OSError("this machine has no sftp-server, which sftp and scp need (Debian: openssh-sftp-server)")
        return server, [server]
    if asked["kind"] == "shell":
        return shell, [f"-{os.path.basename(shell)}"]
    return shell, [shell, "-c", asked["command"].encode("utf-8", "surrogateescape")]


def with_process(wire, asked):
    program, words = arguments(asked)
    variables = {**os.environ, "SHELL": program if asked["kind"] != "sftp" else "/bin/bash", **asked["variables"]}
    home = os.environ.get("HOME", "/")
    home = home if os.path.isdir(home) else "/"
    if asked.get("terminal"):
        size = struct.pack(">4I", *asked["terminal"])
        master, slave = pty.openpty()
        resize(master, size)

        def own_terminal():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        process = subprocess.Popen(
            words, executable=program, stdin=slave, stdout=slave, stderr=slave, env=variables, cwd=home,
            start_new_session=True, preexec_fn=own_terminal,
        )
        os.close(slave)
        channel = Channel(wire, os.dup(master), {master: b"o"}, process, master, process.pid)
    else:
        process = subprocess.Popen(
            words, executable=program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=variables, cwd=home, start_new_session=True,
        )
        outputs = {process.stdout.fileno(): b"o", process.stderr.fileno(): b"x"}
        stdin = os.dup(process.stdin.fileno())
        process.stdin.close()
        channel = Channel(wire, stdin, outputs, process, None, process.pid)
    wire.send(b"r")
    try:
        channel.run()
    except BaseException:
        end_kindly(process.pid)
        raise
    status = process.wait()
    if status < 0:
        channel.sending.put(b"Q", signal.Signals(-status).name.removeprefix("SIG").encode())
    else:
        channel.sending.put(b"q", struct.pack(">I", status))
    channel.sending.finish()


def with_port(wire, asked):
    connection = None
    for host in ("127.0.0.1", "::1"):
        try:
            connection = socket.create_connection((host, asked["port"]), timeout=10)
            break
        except OSError as error:
            refused = error
    if connection is None:
        raise refused
    connection.settimeout(None)
    wire.send(b"r")
    descriptor = connection.detach()
    channel = Channel(wire, descriptor, {descriptor: b"o"})
    channel.run()
    channel.sending.finish()


def main():
    connection = socket.socket(fileno=0)
    connection.setblocking(True)
    wire = Wire(connection)
    # Programs of the person must not find the connection.
    os.set_inheritable(0, False)
    try:
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: portico-bridge\r\n\r\n")
        frames = []
        while not frames:
            frames = wire.receive()
        # The server says nothing more until it hears that this is ready.
        asked = json.loads(frames[0][1])
        (with_port if asked["kind"] == "port" else with_process)(wire, asked)
    except Gone:
        pass
    except OSError as error:
        try:
            wire.send(b"f", str(error).encode())
        except Gone:
            pass


if __name__ == "__main__":
    main()
