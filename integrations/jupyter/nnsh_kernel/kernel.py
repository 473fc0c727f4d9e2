"""nnsh's events as Jupyter's messages."""

import contextlib
import itertools
import re
import signal

from ipykernel.kernelbase import Kernel

from . import __version__
from .server import Server, ServerEnded, ServerNotFound


class NNSHKernel(Kernel):
    implementation = "nnsh"
    implementation_version = __version__
    banner = "nnsh: a shell for neural networks"
    language_info = {
        "name": "nnsh",
        "mimetype": "text/x-nnsh",
        "file_extension": ".nns",
        "pygments_lexer": "nnsh",
        # Editors in the browser know no nnsh; comments, strings and numbers are Python's.
        "codemirror_mode": "python",
    }

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.server = Server()
        self.displays = itertools.count(1)

    # Running

    async def do_execute(
        self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, **_
    ):
        cell = Cell(self, silent)
        try:
            with self.interrupts_forwarded():
                for event in self.server.request("run", code, self.execution_count):
                    cell.take(event)
        except (ServerEnded, ServerNotFound) as error:
            cell.fail(type(error).__name__, str(error), [str(error)])
        # Its end follows `done` at once; only code that may end it is worth the wait.
        if cell.status == "ok" and re.search(r"\b(exit|quit)\b", code) and self.server.ends():
            cell.payload.append({"source": "ask_exit", "keepkernel": False})
        return cell.reply(self.execution_count)

    @contextlib.contextmanager
    def interrupts_forwarded(self):
        """Hands Ctrl-C on to nnsh, which ends what runs and tells so."""
        try:
            before = signal.signal(signal.SIGINT, lambda *_: self.server.interrupt())
        except ValueError:
            # Only the main thread may; another one is interrupted by messages.
            yield
            return
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    # Looking

    async def do_complete(self, code, cursor_pos):
        done = self.answer("complete", code, cursor_pos)
        return {
            "status": "ok",
            "matches": done.get("matches", []),
            "cursor_start": done.get("start", cursor_pos),
            "cursor_end": done.get("end", cursor_pos),
            "metadata": {},
        }

    async def do_inspect(self, code, cursor_pos, detail_level=0, omit_sections=()):
        text = self.answer("inspect", code, cursor_pos).get("text", "")
        data = {"text/plain": text} if text else {}
        return {"status": "ok", "found": bool(text), "data": data, "metadata": {}}

    async def do_is_complete(self, code):
        status = self.answer("is_complete", code).get("status", "unknown")
        if status == "incomplete":
            return {"status": status, "indent": indent(code)}
        known = status in ("complete", "invalid")
        return {"status": status if known else "unknown"}

    def answer(self, operation, code, cursor=None):
        """An answer; an empty one where nnsh is not to be had, which the next cell tells."""
        try:
            return self.server.answer(operation, code, cursor)
        except (ServerEnded, ServerNotFound):
            return {}

    # Ending

    async def do_shutdown(self, restart):
        self.server.stop()
        return {"status": "ok", "restart": restart}


class Cell:
    """A cell that runs: what nnsh tells of it, handed on."""

    def __init__(self, kernel, silent):
        self.kernel = kernel
        self.silent = silent
        self.status = "ok"
        self.error = {}
        self.payload = []
        self.display = None

    def take(self, event):
        handle = getattr(self, "take_" + event["event"], None)
        # Newer versions may tell more.
        if handle:
            handle(event)

    def take_stream(self, event):
        if "forms" in event:
            self.send("display_data", {"data": forms(event), "metadata": {}})
        else:
            self.send("stream", {"name": event["name"], "text": event["text"]})

    def take_result(self, event):
        content = {"data": forms(event), "metadata": {}}
        self.send("execute_result", {**content, "execution_count": self.kernel.execution_count})

    def take_image(self, event):
        data = {event["mime"]: event["data"], "text/plain": "<picture>"}
        self.send("display_data", {"data": data, "metadata": {}})

    def take_progress(self, event):
        """One line a run, which is replaced as it goes on."""
        starts = self.display is None or event["done"] < self.display[1]
        name = f"nnsh-progress-{next(self.kernel.displays)}" if starts else self.display[0]
        self.display = (name, event["done"])
        self.send(
            "display_data" if starts else "update_display_data",
            {
                "data": {"text/plain": event["text"]},
                "metadata": {},
                "transient": {"display_id": name},
            },
        )

    def take_error(self, event):
        interrupted = event["message"] == "interrupted"
        name = "KeyboardInterrupt" if interrupted else "Error"
        self.fail(name, event["message"], event["text"].split("\n"))

    def take_done(self, event):
        if event["status"] == "interrupted" and not self.error:
            self.fail("KeyboardInterrupt", "interrupted", ["interrupted"])

    def fail(self, name, message, traceback):
        self.status = "error"
        self.error = {"ename": name, "evalue": message, "traceback": traceback}
        self.send("error", self.error)

    def send(self, kind, content):
        if not self.silent:
            self.kernel.send_response(self.kernel.iopub_socket, kind, content)

    def reply(self, count):
        if self.status == "error":
            return {"status": "error", "execution_count": count, **self.error}
        return {
            "status": "ok",
            "execution_count": count,
            "payload": self.payload,
            "user_expressions": {},
        }


def forms(event):
    """What an event shows: text, and the forms in which a notebook can show more."""
    return {"text/plain": event["text"].removesuffix("\n"), **event.get("forms", {})}


def indent(code):
    """What the next line begins with: as the last one, and two blanks more after a bracket."""
    last = code.rstrip("\n").rsplit("\n", 1)[-1]
    blanks = last[: len(last) - len(last.lstrip(" "))]
    return blanks + ("  " if last.rstrip().endswith(("{", "[", "(")) else "")
