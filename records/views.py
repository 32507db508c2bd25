"""What leaves through the web: the audio and the plain text of a call."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from records import access, ranges
from records.models import Call

PIECE_BYTES = 64 * 1024


@require_safe
def recording(request: HttpRequest, call_id: UUID) -> HttpResponseBase:
    """The call's WAV, whole or the range a player asks for."""
    call = get_object_or_404(Call, pk=call_id)
    try:
        audio = access.open_recording(call, request.user)
    except access.NothingRecorded as error:
        raise Http404("There is no recording of this call.") from error
    try:
        span = ranges.requested(request.headers.get("Range", ""), audio.size_bytes)
    except ranges.NotSatisfiable:
        refusal = HttpResponse(status=416)
        refusal["Content-Range"] = f"bytes */{audio.size_bytes}"
        return refusal
    response: HttpResponseBase = (
        HttpResponse(content_type="audio/wav")
        if request.method == "HEAD"
        else StreamingHttpResponse(_pieces(audio, span), content_type="audio/wav")
    )
    response["Content-Length"] = str(span.size_bytes)
    response["Content-Disposition"] = f'inline; filename="call-{call_id}.wav"'
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-store"
    if span.is_partial:
        response.status_code = 206
        response["Content-Range"] = span.content_range(audio.size_bytes)
    return response


async def _pieces(audio: access.OpenRecording, span: ranges.Span) -> AsyncIterator[bytes]:
    """Asynchronous, because Django reads a synchronous generator to its end before sending."""
    for start in range(span.start, span.stop, PIECE_BYTES):
        yield await asyncio.to_thread(audio.read, start, min(start + PIECE_BYTES, span.stop))


@require_safe
def transcript(request: HttpRequest, call_id: UUID) -> HttpResponse:
    """The finished conversation as a text file."""
    call = get_object_or_404(Call, pk=call_id)
    text = access.open_transcript(call, request.user).text
    if not call.finished_at:
        raise Http404("The transcript is not finished yet.")
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="call-{call_id}.txt"'
    response["Cache-Control"] = "private, no-store"
    return response
