import pytest

from pucci.accounts import Role


@pytest.mark.parametrize(
    ("role", "covered"),
    [
        (Role.OWNER, {Role.OWNER, Role.FAMILY, Role.GUEST}),
        (Role.FAMILY, {Role.FAMILY, Role.GUEST}),
        (Role.GUEST, {Role.GUEST}),
    ],
)
def test_a_role_covers_itself_and_those_below(role: Role, covered: set[Role]):
    assert {other for other in Role if role.covers(other)} == covered
