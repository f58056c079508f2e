"""The live stream: what it tells, when it ends, and to whom."""

import asyncio

from msgspec import json

from keepwell.runtime.changes import AT_MOST, WAITING, Changes
from keepwell.web import stream


async def first(lines, count):
    return [await anext(lines) for _ in range(count)]


async def settled():
    """Everything that other threads handed over has arrived."""
    for _ in range(3):
        await asyncio.sleep(0)


def told(line):
    return json.decode(line.partition(b"data: ")[2])


async def always(_request):
    return True


async def never(_request):
    return False


def test_it_tells_what_changed_and_ends_with_the_server():
    async def watch():
        changes = Changes()
        lines = stream._lines(None, changes, always)
        assert (await first(lines, 1))[0].startswith(b"retry:")
        changes.tell(["b", "a"])
        (line,) = await first(lines, 1)
        changes.close()
        rest = [line async for line in lines]
        return line, rest, len(changes)

    line, rest, left = asyncio.run(watch())
    assert line.startswith(b"id: 1\nevent: changed\n")
    assert told(line) == {"customers": ["a", "b"], "events": False, "alerts": False, "acts": False}
    assert (rest, left) == ([], 0)


def test_a_slow_reader_hears_everything_at_once():
    async def watch():
        changes = Changes()
        watcher = changes.watch()
        for number in range(3 * WAITING):
            changes.tell([f"c{number}"], events=number == 7)
            await settled()
        found = await watcher.next()
        changes.tell(map(str, range(AT_MOST + 1)))
        changes.tell(["a"])
        await settled()
        return found, await watcher.next()

    found, everybody = asyncio.run(watch())
    assert found.customers == {f"c{number}" for number in range(3 * WAITING)}
    assert found.events
    assert everybody.customers is None


def test_it_ends_when_the_session_does_however_much_there_is_to_tell(monkeypatch):
    monkeypatch.setattr(stream, "STILL_HERE_S", 0.05)
    monkeypatch.setattr(stream, "AT_MOST_EVERY_S", 0.03)

    async def watch(*, busy):
        changes = Changes()
        heard = []
        async for line in stream._lines(None, changes, never):
            heard.append(line)
            assert len(heard) < 10
            if busy:
                changes.tell(["a"])
        return len(heard), len(changes)

    quiet, busy = (asyncio.run(asyncio.wait_for(watch(busy=busy), 30)) for busy in (False, True))
    assert quiet == (1, 0)
    assert 1 < busy[0] < 10
    assert busy[1] == 0
