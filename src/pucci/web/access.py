"""Who may: one pure rule, asked for every page and every byte."""

from enum import Enum

from pucci.accounts import Role


class Answer(Enum):
    """What the rule says to somebody who asks."""

    YES = "yes"
    SIGN_IN = "sign in first"
    NO = "not for this person"


def may(role: Role | None, rule: Role | None) -> Answer:
    """Return whether a person of this role may see what needs `rule`.

    A role of None is somebody not signed in; a rule of None lets everyone in. An owner may do what
    family may, and family what a guest may.
    """
    if rule is None:
        return Answer.YES
    if role is None:
        return Answer.SIGN_IN
    return Answer.YES if role.covers(rule) else Answer.NO
