"""SIP as text: messages, addresses, session descriptions and digest answers.

No sockets and no clock. What comes from outside is parsed leniently and refused with
ValueError; what we send is written in one place, `Message.encode`.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

CRLF = "\r\n"
COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
}
TELEPHONE_EVENT = 101  # the payload type we offer for keys; the other side may choose another

Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Message:
    """A request (`method` and `uri`) or a response (`status` and `reason`)."""

    method: str = ""
    uri: str = ""
    status: int = 0
    reason: str = ""
    headers: Headers = field(default_factory=list)
    body: str = ""

    def get(self, name: str, default: str = "") -> str:
        """The first header of that name."""
        values = self.all(name)
        return values[0] if values else default

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def with_headers(self, *extra: tuple[str, str]) -> "Message":
        """A copy with these headers in place of those of the same names."""
        names = {name.lower() for name, _ in extra}
        kept = [(name, value) for name, value in self.headers if name.lower() not in names]
        return Message(self.method, self.uri, self.status, self.reason, [*kept, *extra], self.body)

    @property
    def branch(self) -> str:
        return parameter(self.get("via"), "branch")

    @property
    def sequence(self) -> tuple[int, str]:
        """The CSeq: number and method."""
        number, _, method = self.get("cseq").partition(" ")
        return int(number), method.strip()

    def encode(self) -> bytes:
        first = f"SIP/2.0 {self.status} {self.reason}"
        if self.method:
            first = f"{self.method} {self.uri} SIP/2.0"
        body = self.body.encode()
        lines = [first, *(f"{name}: {_one_line(value)}" for name, value in self.headers)]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        return (CRLF.join(lines) + CRLF * 2).encode() + body


def _one_line(value: str) -> str:
    if "\r" in value or "\n" in value:
        raise ValueError("a SIP header may not hold a line break")
    return value


def parse(datagram: bytes) -> Message:
    """Raises ValueError for what is no SIP message."""
    head, _, body = datagram.decode(errors="replace").partition(CRLF * 2)
    first, *lines = head.split(CRLF)
    message = Message(body=body)
    words = first.split(" ", 2)
    if len(words) < 3:
        raise ValueError("no SIP start line")
    if words[0] == "SIP/2.0":
        message.status, message.reason = int(words[1]), words[2]
    elif words[2] == "SIP/2.0":
        message.method, message.uri = words[0], words[1]
    else:
        raise ValueError("no SIP start line")
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip()
            message.headers.append((COMPACT.get(key.lower(), key), value.strip()))
    _ = message.sequence  # every message has one; it is what transactions are told apart by
    return message


def parameter(value: str, name: str) -> str:
    """A `;name=value` parameter of a header outside its <address>."""
    outside = value.rpartition(">")[2] if ">" in value else value
    found = re.search(rf";\s*{name}\s*=\s*\"?([^;,\s\"]+)", outside, re.IGNORECASE)
    return found.group(1) if found else ""


def address_of(value: str) -> str:
    """The URI of a From, To, Contact or Route header."""
    found = re.search(r"<([^>]*)>", value)
    return found.group(1) if found else value.partition(";")[0].strip()


@dataclass(frozen=True, slots=True)
class Uri:
    """`sip:user@host:port`. IPv4 addresses and names; no IPv6."""

    user: str
    host: str
    port: int = 5060

    @classmethod
    def parse(cls, text: str) -> "Uri":
        found = re.fullmatch(r"sips?:(?:([^@]*)@)?([\w.\-]+)(?::(\d+))?(?:[;?].*)?", text.strip())
        if found is None:
            raise ValueError("not a SIP address; write sip:1000@127.0.0.1:5060")
        return cls(found.group(1) or "", found.group(2), int(found.group(3) or 5060))

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        return f"sip:{user}{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Session:
    """What a session description says about the one audio stream."""

    host: str
    port: int
    payload_types: tuple[int, ...]  # audio, best first
    telephone_event: int | None = TELEPHONE_EVENT

    def encode(self, names: dict[int, str]) -> str:
        """`names` holds the rtpmap of each payload type."""
        types = [*self.payload_types]
        if self.telephone_event is not None:
            types.append(self.telephone_event)
            names = {**names, self.telephone_event: "telephone-event/8000"}
        number = secrets.randbelow(2**31)
        lines = [
            "v=0",
            f"o=- {number} {number} IN IP4 {self.host}",
            "s=call",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} RTP/AVP {' '.join(map(str, types))}",
            *(f"a=rtpmap:{kind} {names[kind]}" for kind in types),
            "a=ptime:20",
            "a=sendrecv",
        ]
        if self.telephone_event is not None:
            lines.append(f"a=fmtp:{self.telephone_event} 0-15")
        return CRLF.join(lines) + CRLF

    @classmethod
    def parse(cls, text: str) -> "Session":
        """Raises ValueError where there is no audio stream."""
        media = re.search(r"^m=audio (\d+)(?:/\d+)? \S+ ([\d ]+)", text, re.MULTILINE)
        hosts = re.findall(r"^c=IN IP4 ([\w.\-]+)", text, re.MULTILINE)
        if media is None or not hosts:
            raise ValueError("the session description has no audio")
        events = re.search(
            r"^a=rtpmap:(\d+) telephone-event/8000", text, re.MULTILINE | re.IGNORECASE
        )
        event = int(events.group(1)) if events else None
        types = tuple(int(kind) for kind in media.group(2).split() if int(kind) != event)
        return cls(hosts[-1], int(media.group(1)), types, event)


ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256"}


def digest_answer(
    challenges: list[str], *, user: str, password: str, method: str, uri: str
) -> str | None:
    """The value of an Authorization header for the first challenge we can meet, or None."""
    for challenge in challenges:
        scheme, _, rest = challenge.partition(" ")
        found = re.findall(r"(\w+)\s*=\s*(?:\"([^\"]*)\"|([^\s,]+))", rest)
        fields = {name.lower(): quoted or plain for name, quoted, plain in found}
        algorithm = fields.get("algorithm", "MD5")
        if scheme.lower() == "digest" and algorithm.upper() in ALGORITHMS and "nonce" in fields:
            return _digest(fields, algorithm, user, password, method, uri)
    return None


def _digest(
    fields: dict[str, str], algorithm: str, user: str, password: str, method: str, uri: str
) -> str:
    def digest(*parts: str) -> str:
        name = ALGORITHMS[algorithm.upper()]
        return hashlib.new(name, ":".join(parts).encode(), usedforsecurity=False).hexdigest()

    realm, nonce = fields.get("realm", ""), fields["nonce"]
    ours, theirs = digest(user, realm, password), digest(method, uri)
    answer = [f'username="{user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
    if "auth" in [word.strip() for word in fields.get("qop", "").split(",")]:
        count, cnonce = "00000001", secrets.token_hex(8)
        response = digest(ours, nonce, count, cnonce, "auth", theirs)
        answer += ["qop=auth", f"nc={count}", f'cnonce="{cnonce}"']
    else:
        response = digest(ours, nonce, theirs)
    answer += [f'response="{response}"', f"algorithm={algorithm}"]
    if "opaque" in fields:
        answer.append(f'opaque="{fields["opaque"]}"')
    return "Digest " + ", ".join(answer)
