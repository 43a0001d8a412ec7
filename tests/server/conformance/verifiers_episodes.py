"""
Drives episodes with verifiers' OpenEnv taskset and prints their rewards and transcripts, as JSON. Its
environment loop runs as it is; the player, whose harness would be fetched, says what the scenarios on
stdin say.

    python verifiers_episodes.py http://127.0.0.1:8000 < scenarios.json
"""

import asyncio
import importlib.metadata
import json
import sys
from contextlib import asynccontextmanager
from types import SimpleNamespace

from verifiers.v1.tasksets.openenv import OpenEnvConfig, OpenEnvEnv, OpenEnvTaskset


class Player:
    """An agent that says its lines."""

    def __init__(self, messages):
        self.lines = iter(messages)
        self.shown = []
        self.rewards = {}

    @asynccontextmanager
    async def interaction(self, task):
        async def turn(payload):
            self.shown.append(json.loads(payload)["observation"])
            line = next(self.lines, None)
            return SimpleNamespace(terminated=line is None, last_reply=line or "")

        record = self.rewards.__setitem__
        trace = SimpleNamespace(record_reward=record, stop=lambda reason: record("stop", reason))
        yield SimpleNamespace(turn=turn, trace=trace)


async def main(url):
    scenarios = json.load(sys.stdin)
    resets = [{"split": s["split"], "index": s["index"]} for s in scenarios]
    tasks = list(OpenEnvTaskset(OpenEnvConfig(base_url=url, resets=resets)).load())
    episodes = []
    for task, scenario in zip(tasks, scenarios, strict=True):
        player = Player(scenario["messages"])
        await OpenEnvEnv.run(None, task, SimpleNamespace(player=player))
        episodes.append({"shown": player.shown, "rewards": player.rewards})
    versions = {"verifiers": importlib.metadata.version("verifiers")}
    print(json.dumps({"versions": versions, "episodes": episodes}))


asyncio.run(main(sys.argv[1]))
