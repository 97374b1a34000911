"""The OpenAPI description of /api/: what a program must know to use it. Pure."""

from typing import Any, Final

_TIME: Final = {"type": "string", "format": "date-time"}
_PHOTO: Final = {
    "type": "object",
    "required": [
        "id",
        "camera",
        "taken_at",
        "width",
        "height",
        "bytes",
        "kept",
        "activity",
        "picture",
        "thumb",
    ],
    "properties": {
        "id": {"type": "integer"},
        "camera": {"type": "string"},
        "taken_at": _TIME,
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "bytes": {"type": "integer"},
        "kept": {"type": "boolean"},
        "activity": {
            "type": "integer",
            "nullable": True,
            "description": "Thousandths of the picture that changed since the photo before.",
        },
        "picture": {"type": "string"},
        "thumb": {"type": "string"},
    },
}
_REF: Final = {"$ref": "#/components/schemas/Photo"}
_CAMERA: Final = {
    "type": "object",
    "required": ["name", "off", "newest", "live"],
    "properties": {
        "name": {"type": "string"},
        "off": {"type": "string", "nullable": True},
        "newest": {"allOf": [_REF], "nullable": True},
        "live": {"type": "string"},
    },
}
_ERROR: Final = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_PAGE: Final = {
    "type": "object",
    "required": ["photos", "next"],
    "properties": {"photos": {"type": "array", "items": _REF}, "next": {"type": "string", "nullable": True}},
}
_NAME: Final = {
    "name": "camera", "in": "path", "required": True,
    "schema": {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,31}$"},
}  # fmt: skip
_ID: Final = {
    "name": "photo_id", "in": "path", "required": True,
    "schema": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
}  # fmt: skip
_QUERY: Final = [
    {"name": "since", "in": "query", "schema": _TIME, "description": "The earliest time taken."},
    {"name": "until", "in": "query", "schema": _TIME, "description": "Photos before this time."},
    {
        "name": "limit", "in": "query", "description": "Photos on a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
    },
]  # fmt: skip
_WORDS: Final = {
    400: "A parameter makes no sense.",
    401: "There is no token, or it was revoked.",
    403: "The token may not do this.",
    404: "There is no such camera or photo.",
    405: "Not this way.",
    503: "There is no picture to be had now; the sentence says why.",
}


def description(address: str) -> dict[str, Any]:
    """Return the whole description; `address` is the site's, where it is known."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Pucci",
            "version": "1",
            "description": "A token comes from the people page. It is sent as `Authorization: Bearer TOKEN`, "
            "or, where a client knows no headers, as `?token=TOKEN`. The same opens /media/.",
        },
        "servers": [{"url": f"{address.rstrip('/')}/api"}],
        "security": [{"bearer": []}, {"query": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "token"},
            },
            "schemas": {"Photo": _PHOTO, "Camera": _CAMERA, "Error": _ERROR},
        },
    }


def _paths() -> dict[str, Any]:
    cameras = {
        "type": "object",
        "required": ["cameras"],
        "properties": {"cameras": {"type": "array", "items": {"$ref": "#/components/schemas/Camera"}}},
    }
    health = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
    jpeg = {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "/health": {"get": _asked("How the whole is, in a word.", "newest", _json(health))},
        "/cameras": {"get": _asked("The cameras.", "newest", _json(cameras))},
        "/cameras/{camera}/newest": {"get": _asked("The newest photo.", "newest", _json(_REF), _NAME)},
        "/cameras/{camera}/newest.jpg": {"get": _asked("Its picture.", "newest", jpeg, _NAME)},
        "/cameras/{camera}/photos": {
            "get": _asked("Photos, the newest first.", "album", _json(_PAGE), _NAME, *_QUERY),
            "post": _asked("Take a photo now.", "take", _json(_REF), _NAME, status=201),
        },
        "/photos/{photo_id}": {"get": _asked("One photo.", "album", _json(_REF), _ID)},
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _asked(
    summary: str, scope: str, content: dict[str, Any], *parameters: dict[str, Any], status: int = 200
) -> dict[str, Any]:
    error = _json({"$ref": "#/components/schemas/Error"})
    answers: dict[str, Any] = {str(status): {"description": "Well.", "content": content}}
    answers |= {str(code): {"description": words, "content": error} for code, words in _WORDS.items()}
    text = f"The token must have the scope {scope}."
    return {"summary": summary, "description": text, "parameters": list(parameters), "responses": answers}
