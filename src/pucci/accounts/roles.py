"""What somebody may: three roles, each of which may all that the next one may."""

from enum import StrEnum


class Role(StrEnum):
    """Owner: everything. Family: the cam and the album. Guest: what a share link shows."""

    OWNER = "owner"
    FAMILY = "family"
    GUEST = "guest"

    def covers(self, other: "Role") -> bool:
        """Whether this role may all that the other one may."""
        ranks = list(Role)
        return ranks.index(self) <= ranks.index(other)
