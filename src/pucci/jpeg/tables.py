"""The Huffman tables that a camera may leave out: those of ITU-T T.81, K.3.

Each is 16 counts of codes by their length, then the symbols. Generated from the rule below where
there is one, and written out where there is none.
"""

from typing import Final

_DC_SYMBOLS: Final = bytes(range(12))
_DC_LUMA: Final = bytes.fromhex("00010501010101010100000000000000") + _DC_SYMBOLS
_DC_CHROMA: Final = bytes.fromhex("00030101010101010101010000000000") + _DC_SYMBOLS
_AC_LUMA: Final = bytes.fromhex(
    "0002010303020403050504040000017d"
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728"
    "292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a83848586878889"
    "8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2"
    "e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)
_AC_CHROMA: Final = bytes.fromhex(
    "00020102040403040705040400010277"
    "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a26"
    "2728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a828384858687"
    "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da"
    "e2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)

STANDARD: Final = {0x00: _DC_LUMA, 0x10: _AC_LUMA, 0x01: _DC_CHROMA, 0x11: _AC_CHROMA}


def standard_segment() -> bytes:
    """Return one whole DHT segment with the four standard tables."""
    payload = b"".join(bytes([number]) + table for number, table in STANDARD.items())
    return b"\xff\xc4" + (len(payload) + 2).to_bytes(2, "big") + payload
