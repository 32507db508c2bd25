"""Both stages over one websocket."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from inference.audio import resample
from inference.engines.base import SAMPLE_HZ, EngineFailed
from inference.host.uploads import Limits
from tests.inference.host.services import OFFER, ScriptedStages, asked, tone

pytestmark = pytest.mark.asyncio


@pytest.fixture
def stages():
    return ScriptedStages()


class Talk:
    def __init__(self, socket):
        self.socket = socket

    async def tell(self, **message):
        await self.socket.send(json.dumps(message))

    async def told(self):
        """The next message; audio as bytes."""
        async with asyncio.timeout(5):
            message = await self.socket.recv()
        return message if isinstance(message, bytes) else json.loads(message)


@asynccontextmanager
async def talking(stages, offer=OFFER, **headers):
    async with asked(stages, offer) as client:
        address = str(client.base_url).replace("http", "ws").rstrip("/") + "/stream"
        async with connect(address, additional_headers=headers) as socket:
            yield Talk(socket)


async def test_speech_is_recognised_on_the_way_and_at_the_end(stages):
    async with talking(stages) as talk:
        await talk.tell(type="transcribe", id="a", rate=8000, language="de")
        await talk.socket.send(tone(1, 8000))
        await talk.tell(type="words", id="a")
        so_far = await talk.told()
        await talk.socket.send(tone(1, 8000))
        await talk.tell(type="end", id="a")
        final = await talk.told()
    assert (so_far["id"], so_far["is_final"], so_far["duration"]) == ("a", False, 1.0)
    assert (final["is_final"], final["duration"], final["text"]) == (True, 2.0, "when are you open")
    assert stages.heard[-1][0] == resample(tone(1, 8000) * 2, 8000, SAMPLE_HZ)
    assert stages.heard[-1][1].language == "de"


async def test_words_are_spoken(stages):
    async with talking(stages) as talk:
        await talk.tell(type="speak", id="b", text="Good morning.", voice="Anna")
        assert await talk.told() == {"type": "audio", "id": "b", "rate": SAMPLE_HZ}
        spoken = [await talk.told() for _ in stages.pieces]
        assert await talk.told() == {"type": "spoken", "id": "b"}
    assert spoken == stages.pieces


async def test_what_is_cancelled_ends_where_it_is_done(stages):
    async with talking(stages) as talk:
        stages.is_held = True
        await talk.tell(type="speak", id="b", text="A long story.")
        assert (await talk.told())["type"] == "audio"
        assert await talk.told() == stages.pieces[0]
        await talk.tell(type="cancel", id="b")
        assert await talk.told() == {"type": "cancelled", "id": "b"}
        assert stages.cancelled.is_set()
        stages.is_held = False
        await talk.tell(type="speak", id="c", text="A short one.")
        assert (await talk.told())["id"] == "c"


async def test_closing_the_socket_cancels_everything(stages):
    async with talking(stages) as talk:
        stages.is_held = True
        await talk.tell(type="speak", id="b", text="A long story.")
        assert (await talk.told())["type"] == "audio"
        await talk.socket.close()
        async with asyncio.timeout(5):
            await stages.cancelled.wait()


async def test_hearing_and_speaking_go_on_at_the_same_time_but_one_of_each(stages):
    async with talking(stages) as talk:
        stages.is_held = True
        await talk.tell(type="speak", id="b", text="A long story.")
        assert (await talk.told())["type"] == "audio"
        assert await talk.told() == stages.pieces[0]
        await talk.tell(type="speak", id="c", text="Another.")
        refusal = await talk.told()
        assert (refusal["id"], refusal["status"]) == ("c", 409)
        stages.is_held = False
        await talk.tell(type="transcribe", id="a")
        await talk.socket.send(tone(1))
        await talk.tell(type="end", id="a")
        assert (await talk.told())["type"] == "transcript"


BAD = {
    "no JSON": ("hello", 422, "no JSON"),
    "no such order": ('{"type": "dance", "id": "x"}', 422, "type is transcribe"),
    "unasked audio": (b"\0\0", 422, "audio came unasked"),
    "an end without a beginning": ('{"type": "end", "id": "x"}', 422, "id names no recording"),
    "an odd rate": ('{"type": "transcribe", "rate": "wide"}', 422, "rate is the samples"),
    "no text": ('{"type": "speak", "id": "x"}', 422, "text is missing"),
    "an unknown voice": ('{"type": "speak", "text": "Yes.", "voice": "Bob"}', 422, "choose one of"),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_message_is_refused_and_the_talk_goes_on(stages, what):
    message, status, sentence = BAD[what]
    async with talking(stages) as talk:
        await talk.socket.send(message)
        refusal = await talk.told()
        assert (refusal["type"], refusal["status"]) == ("error", status)
        assert sentence in refusal["detail"]
        await talk.tell(type="speak", id="b", text="Good morning.")
        assert (await talk.told())["type"] == "audio"


async def test_a_recording_without_an_end_is_bounded(stages):
    async with talking(stages, replace(OFFER, limits=Limits(seconds=1))) as talk:
        await talk.tell(type="transcribe", id="a")
        await talk.socket.send(tone(0.75))
        await talk.socket.send(tone(0.75))
        assert (await talk.told())["status"] == 413


async def test_an_engines_failure_is_told(stages):
    async with talking(stages) as talk:
        stages.fails = EngineFailed("CUDA error")
        await talk.tell(type="speak", id="b", text="Good morning.")
        assert await talk.told() == {
            "type": "error", "id": "b", "status": 500, "detail": "CUDA error",
        }  # fmt: skip


async def test_strangers_are_not_let_in(stages):
    offer = replace(OFFER, token="secret")
    with pytest.raises(InvalidStatus, match="401"):
        async with talking(stages, offer):
            pass
    async with talking(stages, offer, Authorization="Bearer secret") as talk:
        await talk.tell(type="speak", id="b", text="Good morning.")
        assert (await talk.told())["type"] == "audio"
