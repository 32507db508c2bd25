"""Ollama's client and OpenAI's, each before a server that behaves and before all that do not."""

import asyncio
import ssl
from contextlib import aclosing

import httpx
import httpx2
import pytest
from openai import APIConnectionError, APITimeoutError

from inference.engines import chat, ollama, openai, registry
from inference.engines.base import (
    After,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Entry,
    Knowledge,
    Speaker,
    Utterance,
)
from tests.model_servers import (
    dies_after,
    first,
    hangs_up,
    never_answers,
    refuses,
    says,
    says_then_is_silent,
    sends,
    sends_one_endless_line,
    talks_for_ever,
    thinks_for_ever,
)

# a stream left to the garbage collector is closed too late
pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")

SECRET = "my number is 0171 2345678"
HISTORY = (
    Utterance(Speaker.AGENT, "Clinic, hello."),
    Utterance(Speaker.CALLER, SECRET),
)
KNOWLEDGE = Knowledge(
    "en",
    instructions="You are the clinic's receptionist.",
    entries=(
        Entry(("when are you open",), "From eight to six.", digit="1"),
        Entry(("a person please",), "One moment.", after=After.HAND_OVER),
    ),
)


@pytest.fixture(params=["ollama", "openai"])
def model(request, model_server):
    registry.forget()
    model_server.requests.clear()
    if request.param == "ollama":
        return ollama.load(EngineChoice.of("ollama", host=model_server.address, model="tiny"))
    return openai.load(
        EngineChoice.of("openai", base_url=f"{model_server.address}/v1", model="tiny")
    )


def ask(model, history=HISTORY, knowledge=KNOWLEDGE):
    async def parts():
        return [part async for part in model.reply(history, knowledge)]

    return asyncio.run(parts())


def test_pieces_come_as_they_are_sent(model, model_server):
    model_server.script = says_then_is_silent("We are", " open.")

    async def first_two():
        reply = model.reply(HISTORY, KNOWLEDGE)
        parts = [await anext(reply), await anext(reply)]
        await reply.aclose()
        return parts

    assert asyncio.run(first_two()) == ["We are", " open."]


def test_stopping_in_the_middle_closes_the_connection(model, model_server):
    model_server.script = says_then_is_silent("We are")

    async def stop():
        reply = model.reply(HISTORY, KNOWLEDGE)
        await anext(reply)
        assert not model_server.closed.is_set()
        await reply.aclose()
        return await asyncio.to_thread(model_server.closed.wait, 5)

    assert asyncio.run(stop())


def test_cancelling_the_task_closes_the_connection(model, model_server):
    model_server.script = never_answers

    async def cancel():
        task = asyncio.create_task(anext(model.reply(HISTORY, KNOWLEDGE)))
        while not model_server.requests:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled(), await asyncio.to_thread(model_server.closed.wait, 5)

    assert asyncio.run(cancel()) == (True, True)


def test_the_server_is_told_what_the_agent_knows_and_what_was_said(model, model_server):
    ask(model)
    (request,) = model_server.requests
    system, opening, greeting, question = request["messages"]
    assert "receptionist" in system["content"]
    assert "From eight to six." in system["content"]
    assert "one or two short spoken sentences" in system["content"]
    assert [opening["role"], greeting["role"], question["role"]] == ["user", "assistant", "user"]
    assert question["content"] == SECRET
    assert request["model"] == "tiny"


def test_a_question_after_the_first_uses_the_same_connection_or_a_new_loop(model, model_server):
    async def twice():
        return [[p async for p in model.reply(HISTORY, KNOWLEDGE)] for _ in range(2)]

    assert asyncio.run(twice()) == [["Yes."], ["Yes."]]
    assert ask(model) == ["Yes."]  # on another event loop


def test_ollama_is_asked_to_keep_the_model_with_every_request(model_server):
    model = ollama.load(EngineChoice.of("ollama", host=model_server.address, model="tiny"))
    model.warm()
    ask(model)
    assert [request["keep_alive"] for request in model_server.requests] == [-1, -1]


def test_cancelling_while_the_reply_is_being_closed_closes_the_connection(model, model_server):
    model_server.script = says_then_is_silent("a" * chat.MAX_CHARACTERS)

    async def cancel():
        heard = asyncio.Event()

        async def listen():
            async with aclosing(model.reply(HISTORY, KNOWLEDGE)) as reply:
                async for _ in reply:  # there is no second piece: the reply is over, and closed
                    heard.set()

        task = asyncio.create_task(listen())
        await heard.wait()
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled(), await asyncio.to_thread(model_server.closed.wait, 5)

    assert asyncio.run(cancel()) == (True, True)


