"""Asterisk's messages, to the letter: what 22.10.1 was seen to send, and what it understands."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony import media
from telephony.media import Format, MalformedMessage, decode, encode

SEEN_JSON = {
    '{"event":"MEDIA_START","connection_id":"ai","channel":"WebSocket/ai/0x7ff3200041a0",'
    '"channel_id":"1795327530.1","format":"slin16","optimal_frame_size":640,"ptime":20,'
    '"channel_variables":{"DIALEDPEERNUMBER":"ai/c(slin16)f(json)v(did=1000,...)",'
    '"MEDIA_WEBSOCKET_CONNECTION_ID":"ai","MEDIA_WEBSOCKET_OPTIMAL_FRAME_SIZE":"640",'
    '"AI_ONE":"single","__AI_FROM":"+493012345"}}': media.MediaStart(
        connection_id="ai",
        channel="WebSocket/ai/0x7ff3200041a0",
        channel_id="1795327530.1",
        format="slin16",
        optimal_frame_size=640,
        ptime=20,
        variables={
            "DIALEDPEERNUMBER": "ai/c(slin16)f(json)v(did=1000,...)",
            "MEDIA_WEBSOCKET_CONNECTION_ID": "ai",
            "MEDIA_WEBSOCKET_OPTIMAL_FRAME_SIZE": "640",
            "AI_ONE": "single",
            "__AI_FROM": "+493012345",
        },
    ),
    '{"event":"DTMF_END","channel_id":"1795327634.21","digit":"1"}': media.DigitEnd(
        "1", "1795327634.21"
    ),
    '{"event":"MEDIA_XOFF","channel_id":"1795327702.37"}': media.Xoff("1795327702.37"),
    '{"event":"MEDIA_XON","channel_id":"1795327702.37"}': media.Xon("1795327702.37"),
    '{"event":"QUEUE_DRAINED","channel_id":"1795327611.13"}': media.QueueDrained("1795327611.13"),
    '{"event":"MEDIA_MARK_PROCESSED","channel_id":"1795327611.13",'
    '"correlation_id":"end-of-sentence"}': media.MarkProcessed("end-of-sentence", "1795327611.13"),
    '{"event":"MEDIA_MARK_PROCESSED","channel_id":"1795327611.13",'
    '"correlation_id":""}': media.MarkProcessed("", "1795327611.13"),
    '{"event":"MEDIA_BUFFERING_COMPLETED","channel_id":"1795327611.13",'
    '"correlation_id":"b1"}': media.BufferingCompleted("b1", "1795327611.13"),
    '{"event":"STATUS","channel_id":"1795327611.13","queue_length":252,"xon_level":800,'
    '"xoff_level":900,"queue_full":false,"bulk_media":false,"media_paused":false}': media.Status(
        252, 800, 900, False, False, False, "1795327611.13"
    ),
    '{"event":"STATUS","channel_id":"1795327611.13","queue_length":900,"xon_level":800,'
    '"xoff_level":900,"queue_full":true,"bulk_media":true,"media_paused":true}': media.Status(
        900, 800, 900, True, True, True, "1795327611.13"
    ),
    '{"event":"ERROR","channel_id":"1795327761.53",'
    '"error_text":"Unable to parse JSON command"}': media.MediaError(
        "Unable to parse JSON command", "1795327761.53"
    ),
    '{"event":"ERROR","channel_id":"1795327761.53",'
    '"error_text":"\'bogus\' is not a valid direction for SET_MEDIA_DIRECTION.\\n"}': (
        media.MediaError(
            "'bogus' is not a valid direction for SET_MEDIA_DIRECTION.", "1795327761.53"
        )
    ),
}

SEEN_PLAIN = {
    "MEDIA_START connection_id:ai channel:WebSocket/ai/0x7ff32802edb0 "
    "channel_id:1795327647.31 format:slin optimal_frame_size:320 ptime:20": media.MediaStart(
        connection_id="ai",
        channel="WebSocket/ai/0x7ff32802edb0",
        channel_id="1795327647.31",
        format="slin",
        optimal_frame_size=320,
        ptime=20,
    ),
    "DTMF_END digit:5 channel_id:1795327647.31": media.DigitEnd("5", "1795327647.31"),
    "DTMF_END digit:# channel_id:1795327647.31": media.DigitEnd("#", "1795327647.31"),
    "MEDIA_XOFF": media.Xoff(),
    "MEDIA_XON": media.Xon(),
    "MEDIA_MARK_PROCESSED end-of-sentence": media.MarkProcessed("end-of-sentence"),
    "MEDIA_MARK_PROCESSED two words: a:b": media.MarkProcessed("two words: a:b"),
    "MEDIA_BUFFERING_COMPLETED b1": media.BufferingCompleted("b1"),
    "QUEUE_DRAINED": media.QueueDrained(),
    "STATUS channel_id:1.2 queue_length:252 xon_level:800 xoff_level:900 queue_full:false "
    "bulk_media:false media_paused:true": media.Status(252, 800, 900, False, False, True, "1.2"),
    "ERROR channel_id:1.2 error_text:Unable to parse: no command": media.MediaError(
        "Unable to parse: no command", "1.2"
    ),
}

COMMANDS = [
    (media.Answer(), '{"command":"ANSWER"}', "ANSWER"),
    (media.Hangup(), '{"command":"HANGUP"}', "HANGUP"),
    (media.StartBuffering(), '{"command":"START_MEDIA_BUFFERING"}', "START_MEDIA_BUFFERING"),
    (
        media.StopBuffering("b1"),
        '{"command":"STOP_MEDIA_BUFFERING","correlation_id":"b1"}',
        "STOP_MEDIA_BUFFERING b1",
    ),
    (media.StopBuffering(), '{"command":"STOP_MEDIA_BUFFERING"}', "STOP_MEDIA_BUFFERING"),
    (media.Mark("s1"), '{"command":"MARK_MEDIA","correlation_id":"s1"}', "MARK_MEDIA s1"),
    (media.FlushMedia(), '{"command":"FLUSH_MEDIA"}', "FLUSH_MEDIA"),
    (media.Pause(), '{"command":"PAUSE_MEDIA"}', "PAUSE_MEDIA"),
    (media.Continue(), '{"command":"CONTINUE_MEDIA"}', "CONTINUE_MEDIA"),
    (media.GetStatus(), '{"command":"GET_STATUS"}', "GET_STATUS"),
    (media.ReportQueueDrained(), '{"command":"REPORT_QUEUE_DRAINED"}', "REPORT_QUEUE_DRAINED"),
]


@pytest.mark.parametrize(("text", "event"), [*SEEN_JSON.items(), *SEEN_PLAIN.items()])
def test_what_asterisk_was_seen_to_send_is_understood(text, event):
    assert decode(text) == event


@pytest.mark.parametrize(("command", "as_json", "as_plain"), COMMANDS)
def test_commands_are_written_as_asterisk_reads_them(command, as_json, as_plain):
    assert encode(command) == as_json
    assert encode(command, Format.PLAIN) == as_plain


def test_every_command_has_been_written_down_here():
    assert {type(command) for command, _, _ in COMMANDS} | {media.SetDirection} == set(
        media.Command.__args__
    )


def test_the_direction_can_be_set_in_json_only():
    assert encode(media.SetDirection("in")) == (
        '{"command":"SET_MEDIA_DIRECTION","direction":"in"}'
    )
    with pytest.raises(ValueError, match="only in JSON"):
        encode(media.SetDirection("in"), Format.PLAIN)


def test_the_callers_details_survive_quotes_and_letters_of_any_language():
    name = 'Zoë "Z" Мария'
    text = json.dumps({**_start(), "channel_variables": {"CALL_FROM": name}})
    assert decode(text).variables == {"CALL_FROM": name}


def test_what_a_newer_asterisk_sends_is_no_error():
    assert decode('{"event":"MEDIA_NEWS","more":1}') == media.UnknownEvent("MEDIA_NEWS")
    assert decode("MEDIA_NEWS more:1") == media.UnknownEvent("MEDIA_NEWS")
    assert decode(json.dumps({**_start(), "more": [1]})) == media.MediaStart(
        "", "", "", "slin16", 640
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "{}",
        "[]",
        "null",
        '{"event":7}',
        "hello there",
        "MEDIA_START",
        '{"event":"MEDIA_START","format":"slin16","optimal_frame_size":-1}',
        '{"event":"MEDIA_START","format":"slin16","optimal_frame_size":true}',
        '{"event":"MEDIA_START","format":"slin16","optimal_frame_size":640.5}',
        '{"event":"MEDIA_START","format":7,"optimal_frame_size":640}',
        '{"event":"MEDIA_START","format":"slin16","optimal_frame_size":640,"channel_variables":[]}',
        '{"event":"DTMF_END"}',
        '{"event":"DTMF_END","digit":"12"}',
        '{"event":"DTMF_END","digit":""}',
        '{"event":"DTMF_END","digit":"x"}',
        "DTMF_END digit:",
        '{"event":"STATUS","queue_length":"many"}',
        '{"event":"MEDIA_XOFF","channel_id":null}',
        "{" * 100_000,
        '{"event":' + "[" * 100_000,
        '{"event":"STATUS","queue_length":' + "9" * 5_000 + "}",
    ],
)
def test_what_is_not_of_this_protocol_is_malformed(text):
    with pytest.raises(MalformedMessage):
        decode(text)


def test_what_was_malformed_is_not_told_on():
    with pytest.raises(MalformedMessage) as caught:
        decode('{"event":"DTMF_END","digit":"my secret number"}')
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


FIELDS = [
    "event",
    "channel_id",
    "format",
    "optimal_frame_size",
    "channel_variables",
    "digit",
    "correlation_id",
    "queue_length",
    "error_text",
]
NAMES = [json.loads(text)["event"] for text in SEEN_JSON]
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
nearly_json = st.builds(
    lambda name, fields: json.dumps({**fields, "event": name}),
    st.sampled_from(NAMES) | st.text(max_size=5),
    st.dictionaries(st.sampled_from(FIELDS), junk),
)
nearly_plain = st.builds(
    lambda name, words: " ".join([name, *words]),
    st.sampled_from(NAMES),
    st.lists(st.builds("{}:{}".format, st.sampled_from(FIELDS), st.text(max_size=6))),
)


@given(text=st.text(max_size=60) | nearly_json | nearly_plain)
@settings(max_examples=300, deadline=None)
def test_whatever_comes_is_an_event_or_malformed(text):
    try:
        event = decode(text)
    except MalformedMessage:
        return
    assert isinstance(event, media.Event)


@given(name=st.text(max_size=200), wire=st.sampled_from(Format))
@settings(max_examples=200, deadline=None)
def test_a_command_fits_what_asterisk_reads_or_is_refused(name, wire):
    try:
        text = encode(media.Mark(name), wire)
    except ValueError:
        return
    assert len(text.encode()) <= media.COMMAND_BYTES
    if wire is Format.JSON:
        assert json.loads(text).get("correlation_id", "") == name


def test_a_mark_as_long_as_a_uuid_fits():
    assert encode(media.Mark("0" * 36))
    with pytest.raises(ValueError, match="MARK_MEDIA is longer"):
        encode(media.Mark("0" * 120))


def _start() -> dict[str, object]:
    return {"event": "MEDIA_START", "format": "slin16", "optimal_frame_size": 640}
