"""
Drives episodes with both clients of the Open Reward Standard, ors-sdk and openreward, and prints what
they saw, as JSON. Scenarios come on stdin.

    python ors_episodes.py http://127.0.0.1:8000 < scenarios.json
"""

import importlib.metadata
import json
import os
import sys

url = sys.argv[1]
os.environ.update(
    OPENREWARD_API_URL=url, OPENREWARD_SESSION_URL=url, OPENREWARD_DISABLE_UPDATE_CHECK="1"
)

from openreward import OpenReward
from ors.client import ORS


def lists(environment):
    """All that a client asks for before it begins an episode."""
    splits = environment.list_splits()
    return {
        "splits": splits,
        "num_tasks": {split: environment.num_tasks(split) for split in splits},
        "tasks": {split: [task.task_spec for task in environment.list_tasks(split)] for split in splits},
        "task": environment.get_task(splits[0], 1).task_spec,
        "range": [task.task_spec for task in environment.get_task_range(splits[0], -2, None)],
        "tools": [tool.name for tool in environment.list_tools()],
    }


def episode(session, scenario):
    with session:
        prompt = [block.text for block in session.get_prompt()]
        tools = [tool.name for tool in session.list_tools()]
        steps = []
        for tool, arguments in scenario["calls"]:
            output = session.call_tool(tool, arguments)
            shown = "".join(block.text for block in output.blocks)
            steps.append([shown, output.reward, output.finished, output.metadata])
        try:
            session.call_tool("execute_sql", {"sql": "SELECT 1"})
            after = None
        except Exception as error:
            after = f"{type(error).__name__}: {error}"
        return {"prompt": prompt, "tools": tools, "steps": steps, "after": after}


def driven(environment, scenarios):
    by_index = [
        episode(environment.session(split=s["split"], index=s["index"]), s) for s in scenarios
    ]
    task = environment.get_task(scenarios[0]["split"], scenarios[0]["index"])
    by_task = episode(environment.session(task=task), scenarios[0])
    return {"lists": lists(environment), "episodes": by_index, "by_task": by_task}


def main():
    scenarios = json.load(sys.stdin)
    with ORS(base_url=url) as client:
        ors = driven(client.environment("finestep_bird"), scenarios)
    with OpenReward() as client:
        # No name of ours: the server sends its paths on.
        openreward = driven(client.environments.get("env"), scenarios)
    versions = {name: importlib.metadata.version(name) for name in ("ors-sdk", "openreward")}
    print(json.dumps({"versions": versions, "ors-sdk": ors, "openreward": openreward}))


main()