@pytest.mark.parametrize("trouble", [hangs_up, dies_after(), refuses(500, ""), refuses(503, "")])
def test_what_fails_before_the_first_word_is_asked_once_more(model, model_server, trouble):
    model_server.script = first(trouble, then=says("Yes."))
    assert ask(model) == ["Yes."]
    assert len(model_server.requests) == 2
    assert model_server.requests[0] == model_server.requests[1]


@pytest.mark.parametrize("trouble", [hangs_up, refuses(503, "")])
def test_what_fails_twice_is_not_asked_a_third_time(model, model_server, trouble):
    model_server.script = trouble
    failure(model)
    assert len(model_server.requests) == 2


@pytest.mark.parametrize(
    "trouble", [refuses(404, ""), refuses(429, ""), sends(b"garbage\n\n"), dies_after("We are")]
)
def test_where_asking_again_is_no_use_it_is_not_done(model, model_server, trouble):
    model_server.script = trouble
    with pytest.raises(EngineFailed):
        ask(model)
    assert len(model_server.requests) == 1


def test_a_server_that_is_too_slow_is_not_asked_again():
    request = httpx2.Request("POST", "http://127.0.0.1")
    assert not openai._is_lost(APITimeoutError(request=request))
    assert openai._is_lost(APIConnectionError(request=request))
    assert not ollama._is_lost(httpx.ConnectTimeout("slow"))
    assert ollama._is_lost(httpx.ConnectError("refused"))


def test_a_connection_that_is_refused_is_tried_once_more(model, model_server, monkeypatch):
    tried = []
    connect = asyncio.BaseEventLoop.create_connection

    def counted(*args, **kwargs):
        tried.append(args)
        return connect(*args, **kwargs)

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", counted)
    model_server.server_close()
    failure(model)
    assert len(tried) == 2


def test_a_reply_waits_for_no_certificates_to_be_read(model, monkeypatch):
    """They were when the engine was loaded, off the event loop that all calls share."""
    read = []
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", lambda *args, **_: read.append(1))
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *args, **_: read.append(1))
    assert ask(model) == ["Yes."]
    assert read == []


def test_the_second_try_has_no_more_time_than_was_left(model, model_server, monkeypatch):
    model.warm()
    model_server.requests.clear()
    deadlines = []
    real = asyncio.timeout_at

    def noted(when):
        deadlines.append(when)
        return real(when)

    monkeypatch.setattr(chat, "PIECE_SECONDS", 1.0)  # to reach the server takes some of it
    monkeypatch.setattr(chat.asyncio, "timeout_at", noted)
    model_server.script = first(hangs_up, then=never_answers)
    assert "too long" in failure(model)
    assert len(model_server.requests) == 2
    assert len([when for when in deadlines if when is not None]) == 1


def failure(model):
    with pytest.raises(EngineFailed) as caught:
        ask(model)
    error = caught.value
    assert SECRET not in str(error)
    assert error.__suppress_context__ or error.__context__ is None
    return str(error)


def test_a_silent_server_is_given_up_at_the_deadline(model, model_server, monkeypatch):
    monkeypatch.setattr(chat, "PIECE_SECONDS", 1.0)  # to reach the server takes some of it
    model_server.script = never_answers
    assert "too long" in failure(model)
    assert model_server.closed.wait(5)


def test_a_server_that_stops_talking_is_given_up(model, model_server, monkeypatch):
    monkeypatch.setattr(chat, "PIECE_SECONDS", 1.0)  # to reach the server takes some of it
    model_server.script = says_then_is_silent("We are")
    assert "too long" in failure(model)


def test_a_server_that_talks_on_is_given_up_when_the_time_is_over(model, model_server, monkeypatch):
    monkeypatch.setattr(chat, "TOTAL_SECONDS", 0.2)
    monkeypatch.setattr(chat, "MAX_CHARACTERS", 10**9)
    monkeypatch.setattr(chat, "MAX_WIRE_BYTES", 10**12)
    model_server.script = talks_for_ever
    assert "too long" in failure(model)


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_error_names_its_status_and_nothing_the_server_quotes(model, model_server, status):
    model_server.script = refuses(status, f"cannot parse {SECRET}")
    assert str(status) in failure(model)


def test_a_server_that_is_not_there(model, model_server):
    model_server.server_close()
    assert "failed" in failure(model)


def test_an_empty_reply_is_a_failure(model, model_server):
    model_server.script = says("", "  ", "\n")
    assert "empty" in failure(model)


CALLS = [{"function": {"name": "book", "arguments": {"day": "monday"}}}]


