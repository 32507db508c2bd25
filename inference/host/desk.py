"""Where an engine process keeps what it was asked, first come first served.

One thread reads the socket and lays orders here, another does them. While one batch runs, what
comes in waits and goes together into the next: nobody waits for company when there is none.
"""

import threading
from collections import deque

from inference.host.wire import Hear, Order

WINDOW_S = 0.0  # how long an idle recogniser waits for company; bench/results says why none


class Desk:
    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._orders: deque[Order] = deque()
        self._unwanted: dict[int, threading.Event] = {}  # of the jobs being done
        self._changed = threading.Condition()

    def put(self, order: Order) -> None:
        with self._changed:
            self._orders.append(order)
            self._changed.notify()

    def cancel(self, job: int) -> bool:
        """Whether it had not been begun, and never will be."""
        with self._changed:
            if event := self._unwanted.get(job):
                event.set()
                return False
            waiting = next((order for order in self._orders if order.job == job), None)
            if waiting is None:
                return False
            self._orders.remove(waiting)
            return True

    def take(self, most: int) -> list[Order]:
        """Blocking. The next order, and up to `most` utterances if it is one."""
        with self._changed:
            self._changed.wait_for(lambda: self._orders)
            if most > 1 and self._window_s:
                self._changed.wait_for(lambda: len(self._orders) >= most, self._window_s)
                self._changed.wait_for(lambda: self._orders)
            taken = [self._orders.popleft()]
            while self._is_company(taken, most):
                taken.append(self._orders.popleft())
            for order in taken:
                self._unwanted[order.job] = threading.Event()
            return taken

    def _is_company(self, taken: list[Order], most: int) -> bool:
        if len(taken) >= most or not self._orders:
            return False
        return isinstance(taken[0], Hear) and isinstance(self._orders[0], Hear)

    def unwanted(self, order: Order) -> threading.Event:
        with self._changed:
            return self._unwanted[order.job]

    def done(self, orders: list[Order]) -> None:
        with self._changed:
            for order in orders:
                del self._unwanted[order.job]
