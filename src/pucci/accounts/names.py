"""What can be a person's name and e-mail. Pure."""

import re
from typing import Final

from pucci.errors import AccountError

LONGEST_NAME: Final = 80
LONGEST_EMAIL: Final = 254  # RFC 5321: a path has 256 octets, two of them < and >
_LONGEST_LOCAL_PART: Final = 64  # RFC 5321, 4.5.3.1.1

# A host needs no dot: gwen@home is an address in a house with a mail server.
_EMAIL: Final = re.compile(r"(?P<local>[^@\s]+)@[^@\s.]+(\.[^@\s.]+)*")


def clean_name(text: str) -> str:
    """Return a name without spaces around it: 1 to 80 characters that can be printed."""
    name = text.strip()
    if not name:
        raise AccountError("The name is empty. Give one.")
    if len(name) > LONGEST_NAME:
        raise AccountError(f"The name is too long. Use {LONGEST_NAME} characters at most.")
    if not name.isprintable():
        raise AccountError("The name has characters that cannot be printed. Type it again.")
    return name


def clean_email(text: str) -> str:
    """Return an e-mail address in lower case, without spaces around it."""
    email = text.strip().lower()
    if not email:
        raise AccountError("The e-mail is empty. Give one.")
    if len(email) > LONGEST_EMAIL:
        raise AccountError(f"The e-mail is too long. Use {LONGEST_EMAIL} characters at most.")
    match = _EMAIL.fullmatch(email)
    if match is None or not email.isprintable() or len(match["local"]) > _LONGEST_LOCAL_PART:
        raise AccountError("That is not an e-mail address. It looks like gwen@example.org.")
    return email