def calls_a_tool(call):
    """And says nothing more, which nobody waits for."""
    call.begin()
    calls = CALLS
    if not call.is_ollama:
        function = {"name": "book", "arguments": "{}"}
        calls = [{"index": 0, "id": "1", "type": "function", "function": function}]
    call.piece("", tool_calls=calls)
    call.wait_for_close()


def test_a_reply_that_is_only_the_call_of_a_tool_fails_at_once(model, model_server):
    model_server.script = calls_a_tool
    assert "no words" in failure(model)
    assert model_server.closed.wait(5)


@pytest.mark.parametrize(
    "nothing", ['{"name": "book"}', "[TOOL_CALLS]", "<tool_call>", "```json\n{", "[ {"]
)
def test_a_reply_written_for_a_machine_fails_at_once(model, model_server, nothing):
    model_server.script = says_then_is_silent(nothing)
    assert "no words" in failure(model)
    assert model_server.closed.wait(5)


@pytest.mark.parametrize("nothing", ["<think>They ask.</think>", "**\n- ", "<br>"])
def test_a_reply_of_only_thoughts_or_markup_is_a_failure(model, model_server, nothing):
    model_server.script = says(nothing)
    with pytest.raises(EngineFailed, match="no words"):
        ask(model)


def test_thoughts_without_end_are_cut(model, model_server):
    model_server.script = thinks_for_ever
    assert "no words" in failure(model)
    assert model_server.closed.wait(5)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\xff\xfe garbage\n\n",
        b"data: {not json}\n\n",
        b'{"message": 7}\n',
        b"[1, 2]\n",
        b'data: {"choices": 3}\n\n',
        b'data: {"choices": [{"delta": {"content": 5}}]}\n\n',
        b'{"message": {"role": "assistant", "content": {"a": 1}}}\n',
        b'{"error": "out of memory"}\n',
        b'data: {"error": {"message": "out of memory"}}\n\n',
        b"<html>Bad gateway</html>\n",
    ],
)
def test_garbage_is_a_failure_and_nothing_else(model, model_server, garbage):
    model_server.script = sends(garbage)
    failure(model)


def test_a_server_that_dies_in_the_middle_is_a_failure(model, model_server):
    model_server.script = dies_after("We are")
    failure(model)


def test_a_reply_without_end_is_cut(model, model_server):
    model_server.script = talks_for_ever
    assert len("".join(ask(model))) == chat.MAX_CHARACTERS
    assert model_server.closed.wait(5)


def test_a_line_without_end_is_a_failure(model, model_server):
    model_server.script = sends_one_endless_line
    assert "bytes" in failure(model)
    assert model_server.closed.wait(5)


def test_the_model_may_hand_over_only_where_an_answer_says_so(model, model_server):
    model_server.script = says("One moment. [hand", " over] bye")
    assert ask(model) == ["One moment. ", After.HAND_OVER]
    without = Knowledge("en", entries=KNOWLEDGE.entries[:1])
    assert ask(model, knowledge=without) == ["One moment. ", " bye"]


def test_how_many_replies_it_writes_at_a_time_is_the_owners_word(model):
    assert model.slots == 4
    options = {"base_url": "http://127.0.0.1:1/v1", "host": "http://127.0.0.1:1", "model": "t"}
    for engine in (ollama, openai):
        assert engine.load(EngineChoice.of("x", parallel="16", **options)).slots == 16


def test_warming_up_says_what_is_wrong(model, model_server):
    model.warm()
    model_server.script = refuses(404, "model not found")
    with pytest.raises(EngineUnavailable, match="'tiny'"):
        model.warm()
    model_server.server_close()
    with pytest.raises(EngineUnavailable, match="answer"):
        model.warm()


@pytest.mark.parametrize(
    "choice",
    [
        EngineChoice.of("ollama"),
        EngineChoice.of("ollama", model="tiny", temperature="hot"),
        EngineChoice.of("ollama", model="tiny", parallel="0"),
        EngineChoice.of("openai", model="tiny"),
        EngineChoice.of("openai", base_url="http://127.0.0.1:1/v1"),
        EngineChoice.of("openai", base_url="ftp://127.0.0.1", model="tiny"),
        EngineChoice.of("openai", base_url="http://127.0.0.1:1/v1", model="t", temperature="3"),
        EngineChoice.of("openai", base_url="http://127.0.0.1:1/v1", model="t", parallel="all"),
    ],
)
def test_an_unusable_choice_is_refused_before_any_call(choice):
    with pytest.raises(EngineUnavailable):
        registry.load("llm", choice)
