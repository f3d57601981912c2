"""Writes input-keys.json beside it: keys of inputs, computed without this project's code."""

import hashlib
import json
import pathlib

PHOTO = b"\x89PNG\r\n\x1a\n and the rest of a small picture"
URL = b"https://example.com/cup.jpg?size=1"
OBJECT = {"b": [1, 2.5, {"z": None, "a": True}], "a": 'é\n"/', "B": 0}


def row(source, content, options, fields):
    hashed = [source.encode(), hashlib.sha256(content).digest(), *map(str.encode, fields)]
    preimage = b"removit input key, version 1\n"
    preimage += b"".join(len(field).to_bytes(8, "big") + field for field in hashed)
    return {
        "source": source,
        "content": content.decode("latin-1"),
        "content_sha256": hashed[1].hex(),
        "options": options,
        "preimage": preimage.hex(),
        "key": hashlib.sha256(preimage).hexdigest(),
    }


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


rows = [
    row("file", PHOTO, {}, ["clipping", "", "url", "png"]),
    row("url", URL, {}, ["clipping", "", "url", "png"]),
    row("file", PHOTO, {"mode": "background", "output_format": "jpeg"}, ["background", "", "url", "jpg"]),
    row("file", PHOTO, {"mode": "params", "params": "shop", "delivery_mode": "final_url", "output_format": "webp"},
        ["params", "set:shop", "final_url", "webp"]),
    row("file", PHOTO, {"mode": "params", "params": OBJECT}, ["params", "object:" + canonical(OBJECT), "url", "png"]),
]
path = pathlib.Path(__file__).with_name("input-keys.json")
path.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
