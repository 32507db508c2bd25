"""The page that describes the service, from its own OpenAPI; it needs nothing from elsewhere."""

from html import escape
from typing import Any

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem; border-top: 1px solid #ccc; padding-top: 1rem }
code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f4f4f4; padding: .1rem .3rem }
pre { padding: .8rem; overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
         border-bottom: 1px solid #eee }
"""
EXAMPLES = {
    "/transcribe": "curl -F audio_file=@question.wav {server}/transcribe",
    "/tts": "curl -H 'Content-Type: application/json' -d '{{\"text\": \"Good morning.\"}}'"
    " -o answer.wav {server}/tts",
}
SERVER = "http://127.0.0.1:6000"
STREAM = """<h2>WebSocket <code>/stream</code></h2>
<p>Both stages over one connection. Orders are JSON, audio is binary: 16-bit little-endian mono.</p>
<pre>-&gt; {"type": "transcribe", "id": "a", "rate": 16000}   then audio
-&gt; {"type": "words", "id": "a"}                        what was said so far
-&gt; {"type": "end", "id": "a"}
&lt;- {"type": "transcript", "id": "a", "is_final": true, "text": "..."}
-&gt; {"type": "speak", "id": "b", "text": "..."}
&lt;- {"type": "audio", "id": "b", "rate": 16000}         then audio
&lt;- {"type": "spoken", "id": "b"}
-&gt; {"type": "cancel", "id": "b"}
&lt;- {"type": "cancelled", "id": "b"}
&lt;- {"type": "error", "id": "b", "status": 422, "detail": "..."}</pre>"""


def render(openapi: dict[str, Any]) -> str:
    about = openapi["info"]
    parts = [
        f"<h1>{escape(about['title'])}</h1>",
        f"<p>{escape(about['summary'])} For machines: <a href='openapi.json'>openapi.json</a>.</p>",
    ]
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            parts.append(_operation(path, method, operation))
    body = "\n".join([*parts, STREAM])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(about['title'])}</title><style>{STYLE}</style></head>"
        f"<body>{body}</body></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    about = f"{operation.get('summary', '')}. {operation.get('description', '')}"
    parts = [f"<h2>{method.upper()} <code>{escape(path)}</code></h2>", f"<p>{escape(about)}</p>"]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(_fields(kind, content["schema"]))
    if example := EXAMPLES.get(path):
        parts.append(f"<pre>{escape(example.format(server=SERVER))}</pre>")
    answers = operation.get("responses", {}).items()
    rows = [
        f"<tr><td>{escape(status)}</td><td>{escape(answer['description'])}</td></tr>"
        for status, answer in sorted(answers)
    ]
    parts.append(f"<table><tr><th>answer</th><th></th></tr>{''.join(rows)}</table>")
    return "\n".join(parts)


def _fields(kind: str, schema: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(name)}</code>{' (required)' if _is_required(name, schema) else ''}"
        f"</td><td>{escape(field.get('description', ''))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    ]
    return f"<p>Body: {escape(kind)}</p><table>{''.join(rows)}</table>"


def _is_required(name: str, schema: dict[str, Any]) -> bool:
    return name in schema.get("required", ())
