from inference.engines.pacing import FEWEST, MOST, SLOW_FIRST, Pacing

STEP_S = 0.046  # of speech


def talk(step_ms, *, known_ms=None, steps=120):
    """The pieces of a stream whose steps take that long, and how long a listener ran dry."""
    now_s, pacing = 10.0, Pacing(known_ms, 10.0)
    pieces, dry_s, heard_until_s, waiting = [], 0.0, None, 0
    for _ in range(steps):
        now_s += step_ms / 1000
        waiting += 1
        if pacing.step(now_s):
            if heard_until_s is not None:
                dry_s += max(0.0, now_s - heard_until_s)
            heard_until_s = max(now_s, heard_until_s or 0.0) + waiting * STEP_S
            pacing.given(waiting * STEP_S, now_s)
            pieces.append(waiting)
            waiting = 0
    return pieces, dry_s, pacing


def test_a_quick_machine_gives_the_first_piece_early_and_never_lets_the_listener_run_dry():
    for step_ms in (1, 5, 10, 18):
        pieces, dry_s, _ = talk(step_ms, known_ms=step_ms)
        assert pieces[0] == FEWEST
        assert max(pieces) <= MOST
        assert dry_s == 0


def test_pieces_grow_while_the_listener_has_enough_to_hear():
    pieces, _, _ = talk(5, known_ms=5)
    assert pieces[:3] == sorted(pieces[:3])
    assert pieces[-1] == MOST


def test_a_slow_or_unknown_machine_makes_a_longer_start():
    assert talk(40, known_ms=40)[0][0] == SLOW_FIRST
    assert talk(5)[0][0] == SLOW_FIRST


def test_what_a_step_takes_is_learnt():
    _, _, pacing = talk(30, known_ms=5)
    assert 25 < pacing.step_ms < 31
