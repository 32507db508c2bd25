"""An engine process whose recogniser waits for company, and whose XTTS is the tiny one's.

python -m bench.windowed_engine WINDOW_MS DESCRIPTOR
"""

import sys

from inference.host import desk, engine_child
from tests.inference.host import narrow_engine

if __name__ == "__main__":
    desk.Desk.__init__.__defaults__ = (int(sys.argv[1]) / 1000,)
    engine_child.serve(int(sys.argv[2]), narrow_engine.load)
