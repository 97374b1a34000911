import pytest

from pucci.accounts import Role
from pucci.web.access import Answer, may

YES, SIGN_IN, NO = Answer.YES, Answer.SIGN_IN, Answer.NO


@pytest.mark.parametrize(
    ("rule", "nobody", "guest", "family", "owner"),
    [
        (None, YES, YES, YES, YES),
        (Role.GUEST, SIGN_IN, YES, YES, YES),
        (Role.FAMILY, SIGN_IN, NO, YES, YES),
        (Role.OWNER, SIGN_IN, NO, NO, YES),
    ],
)
def test_a_role_may_what_those_below_it_may(
    rule: Role | None, nobody: Answer, guest: Answer, family: Answer, owner: Answer
):
    asked = [may(role, rule) for role in (None, Role.GUEST, Role.FAMILY, Role.OWNER)]
    assert asked == [nobody, guest, family, owner]
