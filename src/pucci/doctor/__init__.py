"""Is all well, and if not, what to do? `pucci doctor` prints it.

Each part has its thin probes and its pure judgements (`judge_…`). What is looked at, and what cannot be
known: docs/design/doctor.md.
"""

from pucci.doctor.examine import LIMIT_S, Patient, Private, examine, needs_doing
from pucci.doctor.finding import Finding, Level, needs

__all__ = ["LIMIT_S", "Finding", "Level", "Patient", "Private", "examine", "needs", "needs_doing"]
