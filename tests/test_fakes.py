from datetime import UTC, datetime

from tests.fakes import SUNDAY, FakeClock


def test_time_passes_on_both_clocks_but_a_jump_moves_only_the_wall_clock():
    clock = FakeClock()
    clock.sleep(2.5)
    clock.advance(minutes=1)
    assert (clock.now() - SUNDAY).total_seconds() == 62.5
    assert clock.monotonic() == 1062.5
    clock.jump(datetime(1970, 1, 1, tzinfo=UTC))
    assert clock.now().year == 1970
    assert clock.monotonic() == 1062.5
