"""`nnsh --serve` as a process: requests in, events out."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path


class ServerNotFound(Exception):
    """There is no nnsh on this machine."""


class ServerEnded(Exception):
    """The process ended in the middle of a request, or before it."""


def binary():
    """The path of nnsh: `$NNSH`, beside this Python, or on the PATH."""
    beside = Path(sys.executable).parent / "nnsh"
    candidates = [os.environ.get("NNSH"), str(beside), shutil.which("nnsh")]
    for path in candidates:
        if path and os.access(path, os.X_OK):
            return path
    raise ServerNotFound(
        "nnsh is not on this machine: install it, or set NNSH to the path of its binary"
    )


class Server:
    """One session of nnsh. Started by the first request, and again after its end."""

    def __init__(self):
        self.process = None
        self.events = None

    def start(self):
        # A session of its own: what interrupts the kernel reaches it only through `interrupt`.
        self.process = subprocess.Popen(
            [binary(), "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.events = queue.SimpleQueue()
        reader = threading.Thread(
            target=_read, args=(self.process.stdout, self.events), daemon=True
        )
        reader.start()

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def request(self, operation, code, identifier=0, cursor=None):
        """Asks for something, and gives the events up to `done`, that included.

        Text of one stream that has already come is one event.

        Raises:
            ServerEnded: where the process ends before that.
        """
        if not self.is_running:
            self.start()
        request = {"id": identifier, "op": operation, "code": code}
        if cursor is not None:
            request["cursor"] = cursor
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise ServerEnded(f"nnsh has ended: {error}") from error
        held = None
        while True:
            event = held or self.events.get()
            held = None
            if event is None:
                raise ServerEnded(self._ending())
            if event["event"] == "stream":
                event, held = self._joined(event)
            yield event
            if event["event"] == "done":
                return

    def _joined(self, event):
        """The text of a stream with what follows it already, and the first event that does not."""
        texts = [event["text"]]
        while True:
            try:
                following = self.events.get_nowait()
            except queue.Empty:
                following = None
                break
            if following is None:
                # The end is met again by who reads on.
                self.events.put(None)
                break
            if following["event"] != "stream" or following["name"] != event["name"]:
                break
            texts.append(following["text"])
        return {**event, "text": "".join(texts)}, following

    def _ending(self):
        code = self.process.wait()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return f"nnsh has ended {how}: its variables are lost, the next cell starts it anew"

    def answer(self, operation, code, cursor=None):
        """What `done` says of a request that has no other answer."""
        return list(self.request(operation, code, cursor=cursor))[-1]

    def ends(self):
        """Whether the process ends after what it has just done, as `exit` has it do."""
        try:
            event = self.events.get(timeout=1)
        except queue.Empty:
            return False
        if event is None:
            self.process.wait()
        return event is None

    def interrupt(self):
        """Ends what runs; what a training has reached is kept."""
        if self.is_running:
            self.process.send_signal(signal.SIGINT)

    def stop(self):
        """Ends the process: kindly, and after two seconds otherwise."""
        if self.process is None:
            return
        try:
            self.process.stdin.close()
        except OSError:
            pass
        for end in (self.process.terminate, self.process.kill):
            try:
                self.process.wait(timeout=2)
                break
            except subprocess.TimeoutExpired:
                end()
        self.process.wait()
        self.process.stdout.close()
        self.process = None


def _read(stream, events):
    """Puts the events of a stream into a queue, None at its end."""
    try:
        for line in stream:
            events.put(json.loads(line))
    except ValueError:
        # Closed by `stop`.
        pass
    events.put(None)
