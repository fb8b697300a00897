"""The workers of a cluster: who is there, and who may be given work."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from mcengine.scale.remote import PROCESSOR, differences, facts

LOOK = 2.0  # seconds between two looks at who is there
NAMED = 3  # workers of one fault in a message


class Fleet:
    """Workers by address, looked at every `LOOK` seconds; each is examined once, when it is first seen.

    client  of Dask distributed
    mixed   whether workers of another type of processor are fit
    say     is told of workers that join and are unfit, and of the wait for one
    """

    def __init__(self, client: Any, *, mixed: bool, say: Callable[[str], None]) -> None:
        self._client, self._mixed, self._say = client, mixed, say
        self._looked = 0.0
        self._said_waiting = False
        self.here: Mapping[str, int] = {}
        self.fit: set[str] = set()
        self.unfit: dict[str, str] = {}
        self.processors: set[str] = set()

    @property
    def slots(self) -> int:
        """Threads of the fit workers that are here: tasks that can run at once."""
        return sum(threads for address, threads in self.here.items() if address in self.fit)

    @property
    def chosen(self) -> list[str] | None:
        """The only workers that may be given tasks; None when any may."""
        return sorted(self.fit & set(self.here)) if any(address in self.unfit for address in self.here) else None

    def examine(self) -> None:
        """Look at who is there now, and ask those who are new what they are. Raises OSError."""
        self._looked = time.monotonic()
        self.here = dict(self._client.nthreads())
        new = [address for address in self.here if address not in self.fit and address not in self.unfit]
        if not new:
            return
        for address, found in self._client.run(facts, workers=new, on_error="return").items():
            if isinstance(found, dict):
                self._judge(address, found)
            elif not isinstance(found, OSError):  # which one has that leaves meanwhile
                self.unfit[address] = f"cannot load this mcengine ({type(found).__name__}: {_line(found)})"

    def _judge(self, address: str, found: Mapping[str, str]) -> None:
        wrong = differences(found, facts(), mixed=self._mixed)
        if wrong:
            self.unfit[address] = "has " + "; ".join(wrong)
        else:
            self.fit.add(address)
            self.processors.add(found[PROCESSOR])

    def look(self) -> None:
        """Examine, when the last look is a while ago; workers that turn out unfit are left out and told of."""
        if time.monotonic() - self._looked < LOOK:
            return
        known = set(self.unfit)
        self.examine()
        for address in self.unfit.keys() - known:
            self._say(f"the worker {address} is given no work: it {self.unfit[address]}")
        if self.slots:
            self._said_waiting = False
        elif not self._said_waiting:
            self._said_waiting = True
            self._say("no worker is left that can be used; waiting for one to join ...")

    def reject(self, address: str, reason: str) -> None:
        """A worker has found itself unfit."""
        if address not in self.unfit:
            self._say(f"the worker {address} is given no work: it {reason}")
        self.fit.discard(address)
        self.unfit[address] = reason

    def faults(self) -> list[str]:
        """What is wrong with the unfit workers, one line for each reason."""
        reasons: dict[str, list[str]] = {}
        for address, reason in self.unfit.items():
            reasons.setdefault(reason, []).append(address)
        return [f"{_names(addresses)} {reason}" for reason, addresses in reasons.items()]


def _names(addresses: list[str]) -> str:
    shown = ", ".join(sorted(addresses)[:NAMED])
    more = f" and {len(addresses) - NAMED} more" if len(addresses) > NAMED else ""
    return f"the worker{'s' if len(addresses) > 1 else ''} {shown}{more}"


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
