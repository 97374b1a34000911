"""Backups: one tar of all that cannot be had again, made while Pucci runs, and put back whole or not at all.

What is in one, and why: docs/design/backup.md.
"""

from pucci.backup.cipher import decrypting, encrypting, is_encrypted
from pucci.backup.last import Last, last, remember
from pucci.backup.restore import Restored, restore
from pucci.backup.target import writing
from pucci.backup.write import Report, write

__all__ = [
    "Last",
    "Report",
    "Restored",
    "decrypting",
    "encrypting",
    "is_encrypted",
    "last",
    "remember",
    "restore",
    "write",
    "writing",
]
